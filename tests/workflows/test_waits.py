"""Waits, windows and periods as instants: over the two changes of clock, month ends and weekends."""

from datetime import UTC, datetime

import pytest

from authoring.models.steps import QuietHours, SendWindow, Step, WaitUntil
from base.days_off import days_off
from workflows.waits import (
    Cap,
    Hours,
    Shut,
    cap_parts,
    caps_of,
    due_moment,
    first_such_moment,
    later,
    next_period,
    opening,
    own_caps,
    period_start,
    shut_by,
)

PARIS = "Europe/Paris"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "wait", "due"),
    [
        # 29 March 2026: 02:00 becomes 03:00. A day keeps the wall clock, hours are elapsed.
        ("2026-03-28 09:00", "1 day", "2026-03-29 08:00"),
        ("2026-03-28 09:00", "24 hours", "2026-03-29 09:00"),
        ("2026-03-28 01:30", "1 day", "2026-03-29 01:30"),  # 02:30 is not there: moved on by the gap, to 03:30
        ("2026-03-22 01:30", "1 week", "2026-03-29 01:30"),
        # 25 October 2026: 03:00 becomes 02:00. Of the two 02:30 the first is meant.
        ("2026-10-24 00:30", "1 day", "2026-10-25 00:30"),
        ("2026-10-24 08:00", "1 day", "2026-10-25 09:00"),
        ("2026-10-24 08:00", "24 hours", "2026-10-25 08:00"),
        ("2026-10-24 22:00", "90 minutes", "2026-10-24 23:30"),
        # months clamp, business days pass over weekends
        ("2026-01-31 09:00", "1 month", "2026-02-28 09:00"),
        ("2026-11-06 09:00", "1 business day", "2026-11-09 09:00"),
        ("2026-11-02 09:00", "-1 day", "2026-11-01 09:00"),
    ],
)
def test_days_keep_the_wall_clock_and_hours_are_elapsed(start, wait, due):
    assert later(utc(start), wait, PARIS) == utc(due)


@pytest.mark.parametrize(
    ("written", "not_before", "moment"),
    [
        ({"time": "09:00"}, "2026-11-02 07:59", "2026-11-02 08:00"),
        ({"time": "09:00"}, "2026-11-02 08:00", "2026-11-02 08:00"),
        ({"time": "09:00"}, "2026-11-02 08:01", "2026-11-03 08:00"),
        ({"time": "09:00", "weekdays": ["tue"]}, "2026-11-03 08:01", "2026-11-10 08:00"),
        ({"weekdays": ["tue"]}, "2026-11-03 13:00", "2026-11-03 13:00"),
        ({"weekdays": ["wed"]}, "2026-11-03 13:00", "2026-11-03 23:00"),
        ({"date": "2026-11-20"}, "2026-11-02 08:00", "2026-11-19 23:00"),
        ({"date": "2026-11-20", "time": "18:00"}, "2026-11-02 08:00", "2026-11-20 17:00"),
        ({"date": "2026-10-01"}, "2026-11-02 08:00", "2026-11-02 08:00"),
        ({"time": "02:30"}, "2026-03-28 12:00", "2026-03-29 01:30"),
        ({"time": "02:30"}, "2026-10-24 12:00", "2026-10-25 00:30"),
        ({"time": "02:30"}, "2026-10-25 00:31", "2026-10-26 01:30"),  # the second 02:30 of that night is not used
    ],
)
def test_the_first_such_moment_that_is_not_past(written, not_before, moment):
    assert first_such_moment(WaitUntil(**written), utc(not_before), PARIS) == utc(moment)


@pytest.mark.parametrize(
    ("step", "due"),
    [
        ({}, "2026-11-05 10:00"),
        ({"wait": "2 days"}, "2026-11-06 10:00"),
        ({"wait": "2 days", "wait_until": {"time": "09:00"}}, "2026-11-07 08:00"),
        # a wait that is over long since: the moment is looked for from the arrival
        ({"wait": "1 hour", "wait_until": {"time": "09:00"}}, "2026-11-06 08:00"),
        ({"wait": "5 business days"}, "2026-11-12 10:00"),  # 11 November is a holiday in France
    ],
)
def test_a_step_is_due_by_its_wait_and_then_by_its_moment(step, due):
    found = due_moment(
        Step.model_validate({"id": "s", "email": "s", **step}),
        anchor=utc("2026-11-04 10:00"),
        arrived=utc("2026-11-05 10:00"),
        zone=PARIS,
        holidays=days_off(["FR"]),
    )
    assert found == utc(due)


