"""Working time: only the hours at work count, over nights, weekends, holidays and changes of clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.days_off import days_off
from base.durations import parse_duration
from base.working import WorkingTime, worked

PARIS = "Europe/Paris"
OFFICE = WorkingTime(("mon", "tue", "wed", "thu", "fri"), "09:00", "18:00", days_off(["FR"]))


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("begun", "length", "over"),
    [
        ("2026-11-03T10:00+01:00", "4 hours", "2026-11-03T14:00+01:00"),
        ("2026-11-03T16:30+01:00", "4 hours", "2026-11-04T11:30+01:00"),  # over the night
        ("2026-11-03T06:00+01:00", "30 minutes", "2026-11-03T09:30+01:00"),  # before the day begins
        ("2026-11-06T17:00+01:00", "2 hours", "2026-11-09T10:00+01:00"),  # over a weekend
        ("2026-11-10T17:00+01:00", "2 hours", "2026-11-12T10:00+01:00"),  # the 11th is a holiday
        ("2026-11-03T09:00+01:00", "9 hours", "2026-11-03T18:00+01:00"),  # exactly one day
        ("2026-11-03T09:00+01:00", "27 hours", "2026-11-05T18:00+01:00"),  # three of them
        ("2026-10-23T17:00+02:00", "1 hour", "2026-10-23T18:00+02:00"),
        ("2026-10-23T17:30+02:00", "1 hour", "2026-10-26T09:30+01:00"),  # clocks went back on the 25th
        ("2026-11-06T17:00+01:00", "1 business day", "2026-11-09T17:00+01:00"),
        ("2026-11-06T21:00+01:00", "1 day", "2026-11-09T09:00+01:00"),  # ends on a Saturday night
    ],
)
def test_what_is_counted(begun, length, over):
    assert worked(at(begun), parse_duration(length), OFFICE, PARIS) == at(over)


def test_without_hours_all_time_counts():
    assert worked(at("2026-11-07T22:00+01:00"), parse_duration("4 hours"), None, PARIS) == at("2026-11-08T02:00+01:00")


def test_hours_round_the_clock_are_all_time():
    always = WorkingTime(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00", "24:00")
    assert worked(at("2026-11-07T22:00+01:00"), parse_duration("50 hours"), always, PARIS) == at(
        "2026-11-10T00:00+01:00"
    )


def test_hours_that_never_come_are_said_so():
    never = WorkingTime((), "09:00", "18:00")
    with pytest.raises(ValueError, match="open"):
        worked(at("2026-11-07T22:00+01:00"), parse_duration("4 hours"), never, PARIS)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.integers(1, 400),
    st.integers(1, 400),
)
def test_an_hour_and_then_another_is_two(begun, first, second):
    whole = worked(begun, parse_duration(f"{first + second} minutes"), OFFICE, PARIS)
    half = worked(begun, parse_duration(f"{first} minutes"), OFFICE, PARIS)
    parts = worked(half, parse_duration(f"{second} minutes"), OFFICE, PARIS)
    assert whole == parts
    assert whole >= begun + timedelta(minutes=first + second)
