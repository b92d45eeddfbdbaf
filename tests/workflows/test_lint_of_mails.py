"""The linter of what is sent: too late, too much at once, to nobody, or too early to sell."""

from dataclasses import replace

import pytest

from authoring.models.conditions import Condition
from authoring.models.definitions import EventLabel, Temperature
from authoring.models.forms import Form
from workflows.crowding import ENTRIES, mails
from workflows.lint import lint

MAIL = '[[step]]\nid = "one"\nemail = "one"\n'
WEEK = '[[step]]\nid = "pause"\nwait = "%s"\nemail = "pause"\n'
FROM_ENTRY = '[[step]]\nid = "one"\nwait = "%s"\nwait_from = "entry"\nemail = "one"\n'
OFFICE = 'send_window = { days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", to = "17:00"%s }\n'


def nowhere(file, path):
    return len(path), 1


def told(site):
    return [(problem.severity, problem.message) for problem in lint(site, nowhere)]


# ---------------------------------------------------------------- too late

LATE = "the step `one` never sends: those above it take longer than its `wait` and `expires_after` together"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('expires_after = "1 day"\n' + WEEK % "1 week" + FROM_ENTRY % "2 days", LATE),
        ('expires_after = "1 day"\n' + WEEK % "1 week" + FROM_ENTRY % "6 days", None),
        ('expires_after = "1 day"\n' + WEEK % "1 week" + FROM_ENTRY % "2 weeks", None),
        (WEEK % "1 week" + FROM_ENTRY % "2 days", None),
        (
            'expires_after = "1 day"\n[[step]]\nid = "w"\nwait_for = { when = { tag = "x" }, timeout = "9 weeks" }\n'
            + FROM_ENTRY % "2 days",
            None,
        ),
        (
            'expires_after = "1 day"\n[[step]]\nid = "b"\n'
            'branch = { case = [{ when = { tag = "x" }, to = "one" }], otherwise = "pause" }\n'
            + WEEK % "1 week"
            + FROM_ENTRY % "2 days",
            None,
        ),
    ],
)
def test_a_mail_counted_from_the_entry_behind_longer_waits_never_leaves(world, text, problem):
    assert told(world.site({"tips": text})) == ([("error", problem)] if problem else [])


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ('expires_after = "2 hours"\n' + OFFICE % "" + MAIL, 64),
        ('expires_after = "2 days"\n' + OFFICE % "" + MAIL, 64),
        ('expires_after = "3 days"\n' + OFFICE % "" + MAIL, None),
        ('expires_after = "2 hours"\n' + OFFICE % ', fallback = "skip"' + MAIL, None),
        ('expires_after = "2 hours"\nquiet_hours = { from = "20:00", to = "08:00" }\n' + MAIL, 12),
        ('expires_after = "2 hours"\n' + MAIL, None),
        (
            'expires_after = "2 hours"\n'
            + OFFICE % ""
            + MAIL.replace("email", 'wait_until = { time = "10:00" }\nemail'),
            47,
        ),
    ],
)
def test_a_mail_that_expires_while_its_hours_are_closed_is_a_warning(world, text, hours):
    found = told(world.site({"tips": text}))
    assert [severity for severity, _ in found] == (["warning"] if hours else [])
    assert all(f"closed for up to {hours} hours" in message for _, message in found)


# ---------------------------------------------------------------- too much at once

ALONE = "the mail of the step `pause` is one more than the cap `1 per day` lets leave"
TOGETHER = (
    "whoever enters here gets mails of `other` at the same time, together more than the cap `1 per day` lets leave"
)


@pytest.mark.parametrize(
    ("tips", "other", "problem"),
    [
        (MAIL, MAIL, TOGETHER),
        (MAIL, 'class = "transactional"\n' + MAIL, None),
        (MAIL, WEEK % "2 days", None),
        (WEEK % "2 days", WEEK % "2 days", TOGETHER),
        (MAIL, 'trigger = [{ form = "demo" }]\n' + MAIL, None),
        ('filter = { tag = "a" }\n' + MAIL, 'filter = { not = { tag = "a" } }\n' + MAIL, None),
        ("concurrent = false\n" + MAIL, "concurrent = false\n" + MAIL, None),
        (MAIL, MAIL.replace("email", 'only_if = { tag = "x" }\nemail'), None),
        ("trigger = [{ manual = true }]\n" + MAIL, "trigger = [{ manual = true }]\n" + MAIL, None),
        (
            "trigger = [{ at = 2026-11-24T09:00:00 }]\n" + MAIL,
            "trigger = [{ at = 2026-11-24T15:00:00 }]\n" + MAIL,
            TOGETHER,
        ),
        (
            "trigger = [{ at = 2026-11-24T09:00:00 }]\n" + MAIL,
            "trigger = [{ at = 2026-11-25T09:00:00 }]\n" + MAIL,
            None,
        ),
        (
            MAIL + WEEK % "2 hours",
            "trigger = [{ manual = true }]\n" + MAIL,
            None,
        ),  # who enters in the evening has two days
        (MAIL + WEEK % "5 minutes", "trigger = [{ manual = true }]\n" + MAIL, ALONE),
    ],
)
def test_mails_that_break_a_cap_whoever_enters_are_a_warning(world, tips, other, problem):
    site = world.site({"other": "priority = 60\n" + other, "tips": tips}, caps=["1 per day"])
    found = [one for one in told(site) if "cap" in one[1]]
    assert found == ([("warning", problem)] if problem else [])


