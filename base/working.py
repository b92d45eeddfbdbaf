"""Working time: how long something takes when only the hours at work count.

Pure: no database, no clock, no network.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from base.calendars import Zone, add, next_span
from base.durations import Duration

_SECONDS = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """`days` are among "mon" … "sun"; `opens` included, `closes` excluded, up to "24:00"; on holidays nobody works."""

    days: tuple[str, ...]
    opens: str
    closes: str
    holidays: Container[date] = frozenset()

    def span(self, at: datetime, zone: Zone) -> tuple[datetime, datetime]:
        """The rest of the working hours that hold `at`, else the next ones. Raises ValueError when there are none."""
        return next_span(at, self.days, self.opens, self.closes, zone, self.holidays)


def worked(at: datetime, duration: Duration, hours: WorkingTime | None, zone: Zone) -> datetime:
    """`at` plus `duration` of working time, in UTC; without `hours` all time counts.

    Minutes and hours are counted while somebody works. Days, weeks and months are those of the calendar, business days
    pass over holidays, and what would end outside the hours ends when they begin again.
    """
    if hours is None:
        return add(at, duration, zone)
    if duration.unit not in _SECONDS:
        return hours.span(add(at, duration, zone, hours.holidays), zone)[0]
    left = timedelta(seconds=_SECONDS[duration.unit] * duration.count)
    start, end = hours.span(at, zone)
    while left > end - start:
        left -= end - start
        start, end = hours.span(end, zone)
    return start + left
