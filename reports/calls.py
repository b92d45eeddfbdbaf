"""Whom a rep calls next: the readiest first, then those whom nothing but a call reaches; read-only.

`owners` are the reps whose leads are meant, None among them for nobody's; one range of one index is read per owner.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from leads import events, standings
from leads.facts import DISQUALIFIED, RECYCLED, Event, Lead, Standing
from leads.identity import load_leads
from leads.imports.settings import PURCHASED
from storage.schema import calls, hand_offs, leads, wakes
from storage.schema import standings as stood

SHOWN = 20  # a day has no more
RECENT = 60  # events looked through for the newest act
# Nobody is called from this list in these stages.
AT_REST = (RECYCLED, DISQUALIFIED, "customer")
# How long a lead is left alone after a call that ended so; a wrong number is not called again.
LEFT_ALONE = {"reached": timedelta(days=14), "voicemail": timedelta(hours=20), "callback": timedelta(hours=20)}
WRONG = "wrong_number"

Owners = Collection[str | None]


@dataclass(frozen=True, slots=True)
class Call:
    """A lead to call. `tries` counts the calls so far; `last` is the newest of them, `act` the lead's newest act."""

    lead: Lead
    standing: Standing
    tries: int
    outcome: str | None
    called_at: datetime | None
    act: Event | None


def to_call(conn: Connection, owners: Owners, from_milli: int, now: datetime) -> tuple[Call, ...]:
    """Leads with a number whose engagement reaches `from_milli`, the readiest first; behind them those who left no
    address, whatever they reach: no mail ripens them. At most SHOWN.

    Left out: who waits for an answer (they stand above), who was called lately, who is at rest; of those without an
    address, who was bought with a list.
    """
    ids: set[tuple[int, int]] = set()
    for owner in owners:
        for asked in (_ready(owner, from_milli, now), _without_address(owner, now)):
            ids |= {(row.engagement, row.lead_id) for row in conn.execute(asked)}
    return _calls(conn, [lead_id for _, lead_id in sorted(ids, reverse=True)[:SHOWN]])


def call_of(conn: Connection, lead_id: int) -> Call | None:
    """The line of one lead, whoever it is."""
    return next(iter(_calls(conn, [lead_id])), None)


def _ready(owner: str | None, from_milli: int, now: datetime) -> Select[Any]:
    order = (stood.c.engagement.desc(), stood.c.lead_id.desc())
    return _callable(owner, now).where(stood.c.engagement >= from_milli, _has_number()).order_by(*order)


def _without_address(owner: str | None, now: datetime) -> Select[Any]:
    """Those who showed interest before those who did not, the newest first."""
    alone = and_(leads.c.email.is_(None), leads.c.phone.is_not(None))
    order = (leads.c.status.desc(), leads.c.id.desc())
    return _callable(owner, now).where(alone, leads.c.origin != PURCHASED).order_by(*order)


def _callable(owner: str | None, now: datetime) -> Select[Any]:
    theirs = stood.c.owner.is_(None) if owner is None else stood.c.owner == owner
    return (
        select(stood.c.engagement, stood.c.lead_id)
        .join(leads, leads.c.id == stood.c.lead_id)
        .where(
            theirs,
            stood.c.stage.not_in(AT_REST),
            leads.c.merged_into.is_(None),
            ~exists().where(calls.c.lead_id == stood.c.lead_id, _called_lately(now)),
            ~exists().where(hand_offs.c.lead_id == stood.c.lead_id, hand_offs.c.verdict.is_(None)),
        )
        .limit(SHOWN)
    )


def _has_number() -> ColumnElement[bool]:
    """Their own, or that of somebody who turned out to be them."""
    other = leads.alias("other")
    joined = and_(wakes.c.survivor_id == leads.c.id, other.c.id == wakes.c.lead_id)
    return or_(leads.c.phone.is_not(None), exists().where(joined, other.c.phone.is_not(None)))


def _called_lately(now: datetime) -> ColumnElement[bool]:
    lately = [and_(calls.c.outcome == outcome, calls.c.at > now - rest) for outcome, rest in LEFT_ALONE.items()]
    return or_(calls.c.outcome == WRONG, *lately)


def _calls(conn: Connection, ids: Sequence[int]) -> tuple[Call, ...]:
    known, standing = load_leads(conn, ids), standings.load(conn, ids)
    there = [lead_id for lead_id in ids if lead_id in known and lead_id in standing]
    return tuple(_call(conn, known[lead_id], standing[lead_id]) for lead_id in there)


def _call(conn: Connection, lead: Lead, standing: Standing) -> Call:
    theirs = calls.c.lead_id == lead.id
    tries = conn.execute(select(func.count()).where(theirs)).scalar_one()
    last = conn.execute(select(calls.c.outcome, calls.c.at).where(theirs).order_by(calls.c.id.desc()).limit(1)).first()
    acts = (event for event in events.newest(conn, lead.id, RECENT) if event.human)
    return Call(lead, standing, tries, last.outcome if last else None, last.at if last else None, next(acts, None))
