"""Shares without chance: the same lead always goes the same way, and the ways are as wide as their weights."""

from collections import Counter

import pytest

from authoring.models.steps import Share
from leads.shares import held_out, way

LEADS = range(1, 20_001)


@pytest.mark.parametrize("weights", [(1, 1), (70, 30), (1, 2, 7), (1, 1000)])
def test_the_ways_are_as_wide_as_their_weights(weights):
    shares = [Share(weight=weight, to=f"s{index}") for index, weight in enumerate(weights)]
    went = Counter(way(shares, lead, "tips", "fork") for lead in LEADS)
    for index, weight in enumerate(weights):
        assert went[f"s{index}"] / len(LEADS) == pytest.approx(weight / sum(weights), abs=0.01)


@pytest.mark.parametrize("per_cent", [1, 10, 50, 99])
def test_so_many_per_cent_are_held_out(per_cent):
    assert sum(held_out(per_cent, lead, "tips", "stay") for lead in LEADS) / 200 == pytest.approx(per_cent, abs=1)


def test_whoever_is_held_out_by_a_small_share_is_by_a_larger_one():
    few = {lead for lead in LEADS if held_out(5, lead, "tips", "stay")}
    assert few < {lead for lead in LEADS if held_out(20, lead, "tips", "stay")}


def test_two_steps_and_two_sequences_share_leads_out_on_their_own():
    halves = [Share(weight=1, to="a"), Share(weight=1, to="b")]
    first = [way(halves, lead, "tips", "one") for lead in LEADS]
    for other in (("tips", "two"), ("letter", "one")):
        alike = sum(one == way(halves, lead, *other) for one, lead in zip(first, LEADS, strict=True))
        assert alike / len(LEADS) == pytest.approx(0.5, abs=0.02)


def test_a_lead_keeps_its_way_for_good():
    """Fixed values: a change of the rule would move leads that are on their way."""
    halves = [Share(weight=1, to="a"), Share(weight=1, to="b")]
    assert "".join(way(halves, lead, "tips", "fork") for lead in range(1, 21)) == "aabaabbbbbbabbaaaaab"
    assert [lead for lead in range(1, 101) if held_out(5, lead, "tips", "stay")] == [8, 34, 63, 86]
