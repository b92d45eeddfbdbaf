"""What may lie ahead of a lead, as conditions on its number: a sequence, a task, an answer of sales, a meeting, a deal.

Of whoever stands for others too, theirs count. Where nothing of it is ahead, the lead is forgotten; read-only.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, or_

from base.calendars import Zone, local_day
from leads.groups import has
from storage.schema import deals, enrolments, hand_offs, meetings, tasks

Lead = ColumnElement[int]


def inside(lead: Lead) -> ColumnElement[bool]:
    """In a sequence that is under way."""
    return has(enrolments, lead, enrolments.c.state == "active")


def to_do(lead: Lead) -> ColumnElement[bool]:
    return has(tasks, lead, tasks.c.done_at.is_(None))


def unanswered(lead: Lead) -> ColumnElement[bool]:
    """Handed over, and sales has not answered."""
    return has(hand_offs, lead, hand_offs.c.verdict.is_(None))


def overdue(lead: Lead, now: datetime) -> ColumnElement[bool]:
    """The same, and the time that was promised is over."""
    return has(hand_offs, lead, hand_offs.c.verdict.is_(None), hand_offs.c.answer_by < now)


def to_meet(lead: Lead, now: datetime) -> ColumnElement[bool]:
    return has(meetings, lead, meetings.c.starts_at >= now)


def dealing(lead: Lead, now: datetime, zone: Zone) -> ColumnElement[bool]:
    """A deal is open, and the day that it is hoped for is not over in that zone."""
    return has(deals, lead, deals.c.state == "open", deals.c.close_on >= local_day(now, zone))


def nothing(lead: Lead, now: datetime, zone: Zone) -> ColumnElement[bool]:
    """None of these."""
    return ~or_(inside(lead), to_do(lead), unanswered(lead), to_meet(lead, now), dealing(lead, now, zone))
