"""Pairs of leads that are likely one, for a person to merge or to tell apart; read-only, nothing follows by itself.

Looked at are the newest leads of a batch, each against everybody: a list is worked from its top, and goes back as far
as one asks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from leads.words import asked_for, folded
from storage.schema import lead_words, leads, told_apart

BATCH = 300  # leads looked at for one page
LOOK = 5_000  # namesakes that are looked through, the newest first
_SHOWN = ("id", "email", "phone", "first_name", "last_name", "company", "company_domain", "owner", "created_at")
_COLUMNS = tuple(leads.c[name] for name in _SHOWN)

# Why two are likely one.
PHONE, NAME, MAILBOX = "phone", "name", "mailbox"
AT, OF = "at", "of"  # the company by its domain, and as they write it

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of a pair."""

    id: int
    name: str
    email: str | None
    phone: str | None
    company: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """`newer` looks like `older`, for those `reasons`."""

    newer: Somebody
    older: Somebody
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """`below`: the number under which the next batch begins; None after the first lead ever."""

    pairs: tuple[Pair, ...]
    below: int | None


def alike(conn: Connection, below: int | None = None) -> Found:
    """The pairs of the newest leads under the number `below`, the newest first."""
    batch = _batch(conn, below)
    if not batch:
        return Found((), None)
    others = _likely(conn, batch)
    reasons = _pairs(batch, others.values())
    apart = _told_apart(conn, reasons)
    known = {row.id: row for row in (*batch, *others.values())}
    pairs = [
        Pair(_somebody(known[newer]), _somebody(known[older]), tuple(sorted(why)))
        for (newer, older), why in sorted(reasons.items(), reverse=True)
        if (older, newer) not in apart
    ]
    return Found(tuple(pairs), batch[-1].id if len(batch) == BATCH else None)


def alike_to(conn: Connection, lead_id: int) -> tuple[Somebody, ...]:
    """Those whom one lead is likely one with, and was not told apart from."""
    one = conn.execute(_unmerged().where(leads.c.id == lead_id)).one_or_none()
    if one is None:
        return ()
    likely = [row for row in _likely(conn, [one]).values() if row.id != lead_id and _why(one, row)]
    apart = _told_apart(conn, [(lead_id, row.id) for row in likely])
    return tuple(_somebody(row) for row in likely if (min(lead_id, row.id), max(lead_id, row.id)) not in apart)


# ---------------------------------------------------------------- what is asked


def _unmerged() -> Any:
    return select(*_COLUMNS).where(leads.c.merged_into.is_(None))


def _batch(conn: Connection, below: int | None) -> Sequence[Row[Any]]:
    those = _unmerged() if below is None else _unmerged().where(leads.c.id < below)
    return conn.execute(those.order_by(leads.c.id.desc()).limit(BATCH)).all()


def _likely(conn: Connection, batch: Sequence[Row[Any]]) -> dict[int, Row[Any]]:
    """Whoever shares a number, a mailbox or a name with one of the batch, each once, by number."""
    phones = sorted({row.phone for row in batch if row.phone})
    emails = sorted({_untagged(row.email) for row in batch if row.email and _untagged(row.email) != row.email})
    called = [both for row in batch if (both := _found_by(row))]
    first = lead_words.alias("first")
    named = exists().where(
        first.c.lead_id == lead_words.c.lead_id, first.c.word.in_(sorted({one for one, _ in called}))
    )
    by_name = select(lead_words.c.lead_id).where(lead_words.c.word.in_(sorted({last for _, last in called})), named)
    namesakes = by_name.order_by(lead_words.c.lead_id.desc()).limit(LOOK)
    found: dict[int, Row[Any]] = {}
    for ways in (leads.c.phone.in_(phones), leads.c.email.in_(emails), leads.c.id.in_(namesakes)):
        found |= {row.id: row for row in conn.execute(_unmerged().where(ways))}
    return found


def _told_apart(conn: Connection, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the pairs, as (lower, higher), of whom somebody said that they are two."""
    ids = sorted({one for pair in pairs for one in pair})
    rows = select(told_apart.c.lead_id, told_apart.c.other_id).where(told_apart.c.lead_id.in_(ids))
    return {(row.lead_id, row.other_id) for row in conn.execute(rows)}


# ---------------------------------------------------------------- what is decided


def _pairs(batch: Sequence[Row[Any]], others: Iterable[Row[Any]]) -> dict[tuple[int, int], set[str]]:
    """{(newer, older): the reasons that they are likely one}: of each of the batch and the older ones it shares a key
    with, so that nobody is held against everybody."""
    sharing: dict[Key, list[Row[Any]]] = defaultdict(list)
    for older in others:
        for key in _keys(older):
            sharing[key].append(older)
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for newer in batch:
        for key in _keys(newer):
            for older in sharing.get(key, ()):
                if older.id < newer.id and not _elsewhere(key, newer, older):
                    found[newer.id, older.id].add(key[0])
    return found


def _why(one: Row[Any], other: Row[Any]) -> set[str]:
    """The reasons that two rows are likely of one; none where they are not."""
    return {key[0] for key in _keys(one) & _keys(other) if not _elsewhere(key, one, other)}


def _keys(row: Row[Any]) -> set[Key]:
    """What two rows that are likely of one have in common, one of them at least: (the reason, what is shared)."""
    found: set[Key] = {(PHONE, row.phone)} if row.phone else set()
    if row.email:
        found.add((MAILBOX, _untagged(row.email)))
    if row.first_name and row.last_name:
        name = folded(f"{row.first_name} {row.last_name}")
        found |= {(NAME, name, AT, row.company_domain)} if row.company_domain else set()
        found |= {(NAME, name, OF, folded(row.company))} if row.company else set()
    return found


def _elsewhere(key: Key, one: Row[Any], other: Row[Any]) -> bool:
    """Whether both write their company alike and are at two by their addresses, which say more."""
    domains = {one.company_domain, other.company_domain}
    return key[2:3] == (OF,) and None not in domains and len(domains) == 2


def _found_by(row: Row[Any]) -> tuple[str, str] | None:
    """A word of the first name and one of the last, the longest as the rarest; None where one of them has none."""
    first, last = (asked_for(name or "") for name in (row.first_name, row.last_name))
    return (max(first, key=len), max(last, key=len)) if first and last else None


def _untagged(email: str) -> str:
    """`ada+lumen@brun.fr` is read by whoever reads `ada@brun.fr`."""
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _somebody(row: Row[Any]) -> Somebody:
    named = " ".join(part for part in (row.first_name, row.last_name) if part)
    name = named or row.email or row.phone or str(row.id)
    return Somebody(row.id, name, row.email, row.phone, row.company, row.owner)
