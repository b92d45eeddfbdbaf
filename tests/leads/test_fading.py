"""Crossings: bounds that never lie, days that are exact, and a search that a long past does not make longer."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.points import NEAR, PLENTY, crossing, engagement, falls_below, outlook, reached, rises_to

DAY = timedelta(days=1)
TODAY = date(2026, 11, 2)
AHEAD = 150  # days that are walked one by one


@st.composite
def scores(draw):
    """Rules, what some of them may give together, and their buckets: few days or very many, out of their order, some
    still to come."""
    rules, buckets = [], {}
    for number in range(draw(st.integers(1, 3))):
        points = draw(st.sampled_from([-20, -3, 1, 10, 25]))
        days = draw(st.lists(st.integers(-3, 400), max_size=6, unique=True))
        if draw(st.booleans()):
            days += [day for day in range(5, draw(st.sampled_from([40, 300]))) if day not in days]
        rules.append({
            "id": f"rule-{number}", "label": "R", "event": "page_seen", "points": points,
            "cap": draw(st.sampled_from([None, 3, 20, 60])), "half_life": draw(st.sampled_from([None, 1, 7, 30, 90])),
        })  # fmt: skip
        paid = draw(st.sampled_from([points * 1000, points * 333, points]))
        buckets[f"rule-{number}"] = {(TODAY - day * DAY).isoformat(): paid for day in days}
    together = [{"id": "some", "label": "S", "points": 30, "rules": ["rule-0", "rule-1"][: len(rules)]}]
    limits = draw(st.sampled_from([[], together, [{"id": "all", "label": "A", "points": 45}]]))
    return {"engagement": rules, "limits": limits}, buckets


@settings(deadline=None, max_examples=100)
@given(scores(), st.sampled_from([None, 1, PLENTY]), st.integers(0, AHEAD), st.integers(0, AHEAD))
def test_between_two_days_the_score_is_within_its_bounds(house, score, plenty, one, other):
    rules, buckets = score
    definitions = house.definitions(**rules)
    first, last = sorted((one, other))
    seen = outlook(buckets, definitions, TODAY, plenty)
    low, high = seen.between((TODAY + first * DAY).toordinal(), (TODAY + last * DAY).toordinal())
    walked = [engagement(buckets, definitions, TODAY + ahead * DAY) for ahead in range(first, last + 1)]
    assert low <= min(walked)
    assert max(walked) <= high


@settings(deadline=None, max_examples=100)
@given(scores(), st.integers(-60, 90))
def test_the_day_of_crossing_is_exact_after_any_past(house, score, points):
    rules, buckets = score
    definitions, milli = house.definitions(**rules), points * 1000
    walked = [engagement(buckets, definitions, TODAY + ahead * DAY) for ahead in range(AHEAD)]
    below = next((TODAY + ahead * DAY for ahead, score in enumerate(walked) if score < milli), None)
    above = next((TODAY + ahead * DAY for ahead, score in enumerate(walked) if score >= milli), None)
    end = TODAY + AHEAD * DAY
    for found, walked_to in ((falls_below, below), (rises_to, above)):
        day = found(buckets, definitions, TODAY, milli)
        assert day == walked_to if walked_to is not None else day is None or day >= end


@settings(deadline=None, max_examples=150)
@given(scores(), st.lists(st.integers(-60, 90), max_size=3))
def test_a_crossing_is_never_foretold_late_and_exactly_within_a_week(house, score, points):
    rules, buckets = score
    definitions, marks = house.definitions(**rules), [one * 1000 for one in points]
    sides = [
        [engagement(buckets, definitions, TODAY + ahead * DAY) >= mark for mark in marks] for ahead in range(AHEAD)
    ]
    true = next((TODAY + ahead * DAY for ahead in range(1, AHEAD) if sides[ahead] != sides[ahead - 1]), None)
    foretold = crossing(buckets, definitions, TODAY, marks)
    assert foretold is None or foretold > TODAY
    if true is not None:
        assert foretold is not None
        assert foretold <= true
    if foretold is not None and foretold <= TODAY + NEAR * DAY:
        assert foretold == true
    if foretold is not None:
        assert crossing(buckets, definitions, TODAY, marks, foretold) == foretold
        assert crossing(buckets, definitions, TODAY, marks, foretold - DAY) is None


def test_whoever_looks_again_when_told_comes_to_the_exact_day_in_a_few_looks(house):
    """Points on every day of two years: the first answers are too early, and few."""
    engagement_rules = [house.rule("click", 25, half_life=60, cap=60), house.rule("visit", 1, half_life=30)]
    definitions = house.definitions(engagement=engagement_rules)
    every_day = [(TODAY - day * DAY).isoformat() for day in range(730, -1, -1)]
    buckets = {"click": dict.fromkeys(every_day, 25_000), "visit": dict.fromkeys(every_day, 1_000)}
    true, day, looks = falls_below(buckets, definitions, TODAY, 30_000), TODAY, 0
    while engagement(buckets, definitions, day) >= 30_000:
        day, looks = crossing(buckets, definitions, day, [30_000]), looks + 1
    assert day == true
    assert looks <= 5


@settings(deadline=None, max_examples=100)
@given(scores(), st.integers(-60, 90), st.integers(0, 200))
def test_whether_a_score_was_ever_reached_is_what_walking_every_day_finds(house, score, points, since):
    rules, buckets = score
    definitions, begin = house.definitions(**rules), TODAY - since * DAY
    known = []
    for ago in range(since, -1, -1):
        day = TODAY - ago * DAY
        until = {
            name: {on: milli for on, milli in days.items() if on <= day.isoformat()} for name, days in buckets.items()
        }
        known.append(engagement(until, definitions, day))
    assert reached(buckets, definitions, begin, TODAY, points * 1000) is (max(known) >= points * 1000)


@pytest.mark.parametrize("half_life", [1, 60])
def test_a_score_that_nothing_holds_up_is_never_foretold_after_its_end(house, half_life):
    definitions = house.definitions(engagement=[house.rule("left", -20, half_life=half_life)])
    buckets = {"left": {TODAY.isoformat(): -20_000}}
    gone = rises_to(buckets, definitions, TODAY, 0)
    assert engagement(buckets, definitions, gone) == 0
    assert engagement(buckets, definitions, gone - DAY) == -1
    assert crossing(buckets, definitions, gone, [0, 30_000]) is None
