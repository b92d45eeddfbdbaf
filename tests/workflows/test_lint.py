"""The linter of sequences: what an author wrote, and the sentence they read."""

from dataclasses import replace

import pytest

from authoring.models.forms import Form
from base.paths import data_path
from workflows.lint import lint

MAIL = '[[step]]\nid = "one"\nemail = "one"\n'
AT_18 = '[[step]]\nid = "one"\nwait_until = { time = "18:00"%s }\nemail = "one"\n'
OFFICE = 'send_window = { days = ["mon", "tue", "wed", "thu", "fri"], from = "09:00", to = "17:00"%s }\n'


def nowhere(file, path):
    return len(path), 1


@pytest.fixture
def found(world):
    def sentences(text, form=None, **more):
        in_force = world.site({"tips": text}, **more)
        if form is not None:
            in_force = replace(in_force, forms={"guide": Form.model_validate(form)})
        return [(problem.severity, problem.message) for problem in lint(in_force, nowhere)]

    return sentences


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (AT_18 % "", None),
        (OFFICE % "" + MAIL, None),
        (OFFICE.replace("17:00", "18:30") % ', fallback = "skip"' + AT_18 % "", None),
        (OFFICE % "" + AT_18.replace("18:00", "09:00") % ', weekdays = ["sat", "mon"]', None),
        (
            OFFICE % ', fallback = "skip"' + AT_18 % "",
            ("error", 'the step `one` never sends: it waits for a moment outside its window, and `fallback = "skip"`'),
        ),
        (
            OFFICE % "" + AT_18 % "",
            ("warning", "the step `one` waits for a moment outside its window, and always sends later than it says"),
        ),
        (
            OFFICE % ', fallback = "skip"' + AT_18.replace("18:00", "10:00") % ', weekdays = ["sun"]',
            ("error", 'the step `one` never sends: it waits for a moment outside its window, and `fallback = "skip"`'),
        ),
        (
            'expires_after = "2 hours"\n' + OFFICE % "" + AT_18 % "",
            ("error", "the step `one` never sends: it expires before its window opens"),
        ),
        (
            'send_window = { from = "06:00", to = "08:00" }\nquiet_hours = { from = "20:00", to = "08:00" }\n' + MAIL,
            ("error", "the step `one` never sends: its window only opens in the `quiet_hours`"),
        ),
        (
            'quiet_hours = { from = "17:00", to = "08:00" }\n' + AT_18 % "",
            ("warning", "the step `one` waits for a moment in the `quiet_hours`, and always sends later than it says"),
        ),
        (
            'quiet_hours = { from = "17:00", to = "08:00", fallback = "skip" }\n' + AT_18 % "",
            (
                "error",
                'the step `one` never sends: it waits for a moment in the `quiet_hours`, and `fallback = "skip"`',
            ),
        ),
        (
            'holidays = ["FR"]\n' + MAIL,
            ("warning", "`holidays` does nothing here: holidays close the `send_window`, and are not business days"),
        ),
        ('holidays = ["FR"]\n' + OFFICE % "" + MAIL, None),
        ('holidays = ["FR"]\n' + MAIL.replace("email", 'wait = "2 business days"\nemail'), None),
        ("send_window = { days = [] }\n" + MAIL, ("error", "the step `one` never sends: its window has no day")),
        (
            'min_interval = "2 days"\n' + MAIL,
            ("warning", '`min_interval` does nothing with re_entry = "never"'),
        ),
        (
            're_entry = "always"\ntrigger = [{ event = "mail.sent" }]\n' + MAIL,
            ("error", "the sequence lets its leads in again by its own mails (`mail.sent`), without end"),
        ),
        ('re_entry = "always"\ntrigger = [{ event = "mail.sent", subject = "other/mail" }]\n' + MAIL, None),
        (
            're_entry = "after_exit"\ntrigger = [{ sequence = "tips" }]\n' + MAIL,
            ("error", "the sequence lets its leads in again by its own end, without end"),
        ),
        ('re_entry = "after_exit"\nmin_interval = "1 day"\ntrigger = [{ sequence = "tips" }]\n' + MAIL, None),
        ('re_entry = "always"\ntrigger = [{ sequence = "other" }]\n' + MAIL, None),
        ('exit_when = [{ event = "form_submitted", subject = "demo" }]\n' + MAIL, None),
        ('exit_when = [{ event = "form_submitted", count = 2 }]\n' + MAIL, None),
        (
            'exit_when = [{ any = [{ tag = "x" }, { event = "form_submitted" }] }]\n' + MAIL,
            ("error", "whoever enters leaves at once: this holds by the very event that lets them in"),
        ),
        (
            'trigger = [{ stage = "mql" }]\nexit_when = [{ stage_at_least = "iql" }]\n' + MAIL,
            ("error", "whoever enters leaves at once: this holds by the very event that lets them in"),
        ),
        ('trigger = [{ stage = "mql" }]\nexit_when = [{ stage_at_least = "sql" }]\n' + MAIL, None),
        (
            '[[step]]\nid = "a"\nset.fields = { email = "x@y.example" }\n',
            ("error", "a step cannot change `email`: it says who the lead is"),
        ),
        (
            '[[step]]\nid = "a"\n[step.wait_for]\ntimeout = "1 day"\n'
            'when = { event = "link_clicked", subject = "tips/one" }\n' + MAIL,
            ("error", "the step `a` waits for a mail that is only sent further down"),
        ),
    ],
)
def test_what_is_wrong_with_a_sequence(found, text, problem):
    assert found(text) == ([] if problem is None else [problem])


