"""Several sequences of one lead, and their steps one after the other: caps, goals, exits, clocks that change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflows.values import Mail, Promised

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONE = '[[step]]\nid = "one"\nemail = "one"\n'


def two(world, low: str = "", high: str = "", **more):
    sequences = {"low": "priority = 20\n" + low + ONE, "high": "priority = 80\n" + high + ONE}
    return world.Story(world.site(sequences, caps=["1 per day"]), **more)


def test_the_loser_is_delayed_says_to_whom_and_sends_the_next_day(world):
    story = two(world)
    turn = story.submits()
    midnight = datetime(2026, 11, 2, 23, 0, tzinfo=UTC)
    assert story.sent == ["high/one"]
    [delayed] = [line for line in turn.decisions if line.outcome == "delayed"]
    assert (delayed.reason, delayed.until) == ("cap 1 per day: `high` goes first", midnight)
    assert turn.due_at == story.inside("low").due_at == midnight
    assert story.turn().decisions == ()  # said once
    story.turn(midnight)
    assert story.sent == ["high/one", "low/one"]


def test_a_loser_waits_for_its_own_window_even_where_it_would_skip(world):
    low = 'send_window = { from = "09:00", to = "18:00", fallback = "skip" }\n'
    story = two(world, low)
    story.submits()
    assert story.inside("low").due_at == datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    story.turn(story.inside("low").due_at)
    assert story.sent == ["high/one", "low/one"]


def one_at_a_time(priority, more=""):
    keys = f"concurrent = false\npriority = {priority}\n{more}"
    return f'{keys}[[step]]\nid = "one"\nemail = "one"\n[[step]]\nid = "two"\nwait = "2 days"\nemail = "two"\n'


def test_a_sequence_that_is_not_concurrent_waits_until_the_other_is_over(world):
    story = world.Story(world.site({"high": one_at_a_time(60), "low": one_at_a_time(40), "tips": world.THREE_MAILS}))
    story.submits()
    assert story.sent == ["high/one", "tips/one"]
    assert story.said.count(("delayed", "concurrent = false: `high` goes first")) == 1
    assert story.inside("low").due_at is None
    for _ in range(2):
        story.mail_ends()
    story.turn(story.now + 2 * DAY)
    assert story.sent == ["high/one", "tips/one", "high/two", "tips/two"]
    story.mail_ends()
    assert story.sent[4:] == ["low/one"]  # in the very turn that the other ends in
    assert story.said.count(("delayed", "concurrent = false: `high` goes first")) == 1


def test_a_mail_that_waits_for_another_sequence_still_expires(world):
    low = one_at_a_time(40, 'expires_after = "1 day"\n')
    story = world.Story(world.site({"high": one_at_a_time(60), "low": low}))
    turn = story.submits()
    assert story.inside("low").due_at == world.MONDAY + DAY
    story.turn(turn.due_at)
    story.turn(story.now + timedelta(minutes=1))
    assert [receipt.step for turn in story.turns for receipt in turn.receipts if receipt.outcome == "skipped"] == [
        "one"
    ]


def test_a_stage_has_its_own_cadence_within_the_caps_for_everybody(world):
    one = '[[step]]\nid = "a"\nemail = "a"\n[[step]]\nid = "b"\nemail = "b"\n'
    site = world.site({"tips": one}, caps=["5 per day"])
    stages = [stage.model_copy(update={"cadence": ["1 per week"]}) if stage.id == "iql" else stage
              for stage in site.definitions.stages]  # fmt: skip
    story = world.Story(replace(site, definitions=site.definitions.model_copy(update={"stages": stages})))
    story.submits()
    story.promised.append(Promised("tips", story.now))
    story.mail_ends(at=story.now + DAY)
    assert story.sent == ["tips/a"]
    assert story.said[-1] == ("delayed", "cadence 1 per week: used up by `tips`")
    story.standing = replace(story.standing, stage="sql")  # another stage, another rhythm
    story.turn()
    assert story.sent == ["tips/a", "tips/b"]


def test_a_sequence_has_its_own_cap(world):
    story = world.Story(world.site({"tips": 'frequency_cap = ["1 per week"]\n' + world.THREE_MAILS}))
    story.submits()
    story.promised.append(Promised("tips", story.now))
    story.mail_ends()
    story.turn(story.now + 2 * DAY)
    assert story.said[-1] == ("delayed", "frequency_cap 1 per week: used up by `tips`")
    assert story.inside().due_at == datetime(2026, 11, 8, 23, 0, tzinfo=UTC)


def test_a_promise_that_was_withdrawn_frees_the_loser_at_once(world):
    story = two(world)
    story.submits()
    assert story.sent == ["high/one"]
    story.event("page_seen", "offer")
    story.turn(story.now + HOUR)  # `promised` is empty: the other mail was withdrawn
    assert story.sent == ["high/one", "low/one"]


def test_transactional_mail_is_exempt_from_caps(world):
    story = two(world, 'class = "transactional"\n')
    story.submits()
    assert sorted(story.sent) == ["high/one", "low/one"]


def test_a_loser_whose_wait_was_kept_still_expires(world):
    story = two(world, 'expires_after = "3 hours"\n')
    story.submits()
    story.turn(story.inside("low").due_at)
    assert story.sent == ["high/one"]
    assert story.said[-2][1].startswith("too late: it was due 2026-11-02 09:00 UTC")


def test_a_mail_carries_the_moment_from_which_it_is_too_late(tell, world):
    story = tell('expires_after = "1 day"\n' + world.THREE_MAILS)
    assert [message.expires_at for message in story.submits().messages] == [world.MONDAY + DAY]
    story.mail_ends()
    [second] = story.turn(world.MONDAY + 2 * DAY + HOUR).messages
    assert second.expires_at == world.MONDAY + 3 * DAY  # counted from when it was due, not from when it was taken
    assert tell().submits().messages[0].expires_at is None


def test_a_goal_reached_while_waiting_jumps_past_what_lies_between(tell, world):
    story = tell('goal = { when = { event = "page_seen" }, on_reach = "three" }\n' + world.THREE_MAILS)
    story.submits()
    story.mail_ends()
    story.event("page_seen", "offer")
    story.turn(story.now + DAY)
    assert story.inside().step == "three"
    assert story.inside().due_at == story.now + 3 * DAY
    story.turn(story.now + 3 * DAY)
    assert story.sent == ["tips/one", "tips/three"]


def test_an_exit_that_is_taken_in_with_a_due_step_wins(tell, world):
    story = tell('exit_when = [{ event = "form_submitted", subject = "demo" }]\n' + world.THREE_MAILS)
    story.submits()
    story.mail_ends()
    story.event("form_submitted", "demo")
    story.turn(story.now + 2 * DAY)
    assert story.sent == ["tips/one"]
    assert (story.inside().state, story.inside().step) == ("left", None)
    assert story.inside().exit_reason == 'exit_when { event = "form_submitted", subject = "demo" } holds'


def test_an_exit_that_time_alone_brings_is_woken_for(tell, world):
    text = 'exit_when = [{ not = { event = "form_submitted", within = "1 day" } }]\n' + world.THREE_MAILS
    story = tell(text)
    story.submits()
    turn = story.mail_ends()
    assert turn.due_at == story.now + DAY
    story.turn(turn.due_at)
    assert story.inside().state == "left"


@pytest.mark.parametrize(
    ("entered", "first", "second", "third"),
    [
        # mails on Saturdays and the Sundays on which Paris changes its clocks
        ("2026-03-27 08:00", "2026-03-27 08:00", "2026-03-29 07:00", "2026-04-01 07:00"),
        ("2026-10-23 07:00", "2026-10-23 07:00", "2026-10-25 08:00", "2026-10-28 08:00"),
    ],
)
def test_a_series_keeps_its_wall_clock_over_the_change(tell, entered, first, second, third):
    story = tell(now=datetime.fromisoformat(entered).replace(tzinfo=UTC))
    turn = story.submits()
    sent = [story.now]
    for _ in range(2):
        turn = story.mail_ends()
        story.turn(turn.due_at)
        sent.append(story.now)
    assert [f"{at:%Y-%m-%d %H:%M}" for at in sent] == [first, second, third]


ENTRY = """
[[step]]
id = "one"
email = "one"
[[step]]
id = "two"
wait = "2 days"
wait_from = "entry"
email = "two"
"""


def test_entry_anchored_waits_catch_up_and_previous_anchored_keep_their_distance(tell, world):
    catching_up, keeping = tell(ENTRY), tell(world.THREE_MAILS)
    for story in (catching_up, keeping):
        story.submits()
        story.mail_ends(at=world.MONDAY + DAY)
    assert catching_up.inside().due_at == world.MONDAY + 2 * DAY
    assert keeping.inside().due_at == world.MONDAY + 3 * DAY


@pytest.mark.parametrize("state", ["refused", "failed", "expired"])
def test_a_mail_that_reached_nobody_is_a_skip_and_the_sequence_goes_on(tell, world, state):
    story = tell()
    story.submits()
    story.mail_ends(state, "why", at=world.MONDAY + HOUR)
    assert story.said[-1] == ("skipped", f"its mail was not sent: {state}, why")
    assert story.inside().due_at == world.MONDAY + 2 * DAY  # others keep the step's time


def test_a_mail_withdrawn_for_lack_of_consent_ends_the_enrolment(tell):
    story = tell()
    story.submits()
    story.mail_ends("withdrawn", "suppressed")
    assert (story.inside().state, story.inside().exit_reason) == ("left", "its mail was withdrawn: suppressed")


def test_steps_that_take_no_time_keep_the_distance_to_the_last_mail(tell):
    story = tell("""
        [[step]]
        id = "one"
        email = "one"
        [[step]]
        id = "note"
        set.add_tags = ["reader"]
        [[step]]
        id = "two"
        wait = "1 day"
        email = "two"
        """)
    story.submits()
    sent_at = story.now + HOUR
    story.mails[story.inside().id] = Mail("sent", None, sent_at)
    story.turn(sent_at + HOUR)
    assert story.inside().due_at == sent_at + DAY


@pytest.mark.parametrize("priority", [90, 10])
def test_one_sequence_may_end_another_by_a_tag_before_it_sends(world, priority):
    sequences = {
        "first": f'priority = {priority}\n[[step]]\nid = "tag"\nset.add_tags = ["client"]\n',
        "second": 'exit_when = [{ tag = "client" }]\n' + ONE,
    }
    story = world.Story(world.site(sequences))
    story.submits()
    assert story.sent == []
    assert story.inside("second").exit_reason == 'exit_when { tag = "client" } holds'


def test_an_exit_comes_before_a_goal(tell, world):
    text = 'exit_when = [{ event = "page_seen" }]\ngoal = { when = { event = "page_seen" }, on_reach = "exit" }\n'
    story = tell(text + world.THREE_MAILS)
    story.submits()
    story.event("page_seen", "offer")
    story.turn()
    assert story.inside().exit_reason == 'exit_when { event = "page_seen" } holds'
