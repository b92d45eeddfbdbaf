"""Whom a rep calls next: who asked to be called now, then the readiest, then those whom nothing but a call reaches;
read-only.

`owners` are the reps whose leads are meant, None among them for nobody's; one range of one index is read per owner.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, literal_column, or_, select

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day
from leads import events, standings
from leads.best_hour import BestHour, best_hour
from leads.callable import not_to_be_called
from leads.facts import Event, Lead, Standing
from leads.groups import group, has
from leads.identity import load_leads
from leads.imports.settings import PURCHASED
from reports.fading import faded
from storage.schema import calls, hand_offs, leads, wakes
from storage.schema import standings as stood

SHOWN = 20  # a day has no more
LOOKED_AT = 60  # of whom some are not to be called
RECENT = 120  # events looked through for the newest act and the best hour
PROMISED = timedelta(days=90)  # how long somebody who asked to be called comes first; it stays a task
# How long a lead is left alone after a call that ended so; a wrong number is not called again. An objection is not
# judged here: the number is left alone until it is taken back.
LEFT_ALONE = {
    "reached": timedelta(days=14),
    "no_answer": timedelta(hours=4),
    "voicemail": timedelta(hours=20),
    "callback": timedelta(hours=20),
    "not_interested": timedelta(days=90),
}
NEVER_AGAIN = ("wrong_number",)

Owners = Collection[str | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom a list is drawn: the reps, the stages in which nobody is called from it, the site's zone, the
    suppression key, the present (calendar), the definitions by which points fade."""

    owners: Owners
    at_rest: Collection[str]
    zone: Zone
    key: str
    now: datetime
    definitions: Definitions


@dataclass(frozen=True, slots=True)
class Call:
    """A lead to call. `tries` counts the calls so far, `outcome`, `called_at` and `back_at` (when they asked to be
    called again) are the last one's. `act` is the lead's newest act."""

    lead: Lead
    standing: Standing
    tries: int
    outcome: str | None
    called_at: datetime | None
    back_at: datetime | None
    act: Event | None
    hour: BestHour | None


def to_call(conn: Connection, asking: Asking, from_milli: int) -> tuple[Call, ...]:
    """Those who asked to be called by now, in that order; then leads with a number whose engagement reaches
    `from_milli`, the readiest first; behind them those who left no address, whatever they reach: no mail ripens them.
    Of these, those who showed interest before those who did not, the newest first. At most SHOWN.

    Left out: who waits for an answer (they stand above), who was called lately, is at rest, or is not to be called; of
    those without an address, who was bought with a list.
    """
    due, ready, alone = list[Any](), list[int](), list[Any]()
    for owner in asking.owners:
        due += [tuple(row) for row in conn.execute(_asked_for_now(owner, asking))]
        ready += [row.lead_id for row in conn.execute(_ready(owner, from_milli, asking))]
        alone += [tuple(row) for row in conn.execute(_without_address(owner, asking))]
    ids = [lead_id for *_, lead_id in sorted(due)]
    ids += [lead_id for _, lead_id in warmest(conn, ready, asking)]
    ids += [lead_id for *_, lead_id in sorted(alone, reverse=True)]
    return listed(conn, list(dict.fromkeys(ids)), asking)


def warmest(conn: Connection, ids: Collection[int], asking: Asking) -> list[tuple[int, int]]:
    """(milli-points as they are now, lead), the most first; of as many, the newest lead."""
    points = faded(conn, ids, asking.definitions, local_day(asking.now, asking.zone))
    return sorted(((points.get(lead_id, 0), lead_id) for lead_id in ids), reverse=True)


def listed(conn: Connection, ids: Sequence[int], asking: Asking) -> tuple[Call, ...]:
    """The lines of those leads, in that order, without those who are not to be called; at most SHOWN."""
    return lines_of(conn, who_may_be_called(conn, ids, asking)[:SHOWN], asking.zone)


def who_may_be_called(conn: Connection, ids: Sequence[int], asking: Asking) -> list[int]:
    """Those leads, in that order, without those who are not to be called."""
    known = load_leads(conn, ids)
    left_alone = not_to_be_called(conn, asking.key, known.values())
    return [one for one in ids if one in known and one not in left_alone]


def lines_of(conn: Connection, ids: Sequence[int], zone: Zone) -> tuple[Call, ...]:
    """Their lines, in that order."""
    return tuple(_calls(conn, ids, zone))


def call_of(conn: Connection, lead_id: int, zone: Zone) -> Call | None:
    """The line of one lead, whoever it is."""
    return next(iter(_calls(conn, [lead_id], zone)), None)


# ---------------------------------------------------------------- who


