"""What the sequences do with a lead whom sales has set aside."""

from dataclasses import replace
from datetime import timedelta

import pytest

DAY = timedelta(days=1)
STEPS = '[[step]]\nid = "one"\nwait = "1 day"\nemail = "one"\n'
OFFER = 're_entry = "always"\n' + STEPS
ANSWER = (
    'title = "Answer"\nsender = "ines"\nclass = "transactional"\nre_entry = "always"\n'
    'trigger = [{ form = "guide" }]\n' + STEPS
)
REFUSAL = "sales has disqualified the lead"


@pytest.fixture
def story(world):
    """Ada inside a marketing sequence, `tips`, and a transactional one, where `disqualified` is a stage."""
    site = world.site({"tips": OFFER})
    text = next(iter(site.emails.values()))
    aside = site.definitions.stages[0].model_copy(update={"id": "disqualified"})
    stages = [*site.definitions.stages, aside]
    story = world.Story(
        replace(
            site,
            definitions=site.definitions.model_copy(update={"stages": stages}),
            sequences={**site.sequences, "answer": world.sequence(ANSWER, bare=True)},
            versions={**site.versions, "answer": "1"},
            emails={**site.emails, ("answer", "one", "fr"): text},
        )
    )
    story.submits()
    assert [one.active for one in story.enrolments.values()] == [True, True]
    return story


def judged(story, verdict):
    story.now += timedelta(hours=1)
    story.event("verdict_given", verdict, evidence="engine", reason="x", cycle=1)
    return story.turn()


def test_a_disqualified_lead_leaves_everything_that_is_under_way(story):
    turn = judged(story, "disqualified")
    assert [(one.state, one.exit_reason) for one in turn.enrolments] == [("left", REFUSAL)] * 2
    assert story.turn(story.now + 30 * DAY).messages == ()


def test_nothing_more_is_offered_but_what_they_ask_for_is_answered(story):
    judged(story, "disqualified")
    story.now += DAY
    story.submits()
    assert ("refused", f"form_submitted guide: {REFUSAL}") in story.said
    assert [message.email for message in story.turn(story.now + 2 * DAY).messages] == ["answer/one"]


def test_what_they_ask_for_in_the_very_instant_of_the_verdict_is_under_way(story):
    story.now += DAY
    story.submits()
    story.event("verdict_given", "disqualified", evidence="engine", reason="x", cycle=1)
    story.turn()
    assert [one.active for one in story.enrolments.values()] == [False] * 4


def test_a_recycled_lead_stays_where_it_is_nurtured(story):
    judged(story, "recycled")
    assert all(one.active for one in story.enrolments.values())