@pytest.mark.parametrize(
    ("zone", "at", "opens"),
    [
        (PARIS, "2026-11-02 06:59", "2026-11-02 08:00"),
        (PARIS, "2026-11-02 16:59", "2026-11-02 16:59"),
        (PARIS, "2026-11-02 17:00", "2026-11-03 08:00"),
        (PARIS, "2026-11-06 17:00", "2026-11-09 08:00"),
        ("America/Montreal", "2026-11-02 08:00", "2026-11-02 14:00"),
        (PARIS, "2026-03-27 18:00", "2026-03-30 07:00"),
    ],
)
def test_a_window_opens_in_the_zone_at_send_time(zone, at, opens):
    window = SendWindow.model_validate({"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00"})
    assert opening(Hours(window), utc(at), zone) == utc(opens)


QUIET = QuietHours.model_validate({"from": "21:00", "to": "10:00", "fallback": "skip"})
OFFICE = SendWindow.model_validate({"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00"})
SHUT = Shut("send_window 09:00-18:00", "outside the", "next_available")
HOLIDAY = Shut("holiday 2026-11-11", "on the", "next_available")
SILENT = Shut("quiet_hours 21:00-10:00", "inside the", "skip")


@pytest.mark.parametrize(
    ("hours", "at", "by", "opens"),
    [
        (Hours(), "2026-11-11 02:00", None, "2026-11-11 02:00"),
        (Hours(holidays=days_off(["FR"])), "2026-11-11 10:00", None, "2026-11-11 10:00"),
        (Hours(quiet=QUIET), "2026-11-02 19:59", None, "2026-11-02 19:59"),
        (Hours(quiet=QUIET), "2026-11-02 20:00", SILENT, "2026-11-03 09:00"),
        (Hours(quiet=QUIET), "2026-11-03 08:59", SILENT, "2026-11-03 09:00"),
        (Hours(quiet=QUIET), "2026-11-03 09:00", None, "2026-11-03 09:00"),
        (Hours(OFFICE, QUIET), "2026-11-02 17:00", SHUT, "2026-11-03 09:00"),  # open at nine, and quiet until ten
        (Hours(OFFICE, QUIET), "2026-11-03 08:30", SILENT, "2026-11-03 09:00"),
        (Hours(OFFICE, QUIET), "2026-11-06 17:00", SHUT, "2026-11-09 09:00"),
        (Hours(OFFICE, None, days_off(["FR"])), "2026-11-11 10:00", HOLIDAY, "2026-11-12 08:00"),
        (Hours(OFFICE, None, days_off(["FR"])), "2026-11-11 18:00", SHUT, "2026-11-12 08:00"),
        (Hours(OFFICE, QUIET, days_off(["2026-11-12", "FR"])), "2026-11-11 10:00", HOLIDAY, "2026-11-13 09:00"),
    ],
)
def test_mail_leaves_inside_the_window_on_no_holiday_and_outside_the_quiet_hours(hours, at, by, opens):
    assert (shut_by(hours, utc(at), PARIS), opening(hours, utc(at), PARIS)) == (by, utc(opens))


def test_a_window_that_only_opens_in_quiet_hours_never_opens():
    early = SendWindow.model_validate({"from": "06:00", "to": "08:00"})
    with pytest.raises(ValueError, match="never open"):
        opening(Hours(early, QUIET), utc("2026-11-02 09:00"), PARIS)


@pytest.mark.parametrize(
    ("cap", "at", "start", "following"),
    [
        ("1 per day", "2026-11-02 22:59", "2026-11-01 23:00", "2026-11-02 23:00"),
        ("1 per day", "2026-11-02 23:00", "2026-11-02 23:00", "2026-11-03 23:00"),
        ("1 per day", "2026-10-25 12:00", "2026-10-24 22:00", "2026-10-25 23:00"),
        ("4 per week", "2026-11-08 12:00", "2026-11-01 23:00", "2026-11-08 23:00"),
        ("4 per month", "2026-12-31 12:00", "2026-11-30 23:00", "2026-12-31 23:00"),
        ("4 per month", "2026-02-10 12:00", "2026-01-31 23:00", "2026-02-28 23:00"),
    ],
)
def test_a_cap_counts_calendar_periods_of_the_zone(cap, at, start, following):
    period = cap_parts(cap)[1]
    assert (period_start(utc(at), period, PARIS), next_period(utc(at), period, PARIS)) == (utc(start), utc(following))


def test_a_stage_has_its_own_rhythm_within_the_caps_for_everybody(world):
    written = world.site({}, caps=["1 per day"]).definitions
    stages = [
        stage.model_copy(update={"cadence": [f"{place} per week"]}) for place, stage in enumerate(written.stages, 1)
    ]
    definitions = written.model_copy(update={"stages": stages})
    everybody = Cap("1 per day", 1, "day", "cap", None)
    assert caps_of(definitions) == (everybody,)
    assert caps_of(definitions, "iql") == (everybody, Cap("2 per week", 2, "week", "cadence", None))


def test_a_sequences_own_caps_count_its_mails_alone(world):
    sequence = world.sequence('frequency_cap = ["2 per week"]\n[[step]]\nid = "one"\nemail = "one"\n')
    assert own_caps("tips", sequence) == (Cap("2 per week", 2, "week", "frequency_cap", "tips"),)