def can_be_called(owner: str | None, asking: Asking) -> ColumnElement[bool]:
    """Of `standings` joined with `leads`: that owner's, with a number, neither at rest nor waiting for sales to answer,
    and not called lately."""
    theirs = stood.c.owner.is_(None) if owner is None else stood.c.owner == owner
    before = calls.alias("before")
    left_alone = or_(before.c.outcome.in_(NEVER_AGAIN), and_(_too_soon(before, asking.now), _is_newest(before)))
    return and_(
        theirs,
        stood.c.stage.not_in(sorted(asking.at_rest)),
        _has_number(),
        leads.c.merged_into.is_(None),
        ~has(before, stood.c.lead_id, left_alone),
        ~has(hand_offs, stood.c.lead_id, hand_offs.c.verdict.is_(None)),
    )


def by_calls_alone() -> ColumnElement[bool]:
    """Of `leads`: whom nothing but a call reaches, as mail goes to their own address alone; but nobody of whom all that
    is known, whoever turned out to be them, was bought with a list. All of them are on the list."""
    other = leads.alias("brought")
    joined = and_(wakes.c.survivor_id == leads.c.id, other.c.id == wakes.c.lead_id, other.c.origin != PURCHASED)
    without: ColumnElement[Any] = literal_column("NOT (leads.email IS NOT NULL)")  # as `ix_leads_status_id` has it
    return and_(without, _has_number(), or_(leads.c.origin != PURCHASED, exists().where(joined)))


def _ready(owner: str | None, from_milli: int, asking: Asking) -> Select[Any]:
    return (
        select(stood.c.engagement, stood.c.lead_id)
        .join(leads, leads.c.id == stood.c.lead_id)
        .where(stood.c.engagement >= from_milli, can_be_called(owner, asking))
        .order_by(stood.c.engagement.desc(), stood.c.lead_id.desc())
        .limit(LOOKED_AT)
    )


def _without_address(owner: str | None, asking: Asking) -> Select[Any]:
    """Those who showed interest before those who did not, the newest first."""
    return (
        select(leads.c.status, stood.c.lead_id)
        .join(leads, leads.c.id == stood.c.lead_id)
        .where(by_calls_alone(), can_be_called(owner, asking))
        .order_by(leads.c.status.desc(), leads.c.id.desc())
        .limit(LOOKED_AT)
    )


def _asked_for_now(owner: str | None, asking: Asking) -> Select[Any]:
    """Whose last call ended so, theirs or that of somebody who turned out to be them, and whose time has come."""
    whose = wakes.alias("whose")
    return (
        select(calls.c.back_at, stood.c.lead_id)
        .join(whose, whose.c.lead_id == calls.c.lead_id)
        .join(stood, stood.c.lead_id == func.coalesce(whose.c.survivor_id, whose.c.lead_id))
        .join(leads, leads.c.id == stood.c.lead_id)
        .where(
            calls.c.back_at.between(asking.now - PROMISED, asking.now),
            can_be_called(owner, asking),
            _is_newest(calls),
        )
        .order_by(calls.c.back_at, stood.c.lead_id)
        .limit(LOOKED_AT)
    )


def _has_number() -> ColumnElement[bool]:
    """Their own, or that of somebody who turned out to be them."""
    other = leads.alias("other")
    joined = and_(wakes.c.survivor_id == leads.c.id, other.c.id == wakes.c.lead_id)
    return or_(leads.c.phone.is_not(None), exists().where(joined, other.c.phone.is_not(None)))


def _is_newest(call: FromClause) -> ColumnElement[bool]:
    """Of a call: that nobody has called them since, whoever of them it was."""
    later = calls.alias("later")
    return ~has(later, stood.c.lead_id, later.c.id > call.c.id)


def _too_soon(call: FromClause, now: datetime) -> ColumnElement[bool]:
    """Of the newest call: that it is still too soon for another."""
    outcome, at, back_at = call.c.outcome, call.c.at, call.c.back_at
    asked = and_(outcome == "callback", back_at.is_not(None))
    lately = [and_(outcome == name, at > now - rest) for name, rest in LEFT_ALONE.items()]
    return or_(and_(asked, back_at > now), and_(~asked, or_(*lately)))


# ---------------------------------------------------------------- their lines


def _calls(conn: Connection, ids: Sequence[int], zone: Zone) -> list[Call]:
    known, standing = load_leads(conn, ids), standings.load(conn, ids)
    there = [lead_id for lead_id in ids if lead_id in known and lead_id in standing]
    return [_call(conn, known[lead_id], standing[lead_id], zone) for lead_id in there]


def _call(conn: Connection, lead: Lead, standing: Standing, zone: Zone) -> Call:
    columns = (calls.c.outcome, calls.c.at, calls.c.back_at, func.count().over().label("tries"))
    theirs = select(*columns).where(calls.c.lead_id.in_(group(conn, lead.id)))
    last = conn.execute(theirs.order_by(calls.c.id.desc()).limit(1)).first()
    recent = events.newest(conn, lead.id, RECENT)
    return Call(
        lead,
        standing,
        last.tries if last else 0,
        last.outcome if last else None,
        last.at if last else None,
        last.back_at if last else None,
        next((event for event in recent if event.human), None),
        best_hour(recent, lead.zone or zone),
    )
