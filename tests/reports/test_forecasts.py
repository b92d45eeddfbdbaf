"""What open deals are worth, and whether it was foreseen, on figures that can be counted by hand."""

from datetime import UTC, date, datetime, timedelta

from reports.every import questions
from reports.tallies import Days
from sales import deals
from sales.deals import Forecast
from sales.notebook import Author

PARIS = "Europe/Paris"
BOB = Author("Bob", "nadia", None)


def told(lively, name, first, last):
    site, now = lively.releases.in_force(), lively.clocks.calendar()
    with lively.database.read() as conn:
        return questions(now)[name](conn, site, Days(first, last), PARIS).as_json()["tables"]


def act(lively, verb, *more):
    lively.database.write(lambda conn: verb(conn, *more, BOB, lively.clocks.moment()) and 0)
    lively.works()


def test_a_forecast_weighs_each_open_deal_by_its_probability_the_reps_own_first(lively):
    ada, bob = lively.submits("ada", "demo"), lively.submits("bob", "demo")
    today = lively.clocks.calendar().date()
    act(lively, deals.forecast, ada, Forecast(100_000, date(2027, 1, 15)))  # an opportunity: 50 %
    act(lively, deals.forecast, bob, Forecast(200_000, date(2027, 1, 20), 90))
    [line] = told(lively, "forecast", today, today)["ahead"]["rows"]
    assert (line["month"], line["deals"], line["amount"], line["own"]) == ("2027-01-01", 2, 3_000.0, 1)
    assert line["forecast"] == 1_000 * 0.5 + 2_000 * 0.9


def test_what_was_forecast_when_a_month_began_stands_beside_what_was_signed_in_it(lively):
    lively.clocks.advance(datetime(2026, 11, 20, 9, tzinfo=UTC) - lively.clocks.calendar())
    ada, bob = lively.submits("ada", "demo"), lively.submits("bob", "demo")
    act(lively, deals.forecast, ada, Forecast(100_000, date(2026, 12, 15), 40))
    act(lively, deals.forecast, bob, Forecast(100_000, date(2027, 2, 1), 40))
    lively.clocks.advance(timedelta(days=20))
    act(lively, deals.forecast, ada, Forecast(100_000, date(2026, 12, 15), 95))  # too late to be foresight
    act(lively, deals.win, ada, 80_000, date(2026, 12, 10))
    rows = told(lively, "forecast", date(2026, 12, 1), date(2026, 12, 31))["history"]["rows"]
    assert rows == [{"month": "2026-12-01", "forecast": 400.0, "signed": 800.0, "met": 2.0}]


def test_who_is_handed_over_and_not_answered_in_time_is_late_and_stands_still(lively):
    lively.submits("ada", "demo")
    lively.clocks.advance(timedelta(days=3))
    today = lively.clocks.calendar().date()
    [line] = told(lively, "handoff", today - timedelta(days=10), today)["reps"]["rows"]
    assert (line["opened"], line["waiting"], line["late"], line["in_time"]) == (1, 1, 1, 0.0)
    phases = {row["phase"]: row for row in told(lively, "leaks", today, today)["phases"]["rows"]}
    assert (phases["prioritise"]["count"], phases["prioritise"]["stuck"]) == (1, 1)


def test_whom_nobody_writes_to_or_calls_is_named_as_standing_still(lively):
    ada = lively.submits("ada", "guide-3d")
    lively.later(days=120)
    today = lively.clocks.calendar().date()
    tables = told(lively, "leaks", today, today)
    assert {(row["phase"], row["lead"]) for row in tables["stuck"]["rows"]} >= {("strengthen", ada)}
    [silent] = [row for row in tables["silence"]["rows"] if row["stage"] == "iql"]
    assert (silent["longer"], silent["week"]) == (1, 0)


def test_days_in_a_stage_are_the_median_of_those_who_left_it(lively):
    for who, days in (("ada", 2), ("bob", 4), ("chloe", 30)):
        lead_id = lively.submits(who, "guide-3d")
        lively.later(days=days)
        lively.submits(who, "demo")
        assert lead_id
    today = lively.clocks.calendar().date()
    rows = {row["step"]: row for row in told(lively, "funnel", today - timedelta(days=60), today)["funnel"]["rows"]}
    assert rows["iql"]["days"] == 4.0
    assert (rows["leads"]["count"], rows["mql"]["count"]) == (3, 3)
