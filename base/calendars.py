"""Calendar arithmetic in a zone: what a day, a month, a business day and an opening hour are on a wall clock.

Pure: no database, no clock, no network.
"""

from calendar import monthrange
from collections.abc import Callable, Collection, Container
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from base.durations import Duration, Unit

Zone = ZoneInfo | str
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NO_HOLIDAYS: frozenset[date] = frozenset()
_SEARCHED_DAYS = 400  # a window that is closed for longer than a year never opens


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether the time zone database knows that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def at_local(day: date, wall: time, zone: Zone) -> datetime:
    """The instant, in UTC, when clocks of `zone` show `wall` on `day`.

    In a gap it moves forward by the gap's length; in a fold the first is meant (PEP 495, fold=0).
    """
    return datetime.combine(day, wall.replace(fold=0, tzinfo=None), tzinfo=_zone(zone)).astimezone(UTC)


def local_moment(text: str, zone: Zone) -> datetime | None:
    """The instant, in UTC, of an ISO date (its midnight in `zone`) or time (in `zone` if it has none); else None."""
    try:
        written = datetime.fromisoformat(text.strip())
        naive = written.tzinfo is None
        return at_local(written.date(), written.time(), zone) if naive else written.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def local_day(at: datetime, zone: Zone) -> date:
    """The date that calendars on the wall show at the instant `at`."""
    return at.astimezone(_zone(zone)).date()


def add(at: datetime, duration: Duration, zone: Zone, holidays: Container[date] = _NO_HOLIDAYS) -> datetime:
    """`at` plus `duration`, in UTC.

    Minutes and hours are elapsed time. Days, weeks and months keep the wall clock of `zone`; a month clamps to the
    month's end; business days skip Saturdays, Sundays and `holidays`. Nothing added is nothing moved.
    """
    if duration.count == 0:
        return at.astimezone(UTC)
    if duration.unit in _ELAPSED:
        return at.astimezone(UTC) + _ELAPSED[duration.unit] * duration.count
    local = at.astimezone(_zone(zone))
    return at_local(_CALENDAR[duration.unit](local.date(), duration.count, holidays), local.time(), zone)


def next_opening(
    at: datetime,
    days: Collection[str],
    opens: str,
    closes: str,
    zone: Zone,
    holidays: Container[date] = _NO_HOLIDAYS,
) -> datetime:
    """The first instant not before `at` inside the hours `opens` (included) to `closes` (excluded, up to "24:00").

    The arguments, and what is raised, are those of `next_span`.
    """
    return next_span(at, days, opens, closes, zone, holidays)[0]


def next_span(
    at: datetime,
    days: Collection[str],
    opens: str,
    closes: str,
    zone: Zone,
    holidays: Container[date] = _NO_HOLIDAYS,
) -> tuple[datetime, datetime]:
    """The rest of the hours that are open at `at`, else the next ones: their first instant, and when they close.

    `days` are among "mon" … "sun". Hours that close at or before they open run past midnight and belong to the day
    on which they open. Raises ValueError when they never open.
    """
    today = local_day(at, zone)
    for offset in range(-1, _SEARCHED_DAYS):
        day = today + timedelta(days=offset)
        if WEEKDAYS[day.weekday()] not in days or day in holidays:
            continue
        start, end = _hours(day, opens, closes, zone)
        if at < end:
            return max(at.astimezone(UTC), start), end
    raise ValueError(f"no day from {today} on is open: {', '.join(sorted(days)) or 'no weekday'}")


def _hours(day: date, opens: str, closes: str, zone: Zone) -> tuple[datetime, datetime]:
    past_midnight = closes == "24:00" or closes <= opens
    closing_day = day + timedelta(days=1) if past_midnight else day
    closing_time = time() if closes == "24:00" else time.fromisoformat(closes)
    return at_local(day, time.fromisoformat(opens), zone), at_local(closing_day, closing_time, zone)


def _plus_days(day: date, count: int, holidays: Container[date]) -> date:
    return day + timedelta(days=count)


def _plus_weeks(day: date, count: int, holidays: Container[date]) -> date:
    return day + timedelta(weeks=count)


def _plus_months(day: date, count: int, holidays: Container[date]) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _plus_business_days(day: date, count: int, holidays: Container[date]) -> date:
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while day.weekday() >= 5 or day in holidays:
            day += step
    return day


_ELAPSED: dict[Unit, timedelta] = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_CALENDAR: dict[Unit, Callable[[date, int, Container[date]], date]] = {
    "day": _plus_days,
    "business day": _plus_business_days,
    "week": _plus_weeks,
    "month": _plus_months,
}


def _zone(zone: Zone) -> ZoneInfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone
