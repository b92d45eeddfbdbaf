"""Every change of clocks of every zone from 2025 to 2035, at each half hour around it, against counting by offsets."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from base.calendars import add, at_local, local_day, next_opening
from base.durations import parse_duration

FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HALF_HOURS = [time(minutes // 60, minutes % 60) for minutes in range(0, 24 * 60, 30)]


def transitions(zone):
    """(instant, offset before, offset after) of each change of the offset, to the second."""
    at, found = FIRST, []
    while at < LAST:
        before, after = offset(at, zone), offset(at + DAY, zone)
        if before != after:
            found.append((_first_with(after, at, at + DAY, zone), before, after))
        at += DAY
    return found


def _first_with(after, low, high, zone):
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if offset(middle, zone) == after else (middle, high)
    return high


def offset(at, zone):
    return at.astimezone(zone).utcoffset()


@cache
def changes():
    """Each different history of offsets once: most names of zones are other names of the same."""
    known = {}
    for name in sorted(available_timezones()):
        if found := tuple(transitions(ZoneInfo(name))):
            known.setdefault(found, name)
    return [(name, change) for found, name in known.items() for change in found]


@cache
def meant(day, wall, zone):
    """The first instant that shows `wall` on `day`; where there is none, what the clocks of before would have shown."""
    local = datetime.combine(day, wall)
    around = [datetime.combine(day, time(), tzinfo=UTC) + timedelta(hours=hours) for hours in range(-36, 61, 3)]
    offsets = list(dict.fromkeys(offset(at, zone) for at in around))
    shown = [at for at in ((local - one).replace(tzinfo=UTC) for one in offsets) if _shows(at, local, zone)]
    return min(shown) if shown else (local - _before(local, zone)).replace(tzinfo=UTC)


def _shows(at, local, zone):
    return at.astimezone(zone).replace(tzinfo=None) == local


def _before(local, zone):
    """The offset in force until the gap that `local` falls into."""
    at = (local - timedelta(hours=30)).replace(tzinfo=UTC)
    while at.astimezone(zone).replace(tzinfo=None) < local:
        before, at = offset(at, zone), at + timedelta(minutes=15)
    return before


def test_there_are_hundreds_of_changes_of_many_zones():
    assert len(changes()) > 500
    assert len({name for name, _ in changes()}) > 25


def test_every_half_hour_around_every_change_is_the_instant_that_the_clocks_mean():
    wrong = []
    for name, (at, _, _) in changes():
        zone = ZoneInfo(name)
        for day in {local_day(at, zone), local_day(at - timedelta(seconds=1), zone)}:
            for wall in HALF_HOURS:
                if at_local(day, wall, zone) != meant(day, wall, zone):
                    wrong.append(f"{name} {day} {wall}")
    assert wrong == []


@pytest.mark.parametrize(("wait", "days"), [("1 day", 1), ("1 week", 7), ("4 weeks", 28)])
def test_a_wait_that_ends_at_a_change_keeps_the_wall_clock_of_its_beginning(wait, days):
    wrong = []
    for name, (at, _, _) in changes():
        zone = ZoneInfo(name)
        day = local_day(at, zone)
        for wall in HALF_HOURS:
            start = at_local(day - days * DAY, wall, zone)
            was_shown = start.astimezone(zone).time() == wall
            if was_shown and add(start, parse_duration(wait), zone) != meant(day, wall, zone):
                wrong.append(f"{name} {start} + {wait}")
    assert wrong == []


def test_hours_are_elapsed_whatever_the_clocks_do():
    two_days = parse_duration("48 hours")
    assert all(add(at - DAY, two_days, name) == at + DAY for name, (at, _, _) in changes())


def test_a_window_over_a_change_opens_at_its_hour_or_at_once():
    wrong = []
    for name, (at, _, _) in changes():
        zone = ZoneInfo(name)
        for asked in (at - timedelta(hours=12), at - timedelta(minutes=10), at, at + timedelta(minutes=10)):
            opening = next_opening(asked, ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "02:30", "03:30", zone)
            starts = [meant(local_day(asked, zone) + DAY * offset, time(2, 30), zone) for offset in (-1, 0, 1, 2)]
            if opening < asked or (opening != asked and opening not in starts):
                wrong.append(f"{name} {asked} -> {opening}")
    assert wrong == []
