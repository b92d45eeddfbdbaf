"""Taking events in: what of them the standing keeps, as of when, and which events the rules will ask for."""

from datetime import timedelta

import pytest

from leads.calm import Watch, next_look
from leads.fold import fold, named_events
from leads.scoring import BEFORE

DAY = timedelta(days=1)


def folded(house, *events, **standing):
    facts = house.facts(standing=house.standing(**standing), history=events)
    return fold(facts, events, house.site(), house.monday).standing


def test_a_standing_is_as_of_the_fold_even_when_nothing_happened(house):
    facts = house.facts()
    assert fold(facts, (), house.site(), house.monday + 3 * DAY).standing.as_of == house.monday + 3 * DAY


def test_what_is_looked_at_says_what_interests(house):
    about = house.event(1, data={"interests": ["cao/3d"]})
    assert folded(house, about).interests == {"cao/3d": 5_000}


@pytest.mark.parametrize(
    ("name", "evidence", "human_seq"),
    [
        ("page_seen", "human", 7),
        ("page_seen", "machine", 3),
        ("page_seen", "pending", 3),
        ("unsubscribed", "human", 3),  # to be left alone is no wish to be called
        ("consent_withdrawn", "human", 3),
    ],
)
def test_the_newest_human_act_is_remembered(house, name, evidence, human_seq):
    assert folded(house, house.event(7, name, evidence=evidence), human_seq=3).human_seq == human_seq


def test_the_newest_verdict_is_remembered(house):
    judged = house.event(7, "verdict_given", evidence="engine", subject="accepted")
    assert folded(house, judged, house.event(8), verdict_seq=2).verdict_seq == 7


def test_whatever_stages_segments_profiles_and_proposals_ask_about_is_read_with_the_lead(house):
    asked = {
        "stages": [*house.stages[:1], {**house.stages[1], "enter": {"event": "form_submitted"}}],
        "segments": [{"id": "s", "label": "S", "when": {"event": "webinar_attended"}}],
        "personas": [
            {"id": "p", "label": "P", "rules": [
                {"id": "r", "label": "R", "points": 1, "when": {"event": "link_clicked"}}]},
        ],
        "hand_off": {
            "reps": [{"id": "nadia", "name": "Nadia", "email": "nadia@lumen.example"}],
            "reject_reasons": [{"id": "not-now", "label": "Not now"}],
            "suggestions": [{"text": "Call", "when": {"event": "page_seen"}}, {"text": "Wait"}],
        },
    }  # fmt: skip
    assert named_events(house.site(**asked)) == {
        "form_submitted", "webinar_attended", "link_clicked", "hit_confirmed", "page_seen",
    }  # fmt: skip


def test_who_somebody_is_is_told_by_their_answers(house):
    facts = house.facts(fields={"trade": "interior"})
    standing = fold(facts, (), house.site(), house.monday).standing
    assert (standing.persona, standing.fit) == ("studio", 30_000)


@pytest.mark.parametrize(("hand_off", "turns"), [(False, True), (True, False)])
def test_what_was_earned_before_a_rejection_turns_nothing_for_sales(house, hand_off, turns):
    """A stage that is entered when a score has faded: for sales, the score that was rejected is none any more."""
    faded = {**house.stages[2], "enter": {"not": {"engagement_at_least": 15}}, "hand_off": hand_off}
    beyond = faded if hand_off else {key: faded[key] for key in ("id", "label", "meaning", "owner", "enter")}
    site = house.site(stages=[*house.stages[:2], beyond, house.stages[3]])
    earned = {"2026-11-02": 20_000}
    standing = house.standing(stage="iql", engagement=20_000, buckets={"visit": earned, BEFORE + "visit": earned})
    assert (next_look(house.facts(standing=standing), Watch(site.definitions), house.monday) is not None) is turns
