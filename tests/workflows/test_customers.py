"""Who has bought: out of what wins customers, into what keeps them."""

from dataclasses import replace
from datetime import timedelta

import pytest

DAY = timedelta(days=1)
STEPS = '[[step]]\nid = "one"\nwait = "2 days"\nemail = "one"\n'
WINNING = 'audience = "not_customers"\n' + STEPS
KEEPING = (
    'title = "Keeping"\ntopic = "tips"\nsender = "ines"\naudience = "customers"\nre_entry = "after_exit"\n'
    'trigger = [{ stage = "customer" }, { form = "guide" }]\n' + STEPS
)


@pytest.fixture
def story(world):
    """Ada inside `tips`, which wins customers; `keeping` is for those who have bought."""
    site = world.site({"tips": WINNING})
    text = next(iter(site.emails.values()))
    customer = site.definitions.stages[-1].model_copy(update={"id": "customer", "by_sales": ["won"], "enter": None})
    stages = [*site.definitions.stages, customer]
    story = world.Story(
        replace(
            site,
            definitions=site.definitions.model_copy(update={"stages": stages}),
            sequences={**site.sequences, "keeping": world.sequence(KEEPING, bare=True)},
            versions={**site.versions, "keeping": "1"},
            emails={**site.emails, ("keeping", "one", "fr"): text},
        )
    )
    story.submits()
    return story


def inside(story):
    return sorted(one.sequence for one in story.enrolments.values() if one.active)


def signs(story):
    story.now += timedelta(hours=1)
    story.event("deal_won", evidence="engine", amount=1, close_on="2026-11-02")
    return story.turn()


def test_whoever_has_not_bought_is_not_kept(story):
    assert inside(story) == ["tips"]
    assert ("refused", "form_submitted guide: no customer; audience = customers") in story.said


def test_a_customer_leaves_what_wins_customers_and_enters_what_keeps_them(story):
    turn = signs(story)
    assert [one.exit_reason for one in turn.enrolments if one.state == "left"] == [
        "a customer; audience = not_customers"
    ]
    assert inside(story) == ["keeping"]
    sent = story.turn(story.now + 3 * DAY).messages
    assert [message.email for message in sent] == ["keeping/one"]


def test_a_customer_is_let_into_nothing_that_wins_customers(story):
    signs(story)
    story.now += DAY
    story.submits()
    assert inside(story) == ["keeping"]
    assert any(reason.endswith("a customer; audience = not_customers") for _, reason in story.said)
