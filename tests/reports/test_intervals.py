"""How far two shares lie apart: the published figures, and what is said of few leads, of equal ones, of many looks."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.intervals import Share, difference, wilson

NINETY_FIVE = 1.959964
SHARES = st.integers(0, 2000).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("new", "old", "low", "high"),
    [
        # Newcombe 1998, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_is_the_one_that_was_published(new, old, low, high):
    found = difference(Share(*new), Share(*old), NINETY_FIVE)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.0001), pytest.approx(high, abs=0.0001))


@given(SHARES, SHARES)
def test_the_interval_holds_the_difference_and_turns_round_with_it(new, old):
    one, other = difference(new, old), difference(old, new)
    assert -1 - 1e-9 <= one.low <= one.value + 1e-9
    assert one.value - 1e-9 <= one.high <= 1 + 1e-9
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


@given(SHARES)
def test_a_share_lies_in_its_own_interval(share):
    low, high = wilson(share)
    assert low - 1e-9 <= share.value <= high + 1e-9


@pytest.mark.parametrize(
    ("new", "old", "verdict"),
    [
        ((0, 0), (0, 0), "open"),
        ((29, 29), (0, 500), "open"),  # too few to say anything, whatever they did
        ((30, 30), (0, 500), "higher"),
        ((6, 200), (12, 800), "open"),
        ((60, 200), (80, 800), "higher"),
        ((2, 400), (120, 1600), "lower"),
        ((300, 10_000), (310, 10_000), "alike"),
        ((0, 5_000), (0, 5_000), "alike"),
        ((0, 100), (0, 100), "open"),
    ],
)
def test_a_verdict_is_given_when_the_leads_allow_one(new, old, verdict):
    assert difference(Share(*new), Share(*old)).verdict == verdict


def test_who_looks_ten_times_at_two_equal_versions_is_seldom_told_that_one_is_better():
    dice = random.Random(1998)
    wrong = 0
    for _ in range(1_000):
        new = old = 0
        for look in range(1, 11):
            new += sum(dice.random() < 0.08 for _ in range(40))
            old += sum(dice.random() < 0.08 for _ in range(160))
            if difference(Share(new, 40 * look), Share(old, 160 * look)).verdict in ("higher", "lower"):
                wrong += 1
                break
    assert wrong <= 70
