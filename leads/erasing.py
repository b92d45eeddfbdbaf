"""Taking somebody out of the tables: all that is theirs, or all that says who they are; only keyed hashes stay.

What belongs to whom is declared in `storage.personal`; who is told, and how the disk forgets, is left to `forgetting`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Table,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)

from base.clock import Moment
from base.saying import said
from base.tokens import new_token
from leads import companies, consent, consenting
from leads.callable import number_hash
from leads.groups import everyone_in, survivor
from leads.undone import WITHDRAWN
from storage.personal import HOLDINGS, of_leads, tables
from storage.schema import (
    audit,
    audit_payloads,
    enrolments,
    erasures,
    hand_offs,
    leads,
    messages,
    occupancy,
    told_apart,
    wakes,
    webhooks,
)
from storage.upsert import add_up, insert_or_ignore, upsert

ERASED = "erased"
WAITING = ("due", "deferred", "claimed")  # mail that has not begun to leave
ENDED = "the lead was erased"


class UnderWay(Exception):
    """Something for them is being delivered at this moment; nothing was changed. `args[0]` says so in any language."""


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What an erasure would take: `rows` by table, mails that wait, and receivers who are to be told
    (GDPR, article 19)."""

    lead_ids: tuple[int, ...]
    addresses: tuple[str, ...]
    rows: Mapping[str, int]
    waiting: int
    told: tuple[str, ...]


def plan(conn: Connection, lead_id: int, hearing: Collection[str] = ()) -> ErasurePlan:
    """Look, and change nothing; `hearing` are the receivers who hear of it by themselves, and need not be told.

    Raises LookupError for nobody.
    """
    ids = everyone_in(conn, lead_id)
    counted = {table.name: _count(conn, table, ids) for table in tables() if HOLDINGS[table.name].lead}
    waits = select(func.count()).where(messages.c.lead_id.in_(ids), messages.c.state.in_(WAITING))
    told = select(webhooks.c.channel).where(webhooks.c.lead_id.in_(ids), webhooks.c.state == "sent").distinct()
    told = told.where(webhooks.c.channel.not_in(hearing))
    return ErasurePlan(
        lead_ids=tuple(ids),
        addresses=tuple(_addresses(conn, ids)),
        rows={name: n for name, n in counted.items() if n},
        waiting=conn.execute(waits).scalar_one(),
        told=tuple(conn.scalars(told.order_by(webhooks.c.channel))),
    )


def erase(conn: Connection, lead_id: int, key: str, now: Moment, *, at_rest: bool = False) -> list[str]:
    """Delete every row about that lead and those merged into it; returns the marks that stay of them.

    The address is left alone by marketing, until its reader fills in a form and confirms; lists never bring it back.
    Raises LookupError for nobody, UnderWay when a letter to them is just being handed over; `at_rest`: nobody hands
    over anything, what looks like it was copied from a house at work.
    """
    ids = everyone_in(conn, lead_id) if at_rest else _held(conn, lead_id)
    marks, domains = _remember(conn, ids, key, now), _domains(conn, ids)
    leave_places(conn, enrolments.c.lead_id.in_(ids))
    for table in _inside_out():
        if table is not audit:
            conn.execute(delete(table).where(of_leads(table, ids)))
    companies.forget_empty(conn, domains)
    return marks


def anonymise(conn: Connection, lead_id: int, key: str, now: Moment) -> list[str]:
    """Blank all that says who that lead is, and keep what happened and when, for the figures; returns the marks.

    The lead stands for nobody from then on: no list shows it, no sequence takes it. Raises as `erase` does.
    """
    ids = _held(conn, lead_id)
    marks, domains = _remember(conn, ids, key, now), _domains(conn, ids)
    leave_places(conn, enrolments.c.lead_id.in_(ids))
    _end(conn, ids, now)
    for table in _inside_out():
        rest = HOLDINGS[table.name].rest
        if rest == "gone":
            conn.execute(delete(table).where(of_leads(table, ids)))
        elif rest == "blank":
            _blank(conn, table, ids)
    # A lead merged into itself is nobody: every list and every sequence leaves merged leads out.
    conn.execute(update(leads).where(leads.c.id.in_(ids)).values(merged_into=leads.c.id))
    companies.forget_empty(conn, domains)
    return marks


def marks_of(key: str, email: str | None, phone: str | None) -> list[str]:
    """What stands for somebody in `erasures`: their address as in `suppressions`, and their number."""
    found = [consent.address_hash(key, email)] if email else []
    return [*found, number_hash(key, phone)] if phone else found


def is_forgotten(conn: Connection, key: str, email: str | None, phone: str | None = None) -> bool:
    """Whether somebody of that address or number asked to be forgotten: then no list may bring them in.

    A form of their own act may, and does not ask.
    """
    known = select(erasures.c.mark).where(erasures.c.mark.in_(marks_of(key, email, phone))).limit(1)
    return conn.execute(known).one_or_none() is not None


def again(conn: Connection, key: str, marks: Mapping[str, datetime]) -> list[int]:
    """The leads of these marks that are here and were here before they were erased: as a backup brings them back.

    One for each whole: those merged into each other go together.
    """
    known = select(leads.c.id, leads.c.email, leads.c.phone, leads.c.created_at)
    rows = conn.execute(known.where(leads.c.email.is_not(None) | leads.c.phone.is_not(None)))
    found = [
        row.id
        for row in rows
        if any(row.created_at <= marks[mark] for mark in marks_of(key, row.email, row.phone) if mark in marks)
    ]
    return list(dict.fromkeys(survivor(conn, lead_id) for lead_id in found))


