"""At which hours of their own day a lead is most likely to answer the telephone, guessed from when they acted.

Two hours in a row are the guess when they were there on several days; with fewer days there is none.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from base.calendars import Zone
from leads.facts import CONFIRMED, DEPARTURES, Event

EARLIEST, LATEST = 8, 20  # nobody is called before or after, whenever they read
LENGTH = 2  # hours
FEWEST_DAYS = 3  # on which they were there at all
AGREEING_DAYS = 2  # of these, on which they were there in the hours of the guess


@dataclass(frozen=True, slots=True)
class BestHour:
    """From `start` until `end` o'clock in `zone`: they were there then on `days` of the `of` days that are known."""

    start: int
    end: int
    days: int
    of: int
    zone: str


def best_hour(events: Sequence[Event], zone: Zone) -> BestHour | None:
    """The guess, on the clocks of `zone`; None where too little is known. Of equal hours the earliest."""
    there = frozenset(_hours(events, zone))
    known = len({day for day, _ in there})
    if known < FEWEST_DAYS:
        return None
    days = {start: _days_between(there, start) for start in range(EARLIEST, LATEST - LENGTH + 1)}
    start = max(days, key=lambda one: (days[one], -one))
    if days[start] < AGREEING_DAYS:
        return None
    return BestHour(start, start + LENGTH, days[start], known, str(zone))


def _hours(events: Sequence[Event], zone: Zone) -> Iterable[tuple[date, int]]:
    """The hours in which the lead did something, or was reached. A hit counts when it was made, not when it was
    believed."""
    made = {event.seq: event.at for event in events}
    for event in events:
        if (event.human or event.proven) and event.name not in DEPARTURES:
            at = made.get(int(event.data.get("hit_seq", 0)), event.at) if event.name == CONFIRMED else event.at
            local = _local(at, zone)
            yield local.date(), local.hour


def _local(at: datetime, zone: Zone) -> datetime:
    return at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def _days_between(there: Iterable[tuple[date, int]], start: int) -> int:
    return len({day for day, hour in there if start <= hour < start + LENGTH})
