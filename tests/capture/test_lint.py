"""What would make a form lose somebody, each with the sentence its author reads."""

import pytest

from authoring.models.forms import Form
from capture.lint import lint

EMAIL = {"name": "email", "kind": "email", "label": "E", "required": True}
BOX = {"name": "a", "kind": "consent", "topic": "conseils-3d", "wording": {"fr": "Oui", "en": "Yes"}}
TOLD = {"name": "no", "kind": "objection", "topic": "lettre", "wording": "We write to you.", "label": "I object."}
PARTS = {"title": "t", "submit": "s", "thanks": {"title": "t", "body": "b"}}


class SiteOf:
    """One form, shown on one page in both languages."""

    def __init__(self, form):
        page = type("Page", (), {"form": "f", "locales": ["fr", "en"]})()
        self.forms, self.pages = {"f": Form.model_validate({**PARTS, **form})}, {"p": page}


def problems(form):
    return lint(SiteOf(form), lambda file, path: (7, 3))


def test_the_example_site_has_none(site):
    assert lint(site, lambda file, path: (1, 1)) == []


def test_a_problem_stands_at_its_line():
    found = problems({"field": [{**EMAIL, "name": "work_email"}]})[0]
    assert found.sentence() == 'forms/f.toml:7:3: the email in `work_email` finds no lead (write name = "email")'


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"field": [EMAIL, {"name": "mobile", "kind": "phone", "label": "P"}]}, "the phone in `mobile` finds no lead"),
        ({"field": [EMAIL, {"name": "phone", "kind": "text", "label": "P"}]}, "the field `phone` is read as `text`"),
        ({"field": [EMAIL, {**BOX, "wording": {"fr": "Oui"}}]}, "the wording is not written in `en`"),
        ({"field": [EMAIL], "subscribe": "lettre", "wording": {"en": "Yes"}}, "the wording is not written in `fr`"),
        ({"field": [EMAIL, BOX, {**BOX, "name": "b"}]}, "`conseils-3d` is asked for twice in this form"),
        (
            {"field": [EMAIL, BOX], "subscribe": "conseils-3d", "wording": "w"},
            "`conseils-3d` is asked for twice in this form",
        ),
        (
            {"field": [{**EMAIL, "required": False}], "magnet": "guide"},
            "`magnet` leaves by mail, and the form does not require an `email`",
        ),
        (
            {"field": [{"name": "phone", "kind": "phone", "label": "P"}], "subscribe": "lettre", "wording": "w"},
            "`subscribe` leaves by mail, and the form does not require an `email`",
        ),
        (
            {"field": [{"name": "phone", "kind": "phone", "label": "P"}, TOLD]},
            "work addresses are told of something here, and the form asks for no `email`",
        ),
        ({"field": [EMAIL, BOX, {**TOLD, "topic": "conseils-3d"}]}, "`conseils-3d` is asked for twice in this form"),
        ({"field": [EMAIL, {**TOLD, "wording": {"fr": "Nous écrivons"}}]}, "the wording is not written in `en`"),
        (
            {"field": [EMAIL, *({"name": f"q{n}", "kind": "text", "label": "Q"} for n in range(46))]},
            "a form has at most 46 fields, this one has 47",
        ),
    ],
)
def test_a_form_that_would_lose_somebody(form, message):
    assert [problem.message for problem in problems(form)] == [message]


@pytest.mark.parametrize(
    "form",
    [
        {"field": [EMAIL, BOX], "magnet": "guide"},
        {"field": [EMAIL, BOX, TOLD]},
        {"field": [EMAIL, {**BOX, "wording": "One text for all"}]},
        {"field": [{"name": "phone", "kind": "phone", "label": "P"}], "hand_raise": True},
        {"field": [EMAIL, *({"name": f"q{n}", "kind": "text", "label": "Q"} for n in range(45))]},
    ],
)
def test_a_form_that_works(form):
    assert problems(form) == []