def remember(conn: Connection, marks: Mapping[str, datetime]) -> None:
    """Know of these erasures, which happened elsewhere or were lost here: no list brings anybody of them in."""
    insert_or_ignore(conn, erasures, [{"mark": mark, "at": at} for mark, at in sorted(marks.items())])


# ---------------------------------------------------------------- what comes before


def _held(conn: Connection, lead_id: int) -> list[int]:
    """Everybody meant, their wakes in our hands until the commit: no engine and no door writes for them meanwhile."""
    ids = everyone_in(conn, lead_id)
    conn.execute(select(wakes.c.seq).where(wakes.c.lead_id.in_(ids)).order_by(wakes.c.lead_id).with_for_update())
    leaving = select(messages.c.id).where(messages.c.lead_id.in_(ids), messages.c.state == "in_data").limit(1)
    if conn.execute(leaving).one_or_none() is not None:
        raise UnderWay(said("Something is just being delivered for them: nothing was changed, try again."))
    return ids


def _remember(conn: Connection, ids: Sequence[int], key: str, now: Moment) -> list[str]:
    marks: list[str] = []
    for row in conn.execute(select(leads.c.email, leads.c.phone).where(leads.c.id.in_(ids))):
        marks += marks_of(key, row.email, row.phone)
        if row.email:
            consenting.suppress(conn, consent.address_hash(key, row.email), "marketing", ERASED, now.machine)
    upsert(conn, erasures, [{"mark": mark, "at": now.calendar} for mark in dict.fromkeys(marks)], ["mark"])
    _forget_payloads(conn, ids)
    conn.execute(delete(told_apart).where(told_apart.c.other_id.in_(ids)))
    return marks


def _domains(conn: Connection, ids: Sequence[int]) -> list[str]:
    """The companies that may be without a lead afterwards."""
    known = select(leads.c.company_domain).where(leads.c.id.in_(ids), leads.c.company_domain.is_not(None))
    return list(conn.scalars(known.distinct()))


def _forget_payloads(conn: Connection, ids: Sequence[int]) -> None:
    """The entries of the audit chain stay, and say no longer what they were about."""
    ours = select(audit.c.id).where(audit.c.lead_id.in_(ids))
    conn.execute(delete(audit_payloads).where(audit_payloads.c.audit_id.in_(ours)))


def leave_places(conn: Connection, those: ColumnElement[bool]) -> None:
    """Take those enrolments out of the count of who stands where."""
    columns = (enrolments.c.sequence, enrolments.c.sequence_version, enrolments.c.step, enrolments.c.position)
    inside = select(*columns).where(those, enrolments.c.state == "active")
    places = Counter(tuple(row) for row in conn.execute(inside.where(enrolments.c.step.is_not(None))))
    names = ("sequence", "version", "step", "position")
    rows = [{**dict(zip(names, place, strict=True)), "n": -n} for place, n in sorted(places.items())]
    add_up(conn, occupancy, rows, "n")


def _end(conn: Connection, ids: Sequence[int], now: Moment) -> None:
    """Nothing waits for them any more: neither a step, nor a mail, nor sales, nor the engine."""
    inside = update(enrolments).where(enrolments.c.lead_id.in_(ids), enrolments.c.state == "active")
    conn.execute(inside.values(state="left", step=None, due_at=None, ended_at=now.calendar))
    waiting = update(messages).where(messages.c.lead_id.in_(ids), messages.c.state.in_((*WAITING, "unknown")))
    conn.execute(waiting.values(state="withdrawn", holder=None, fence=None, ended_at=now.machine))
    unanswered = update(hand_offs).where(hand_offs.c.lead_id.in_(ids), hand_offs.c.verdict.is_(None))
    conn.execute(unanswered.values(verdict=WITHDRAWN, verdict_at=now.calendar))
    conn.execute(update(hand_offs).where(hand_offs.c.lead_id.in_(ids)).values(escalate_at=None))
    at_rest = update(wakes).where(wakes.c.lead_id.in_(ids))
    conn.execute(at_rest.values(folded_seq=wakes.c.seq, due_at=None, holder=None, fence=None))


# ---------------------------------------------------------------- what takes the place of a value


def _blank(conn: Connection, table: Table, ids: Sequence[int]) -> None:
    names = HOLDINGS[table.name].columns("personal", "secret")
    apart = {name for name in names if not table.c[name].nullable and _is_apart(table, name)}
    theirs = update(table).where(of_leads(table, ids))
    conn.execute(theirs.values({name: _nothing(table, name) for name in names if name not in apart}))
    # Some of these open a page: what takes their place is nobody's guess.
    keys = conn.scalars(select(table.c.id).where(of_leads(table, ids))) if apart else ()
    for key in list(keys):
        conn.execute(update(table).where(table.c.id == key).values({name: new_token() for name in apart}))


def _nothing(table: Table, name: str) -> Any:
    """NULL where it may be, else the emptiest value there is."""
    column = table.c[name]
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return [] if name == "tags" else {}
    return ""


def _is_apart(table: Table, name: str) -> bool:
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    return any(name in one.columns for one in unique)


def _inside_out() -> list[Table]:
    """Those that find their lead through another table first, then those that others refer to last."""
    return sorted(reversed(tables()), key=lambda table: not HOLDINGS[table.name].through)


def _addresses(conn: Connection, ids: Sequence[int]) -> list[str]:
    known = select(leads.c.email).where(leads.c.id.in_(ids), leads.c.email.is_not(None)).order_by(leads.c.id)
    return [str(email) for email in conn.scalars(known)]


def _count(conn: Connection, table: Table, ids: Sequence[int]) -> int:
    return conn.execute(select(func.count()).select_from(table).where(of_leads(table, ids))).scalar_one()
