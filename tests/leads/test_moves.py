"""The moves between stages at their edges: exactly at a threshold, without a hand-off, with two of them."""

from dataclasses import replace

import pytest

from leads.lifecycle import after, climbable, moves
from tests.leads.test_lifecycle import DAY, DEMO, LETTER, MONDAY, SET, VISIT, Story, hot

ASK = {"name": "form_submitted", "subject": "ask"}
RULES = [
    {"id": "sixty", "label": "Sixty", "event": "form_submitted", "subject": "ask", "points": 60},
    {"id": "thirty", "label": "Thirty", "event": "page_seen", "points": 30},
    {"id": "back", "label": "Back", "event": "unsubscribed", "points": -30},
    {"id": "one", "label": "One", "event": "consent_withdrawn", "points": -1},
]


def stages_of(house, **changed):
    """The stages of the house with some of their keys replaced: `mql={"leave": 5}`."""
    return [{**stage, **changed.get(stage["id"], {})} for stage in house.stages]


def without_hand_off(house, **more):
    """Definitions in which nothing is handed to sales: marketing alone decides."""
    bare = {"hand_off": False, "accepted_to": None, "rejected_to": None, "enter": {"engagement_at_least": 60}, **more}
    return house.site(stages=stages_of(house, mql=bare), engagement=RULES)


def two_hand_offs(house):
    """Inside sales first, then field sales: each has its verdict."""
    field = {**house.stages[3], "id": "field", "hand_off": True, "accepted_to": "won", "rejected_to": "iql"}
    return house.site(stages=[*house.stages, field, {**house.stages[3], "id": "won"}])


def stands(story, stage, **more):
    story.facts = replace(story.facts, standing=replace(story.standing, stage=stage, **more))
    return story


# ---------------------------------------------------------------- by rule


def test_what_several_acts_of_others_led_to_is_put_down_to_the_last_of_them(house):
    stages = stages_of(house, iql={"enter": {"tag": "asked"}})
    story = Story(house, house.site(stages=stages), fields={})
    assert story.does(SET, SET, SET, tags=("asked",)) == [("iql", "enter", 1, False)]
    assert story.made[-1].event_seq == 3


def test_the_first_stages_need_no_human_act_until_somebody_was_handed_over(house):
    story = Story(house, house.site(stages=stages_of(house, iql={"enter": {"tag": "asked"}})), fields={})
    assert story.does(tags=("asked",)) == [("iql", "enter", 1, False)]
    stands(story, "contact", cycle=2)
    assert story.does(SET) == [], "who was there before comes back by an act alone"


def test_where_nothing_is_handed_over_nobody_needs_to_act_for_coming_back(house):
    written = without_hand_off(house).definitions.model_dump(by_alias=True, exclude_none=True)["stages"]
    stages = [{**stage, **({"enter": {"tag": "asked"}} if stage["id"] == "iql" else {})} for stage in written]
    story = stands(Story(house, house.site(stages=stages), fields={}), "contact", cycle=2)
    assert story.does(tags=("asked",)) == [("iql", "enter", 2, False)]


def test_a_stage_counts_from_the_moment_it_was_entered(house):
    story = hot(house)
    move = story.made[-1]
    assert after(story.standing, move, MONDAY + 9 * DAY).stage_since == MONDAY + 9 * DAY


def test_nobody_climbs_to_where_they_stand_or_off_the_way(house):
    definitions = house.site(stages=[*house.stages, {**house.stages[0], "id": "recycled"}]).definitions
    ahead = {
        stage: [one.id for one in climbable(definitions, stage)] for stage in ("contact", "mql", "sql", "recycled")
    }
    assert ahead == {"contact": ["iql", "mql", "sql"], "mql": ["sql"], "sql": [], "recycled": ["iql", "mql", "sql"]}


# ---------------------------------------------------------------- cooling


def test_exactly_at_leave_is_not_below_it(house):
    story = Story(house, house.site(engagement=RULES))
    assert story.does(ASK, VISIT)[-1] == ("mql", "enter", 1, True)
    assert story.does("unsubscribed") == [], "sixty is not below sixty"
    assert story.does("consent_withdrawn") == [("iql", "cooled", 2, False)]
    assert story.made[-1].reason == "cooled: engagement 59, below 60"


def test_who_was_exactly_at_leave_has_something_to_lose(house):
    story = Story(house, house.site(engagement=RULES))
    story.does(DEMO)
    assert story.does(ASK) == []
    assert story.does("consent_withdrawn") == [("iql", "cooled", 2, False)]


def test_without_another_word_a_lead_cools_to_the_stage_before(house):
    stages = stages_of(house, iql={"leave": 20}, mql={"cooled_to": None})
    story = Story(house, house.site(stages=stages, engagement=RULES))
    story.does(ASK, VISIT)
    assert story.does("unsubscribed", "unsubscribed", later=DAY) == [("iql", "cooled", 2, False)]
    story.does(LETTER)
    assert story.does("unsubscribed") == [("contact", "cooled", 3, False)]


def test_who_cools_does_not_come_back_in_the_same_breath(house):
    story = Story(house, without_hand_off(house, enter={"event": "form_submitted", "subject": "ask"}))
    assert [move[0] for move in story.does(ASK)] == ["iql", "mql"]
    assert story.does("unsubscribed") == [("iql", "cooled", 2, False)]


# ---------------------------------------------------------------- verdicts


def test_recycling_and_disqualifying_hand_nobody_over(house):
    aside = [{**house.stages[0], "id": name} for name in ("recycled", "disqualified")]
    site = house.site(stages=[*house.stages, *aside])
    assert hot(house, site=site).judged("disqualified") == [("disqualified", "disqualified", 1, False)]
    assert hot(house, site=site).judged("recycled") == [("recycled", "recycled", 2, False)]
    cooled = hot(house, site=site)
    cooled.does(later=40 * DAY)
    assert cooled.judged("recycled") == [], "marketing has it already"


def test_where_nothing_is_handed_over_nothing_can_be_given_back(house):
    stages = [
        *without_hand_off(house).definitions.model_dump(by_alias=True)["stages"],
        {**house.stages[0], "id": "recycled"},
    ]
    story = stands(Story(house, house.site(stages=stages, engagement=RULES)), "mql")
    assert [story.judged(said) for said in ("recycled", "accepted", "rejected")] == [[], [], []]


@pytest.mark.parametrize(("stage", "accepted"), [("mql", "sql"), ("field", "won"), ("iql", None), ("sql", None)])
def test_of_two_hand_offs_a_verdict_answers_the_one_where_the_lead_stands(house, stage, accepted):
    story = stands(Story(house, two_hand_offs(house), fields={}), stage)
    event = house.event(1, "verdict_given", evidence="engine", subject="accepted", data={"cycle": 1})
    made = moves(story.standing, story.facts, [event], story.site, MONDAY)
    assert [move.to for move in made] == ([accepted] if accepted else [])


def test_a_verdict_that_comes_after_the_lead_went_on_makes_nothing(house):
    story = stands(hot(house), "sql")
    assert story.judged("accepted") == []