def test_the_mails_of_a_life_are_foreseen_up_to_the_first_step_that_depends_on_it(world):
    text = MAIL + WEEK % "3 days" + '[[step]]\nid = "w"\nwait_for = { when = { tag = "x" }, timeout = "1 day" }\n'
    sequence = world.sequence(text + '[[step]]\nid = "last"\nemail = "last"\n')
    assert [(step, (at - ENTRIES[0]).days) for step, at in mails(sequence, ENTRIES[0])] == [("one", 0), ("pause", 3)]


# ---------------------------------------------------------------- to nobody

FORM = {
    "title": "Demo",
    "submit": "Go",
    "thanks": {"title": "T", "body": "B"},
    "hand_raise": True,
    "field": [{"name": "email", "kind": "email", "label": "Email", "required": True}],
}


def test_a_topic_that_no_form_asks_for_lets_nobody_in(world):
    box = {"name": "tips", "kind": "consent", "topic": "tips", "wording": "Yes"}
    asking = {**FORM, "field": [*FORM["field"], box]}
    site = world.site({"tips": 'trigger = [{ stage = "mql" }]\n' + MAIL})
    sentence = "nobody can agree to `tips`: no form asks for it, so this sequence lets nobody in"
    for form, problems in ((FORM, [("warning", sentence)]), (asking, [])):
        assert told(replace(site, forms={"demo": Form.model_validate(form)})) == problems


# ---------------------------------------------------------------- too early to sell

COLD = ("warning", "`one` is commercial, and cold leads come to this step")
WARM = "{ engagement_at_least = 40 }"


@pytest.mark.parametrize(
    ("text", "cold"),
    [
        (MAIL, True),
        (f"filter = {WARM}\n" + MAIL, False),
        ("filter = { engagement_at_least = 10 }\n" + MAIL, True),
        (f"filter = {{ all = [{{ tag = 'x' }}, {WARM}] }}\n" + MAIL, False),
        (f"filter = {{ any = [{{ tag = 'x' }}, {WARM}] }}\n" + MAIL, True),
        (MAIL.replace("email", f"only_if = {WARM}\nemail"), False),
        (MAIL.replace("email", 'only_if = { stage_at_least = "mql" }\nemail'), False),
        (MAIL.replace("email", 'only_if = { stage_at_least = "iql" }\nemail'), True),
        (MAIL.replace("email", 'only_if = { stage = "sql" }\nemail'), False),
        ('trigger = [{ stage = "mql" }]\n' + MAIL, False),
        ("trigger = [{ score = 40 }]\n" + MAIL, False),
        ('trigger = [{ score = 40, of = "fit" }]\n' + MAIL, True),
        ('trigger = [{ form = "demo" }]\n' + MAIL, False),
        ('trigger = [{ event = "slot_booked" }]\n' + MAIL, False),
        ('filter = { event = "slot_booked", within = "2 days" }\n' + MAIL, False),
        ('trigger = [{ event = "cart_updated" }]\n' + MAIL, True),
        ('trigger = [{ form = "demo" }, { form = "guide" }]\n' + MAIL, True),
        (f"suppress = [{{ not = {WARM} }}]\n" + MAIL, False),
        (f'[[step]]\nid = "b"\nbranch = {{ case = [{{ when = {WARM}, to = "one" }}], otherwise = "no" }}\n'
         + MAIL + '[[step]]\nid = "no"\nexit = "cold"\n', False),
        (f'[[step]]\nid = "b"\nbranch = {{ case = [{{ when = {WARM}, to = "one" }}] }}\n' + MAIL, True),
        (f'[[step]]\nid = "w"\nwait_for = {{ when = {WARM}, timeout = "9 days", on_timeout = "exit" }}\n'
         + MAIL, False),
        (f'[[step]]\nid = "w"\nwait_for = {{ when = {WARM}, timeout = "9 days" }}\n' + MAIL, True),
    ],
)  # fmt: skip
def test_a_commercial_mail_that_cold_leads_come_to_is_a_warning(world, text, cold):
    site = world.site({"tips": text})
    sells = {key: email.model_copy(update={"commercial": key[1] == "one"}) for key, email in site.emails.items()}
    booked = EventLabel(event="slot_booked", label="Booked", hand_raise=True)
    known = [Temperature(id="cold", label="C"), Temperature(id="warm", label="W", from_engagement=40)]
    site = replace(
        site,
        emails=sells,
        forms={"demo": Form.model_validate(FORM)},
        definitions=site.definitions.model_copy(update={"temperatures": known, "event_labels": [booked]}),
    )
    assert [problem for problem in told(site) if "commercial" in problem[1]] == ([COLD] if cold else [])


def test_stages_and_segments_that_ask_for_themselves_make_nobody_warm(world):
    site = world.site({"tips": 'filter = { stage = "mql" }\n' + MAIL})
    stages = [
        stage.model_copy(update={"enter": Condition(stage_at_least="mql")}) if stage.id == "mql" else stage
        for stage in site.definitions.stages
    ]
    sells = {key: email.model_copy(update={"commercial": True}) for key, email in site.emails.items()}
    site = replace(site, emails=sells, definitions=site.definitions.model_copy(update={"stages": stages}))
    assert COLD in told(site)
