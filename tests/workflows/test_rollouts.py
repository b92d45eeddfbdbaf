"""A new version of a sequence is entered by a share of those who come in, the others enter the one before."""

from collections import Counter
from dataclasses import replace

import pytest

from leads.shares import tries
from storage.schema import decisions, enrolments, messages

TWO = '[[step]]\nid = "one"\nemail = "one"\n\n[[step]]\nid = "two"\nwait = "2 days"\nemail = "two"\n'
NEW = '[[step]]\nid = "short"\nemail = "short"\n'
AGAIN = 're_entry = "after_exit"\n'
HALF = "rollout = 50\n"


@pytest.fixture
def released(world):
    """`released(keys)`: the site with the old version, and the next release, in which the new one is tried."""

    def made(keys=HALF, old=TWO, new=NEW):
        before = world.site({"tips": AGAIN + old})
        after = world.site({"tips": AGAIN + keys + new})
        texts = {**before.emails, **after.emails}
        former = {"tips": before.versions["tips"]}
        return before, replace(after, release_id=2, emails=texts, former_versions=former)

    return made


def story_of(world, before, after, lead_id):
    story = world.Story(after, id=lead_id)
    pinned = {before.versions["tips"]: before.sequences["tips"], after.versions["tips"]: after.sequences["tips"]}
    story.rules = replace(story.rules, pinned=pinned, release_id=2)
    return story


def test_each_lead_enters_the_version_of_its_share_and_goes_its_way(world, released):
    before, after = released()
    for lead_id in range(1, 41):
        story = story_of(world, before, after, lead_id)
        story.submits()
        new = tries(50, lead_id, "tips", before.versions["tips"])
        assert story.inside().version == (after if new else before).versions["tips"]
        assert story.sent == ["tips/short" if new else "tips/one"]
        which = "the new version" if new else "the version of before"
        assert story.said == [("entered", f"form_submitted guide (rollout = 50: {which})")]


def test_whoever_comes_in_again_enters_the_same_version(world, released):
    before, after = released()
    for lead_id in range(1, 21):
        story = story_of(world, before, after, lead_id)
        story.submits()
        first = story.inside().version
        story.mail_ends()
        if story.inside().active:
            story.turn(story.inside().due_at)
            story.mail_ends()
        story.submits()
        assert len(story.enrolments) == 2
        assert story.inside().version == first


def test_a_filter_of_the_new_file_holds_for_both_versions(world, released):
    before, after = released(f'{HALF}filter = {{ tag = "regular" }}\n')
    for lead_id in range(1, 11):
        story = story_of(world, before, after, lead_id)
        story.submits()
        assert [outcome for outcome, _ in story.said] == ["refused"]


@pytest.mark.parametrize("missing", ["share", "former", "kept"])
def test_everybody_enters_the_version_in_force_where_nothing_is_tried(world, released, missing):
    before, after = released("" if missing == "share" else HALF)
    if missing == "former":
        after = replace(after, former_versions={})
    for lead_id in range(1, 11):
        story = story_of(world, before, after, lead_id)
        if missing == "kept":
            story.rules = replace(story.rules, pinned={after.versions["tips"]: after.sequences["tips"]})
        story.submits()
        assert story.inside().version == after.versions["tips"]
        assert story.said == [("entered", "form_submitted guide")]


def test_the_engine_lets_each_into_its_version_on_both_databases(workshop, released):
    before, after = released()
    shop = workshop()
    shop.releases.apply(before)
    shop.releases.apply(after)
    leads = {shop.submits(f"lead{number}") for number in range(24)}
    shop.works()
    new = {lead for lead in leads if tries(50, lead, "tips", before.versions["tips"])}
    assert 0 < len(new) < len(leads)
    entered = dict(shop.rows(enrolments, "lead_id", "sequence_version"))
    assert {lead for lead, version in entered.items() if version == after.versions["tips"]} == new
    assert {lead for lead, version in entered.items() if version == before.versions["tips"]} == leads - new
    assert dict(shop.rows(messages, "lead_id", "email")) == {
        lead: "tips/short" if lead in new else "tips/one" for lead in leads
    }
    said = Counter(reason for (reason,) in shop.rows(decisions, "reason"))
    assert said["form_submitted guide (rollout = 50: the new version)"] == len(new)


def test_who_entered_the_version_of_before_finishes_it_when_the_rollout_is_over(workshop, released, world):
    before, after = released()
    shop = workshop()
    shop.releases.apply(before)
    shop.releases.apply(after)
    for number in range(6):
        shop.submits(f"lead{number}")
    shop.works()
    everybody = replace(world.site({"tips": AGAIN + NEW}), release_id=3, emails=after.emails)
    shop.releases.apply(everybody)
    late = [shop.submits(f"late{number}") for number in range(6)]
    for _ in range(3):
        shop.works()
        shop.mails_end()
        shop.advance(days=2)
    shop.works()
    entered = dict(shop.rows(enrolments, "lead_id", "sequence_version"))
    assert {entered[lead] for lead in late} == {everybody.versions["tips"]}
    sent = Counter(shop.rows(messages, "lead_id"))
    assert {lead: sent[(lead,)] for lead in entered} == {
        lead: 2 if version == before.versions["tips"] else 1 for lead, version in entered.items()
    }
    assert {state for (state,) in shop.rows(enrolments, "state")} == {"completed"}
