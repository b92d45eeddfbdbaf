"""Stages: how leads climb, are handed over, judged, and cool."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from authoring.models.definitions import Stage
from leads.calm import Watch, next_look
from leads.conditions import next_change
from leads.facts import Facts
from leads.fold import fold, named_events

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FITS = {"trade": "interior", "team": "2"}


class Story:
    """A lead that lives through events, folded as the engine does: one fold per call, each a day later."""

    def __init__(self, house, site=None, **lead):
        self.house, self.site, self.now, self.seq = house, site or house.site(), MONDAY, 0
        self.facts: Facts = house.facts(**{"fields": FITS, **lead})
        self.made = []

    def does(self, *acts, later=DAY, **changes):
        self.now += later
        self.facts = replace(self.facts, lead=replace(self.facts.lead, **changes))
        events = [self._event(act) for act in acts]
        history = (*self.facts.history, *events)
        folded = fold(replace(self.facts, history=history), events, self.site, self.now)
        self.facts = replace(self.facts, standing=folded.standing, history=history)
        self.made += folded.moves
        self.raised = folded.raised
        return [(move.to, move.reason.split(":")[0], move.cycle, move.hand_off) for move in folded.moves]

    def judged(self, verdict, **data):
        given = {"cycle": self.standing.cycle, "reason": "not-now", **data}
        return self.does({"name": "verdict_given", "subject": verdict, "evidence": "engine", "data": given})

    @property
    def standing(self):
        return self.facts.standing

    def _event(self, act):
        self.seq += 1
        return self.house.event(self.seq, at=self.now, **(act if isinstance(act, dict) else {"name": act}))


VISIT = "page_seen"
GUIDE = {"name": "form_submitted", "subject": "guide"}  # 90 points
LETTER = {"name": "form_submitted", "subject": "letter"}  # none
DEMO = {"name": "form_submitted", "subject": "demo", "data": {"hand_raise": True}}
SET = {"name": "mail.sent", "evidence": "engine"}


@pytest.fixture
def story(house) -> Story:
    return Story(house)


def hot(house, **more) -> Story:
    story = Story(house, **more)
    story.does(GUIDE)
    assert story.standing.stage == "mql"
    return story


@pytest.mark.parametrize("verdict", [None, "accepted"])
def test_a_hand_raised_where_sales_has_the_lead_already_moves_nobody_and_is_told(house, verdict):
    story = hot(house)
    if verdict:
        story.judged(verdict)
    assert story.does(DEMO) == []
    assert [event.seq for event in story.raised] == [story.seq]
    assert story.does(LETTER) == []
    assert story.raised == ()


def test_an_event_of_another_program_raises_a_hand_where_its_label_said_so_and_a_human_did_it(story):
    booked = {"name": "slot_booked", "data": {"hand_raise": True}}
    assert story.does({**booked, "name": "form_held"}) == story.does({**booked, "evidence": "engine"}) == []
    assert story.does(booked, booked) == [("mql", "hand_raise", 1, True)]
    assert story.made[-1].reason == "hand_raise: event slot_booked"
    assert [event.seq for event in story.raised] == [story.seq], "the second one is told besides"


def test_a_hand_that_opens_the_hand_off_is_told_by_it_and_the_second_one_besides(story):
    story.does(DEMO, DEMO)
    assert [move.to for move in story.made] == ["mql"]
    assert [event.seq for event in story.raised] == [2]


def test_a_hand_raised_by_whom_sales_has_disqualified_is_told_to_nobody(house):
    story = hot(house)
    story.facts = replace(story.facts, standing=replace(story.standing, stage="disqualified"))
    story.does(DEMO)
    assert story.raised == ()


def test_one_strong_act_climbs_every_stage_whose_rule_holds_and_hands_over_once(story):
    assert story.does(GUIDE) == [("iql", "enter", 1, False), ("mql", "enter", 1, True)]
    assert story.made[-1].reason == "enter: engagement 90, fit 40"
    assert story.made[-1].event_seq == 1
    assert story.does() == story.does(VISIT) == [], "no second alert for more points"


def test_engagement_without_fit_is_not_handed_over_until_the_fit_is_known(story):
    assert story.does(GUIDE, fields={}) == [("iql", "enter", 1, False)]
    assert story.does(VISIT, fields=FITS) == [("mql", "enter", 1, True)]


def test_points_of_machines_and_pending_clicks_promote_nobody(story):
    story.does(LETTER)
    for evidence in ("pending", "machine", "proxy", "engine"):
        assert story.does({**GUIDE, "evidence": evidence}) == []


@pytest.mark.parametrize("fields", [{}, FITS])
def test_a_raised_hand_goes_to_sales_at_once_whatever_the_score(house, fields):
    story = Story(house, fields=fields)
    assert story.does(DEMO) == [("mql", "hand_raise", 1, True)]
    assert story.does(DEMO) == [], "already there: sales has been told"
    assert story.does() == [], "it never was above `leave`, so it does not cool"


def test_a_raised_hand_of_a_machine_goes_nowhere(story):
    assert story.does({**DEMO, "evidence": "machine"}) == []


def test_sales_makes_an_sql_and_nothing_else_does(house):
    story = hot(house)
    assert story.does(*[VISIT] * 20) == []
    assert story.judged("accepted") == [("sql", "accepted", 1, False)]
    assert story.does(DEMO, GUIDE, VISIT) == []


def test_a_rejected_lead_alerts_again_only_by_points_earned_since(house):
    story = hot(house)
    assert story.judged("rejected") == [("iql", "rejected", 2, False)]
    assert story.made[-1].reason == "rejected: not-now"
    assert story.does() == [], "the old points are still there and alert nobody"
    assert story.standing.engagement > 80_000
    assert story.does(VISIT, VISIT) == [], "forty new points are not eighty"
    assert story.does(VISIT, VISIT, later=timedelta()) == [("mql", "enter", 2, True)]


def test_a_rejected_lead_who_raises_a_hand_alerts_again_at_once(house):
    story = hot(house)
    story.judged("rejected")
    assert story.does(DEMO) == [("mql", "hand_raise", 2, True)]


def test_a_verdict_on_an_earlier_cycle_rejects_nothing(house):
    story = hot(house)
    story.judged("rejected")
    story.does(DEMO)
    assert story.judged("rejected", cycle=1) == []
    assert story.standing.stage == "mql"


def test_falling_below_leave_is_cooling_on_the_exact_day_and_opens_a_new_cycle(house):
    story = hot(house)
    turn = next_look(story.facts, Watch(story.site.definitions), story.now)
    while turn is not None and not story.made[-1].reason.startswith("cooled"):
        before = turn - timedelta(seconds=1)
        assert fold(story.facts, [], story.site, before).moves == (), "not before the day that was foretold"
        story.does(later=turn - story.now)
        turn = next_look(story.facts, Watch(story.site.definitions), story.now)
    # 90 points of 3 November with a half-life of 30 days: 60.8 after 17 days, 59.4 after 18
    assert story.now == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    assert (story.standing.stage, story.standing.cycle) == ("iql", 2)
    assert story.made[-1].reason == "cooled: engagement 59.377, below 60"


def test_a_cooled_lead_comes_back_by_a_human_act_only_and_alerts_in_the_new_cycle(house):
    story = hot(house)
    story.does(later=40 * DAY)
    assert story.made[-1].reason.startswith("cooled")
    assert story.does(SET, fields={**FITS, "vip": True}) == []
    assert story.does(*[VISIT] * 3) == [("mql", "enter", 2, True)]


def test_sales_may_still_accept_a_lead_that_cooled_meanwhile(house):
    story = hot(house)
    story.does(later=40 * DAY)
    assert story.judged("accepted", cycle=1) == [("sql", "accepted", 2, False)]


def test_a_hand_off_needs_a_human_act_since_the_stage_before_it_was_entered(house):
    stages = [dict(stage) for stage in house.stages]
    stages[1] = {**stages[1], "enter": {"tag": "asked"}}
    story = Story(house, house.site(stages=stages), fields={})
    story.does(GUIDE)  # 90 points, but no tag, so still a contact
    assert story.does(SET, tags=("asked",), fields=FITS) == [("iql", "enter", 1, False)]
    assert story.does(SET) == [], "the engine's own doing is no act of theirs"
    assert story.does(VISIT) == [("mql", "enter", 1, True)]


def test_leaving_is_not_an_act_that_calls_sales(house):
    story = hot(house)
    story.does(later=40 * DAY)
    story.facts = replace(
        story.facts, standing=replace(story.standing, buckets={"ask": {story.now.date().isoformat(): 99_000}})
    )
    assert story.does("unsubscribed", "consent_withdrawn") == []
    assert story.standing.human_seq == 0


def test_where_leads_are_turned_away_to_lies_off_the_way(house):
    stages = [*[dict(stage) for stage in house.stages], {**house.stages[0], "id": "recycled"}]
    stages[2] = {**stages[2], "rejected_to": "recycled"}
    story = hot(house, site=house.site(stages=stages))
    assert story.judged("rejected") == [("recycled", "rejected", 2, False)]
    assert story.does() == [], "nobody comes back by waiting"
    assert story.does(VISIT) == [("iql", "enter", 2, False)]
    assert story.does(*[VISIT] * 4, later=timedelta()) == [("mql", "enter", 2, True)]


def test_folding_nothing_twice_changes_nothing(house):
    story = hot(house)
    once = fold(story.facts, [], story.site, story.now)
    twice = fold(replace(story.facts, standing=once.standing), [], story.site, story.now)
    assert once == twice
    assert once.moves == ()


def test_segments_and_temperature_follow_the_fold(house):
    segments = [
        {"id": "warm", "label": "Warm", "when": {"engagement_at_least": 30}},
        {"id": "warm-studio", "label": "Both", "when": {"all": [{"segment": "warm"}, {"fit_at_least": 30}]}},
    ]
    story = Story(house, house.site(segments=segments))
    story.does(VISIT, VISIT)
    assert (story.standing.segments, story.standing.temperature) == (("warm", "warm-studio"), "warm")
    turn = next_look(story.facts, Watch(story.site.definitions), story.now)
    story.does(later=turn - story.now)
    assert (story.standing.segments, story.standing.temperature) == ((), "cold")


def test_the_next_look_of_a_stage_rule_is_the_rules_own(house):
    stages = [dict(stage) for stage in house.stages]
    stages[1] = {**stages[1], "enter": {"not": {"event": "page_seen", "within": "3 days"}}}
    story = Story(house, house.site(stages=stages))
    story.does(VISIT)
    assert next_look(story.facts, Watch(story.site.definitions), story.now) == story.now + 3 * DAY
    rule = story.site.definitions.stages[1].enter
    assert next_change(rule, story.facts, story.site.definitions, story.now) == story.now + 3 * DAY
    assert "page_seen" in named_events(story.site)


def test_an_act_of_sales_leads_where_the_definitions_say_and_only_forward(house):
    story = hot(house, site=selling(house))
    assert story.does({"name": "deal_forecast", "evidence": "engine"}) == [("opportunity", "forecast", 1, False)]
    assert story.does({"name": "meeting_booked", "evidence": "engine"}) == [], "it has come farther already"
    lost = {"name": "deal_lost", "evidence": "engine", "data": {"reason": "price"}}
    assert story.does(lost) == [("recycled", "lost", 2, False)]
    assert story.standing.verdict_seq == story.seq


def test_an_act_of_sales_that_no_stage_names_moves_nobody(house):
    story = hot(house)
    assert story.does({"name": "deal_won", "evidence": "engine"}) == []


def selling(house):
    """The house's definitions, in which acts of sales lead somewhere."""
    site = house.site()
    more = {"opportunity": "forecast", "customer": "won", "recycled": "lost"}
    stages = [*site.definitions.stages]
    for name, act in more.items():
        told = {"id": name, "label": name, "meaning": name, "owner": "sales", "by_sales": [act]}
        stages.append(Stage.model_validate(told))
    stages[3] = stages[3].model_copy(update={"by_sales": ["meeting"]})
    return replace(site, definitions=site.definitions.model_copy(update={"stages": stages}))
