"""Points: which events earn them, how they fade, and that the lines add up."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.models.definitions import EngagementRule
from base.calendars import local_day
from leads import scoring
from leads.decay import decayed, table
from leads.facts import Event
from leads.points import rises_to

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
ZONE = "Europe/Paris"

EVENTS = ["form_submitted", "page_seen", "unsubscribed", "hit_confirmed", "verdict_given", "mail.sent"]


@st.composite
def rule_tables(draw):
    rules = []
    for index in range(draw(st.integers(1, 4))):
        rules.append(
            {
                "id": f"rule-{index}",
                "label": f"Rule {index}",
                "event": draw(st.sampled_from(["form_submitted", "page_seen", "unsubscribed", "link_clicked"])),
                "subject": draw(st.sampled_from([None, "a"])),
                "points": draw(st.integers(-40, 40)),
                "repeat": draw(st.sampled_from(["once", "daily", "always"])),
                "cap": draw(st.sampled_from([None, 10, 25, 60])),
                "half_life": draw(st.sampled_from([None, 1, 7, 30])),
            }
        )
    return rules


@st.composite
def stories(draw):
    events, at = [], MONDAY
    for seq in range(1, draw(st.integers(0, 12)) + 1):
        at += timedelta(hours=draw(st.integers(0, 60)))
        name = draw(st.sampled_from(EVENTS))
        subject = draw(st.sampled_from(["a", "b", None]))
        data = {"of": "link_clicked"} if name == "hit_confirmed" else {}
        if name == "verdict_given":
            subject = draw(st.sampled_from(["accepted", "rejected"]))
        evidence = draw(st.sampled_from(["human", "human", "pending", "machine", "proxy", "engine"]))
        events.append(Event(seq, name, at, evidence, subject, data))
    return events


def slow_engagement(events: list[Event], rules: list[EngagementRule], day: date) -> int:
    """The reference: reads every event, rule by rule, as the words of the design say it."""
    total = 0
    for rule in rules:
        paid: list[tuple[date, int]] = []
        for event in events:
            name = event.data["of"] if event.name == "hit_confirmed" else event.name
            if event.evidence != "human" or name != rule.event or rule.subject not in (None, event.subject):
                continue
            on = local_day(event.at, ZONE)
            if rule.repeat == "once" and paid:
                continue
            if rule.repeat == "daily" and any(day_paid == on for day_paid, _ in paid):
                continue
            paid.append((on, rule.points * 1000))
        by_day: dict[date, int] = {}
        for on, milli in paid:
            by_day[on] = by_day.get(on, 0) + milli
        left = sum(
            milli if rule.half_life is None else decayed(milli, rule.half_life, (day - on).days)
            for on, milli in by_day.items()
        )
        if rule.cap is not None:
            left = max(-rule.cap * 1000, min(rule.cap * 1000, left))
        total += left
    return total


@settings(max_examples=150, deadline=None)
@given(rule_tables(), stories(), st.integers(0, 90))
def test_the_lines_add_up_and_the_fold_equals_reading_every_event_again(house, rules, events, later):
    definitions = house.definitions(engagement=rules)
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    day = local_day(events[-1].at if events else MONDAY, ZONE) + timedelta(days=later)
    score = scoring.engagement(buckets, definitions, day)
    assert score == slow_engagement(events, definitions.scoring.engagement, day)
    assert score == sum(line.milli for line in scoring.lines(buckets, definitions, day))


@settings(max_examples=150, deadline=None)
@given(rule_tables(), stories(), st.integers(-60, 60))
def test_the_day_of_crossing_is_the_one_that_walking_every_day_finds(house, rules, events, points):
    definitions = house.definitions(engagement=rules)
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    today = local_day(events[-1].at if events else MONDAY, ZONE)
    walked = [scoring.engagement(buckets, definitions, today + DAY * ahead) for ahead in range(30 * 18)]
    below = next((today + DAY * ahead for ahead, score in enumerate(walked) if score < points * 1000), None)
    above = next((today + DAY * ahead for ahead, score in enumerate(walked) if score >= points * 1000), None)
    assert scoring.falls_below(buckets, definitions, today, points * 1000) == below
    assert rises_to(buckets, definitions, today, points * 1000) == above


@pytest.mark.parametrize("evidence", ["pending", "machine", "proxy", "engine"])
def test_only_a_human_earns_points(house, evidence):
    definitions = house.definitions()
    assert scoring.take_in({}, house.event(1, evidence=evidence), definitions, ZONE) == {}
    assert scoring.interests_after({}, house.event(1, evidence=evidence, data={"interests": ["x"]}), definitions) == {}


def test_a_confirmed_hit_counts_as_the_click_it_confirms(house):
    definitions = house.definitions(engagement=[house.rule("click", 25, "link_clicked", subject="tips/one")])
    confirmed = house.event(2, "hit_confirmed", subject="tips/one", data={"of": "link_clicked"})
    assert scoring.take_in({}, confirmed, definitions, ZONE) == {"click": {"2026-11-02": 25_000}}
    other = house.event(3, "hit_confirmed", subject="tips/two", data={"of": "link_clicked"})
    assert scoring.take_in({}, other, definitions, ZONE) == {}


@pytest.mark.parametrize(
    ("repeat", "on_the_day", "the_day_after"),
    [("once", 20_000, 0), ("daily", 20_000, 20_000), ("always", 40_000, 20_000)],
)
def test_how_often_a_rule_pays(house, repeat, on_the_day, the_day_after):
    definitions = house.definitions(engagement=[house.rule("visit", 20, repeat=repeat)])
    events = [house.event(1), house.event(2, at=MONDAY + timedelta(hours=2)), house.event(3, at=MONDAY + DAY)]
    days = scoring.fold_buckets(events, definitions, ZONE)["visit"]
    assert (days["2026-11-02"], days.get("2026-11-03", 0)) == (on_the_day, the_day_after)


def test_a_day_is_a_day_of_the_sites_zone(house):
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # already Tuesday in Paris
    assert scoring.take_in({}, house.event(1, at=late), house.definitions(), ZONE) == {"visit": {"2026-11-03": 20_000}}


def test_half_of_the_points_are_left_after_a_half_life_and_nothing_in_the_end():
    assert [decayed(20_000, 30, age) for age in (0, 15, 30, 60, 30 * 15)] == [20_000, 14_142, 10_000, 5_000, 0]
    assert decayed(-20_000, 30, 30) == -10_000
    assert decayed(-1, 1, 40) == 0, "a penalty fades to nothing too"
    assert decayed(20_000, 30, -3) == 20_000, "an event of tomorrow has not begun to fade"


def test_the_table_of_a_half_life_is_exact_to_the_billionth():
    for half_life in (1, 7, 30, 365):
        for day, left in enumerate(table(half_life)):
            # (left / 10^9) ^ half_life = 2 ^ -day, checked without a floating point
            low, high = Fraction(left - 1, 10**9), Fraction(left + 1, 10**9)
            assert low**half_life < Fraction(1, 2**day) < high**half_life


def test_a_cap_holds_points_and_penalties_after_decay(house):
    definitions = house.definitions(
        engagement=[house.rule("visit", 20, cap=45), house.rule("left", -20, "unsubscribed", cap=-30)]
    )
    events = [house.event(seq) for seq in range(1, 5)] + [house.event(seq, "unsubscribed") for seq in (5, 6)]
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 15_000
    kinds = {(line.rule, line.kind): line.milli for line in scoring.lines(buckets, definitions, TODAY)}
    assert kinds == {
        ("visit", "points"): 80_000,
        ("visit", "cap"): -35_000,
        ("left", "points"): -40_000,
        ("left", "cap"): 10_000,
    }


def test_a_rejection_closes_what_was_earned_before_it(house):
    definitions = house.definitions()
    rejected = house.event(3, "verdict_given", evidence="engine", subject="rejected")
    events = [house.event(1), house.event(2), rejected, house.event(4)]
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 60_000
    assert scoring.engagement_since_verdict(buckets, definitions, TODAY) == 20_000
    again = scoring.fold_buckets([*events, house.event(5, "verdict_given", subject="rejected")], definitions, ZONE)
    assert scoring.engagement_since_verdict(again, definitions, TODAY) == 0
    assert scoring.engagement(again, definitions, TODAY) == 60_000, "the score itself is a story of events only"


def test_a_rule_that_is_gone_gives_nothing(house):
    assert scoring.engagement({"gone": {"2026-11-02": 9_000}}, house.definitions(), TODAY) == 0


@pytest.mark.parametrize(
    ("milli", "band"), [(-5_000, "cold"), (0, "cold"), (29_999, "cold"), (30_000, "warm"), (80_000, "hot")]
)
def test_the_temperature_is_read_off_the_engagement(house, milli, band):
    assert scoring.temperature(milli, house.definitions()) == band


def test_fit_takes_the_persona_that_gives_most_and_says_what_is_missing(house):
    fit = scoring.fit(house.facts(fields={"trade": "Interior", "team": "12"}), house.definitions())
    assert (fit.milli, fit.persona, fit.best) == (30_000, "studio", 40_000)
    assert [line.rule for line in fit.lines] == ["trade"]
    assert [line.rule for line in fit.missing] == ["team"]
    nobody = scoring.fit(house.facts(), house.definitions())
    assert (nobody.milli, nobody.persona) == (0, None)


def test_interests_add_up_by_name(house):
    event = house.event(1, data={"interests": ["cao/3d", "cao/2d"]})
    interests = scoring.interests_after({"cao/3d": 1_000}, event, house.definitions())
    assert interests == {"cao/3d": 6_000, "cao/2d": 5_000}
