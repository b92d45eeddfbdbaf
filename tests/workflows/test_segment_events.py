"""Segments entered and left are told as events: once for each change, by an event or by time, never round and round."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authoring.models.definitions import Segment
from leads.segments import CHAIN, REST
from storage.schema import decisions, events, lead_segments, messages
from workflows.memory import Kept, settle
from workflows.turn import take_turn
from workflows.values import Refold

DAY = timedelta(days=1)
MAIL = '[[step]]\nid = "one"\nemail = "one"\n'
ENTERED = 'trigger = [{ event = "segment_entered", subject = "warm" }]\n'
LEFT = 'trigger = [{ event = "segment_left", subject = "warm" }]\n'
RECENT = {"event": "page_seen", "within": "2 days"}


def with_segments(site, **whens):
    made = [Segment.model_validate({"id": name, "label": name.title(), "when": when}) for name, when in whens.items()]
    return replace(site, definitions=site.definitions.model_copy(update={"segments": made}))


def told(story):
    return [(event.name, event.subject) for event in story.history if event.name.startswith("segment_")]


@pytest.fixture
def begin(world):
    def made(text=ENTERED + MAIL, warm=RECENT, **more):
        return world.Story(with_segments(world.site({"tips": text}), warm=warm, **more))

    return made


def test_an_event_leads_in_and_time_leads_out_and_each_is_told_once(begin, world):
    story = begin()
    story.event("page_seen")
    turn = story.turn()
    assert told(story) == [("segment_entered", "warm")]
    story.turn()
    story.turn(world.MONDAY + DAY)
    assert told(story) == [("segment_entered", "warm")]
    assert turn.due_at == world.MONDAY + 2 * DAY
    story.turn(turn.due_at)
    story.turn()
    assert told(story) == [("segment_entered", "warm"), ("segment_left", "warm")]


@pytest.mark.parametrize(("text", "sent"), [(ENTERED, [0, 1, 1, 1]), (LEFT, [0, 0, 0, 1])])
def test_they_let_in_as_other_events_do(begin, world, text, sent):
    story = begin(text + MAIL)
    story.event("page_seen")
    for day, expected in enumerate(sent):
        story.turn(world.MONDAY + day * DAY)
        assert len(story.sent) == expected


def test_a_condition_may_ask_for_them(begin):
    when = '{ event = "segment_entered", subject = "warm" }'
    story = begin(f'[[step]]\nid = "w"\nwait_for = {{ when = {when}, timeout = "9 days" }}\n{MAIL}')
    story.submits()
    assert story.sent == []
    story.event("page_seen")
    story.turn()
    story.turn()
    assert story.sent == ["tips/one"]


def test_what_the_engine_tells_never_gives_points(begin):
    story = begin()
    story.event("page_seen")
    story.turn()
    before = story.standing.engagement
    story.turn()
    assert story.standing.engagement == before == 20_000


def test_a_segment_may_be_made_of_what_is_told_of_another(begin):
    story = begin(lost={"event": "segment_left", "subject": "warm"})
    story.event("page_seen")
    turn = story.turn()
    story.turn()
    story.turn(turn.due_at)
    story.turn()
    story.turn()
    assert told(story) == [("segment_entered", "warm"), ("segment_left", "warm"), ("segment_entered", "lost")]


@pytest.mark.parametrize(("announce", "told_of"), [(False, []), (True, ["warm"])])
def test_a_release_that_changes_who_is_in_it_tells_only_when_it_is_announced(world, announce, told_of):
    plain = world.site({"tips": ENTERED + MAIL})
    story = world.Story(plain)
    story.event("page_seen")
    story.turn()
    story.rules = world.rules(with_segments(plain, warm=RECENT))
    refold = Refold(2, announce, tuple(story.history))
    turn = take_turn(replace(story.state(), refold=refold), story.rules, story.now)
    assert turn.facts.standing.segments == ("warm",)
    assert [passage.segment for passage in turn.passages] == told_of


CIRCLE = {
    "out": 'trigger = [{ event = "segment_entered", subject = "warm" }]\nre_entry = "always"\n'
    '[[step]]\nid = "s"\nset = { add_tags = ["cold"] }\n',
    "back": 'trigger = [{ event = "segment_left", subject = "warm" }]\nre_entry = "always"\n'
    '[[step]]\nid = "s"\nset = { remove_tags = ["cold"] }\n',
}


def test_a_circle_of_rules_rests_for_a_minute_after_twenty_rounds(world):
    site = with_segments(world.site(CIRCLE), warm={"not": {"tag": "cold"}})
    story = world.Story(site)
    story.event("page_seen")
    kept = Kept(story.rules, story.state(), world.MONDAY)
    turns = settle(kept, world.MONDAY)
    assert len(turns) == CHAIN
    assert kept.due_at == world.MONDAY + REST
    said = [line.reason for turn in turns for line in turn.decisions if line.outcome == "delayed"]
    assert said == ["parked after 20 rounds: rules of several sequences may go in a circle"]
    assert len(settle(kept, world.MONDAY + REST)) == CHAIN, "and goes on afterwards, nothing lost"


# ---------------------------------------------------------------- on both databases


def test_the_engine_tells_once_whatever_it_does_again(workshop, world):
    shop = workshop({"tips": ENTERED + MAIL})
    shop.releases.apply(with_segments(shop.releases.in_force(), warm=RECENT))
    ada, bob = shop.submits(), shop.submits("bob")
    shop.works()
    shop.happens(ada, "page_seen")
    shop.works()
    assert shop.rows(events, "lead_id", "name", "subject", "evidence")[-1] == (bob, "form_submitted", "guide", "human")
    mine = [row[1:] for row in shop.rows(events, "lead_id", "name", "subject", "evidence") if row[0] == ada]
    assert mine[-1] == ("segment_entered", "warm", "engine")
    assert [tuple(row) for row in shop.rows(lead_segments)] == [("warm", ada)]
    assert shop.rows(messages, "lead_id", "email") == [(ada, "tips/one")]
    shop.mails_end()
    shop.advance(days=2)
    shop.works()
    shop.advance(days=9)
    shop.works()
    names = [name for (lead, name) in shop.rows(events, "lead_id", "name") if lead == ada]
    assert [name for name in names if name.startswith("segment_")] == ["segment_entered", "segment_left"]
    assert shop.rows(lead_segments) == []


def test_a_circle_does_not_keep_the_engine_from_its_other_work(workshop):
    shop = workshop(CIRCLE)
    shop.releases.apply(with_segments(shop.releases.in_force(), warm={"not": {"tag": "cold"}}))
    ada = shop.submits()
    shop.works()
    names = [name for (lead, name) in shop.rows(events, "lead_id", "name") if lead == ada]
    assert names.count("segment_entered") + names.count("segment_left") == CHAIN
    assert "parked" in " ".join(reason for (reason,) in shop.rows(decisions, "reason"))
    shop.advance(minutes=1)
    shop.works()
    after = [name for (lead, name) in shop.rows(events, "lead_id", "name") if lead == ada]
    assert len(after) > len(names)
