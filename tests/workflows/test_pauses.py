"""Pauses: nothing is sent while one lasts; what was due in it is shifted, sent in portions, or left out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from base.clock import Moment
from storage import schema
from workflows import pauses
from workflows.values import Pause

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO = '[[step]]\nid = "one"\nemail = "one"\n[[step]]\nid = "two"\nwait = "2 days"\nemail = "two"\n'


def paused(story, began, ended=None, name="tips", **more):
    """The same story, in whose world the sequence rested from `began` to `ended` (times after its beginning)."""
    pause = Pause(name, story.rules_since + began, None if ended is None else story.rules_since + ended, "why", **more)
    story.rules = replace(story.rules, pauses=(*story.rules.pauses, pause))


@pytest.fixture
def inside(tell, world):
    """A story of a lead whose first mail was sent on Monday at nine; the second is due two days later."""

    def begin(keys="", text=TWO, **more):
        story = tell(keys + text, **more)
        story.rules_since = world.MONDAY
        story.submits()
        story.mail_ends()
        return story

    return begin


@pytest.mark.parametrize("name", ["tips", "all"])
def test_nothing_is_sent_in_a_pause_and_the_ledger_says_so_once(inside, world, name):
    story = inside()
    paused(story, DAY, name=name)
    for day in (2, 3, 4):
        assert story.turn(world.MONDAY + day * DAY).due_at is None
    assert story.sent == ["tips/one"]
    assert [line for line in story.said if line[0] == "delayed"] == [("delayed", "paused: why")]


def test_another_sequence_goes_on(inside, world):
    story = inside()
    paused(story, DAY, name="letter")
    story.turn(world.MONDAY + 2 * DAY)
    assert story.sent == ["tips/one", "tips/two"]


def test_who_may_leave_leaves_in_a_pause_too(inside, world):
    story = inside('exit_when = [{ event = "form_submitted", subject = "demo" }]\n')
    paused(story, DAY)
    story.now = world.MONDAY + 3 * DAY
    story.submits("demo")
    assert story.inside().state == "left"


def test_a_lead_who_comes_in_rests_before_the_first_step(tell, world):
    story = tell(TWO)
    story.rules_since = world.MONDAY
    paused(story, -DAY)
    story.submits()
    assert (story.sent, story.inside().state) == ([], "active")
    story.rules = replace(story.rules, pauses=(replace(story.rules.pauses[0], ended_at=world.MONDAY + DAY),))
    story.turn(world.MONDAY + DAY)
    assert story.sent == ["tips/one"]


@pytest.mark.parametrize(
    ("began", "ended", "due"),
    [
        (1, 4, 5),  # three days of its two: it has one left
        (0, 1, 3),
        (1, 2, 3),
        (3, 9, 2),  # after it
        (-5, -1, 2),  # before it
        (-5, 1, 3),  # only the part inside the wait
    ],
)
def test_a_shifted_wait_is_longer_by_the_pause_in_it(inside, world, began, ended, due):
    story = inside('on_resume = "shift"\n')
    paused(story, began * DAY, ended * DAY)
    turn = story.turn(world.MONDAY + timedelta(minutes=1))
    assert turn.due_at == world.MONDAY + due * DAY
    story.turn(turn.due_at)
    assert story.sent == ["tips/one", "tips/two"]


def test_two_pauses_add_up(inside, world):
    story = inside()
    paused(story, DAY, 2 * DAY)
    paused(story, 2.5 * DAY, 4.5 * DAY)
    assert story.turn(world.MONDAY + HOUR).due_at == world.MONDAY + 5 * DAY


def test_two_pauses_that_overlap_count_once(inside, world):
    story = inside()
    paused(story, DAY, 4 * DAY)
    paused(story, 2 * DAY, 3 * DAY)
    paused(story, 3 * DAY, 5 * DAY, name="all")
    assert story.turn(world.MONDAY + HOUR).due_at == world.MONDAY + 6 * DAY


def test_a_shifted_wait_still_ends_at_its_hour(inside, world):
    text = TWO.replace('wait = "2 days"', 'wait = "2 days"\nwait_until = { time = "09:00" }')
    story = inside(text=text)
    paused(story, DAY, DAY + 5 * HOUR)
    assert story.turn(world.MONDAY + HOUR).due_at == datetime(2026, 11, 5, 8, 0, tzinfo=UTC)


def test_a_date_is_not_shifted(tell, world):
    text = '[[step]]\nid = "one"\nwait = "-1 day"\nwait_from = "fair_on"\nemail = "one"\n'
    story = tell(text, fields={"fair_on": "2026-11-06T10:00"})
    story.rules_since = world.MONDAY
    story.submits()
    paused(story, DAY, 2 * DAY)
    assert story.turn(world.MONDAY + HOUR).due_at == world.MONDAY + 3 * DAY


def test_the_timeout_of_a_wait_is_shifted_too(tell, world):
    text = '[[step]]\nid = "listen"\nwait_for = { when = { tag = "x" }, timeout = "2 days" }\n'
    story = tell(text)
    story.rules_since = world.MONDAY
    story.submits()
    paused(story, DAY, 2 * DAY)
    assert story.turn(world.MONDAY + HOUR).due_at == world.MONDAY + 3 * DAY


def test_what_is_left_out_is_a_skip_and_the_sequence_goes_on(inside, world):
    story = inside('on_resume = "skip"\n', TWO + '[[step]]\nid = "x"\nset.add_tags = ["end"]\n')
    paused(story, DAY, 4 * DAY)
    story.turn(world.MONDAY + 4 * DAY)
    assert (story.sent, story.lead.tags) == (["tips/one"], ("end",))
    assert ("skipped", "it was due in a pause that began 2026-11-03 09:00 UTC; on_resume = skip") in story.said


def test_what_was_due_before_or_after_is_not_left_out(inside, world):
    story = inside('on_resume = "skip"\n')
    paused(story, 2 * DAY + HOUR, 4 * DAY)
    story.turn(world.MONDAY + 4 * DAY)
    assert story.sent == ["tips/one", "tips/two"]


def test_what_is_sent_late_waits_for_its_portion(inside, world):
    story = inside('on_resume = "send"\n')
    paused(story, DAY, 4 * DAY, untold_from=1)
    assert story.turn(world.MONDAY + 4 * DAY).due_at is None
    assert story.sent == ["tips/one"]
    story.rules = replace(story.rules, pauses=(replace(story.rules.pauses[0], untold_from=2),))
    story.turn(world.MONDAY + 4 * DAY + HOUR)
    assert story.sent == ["tips/one", "tips/two"]


def test_who_came_in_after_the_pause_waits_for_no_portion(tell, world):
    story = tell('on_resume = "send"\n' + TWO)
    story.rules_since = world.MONDAY
    paused(story, -DAY, timedelta(), untold_from=1)
    story.submits()
    assert story.sent == ["tips/one"]


@pytest.mark.parametrize(("klass", "mode"), [("transactional", "sent"), ("marketing", "shifted")])
def test_what_was_asked_for_is_sent_and_advice_keeps_its_distance(inside, world, klass, mode):
    story = inside(f'class = "{klass}"\n')
    paused(story, DAY, 4 * DAY)
    story.turn(world.MONDAY + 4 * DAY)
    assert (story.sent == ["tips/one", "tips/two"]) is (mode == "sent")


def test_a_mail_that_failed_may_end_the_sequence(tell):
    story = tell('on_failure = "exit"\n' + TWO)
    story.submits()
    story.mail_ends("failed", "template")
    assert story.inside().exit_reason == "its mail was not sent: failed, template"


# ---------------------------------------------------------------- on the engine


def do(shop, act, *words):
    now = shop.clocks.moment()
    return shop.database.write(lambda conn: act(conn, *words, now))


def test_a_pause_is_kept_and_its_end_wakes_the_leads_inside_in_portions(workshop, monkeypatch):
    monkeypatch.setattr(pauses, "LEADS_PER_PORTION", 2)
    shop = workshop({"tips": 'on_resume = "send"\n' + TWO})
    for number in range(5):
        shop.submits(f"lead{number}")
    shop.works()
    shop.mails_end()
    shop.works()
    assert do(shop, pauses.begin, "tips", "wrong price", "chloé")
    assert not do(shop, pauses.begin, "tips", "again", "chloé")
    shop.advance(days=3)
    shop.works()
    assert len(shop.rows(schema.messages)) == 5
    assert shop.rows(schema.switches, "name", "off", "reason") == [("tips", True, "again")]
    assert do(shop, pauses.end, "tips")
    assert not do(shop, pauses.end, "tips")
    sent = []
    for _ in range(4):
        shop.works()
        sent.append(len(shop.rows(schema.messages)) - 5)
        shop.clocks.calendar_now = shop.engine.next_due() or shop.clocks.calendar_now
    assert sent == [2, 4, 5, 5]
    [pause] = shop.rows(schema.pauses)
    assert (pause.reason, pause.author, pause.told_at is not None) == ("wrong price", "chloé", True)
    assert shop.rows(schema.switches, "off") == [(False,)]


def test_everything_may_rest_and_one_sequence_with_it(workshop):
    shop = workshop()
    ada = shop.submits()
    do(shop, pauses.begin, "all", "fire", "bob")
    do(shop, pauses.begin, "tips", "price", "bob")
    shop.works()
    assert shop.rows(schema.messages) == []
    do(shop, pauses.end, "all")
    shop.works()
    assert shop.rows(schema.messages) == []  # it still rests by itself
    do(shop, pauses.end, "tips")
    shop.works()
    assert [mail.lead_id for mail in shop.rows(schema.messages)] == [ada]


def test_a_pause_that_is_over_is_told_once_by_many_engines(workshop):
    shop = workshop()
    shop.submits()
    shop.works()
    do(shop, pauses.begin, "all", "x", "y")
    do(shop, pauses.end, "all")
    number = shop.database.write(lambda conn: conn.execute(select(schema.pauses.c.id)).scalar_one())
    now = Moment(shop.clocks.calendar_now, shop.clocks.machine_now)
    told = [shop.database.write(lambda conn: pauses.carry_on(conn, number, now)) for _ in "ab"]
    assert told == [True, False]
