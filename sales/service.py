"""The service level: until when an alert is to be answered, and which step comes next when it is not.

Pure: no database, no clock, no network.
"""

from collections.abc import Collection
from datetime import datetime

from authoring.models.hand_off import Escalation, HandOff, WorkingHours
from base.calendars import Zone
from base.days_off import days_off
from base.durations import parse_duration
from base.working import WorkingTime, worked


def answer_by(chosen: HandOff, opened_at: datetime, zone: Zone) -> datetime:
    """Until when an alert of that instant is to be answered; `zone` is the site's."""
    return _later(chosen, opened_at, chosen.answer_within, zone)


def next_step(
    chosen: HandOff, opened_at: datetime, taken: Collection[str], zone: Zone
) -> tuple[datetime, Escalation] | None:
    """The first step that was not taken yet, and when it is due; None when there is none."""
    ahead = [(_later(chosen, opened_at, one.after, zone), one) for one in chosen.escalation if one.id not in taken]
    return min(ahead, key=lambda step: step[0], default=None)


def _later(chosen: HandOff, at: datetime, length: str, zone: Zone) -> datetime:
    return worked(at, parse_duration(length), working_time(chosen.hours), zone)


def working_time(hours: WorkingHours | None) -> WorkingTime | None:
    """The hours of the definitions, to reckon with; None = at any time."""
    if hours is None:
        return None
    return WorkingTime(tuple(hours.days), hours.from_, hours.to, days_off(hours.holidays))
