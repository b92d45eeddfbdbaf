"""What a list shows of each lead: who, where they stand, what they did last, what comes next; a few ranges per page."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, select

from base.calendars import Zone, local_day
from leads import events as log
from leads.facts import Buckets, Event, Lead
from leads.groups import owners
from leads.identity import load_leads
from storage.schema import deals, enrolments, events, hand_offs, leads, meetings, standings, tasks

NOON = time(12)  # of no zone in particular: the same day nearly everywhere
_STOOD = ("stage", "stage_since", "engagement", "buckets", "fit")
_TOLD = (events.c.lead_id, events.c.seq, events.c.name, events.c.at, events.c.evidence, events.c.subject, events.c.data)


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next for a lead: a verdict that is awaited, a task, a step of a sequence, a meeting, a deal that is
    hoped for. No `at`: no day is set; a deal's is the noon of its day."""

    kind: Literal["verdict", "task", "step", "meeting", "deal"]
    at: datetime | None
    what: str = ""  # the task's title; the sequence
    step: str = ""


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A line of the list. `stage` is None for a lead that the engine has not seen yet."""

    id: int
    name: str
    company: str | None
    job_title: str | None
    source: str | None
    owner: str | None
    created_at: datetime
    stage: str | None
    stage_since: datetime | None
    engagement: int  # milli-points, as they were counted last; `buckets` say what is left of them
    buckets: Buckets
    fit: int
    last: Event | None
    next: Next | None


def rows(connection: Connection, lead_ids: Collection[int], now: datetime, zone: Zone) -> tuple[LeadRow, ...]:
    """Those leads in the order asked for; one that was merged into another is left out. `now` is the calendar's, and
    it is that day in `zone`."""
    if not lead_ids:
        return ()
    known, whole = {row.id: row for row in _known(connection, lead_ids)}, load_leads(connection, lead_ids)
    last, following = _last(connection, lead_ids), _next(connection, lead_ids, now, zone)
    return tuple(_row(known[one], whole[one], last.get(one), following.get(one)) for one in lead_ids if one in known)


def _known(connection: Connection, lead_ids: Collection[int]) -> Iterator[Row[Any]]:
    columns = [leads.c.id, leads.c.created_at, *(standings.c[name] for name in _STOOD)]
    joined = leads.outerjoin(standings, standings.c.lead_id == leads.c.id)
    those = leads.c.id.in_(sorted(lead_ids)) & leads.c.merged_into.is_(None)
    yield from connection.execute(select(*columns).select_from(joined).where(those))


def _last(connection: Connection, lead_ids: Collection[int]) -> dict[int, Event]:
    """The newest thing each of them did: read backwards from the newest event."""
    did = select(events.c.seq).where(events.c.lead_id == leads.c.id, events.c.evidence == "human")
    newest = did.order_by(events.c.seq.desc()).limit(1).scalar_subquery()
    whose = select(leads.c.id, newest.label("seq")).where(leads.c.id.in_(sorted(lead_ids))).subquery()
    same = and_(events.c.lead_id == whose.c.id, events.c.seq == whose.c.seq)
    told = connection.execute(select(*_TOLD).select_from(whose.join(events, same)))
    found = {row.lead_id: Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data) for row in told}
    for lead_id, story in log.stories(connection, lead_ids).items():
        acts = [event for event in story if event.evidence == "human"]
        found |= {lead_id: acts[-1]} if acts else {}
    return found


def _next(connection: Connection, lead_ids: Collection[int], now: datetime, zone: Zone) -> dict[int, Next]:
    """A verdict that is awaited comes first, then what has the earliest day, then what has none: all that
    `reports.ahead` knows. What comes next for one who is merged comes next for the lead that stands for them."""
    found: dict[int, Next] = {}
    whose = owners(connection, lead_ids)
    ahead = (*_steps(connection, whose), *_tasks(connection, whose), *_appointed(connection, whose, now, zone))
    for lead_id, one in ahead:
        found[whose[lead_id]] = min(found.get(whose[lead_id], one), one, key=_when)
    return found | {whose[lead_id]: one for lead_id, one in _verdicts(connection, whose)}


def _when(one: Next) -> tuple[bool, float]:
    return one.at is None, one.at.timestamp() if one.at else 0.0


def _steps(connection: Connection, lead_ids: Collection[int]) -> Iterator[tuple[int, Next]]:
    columns = enrolments.c.lead_id, enrolments.c.due_at, enrolments.c.sequence, enrolments.c.step
    inside = select(*columns).where(enrolments.c.lead_id.in_(sorted(lead_ids)), enrolments.c.state == "active")
    for row in connection.execute(inside):
        yield row.lead_id, Next("step", row.due_at, row.sequence, row.step or "")


def _tasks(connection: Connection, lead_ids: Collection[int]) -> Iterator[tuple[int, Next]]:
    columns = tasks.c.lead_id, tasks.c.due_at, tasks.c.title
    for row in connection.execute(
        select(*columns).where(tasks.c.lead_id.in_(sorted(lead_ids)), tasks.c.done_at.is_(None))
    ):
        yield row.lead_id, Next("task", row.due_at, row.title)


def _appointed(
    connection: Connection, lead_ids: Collection[int], now: datetime, zone: Zone
) -> Iterator[tuple[int, Next]]:
    """Meetings that are booked, and deals whose day is not over."""
    theirs = meetings.c.lead_id.in_(sorted(lead_ids))
    booked = select(meetings.c.lead_id, meetings.c.starts_at).where(theirs, meetings.c.starts_at >= now)
    for row in connection.execute(booked):
        yield row.lead_id, Next("meeting", row.starts_at)
    theirs = deals.c.lead_id.in_(sorted(lead_ids))
    hoped = select(deals.c.lead_id, deals.c.close_on).where(
        theirs, deals.c.state == "open", deals.c.close_on >= local_day(now, zone)
    )
    for row in connection.execute(hoped):
        yield row.lead_id, Next("deal", datetime.combine(row.close_on, NOON, UTC))


def _verdicts(connection: Connection, lead_ids: Collection[int]) -> Iterator[tuple[int, Next]]:
    columns = hand_offs.c.lead_id, hand_offs.c.answer_by, hand_offs.c.owner
    opened = select(*columns).where(hand_offs.c.lead_id.in_(sorted(lead_ids)), hand_offs.c.verdict.is_(None))
    for row in connection.execute(opened.order_by(hand_offs.c.lead_id, hand_offs.c.cycle)):
        yield row.lead_id, Next("verdict", row.answer_by, row.owner)


def _row(row: Row[Any], lead: Lead, last: Event | None, following: Next | None) -> LeadRow:
    return LeadRow(
        id=row.id,
        name=lead.name,
        company=lead.company,
        job_title=lead.job_title,
        source=lead.source,
        owner=lead.owner,
        created_at=row.created_at,
        stage=row.stage,
        stage_since=row.stage_since,
        engagement=row.engagement or 0,
        buckets=row.buckets or {},
        fit=row.fit or 0,
        last=last,
        next=following,
    )
