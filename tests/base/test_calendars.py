import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.calendars import add, at_local, is_zone, local_day, local_moment, next_opening
from base.durations import parse_duration

TRANSITIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "time" / "dst-transitions.csv"
ZONES = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
PARIS = "Europe/Paris"
CHRISTMAS = frozenset({date(2026, 12, 25), date(2027, 1, 1)})


def local(text, zone=PARIS):
    """An instant given by a wall clock, independent of the code under test."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shown(at, zone=PARIS):
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-11-02 09:00", "2 days", "2026-11-04 09:00"),
        ("2026-03-28 09:00", "1 day", "2026-03-29 09:00"),  # 23 hours later
        ("2026-10-24 09:00", "1 day", "2026-10-25 09:00"),  # 25 hours later
        ("2026-03-28 09:00", "24 hours", "2026-03-29 10:00"),
        ("2026-10-24 09:00", "24 hours", "2026-10-25 08:00"),
        ("2026-10-24 09:00", "1440 minutes", "2026-10-25 08:00"),
        ("2026-03-22 02:30", "1 week", "2026-03-29 03:30"),  # in the gap: forward by its length
        ("2026-03-30 02:30", "-1 day", "2026-03-29 03:30"),
        ("2026-01-31 09:00", "1 month", "2026-02-28 09:00"),
        ("2028-01-31 09:00", "1 month", "2028-02-29 09:00"),
        ("2026-03-31 09:00", "-1 month", "2026-02-28 09:00"),
        ("2026-12-15 09:00", "1 month", "2027-01-15 09:00"),
        ("2026-01-15 09:00", "-13 months", "2024-12-15 09:00"),
        ("2026-11-05 09:00", "2 business days", "2026-11-09 09:00"),  # Thursday, over the week-end
        ("2026-11-07 09:00", "1 business day", "2026-11-09 09:00"),  # from a Saturday
        ("2026-11-07 09:00", "-1 business day", "2026-11-06 09:00"),
        ("2026-11-09 09:00", "-2 business days", "2026-11-05 09:00"),
        ("2026-12-24 09:00", "1 business day", "2026-12-28 09:00"),  # over Christmas and a week-end
        ("2026-12-28 09:00", "-1 business day", "2026-12-24 09:00"),
        ("2026-11-07 09:00", "0 business days", "2026-11-07 09:00"),
    ],
)
def test_a_duration_keeps_the_wall_clock_or_the_elapsed_time(start, duration, end):
    assert shown(add(local(start), parse_duration(duration), PARIS, CHRISTMAS)) == end


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-12-01", "2026-12-01 00:00"),
        (" 2026-12-01T18:30 ", "2026-12-01 18:30"),
        ("2026-12-01 18:30:00", "2026-12-01 18:30"),
        ("2026-03-29T02:30", "2026-03-29 03:30"),
        ("2026-12-01T17:30:00Z", "2026-12-01 18:30"),
        ("2026-12-01T12:30:00-05:00", "2026-12-01 18:30"),
        ("01/12/2026", None),
        ("soon", None),
        ("", None),
        ("0001-01-01", None),
    ],
)
def test_a_written_date_is_its_midnight_and_a_time_is_local_unless_it_says_otherwise(written, at):
    found = local_moment(written, PARIS)
    assert (None if found is None else shown(found)) == at


def test_nothing_added_is_nothing_moved_even_in_the_second_of_two_hours():
    second = local("2026-10-25 02:30").replace(fold=1)
    assert add(second, parse_duration("0 days"), PARIS) == second.astimezone(UTC)


def test_in_a_fold_the_first_is_meant():
    first = at_local(date(2026, 10, 25), time(2, 30), PARIS)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_local(date(2026, 10, 25), time(2, 30, fold=1), PARIS) == first


def test_a_whole_day_that_a_zone_left_out_is_a_gap_like_another():
    assert shown(at_local(date(2011, 12, 30), time(10), "Pacific/Apia"), "Pacific/Apia") == "2011-12-31 10:00"


def test_every_known_change_of_the_clocks_is_kept():
    if not TRANSITIONS.exists():
        pytest.skip("the shared table of clock changes is not beside this checkout")
    with TRANSITIONS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        change = datetime.fromisoformat(row["instant_utc"].replace("Z", "+00:00"))
        shift = timedelta(minutes=int(row["shift_minutes"]))
        wall = datetime.fromisoformat(min(row["local_from"], row["local_to"])) + timedelta(minutes=15)
        at = at_local(wall.date(), wall.time(), row["zone"])
        if row["kind"] == "gap":  # the wall clock that never was moves forward by the gap's length
            assert at == change + timedelta(minutes=15), row
            assert at.astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None) == wall + shift, row
        else:  # the first of the two
            assert at == change + shift + timedelta(minutes=15), row
            assert at.astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None) == wall, row


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, st.sampled_from(ZONES), st.integers(1, 400), st.sampled_from(["day", "week", "month", "business day"]))
def test_later_is_later_on_the_same_wall_clock(at, zone, count, unit):
    end = add(at, parse_duration(f"{count} {unit}s"), zone)
    assert end > at
    moved = end.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    there_and_back = at_local(moved.date(), moved.time(), zone)
    same_wall = moved.time() == at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0).time()
    assert there_and_back == end
    assert same_wall or _in_a_gap(at, end, zone)


def _in_a_gap(at, end, zone):
    wall = at.astimezone(ZoneInfo(zone)).time().replace(fold=0)
    moved = end.astimezone(ZoneInfo(zone))
    asked = datetime.combine(moved.date(), wall, tzinfo=ZoneInfo(zone))
    return asked.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != asked.replace(tzinfo=None)


HOURS = st.integers(0, 23)
WORK = ("mon", "tue", "wed", "thu", "fri")


@pytest.mark.parametrize(
    ("at", "days", "opens", "closes", "opening"),
    [
        ("2026-11-02 08:00", WORK, "09:00", "18:00", "2026-11-02 09:00"),
        ("2026-11-02 09:00", WORK, "09:00", "18:00", "2026-11-02 09:00"),
        ("2026-11-02 17:59", WORK, "09:00", "18:00", "2026-11-02 17:59"),
        ("2026-11-02 18:00", WORK, "09:00", "18:00", "2026-11-03 09:00"),
        ("2026-11-06 18:00", WORK, "09:00", "18:00", "2026-11-09 09:00"),
        ("2026-11-07 10:00", ("sun",), "09:00", "24:00", "2026-11-08 09:00"),
        ("2026-11-08 23:59", ("sun",), "09:00", "24:00", "2026-11-08 23:59"),
        ("2026-11-03 02:00", ("mon",), "22:00", "06:00", "2026-11-03 02:00"),  # Monday's night
        ("2026-11-03 06:00", ("mon",), "22:00", "06:00", "2026-11-09 22:00"),
        ("2026-11-03 06:00", WORK, "00:00", "00:00", "2026-11-03 06:00"),
        ("2026-12-24 19:00", WORK, "09:00", "18:00", "2026-12-28 09:00"),  # Christmas is closed
        ("2026-03-29 01:59", ("sun",), "02:15", "24:00", "2026-03-29 03:15"),  # opens in the gap
        ("2026-10-25 01:00", ("sun",), "02:30", "24:00", "2026-10-25 02:30"),
    ],
)
def test_the_next_opening_is_now_or_the_first_instant_of_the_next_hours(at, days, opens, closes, opening):
    assert shown(next_opening(local(at), days, opens, closes, PARIS, CHRISTMAS)) == opening


def test_hours_that_never_open_are_refused():
    with pytest.raises(ValueError, match="no weekday"):
        next_opening(local("2026-11-02 08:00"), (), "09:00", "18:00", PARIS)


@given(INSTANTS, st.sampled_from(ZONES), HOURS, HOURS, st.sets(st.sampled_from(WORK), min_size=1))
def test_an_opening_is_never_past_and_opens_at_once(at, zone, opens, closes, days):
    hours = (f"{opens:02}:00", f"{closes:02}:00")
    opening = next_opening(at, days, *hours, zone)
    assert at <= opening <= at + timedelta(days=9)
    assert next_opening(opening, days, *hours, zone) == opening


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-11-01T23:30+00:00", PARIS, date(2026, 11, 2)),
        ("2026-11-02T03:30+00:00", "America/New_York", date(2026, 11, 1)),
    ],
)
def test_the_day_is_the_one_of_the_zone(at, zone, day):
    assert local_day(datetime.fromisoformat(at), zone) == day
    assert local_day(datetime.fromisoformat(at), ZoneInfo(zone)) == day


@pytest.mark.parametrize(
    ("name", "known"),
    [("Europe/Paris", True), ("UTC", True), ("Mars/Olympus", False), ("", False), ("../etc/passwd", False)],
)
def test_a_zone_is_known_by_its_name(name, known):
    assert is_zone(name) is known
