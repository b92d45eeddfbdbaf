"""Leads that sales sets aside: recycled until they act again, disqualified for good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from authoring.models.conditions import Condition
from leads.calm import Watch, next_look
from leads.conditions import holds
from leads.fold import fold

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FITS = {"trade": "interior", "team": "2"}
GUIDE = {"name": "form_submitted", "subject": "guide"}  # 90 points
DEMO = {"name": "form_submitted", "subject": "demo", "data": {"hand_raise": True}}
VISIT = {"name": "page_seen"}  # 20 points


class Story:
    """Chloé's life under definitions that have both stages aside, a day between two acts."""

    def __init__(self, house):
        aside = [{**house.stages[0], "id": "disqualified"}, {**house.stages[0], "id": "recycled"}]
        self.house, self.now, self.seq = house, MONDAY, 0
        self.site = house.site(stages=[*house.stages, *aside])
        self.facts = house.facts(fields=FITS)

    def does(self, *acts):
        self.now += DAY
        events = [self.house.event(self.seq + place, at=self.now, **act) for place, act in enumerate(acts, 1)]
        self.seq += len(acts)
        history = (*self.facts.history, *events)
        folded = fold(replace(self.facts, history=history), events, self.site, self.now)
        self.facts = replace(self.facts, standing=folded.standing, history=history)
        return [(move.to, move.reason, move.cycle) for move in folded.moves]

    def judged(self, verdict, **data):
        given = {"cycle": self.facts.standing.cycle, "reason": "not-now", **data}
        return self.does({"name": "verdict_given", "subject": verdict, "evidence": "engine", "data": given})


@pytest.fixture
def story(house):
    story = Story(house)
    story.does(GUIDE)
    assert story.facts.standing.stage == "mql"
    return story


def test_recycling_gives_back_to_marketing_and_opens_a_new_cycle(story):
    assert story.judged("recycled") == [("recycled", "recycled: not-now", 2)]


def test_a_recycled_lead_comes_back_by_acting_and_calls_sales_by_new_points_only(story):
    story.judged("recycled")
    assert story.does() == [], "nobody comes back by waiting"
    assert [move[0] for move in story.does(VISIT)] == ["iql"]
    assert story.facts.standing.engagement > 80_000
    assert story.does(VISIT, VISIT) == [], "sixty new points are not eighty"
    assert [move[::2] for move in story.does(VISIT, VISIT)] == [("mql", 2)]


def test_a_recycled_lead_who_raises_a_hand_is_handed_over_at_once(story):
    story.judged("recycled")
    assert story.does(DEMO) == [("mql", "hand_raise: demo", 2)]


def test_an_accepted_lead_may_still_be_recycled_or_disqualified(story):
    story.judged("accepted")
    assert [move[0] for move in story.judged("recycled")] == ["recycled"]
    assert [move[0] for move in story.judged("disqualified")] == ["disqualified"]


def test_disqualifying_keeps_the_cycle_and_nothing_leads_out_of_it_but_a_person(story):
    assert story.judged("disqualified") == [("disqualified", "disqualified: not-now", 1)]
    assert story.does(GUIDE, DEMO, VISIT, VISIT) == []
    assert story.judged("accepted") == []
    assert story.judged("disqualified") == []
    assert next_look(story.facts, Watch(story.site.definitions), story.now) is None or story.does() == []
    assert [move[0] for move in story.judged("recycled")] == ["recycled"], "a person may take it back"


@pytest.mark.parametrize(("verdict", "stage"), [("recycled", "iql"), ("disqualified", "disqualified")])
def test_a_verdict_on_a_cycle_that_has_ended(story, verdict, stage):
    """Marketing has the lead again already, so there is nothing to give back; out of target is out of target."""
    story.now += 60 * DAY
    assert story.does()[0][1].startswith("cooled")
    story.judged(verdict, cycle=1)
    assert story.facts.standing.stage == stage


def test_definitions_without_these_stages_move_nobody(house):
    story = Story(house)
    story.site = house.site()
    story.does(GUIDE)
    assert story.judged("recycled") == story.judged("disqualified") == []
    assert story.facts.standing.stage == "mql"


@pytest.mark.parametrize(
    ("stage", "wanted", "held"),
    [
        ("recycled", "sql", False),
        ("recycled", "contact", True),
        ("recycled", "recycled", True),
        ("disqualified", "sql", False),
        ("disqualified", "disqualified", True),
        ("sql", "mql", True),
        ("sql", "disqualified", False),
    ],
)
def test_who_was_set_aside_has_come_no_further_than_the_beginning(house, stage, wanted, held):
    site = Story(house).site
    facts = house.facts(standing=house.standing(stage=stage))
    condition = Condition.model_validate({"stage_at_least": wanted})
    assert holds(condition, facts, site.definitions, MONDAY) is held
