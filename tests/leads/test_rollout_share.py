"""Who enters a new version of a sequence: about as many as its rollout says, and always the same ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.shares import held_out, tries

HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
LEADS = range(1, 4_001)


@given(st.integers(1, 99), HASHES, st.sampled_from(["tips", "conseils-3d"]))
def test_the_share_is_near_what_was_written(per_cent, former, sequence):
    entered = sum(tries(per_cent, lead, sequence, former) for lead in LEADS)
    # Six standard deviations: a fair share leaves them once in a billion.
    spread = 6 * (len(LEADS) * per_cent * (100 - per_cent) / 10_000) ** 0.5
    assert entered == pytest.approx(len(LEADS) * per_cent / 100, abs=spread)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 10**9), HASHES)
def test_whoever_is_in_a_share_is_in_a_larger_one(one, other, lead, former):
    small, large = sorted((one, other))
    assert tries(large, lead, "tips", former) or not tries(small, lead, "tips", former)


@given(HASHES, HASHES)
def test_another_version_of_before_shares_leads_out_anew(one, other):
    if one != other:
        both = sum(tries(50, lead, "tips", one) and tries(50, lead, "tips", other) for lead in LEADS)
        assert both / len(LEADS) == pytest.approx(0.25, abs=0.05)


@given(HASHES)
def test_who_is_held_out_is_no_question_of_who_tries_the_new_version(former):
    both = sum(tries(50, lead, "tips", former) and held_out(50, lead, "tips", "stay") for lead in LEADS)
    assert both / len(LEADS) == pytest.approx(0.25, abs=0.05)


def test_a_lead_keeps_its_version_for_good():
    """Fixed values: a change of the rule would let leads enter another version on their second visit."""
    assert [lead for lead in range(1, 61) if tries(10, lead, "tips", "a" * 64)] == [16, 18, 24, 37, 60]