def test_an_own_cap_or_a_cadence_of_nothing_is_an_error(world):
    site = world.site({"tips": 'frequency_cap = ["0 per week"]\n' + MAIL})
    stages = [stage.model_copy(update={"cadence": ["0 per day"]}) for stage in site.definitions.stages[:1]]
    site = replace(site, definitions=site.definitions.model_copy(update={"stages": stages}))
    assert [problem.message for problem in lint(site, nowhere)] == [
        "the cap `0 per day` lets no marketing mail leave at all",
        "the cap `0 per week` lets no mail of this sequence leave at all",
    ]


CIRCLE = 're_entry = "always"\n%s[[step]]\nid = "on"\nenrol = "%s"\n'


@pytest.mark.parametrize(
    ("sequences", "told"),
    [
        ({"a": CIRCLE % ("", "a")}, ["a"]),
        ({"a": CIRCLE % ("", "b"), "b": CIRCLE % ("", "a")}, ["b", "a"]),
        ({"a": CIRCLE % ("", "b"), "b": CIRCLE % ('min_interval = "1 day"\n', "a")}, []),
        ({"a": CIRCLE % ("", "b"), "b": CIRCLE.replace("always", "never") % ("", "a")}, []),
        ({"a": CIRCLE % ("", "b"), "b": MAIL}, []),
    ],
)
def test_sequences_that_enrol_each_other_without_end_are_an_error(world, sequences, told):
    problems = lint(world.site(sequences), nowhere)
    end = "leads back into this sequence, and both let their leads in again without end"
    assert [(one.severity, one.message) for one in problems] == [("error", f"`{name}` {end}") for name in told]


AFTER = 're_entry = "always"\n%strigger = [{ sequence = "%s"%s }]\n[[step]]\nid = "rest"\nwait = "1 month"\n'


@pytest.mark.parametrize(
    ("sequences", "told"),
    [
        ({"a": AFTER % ("", "b", ""), "b": AFTER % ("", "a", "")}, ["b", "a"]),
        ({"a": AFTER % ("", "c", ""), "b": AFTER % ("", "a", ""), "c": AFTER % ("", "b", "")}, ["c", "a", "b"]),
        ({"a": AFTER % ("", "b", ""), "b": AFTER % ('min_interval = "12 months"\n', "a", "")}, []),
        ({"a": AFTER % ("", "b", ""), "b": AFTER.replace("always", "never") % ("", "a", "")}, []),
        ({"a": AFTER % ("", "b", ""), "b": AFTER % ("", "a", ', on = "left"')}, []),
        ({"a": AFTER % ("", "b", ""), "b": MAIL}, []),
    ],
)
def test_sequences_that_let_in_at_each_others_end_without_end_are_an_error(world, sequences, told):
    end = "whose end lets leads in here: they go round without end"
    assert [(one.severity, one.message) for one in lint(world.site(sequences), nowhere)] == [
        ("error", f"this sequence leads back into `{name}`, {end}") for name in told
    ]


def test_a_circle_of_a_step_and_an_end_is_an_error_too(world):
    sequences = {"a": CIRCLE % ("", "b"), "b": MAIL.replace("[[step]]", 're_entry = "always"\n[[step]]', 1)}
    assert lint(world.site(sequences), nowhere) == []
    after = {**sequences, "a": CIRCLE.replace("\n", '\ntrigger = [{ sequence = "b" }]\n', 1) % ("", "b")}
    assert {one.severity for one in lint(world.site(after), nowhere)} == {"error"}


def test_a_cap_of_nothing_is_an_error(found):
    assert found(MAIL, caps=["4 per week", "0 per day"]) == [
        ("error", "the cap `0 per day` lets no marketing mail leave at all")
    ]


FORM = {
    "title": "Guide",
    "submit": "Go",
    "thanks": {"title": "T", "body": "B"},
    "field": [
        {"name": "email", "kind": "email", "label": "Email", "required": True},
        {"name": "tips", "kind": "consent", "topic": "tips", "wording": "Yes"},
    ],
}


@pytest.mark.parametrize(
    ("triggers", "form", "warned"),
    [
        ('[{ form = "guide" }]', FORM, True),
        ('[{ magnet = "pdf" }]', {**FORM, "magnet": "pdf"}, True),
        ('[{ form = "guide" }, { event = "consent_granted", subject = "tips" }]', FORM, False),
        ('[{ form = "guide" }, { event = "consent_granted", subject = "letter" }]', FORM, True),
        ('[{ form = "guide" }]', {**FORM, "field": FORM["field"][:1]}, False),
    ],
)
def test_a_form_that_asks_for_consent_lets_in_too_early(found, triggers, form, warned):
    sentence = "whoever agrees to `tips` on the form `guide` has not confirmed yet when it lets them in"
    told = [problem for problem in found(f"trigger = {triggers}\n{MAIL}", form) if problem[1].startswith("whoever")]
    assert told == ([("warning", sentence)] if warned else [])


def test_problems_point_at_the_line_and_the_example_content_has_none(site):
    assert [problem.sentence() for problem in lint(site, nowhere)] == []
    assert data_path("content").is_dir()
