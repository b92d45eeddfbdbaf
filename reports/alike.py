"""Pairs of leads that are likely one, for a person to merge or to tell apart; read-only, nothing follows by itself.

Looked at are the newest leads of a batch, each against everybody: a list is worked from its top, and goes back as far
as one asks.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from leads.words import folded
from storage.schema import lead_words, leads, told_apart

BATCH = 300  # leads looked at for one page
LOOK = 5_000  # namesakes that are looked through
_SHOWN = ("id", "email", "phone", "first_name", "last_name", "company", "company_domain", "owner", "created_at")
_COLUMNS = tuple(leads.c[name] for name in _SHOWN)

# Why two are likely one.
PHONE, NAME, MAILBOX = "phone", "name", "mailbox"


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
    others = {row.id: row for row in _likely(conn, batch)}
    reasons: dict[tuple[int, int], set[str]] = {}
    for newer in batch:
        for older in others.values():
            if older.id < newer.id and (why := _why(newer, older)):
                reasons[newer.id, older.id] = why
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
    likely = [row for row in _likely(conn, [one]) if row.id != lead_id and _why(one, row)]
    apart = _told_apart(conn, [(lead_id, row.id) for row in likely])
    return tuple(_somebody(row) for row in likely if (min(lead_id, row.id), max(lead_id, row.id)) not in apart)


# ---------------------------------------------------------------- what is asked


def _unmerged() -> Any:
    return select(*_COLUMNS).where(leads.c.merged_into.is_(None))


def _batch(conn: Connection, below: int | None) -> Sequence[Row[Any]]:
    those = _unmerged() if below is None else _unmerged().where(leads.c.id < below)
    return conn.execute(those.order_by(leads.c.id.desc()).limit(BATCH)).all()


def _likely(conn: Connection, batch: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    """Whoever shares a number, a mailbox or a last name with one of the batch."""
    phones = sorted({row.phone for row in batch if row.phone})
    emails = sorted({_untagged(row.email) for row in batch if row.email and _untagged(row.email) != row.email})
    names = sorted({word for row in batch if (word := _surname(row))})
    namesakes = select(lead_words.c.lead_id).where(lead_words.c.word.in_(names)).limit(LOOK)
    for ways in (leads.c.phone.in_(phones), leads.c.email.in_(emails), leads.c.id.in_(namesakes)):
        yield from conn.execute(_unmerged().where(ways))


def _told_apart(conn: Connection, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the pairs, as (lower, higher), of whom somebody said that they are two."""
    ids = sorted({one for pair in pairs for one in pair})
    rows = select(told_apart.c.lead_id, told_apart.c.other_id).where(told_apart.c.lead_id.in_(ids))
    return {(row.lead_id, row.other_id) for row in conn.execute(rows)}


# ---------------------------------------------------------------- what is decided


def _why(one: Row[Any], other: Row[Any]) -> set[str]:
    """The reasons that two rows are likely of one; none where they are not."""
    found = {PHONE} if one.phone and one.phone == other.phone else set()
    if one.email and other.email and _untagged(one.email) == _untagged(other.email):
        found.add(MAILBOX)
    if _name(one) and _name(one) == _name(other) and _same_company(one, other):
        found.add(NAME)
    return found


def _same_company(one: Row[Any], other: Row[Any]) -> bool:
    if one.company_domain and other.company_domain:
        return bool(one.company_domain == other.company_domain)
    return bool(one.company and other.company and folded(one.company) == folded(other.company))


def _name(row: Row[Any]) -> str:
    """Both names, compared without case and accents; nothing where one of them is not known."""
    return folded(f"{row.first_name} {row.last_name}") if row.first_name and row.last_name else ""


def _surname(row: Row[Any]) -> str:
    """The last name's first word, as leads are found by it."""
    words = folded(row.last_name or "").replace("-", " ").split() if row.first_name else []
    return words[0] if words else ""


def _untagged(email: str) -> str:
    """`ada+lumen@brun.fr` is read by whoever reads `ada@brun.fr`."""
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _somebody(row: Row[Any]) -> Somebody:
    named = " ".join(part for part in (row.first_name, row.last_name) if part)
    name = named or row.email or row.phone or str(row.id)
    return Somebody(row.id, name, row.email, row.phone, row.company, row.owner)
