"""What one enrolment does at one instant, row by row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflows.decide import decide, next_look
from workflows.outcomes import Complete, Jump, Leave, Settled, Skip, Take, WaitForEvent, WaitUntil
from workflows.values import Mail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW = 'send_window = { days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", to = "18:00"%s }\n'


@pytest.fixture
def asked(world):
    """The outcome for an enrolment that stands before `step`, `after` a while, in a sequence made of `text`."""

    def ask(text, step, after=timedelta(), *, mail=None, story=None, without=(), **changed):
        in_force = world.site({"tips": text}, without=without)
        story = story or world.Story(in_force)
        if not story.history:
            story.event("form_submitted", "guide")
        rules = world.rules(in_force)
        one = replace(_enrolment(world, rules), step=step, **changed)
        facts = replace(story.state().facts)
        return decide(one, rules.sequence(one), facts, rules, world.MONDAY + after, mail)

    def _enrolment(world, rules):
        before = world.Story(rules.site)
        before.submits()
        one = before.inside()
        return replace(one, position="ready", waiting_since=None)

    return ask


def test_a_wait_is_until_its_instant_and_over_at_it(asked, world):
    assert asked(world.THREE_MAILS, "two") == WaitUntil(world.MONDAY + 2 * DAY, "wait", "Europe/Paris")
    assert isinstance(asked(world.THREE_MAILS, "two", 2 * DAY), Take)


def test_a_zone_that_was_resolved_when_the_wait_began_is_kept(asked, world):
    summer = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    began = {"anchor_at": summer, "waiting_since": summer, "position": "waiting"}
    kept = asked(world.THREE_MAILS, "two", -10 * DAY, waiting_zone="UTC", **began)
    assert kept.at == summer + 2 * DAY
    resolved = asked(world.THREE_MAILS, "two", -10 * DAY, waiting_zone="Europe/Paris", **began)
    assert resolved.at == summer + 2 * DAY + HOUR  # the clocks went back


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [
        (None, WaitForEvent),
        (Mail("due"), WaitForEvent),
        (Mail("claimed"), WaitForEvent),
        (Mail("in_data"), WaitForEvent),
        (Mail("deferred"), WaitForEvent),
        (Mail("unknown"), WaitForEvent),
        (Mail("sent"), None),
        (Mail("settled_delivered"), None),
        (Mail("settled_resent"), None),
        (Mail("settled_dropped"), "its mail was not sent: settled_dropped, settled_dropped"),
        (Mail("refused", "550 no such mailbox"), "its mail was not sent: refused, 550 no such mailbox"),
        (Mail("failed", "template"), "its mail was not sent: failed, template"),
        (Mail("expired"), "its mail was not sent: expired, expired"),
        (Mail("withdrawn", "suppressed"), Leave("its mail was withdrawn: suppressed")),
        (Mail("withdrawn", "no consent"), Leave("its mail was withdrawn: no consent")),
        (Mail("withdrawn", "erased"), Leave("its mail was withdrawn: erased")),
    ],
)
def test_a_step_that_mails_waits_for_the_end_of_its_mail(asked, world, mail, outcome):
    found = asked(world.THREE_MAILS, "one", mail=mail, position="awaiting_mail")
    if outcome is WaitForEvent:
        assert found == WaitForEvent(None, "its mail is on the way", world.ZONE)
    elif isinstance(outcome, Leave):
        assert found == outcome
    else:
        assert isinstance(found, Settled)
        assert (found.then, found.missed) == ("two", outcome)


def test_a_mail_that_was_withdrawn_is_no_failure(asked, world):
    """Whoever may not be written to leaves, whatever becomes of mails that fail."""
    text = 'on_failure = "exit"\n' + world.THREE_MAILS
    assert asked(text, "one", mail=Mail("failed", "template"), position="awaiting_mail") == Leave(
        "its mail was not sent: failed, template"
    )
    assert asked(text, "one", mail=Mail("withdrawn", "suppressed"), position="awaiting_mail") == Leave(
        "its mail was withdrawn: suppressed"
    )


def test_a_mail_whose_wait_is_over_leaves_as_soon_as_nothing_holds_it_back(asked, world):
    """It was put off to the fourth day, and may leave on the third."""
    held = {"waiting_since": world.MONDAY, "position": "ready", "due_at": world.MONDAY + 4 * DAY}
    assert isinstance(asked(world.THREE_MAILS, "two", 3 * DAY, **held), Take)


def test_time_alone_may_let_them_leave_at_the_first_of_all_conditions(world):
    exits = ", ".join(f'{{ not = {{ event = "page_seen", within = "{days} days" }} }}' for days in (5, 3, 9))
    in_force = world.site({"tips": f"exit_when = [{exits}]\n{world.THREE_MAILS}"})
    story = world.Story(in_force)
    story.event("page_seen", "demo")
    story.submits()
    one, rules = story.inside(), world.rules(in_force)
    found = next_look(one, rules.sequence(one), story.state().facts, rules, world.MONDAY)
    assert found == world.MONDAY + 3 * DAY


ONLY_IF = (
    '[[step]]\nid = "a"\nonly_if = { field = "sector", is = "wood" }\nemail = "a"\n[[step]]\nid = "b"\nemail = "b"'
)


def test_only_if_that_does_not_hold_is_a_skip_with_its_reason(asked):
    skip = asked(ONLY_IF, "a")
    assert isinstance(skip, Skip)
    assert (skip.reason, skip.then) == ('only_if { field = "sector", is = "wood" } does not hold', "b")


def test_only_if_that_holds_takes_the_step(asked, world):
    story = world.Story(world.site({"tips": ONLY_IF}), fields={"sector": "wood"})
    assert isinstance(asked(ONLY_IF, "a", story=story), Take)


@pytest.mark.parametrize(
    ("after", "fallback", "outcome"),
    [
        (timedelta(), "", Take),  # Monday 10:00 in Paris
        (8 * HOUR, "", DAY - HOUR),  # Monday 18:00: `to` is excluded, Tuesday 09:00
        (4 * DAY + 8 * HOUR, "", 7 * DAY - HOUR),  # Friday evening: Monday
        (8 * HOUR, ', fallback = "skip"', "outside the send_window 09:00-18:00 Europe/Paris"),
    ],
)
def test_a_send_window_moves_or_skips_sends(asked, world, after, fallback, outcome):
    text = WINDOW % fallback + '[[step]]\nid = "a"\nemail = "a"\n[[step]]\nid = "b"\nset.fields = { x = 1 }'
    found = asked(text, "a", after)
    if isinstance(outcome, timedelta):
        assert (found.at, found.delayed) == (world.MONDAY + outcome, True)
    elif isinstance(outcome, str):
        assert (found.reason, found.then) == (outcome, "b")
    else:
        assert isinstance(found, outcome)
    assert isinstance(asked(text, "b", after), Take)  # only sends move


def test_the_window_is_the_leads_own_zone_and_the_step_may_have_its_own(asked, world):
    text = WINDOW % "" + '[[step]]\nid = "a"\nemail = "a"\n[[step]]\nid = "b"\nemail = "b"\nsend_window = {}'
    abroad = world.Story(world.site({"tips": text}), timezone="America/Montreal")
    assert asked(text, "a", story=abroad).at == world.MONDAY + 5 * HOUR
    assert isinstance(asked(text, "b", story=abroad), Take)


@pytest.mark.parametrize(
    ("zone", "company", "used"),
    [
        (None, None, "Asia/Tokyo"),
        ("Mars/Olympus", None, "Asia/Tokyo"),
        ("UTC", "America/Montreal", "UTC"),
        (None, "America/Montreal", "America/Montreal"),
        ("Mars/Olympus", "America/Montreal", "America/Montreal"),
        (None, "somewhere", "Asia/Tokyo"),
        (None, 12, "Asia/Tokyo"),
    ],
)
def test_the_zone_is_the_leads_then_the_companys_then_the_sequences(asked, world, zone, company, used):
    text = 'timezone = "Asia/Tokyo"\n' + world.THREE_MAILS
    fields = {} if company is None else {"company_timezone": company}
    story = world.Story(world.site({"tips": text}), timezone=zone, fields=fields)
    assert asked(text, "two", story=story).zone == used


FAIR = '[[step]]\nid = "a"\nwait = "%s"\nwait_from = "fair_on"\nemail = "a"\n[[step]]\nid = "b"\nemail = "b"'


@pytest.mark.parametrize(
    ("wait", "fair_on", "due"),
    [
        ("-3 days", "2026-11-20", "2026-11-16 23:00"),  # midnight in Paris
        ("-36 hours", "2026-11-20T18:00", "2026-11-19 05:00"),
        ("1 week", "2026-11-20T18:00", "2026-11-27 17:00"),
        ("-2 business days", "2026-11-12T09:00", "2026-11-09 08:00"),  # over the holiday of the 11th
    ],
)
def test_a_wait_may_count_from_a_date_of_the_lead_and_lie_before_it(asked, world, wait, fair_on, due):
    text = 'holidays = ["FR"]\n' + FAIR % wait
    story = world.Story(world.site({"tips": text}), fields={"fair_on": fair_on})
    at = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert asked(text, "a", story=story) == WaitUntil(at, "wait from the date in `fair_on`", "Europe/Paris")
    assert isinstance(asked(text, "a", at - world.MONDAY, story=story), Take)


def test_a_date_that_is_moved_moves_the_step_even_when_its_wait_was_over(asked, world):
    text = FAIR % "-3 days"
    story = world.Story(world.site({"tips": text}), fields={"fair_on": "2026-12-01"})
    was_over = {"waiting_since": world.MONDAY, "due_at": world.MONDAY, "position": "ready"}
    assert asked(text, "a", story=story, **was_over).at == datetime(2026, 11, 27, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("fields", [{}, {"fair_on": "soon"}, {"fair_on": ""}])
def test_without_a_date_the_step_is_skipped(asked, world, fields):
    text = FAIR % "-3 days"
    skip = asked(text, "a", story=world.Story(world.site({"tips": text}), fields=fields))
    assert (skip.reason, skip.then) == ("the lead has no date in `fair_on`", "b")


def test_a_wait_from_the_entry_counts_from_it(asked, world):
    text = '[[step]]\nid = "a"\nwait = "2 days"\nwait_from = "entry"\nemail = "a"'
    assert asked(text, "a", anchor_at=world.MONDAY + DAY).at == world.MONDAY + 2 * DAY


QUIET = 'quiet_hours = { from = "20:00", to = "08:00"%s }\n[[step]]\nid = "a"\nemail = "a"'


@pytest.mark.parametrize(
    ("keys", "after", "outcome"),
    [
        ("", 9 * HOUR, Take),  # 19:00 in Paris
        ("", 10 * HOUR, WaitUntil),
        (', fallback = "skip"', 10 * HOUR, "inside the quiet_hours 20:00-08:00 Europe/Paris"),
    ],
)
def test_quiet_hours_move_or_skip_sends(asked, world, keys, after, outcome):
    found = asked(QUIET % keys, "a", after)
    if outcome is WaitUntil:
        assert (found.at, found.reason) == (world.MONDAY + 22 * HOUR, "quiet_hours 20:00-08:00 Europe/Paris")
    elif outcome is Take:
        assert isinstance(found, Take)
    else:
        assert found.reason == outcome


def test_a_holiday_closes_the_window(asked, world):
    text = WINDOW % "" + 'holidays = ["FR"]\n[[step]]\nid = "a"\nemail = "a"'
    found = asked(text, "a", 9 * DAY)  # Wednesday 11 November
    assert (found.at, found.reason) == (world.MONDAY + 10 * DAY - HOUR, "holiday 2026-11-11 Europe/Paris")


def test_a_late_mail_is_skipped_with_its_reason(asked, world):
    text = 'expires_after = "1 day"\n' + world.THREE_MAILS
    assert isinstance(asked(text, "two", 3 * DAY), Take)
    skip = asked(text, "two", 3 * DAY + timedelta(seconds=1))
    assert isinstance(skip, Skip)
    assert skip.reason == "too late: it was due 2026-11-04 09:00 UTC and expires_after 1 day"


def test_a_window_that_opens_after_the_expiry_is_a_skip_at_once(asked):
    text = WINDOW % "" + 'expires_after = "2 hours"\n[[step]]\nid = "a"\nemail = "a"'
    assert isinstance(asked(text, "a", 8 * HOUR), Skip)


def test_nobody_is_written_to_without_an_address_or_a_text(asked, world):
    silent = world.Story(world.site({"tips": world.THREE_MAILS}), email=None, phone="+33612345678")
    assert asked(world.THREE_MAILS, "one", story=silent).reason == "the lead has no email address"
    found = asked(world.THREE_MAILS, "one", without=("one",))
    assert found.reason == "the release in force has no text `tips/one`"


EXIT = 'exit_when = [{ event = "form_submitted", subject = "demo" }, { tag = "client" }]\n'


def test_an_exit_beats_a_due_step_and_a_mail_on_its_way(asked, world):
    text = EXIT + world.THREE_MAILS
    assert isinstance(asked(text, "one"), Take)
    client = world.Story(world.site({"tips": text}), tags=("client",))
    assert asked(text, "one", story=client) == Leave('exit_when { tag = "client" } holds')
    assert asked(text, "one", story=client, mail=Mail("due"), position="awaiting_mail").reason.startswith("exit_when")


def test_consent_withdrawn_leaves_and_a_transactional_sequence_needs_none(asked, world):
    gone = world.Story(world.site({"tips": world.THREE_MAILS}), granted=())
    assert asked(world.THREE_MAILS, "two", story=gone) == Leave("no consent for `tips`")
    text = 'class = "transactional"\n' + world.THREE_MAILS
    assert isinstance(asked(text, "one", story=gone), Take)


GOAL = 'goal = { when = { event = "page_seen", subject = "demo" }, on_reach = "%s", within = "3 days" }\n'


@pytest.mark.parametrize(
    ("step", "on_reach", "after", "outcome"),
    [
        ("one", "three", DAY, Jump("three", 'goal reached: { event = "page_seen", subject = "demo" }')),
        ("one", "three", 3 * DAY, Jump("three", 'goal reached: { event = "page_seen", subject = "demo" }')),
        ("one", "exit", DAY, Leave('goal reached: { event = "page_seen", subject = "demo" }')),
        ("one", "three", 3 * DAY + HOUR, Take),  # too late to count
        ("three", "three", DAY, WaitUntil),  # it lies behind already: never back
    ],
)
def test_a_goal_jumps_forward_or_leaves_while_it_counts(asked, world, step, on_reach, after, outcome):
    text = GOAL % on_reach + world.THREE_MAILS
    story = world.Story(world.site({"tips": text}))
    story.event("form_submitted", "guide")
    story.event("page_seen", "demo")
    found = asked(text, step, after, story=story)
    assert isinstance(found, outcome) if isinstance(outcome, type) else found == outcome


def test_what_happened_before_the_entry_is_no_goal(asked, world):
    text = GOAL % "exit" + world.THREE_MAILS
    story = world.Story(world.site({"tips": text}))
    story.event("page_seen", "demo")
    assert isinstance(asked(text, "one", story=story), Take)


WAIT_FOR = """
[[step]]
id = "listen"
wait_for = { when = { event = "page_seen" }, timeout = "5 days", on_timeout = "%s", since = "%s" }
[[step]]
id = "next"
email = "a"
[[step]]
id = "other"
email = "b"
"""


@pytest.mark.parametrize(
    ("since", "seen", "goes_on"),
    [
        ("ever", 0, True),
        ("entry", 0, False),
        ("entry", 1, False),
        ("entry", 2, True),
        ("now", 2, False),
        ("now", 3, False),
        ("now", 4, True),
    ],
    ids=["ever", "before entry", "the entry", "after entry", "before the wait", "as it began", "after the wait"],
)
def test_wait_for_counts_events_since(asked, world, since, seen, goes_on):
    """The entry is event 2, the wait began when event 4 was the newest; the page is seen right after event `seen`."""
    text = WAIT_FOR % ("next", since)
    story = world.Story(world.site({"tips": text}))
    for number in range(1, 7):
        story.event("page_seen" if number == seen + 1 else "form_submitted", "guide")
    began = {"entry_seq": 2, "waiting_seq": 4, "waiting_since": world.MONDAY, "position": "waiting"}
    found = asked(text, "listen", HOUR, story=story, **began)
    assert isinstance(found, Take if goes_on else WaitForEvent)


LISTEN = """
[[step]]
id = "listen"
wait_for = { when = %s, timeout = "5 days" }
[[step]]
id = "below"
email = "below"
"""


def test_wait_for_goes_on_below_unless_it_is_told_otherwise(asked, world):
    text = LISTEN % '{ event = "page_seen" }'
    found = asked(text, "listen", 5 * DAY, waiting_since=world.MONDAY, position="waiting")
    assert (type(found), found.then) == (Skip, "below")


def test_wait_for_counts_its_days_on_the_leads_wall_clock(asked, world):
    """From the Thursday before the clocks go back to the Tuesday after."""
    found = asked(LISTEN % '{ event = "page_seen" }', "listen", -11 * DAY)
    assert found.at == world.MONDAY - 6 * DAY + HOUR


def test_wait_for_looks_again_when_time_alone_may_end_it(asked, world):
    text = LISTEN % '{ not = { event = "page_seen", within = "2 days" } }'
    story = world.Story(world.site({"tips": text}))
    story.event("form_submitted", "guide")
    story.event("page_seen", "demo")
    found = asked(text, "listen", story=story, entry_seq=1)
    assert found.at == world.MONDAY + 2 * DAY


def test_a_mail_may_leave_in_the_last_instant_before_it_is_too_late(asked, world):
    """It is due on Monday at 18:00, the window opens fifteen hours later."""
    text = 'expires_after = "%s"\n' + WINDOW % "" + '[[step]]\nid = "a"\nemail = "a"\n'
    assert isinstance(asked(text % "15 hours", "a", 8 * HOUR), WaitUntil)
    assert isinstance(asked(text % "899 minutes", "a", 8 * HOUR), Skip)


@pytest.mark.parametrize(
    ("on_timeout", "outcome"),
    [("next", ("next",)), ("other", ("other",)), ("exit", Leave)],
)
def test_wait_for_times_out_as_it_was_told(asked, world, on_timeout, outcome):
    text = WAIT_FOR % (on_timeout, "entry")
    waiting = asked(text, "listen", HOUR)
    assert waiting.at == world.MONDAY + HOUR + 5 * DAY
    found = asked(text, "listen", 5 * DAY, waiting_since=world.MONDAY, position="waiting")
    assert found.reason == '{ event = "page_seen" } did not come within 5 days'
    assert isinstance(found, Leave) if outcome is Leave else (found.then,) == outcome


GOAL_AHEAD = """
goal = { when = { event = "page_seen" }, on_reach = "three" }
[[step]]
id = "one"
email = "one"
[[step]]
id = "two"
email = "two"
[[step]]
id = "three"
email = "three"
"""


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [(None, WaitForEvent), (Mail("due"), WaitForEvent), (Mail("unknown"), WaitForEvent), (Mail("sent"), Jump)],
)
def test_a_goal_leads_on_once_the_mail_on_its_way_has_come_to_its_end(asked, world, mail, outcome):
    """The mail behind the goal must not overtake the one before it."""
    story = world.Story(world.site({"tips": GOAL_AHEAD}))
    for name in ("form_submitted", "page_seen"):
        story.event(name, "guide")
    found = asked(GOAL_AHEAD, "one", HOUR, story=story, mail=mail, position="awaiting_mail", entry_seq=1)
    assert isinstance(found, outcome)


BRANCH = """
[[step]]
id = "fork"
branch = { case = [{ when = { tag = "a" }, to = "y" }, { when = { tag = "b" }, to = "z" }]%s }
[[step]]
id = "x"
jump = "z"
[[step]]
id = "y"
exit = "sold"
[[step]]
id = "z"
email = "z"
"""


@pytest.mark.parametrize(
    ("tags", "otherwise", "then"),
    [(("a", "b"), "", "y"), (("b",), "", "z"), ((), "", "x"), ((), ', otherwise = "z"', "z")],
)
def test_a_branch_takes_the_first_case_that_holds(asked, world, tags, otherwise, then):
    text = BRANCH % otherwise
    found = asked(text, "fork", story=world.Story(world.site({"tips": text}), tags=tags))
    assert found.then == then


def test_a_jump_goes_on_below_and_an_exit_leaves_with_its_reason(asked):
    assert asked(BRANCH % "", "x").then == "z"
    leave = asked(BRANCH % "", "y")
    assert (leave.reason, leave.step.id) == ("sold", "y")


def test_the_end_is_complete_and_a_step_that_is_gone_leaves(asked, world):
    assert asked(world.THREE_MAILS, None) == Complete()
    assert asked(world.THREE_MAILS, "four") == Leave("the step `four` is not in this version of the sequence")
