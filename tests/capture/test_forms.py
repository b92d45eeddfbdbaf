"""Forms made from authored ones: every kind of question, and what only the author may say."""

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from authoring.models.forms import Form
from capture.forms import answers, clean, faults, form_class, trap_name, undeclared

pytestmark = pytest.mark.usefixtures("context")

FORM = Form.model_validate(
    {
        "title": "t",
        "submit": "s",
        "thanks": {"title": "t", "body": "b"},
        "field": [
            {"name": "email", "kind": "email", "label": "E"},
            {"name": "phone", "kind": "phone", "label": "P"},
            {"name": "data", "kind": "text", "label": "named like a part of the library"},
            {"name": "errors", "kind": "text", "label": "so is this", "multiline": True},
            {"name": "team", "kind": "choice", "label": "T", "options": [{"value": v, "label": v} for v in "12"]},
            {"name": "agrees", "kind": "consent", "topic": "clicks", "wording": "w"},
            {"name": "fair", "kind": "hidden", "value": "lyon-2026"},
            {"name": "website", "kind": "text", "label": "a name that the trap usually has"},
        ],
    }
)  # fmt: skip


@pytest.fixture
def context():
    app = Flask("t")
    app.config.update(SECRET_KEY="x" * 32, WTF_CSRF_ENABLED=False)
    with app.test_request_context("/", method="POST"):
        yield


def filled(**sent):
    form = form_class(FORM)(formdata=MultiDict(sent))
    form.validate()
    return form


def test_columns_are_canonical_the_rest_are_fields_and_all_is_kept_as_given():
    said = answers(FORM, filled(email=" Ada@X.Example ", phone="06 39 98 12 34", data=" a ", team="2", agrees="clicks"))
    assert said.columns == {"email": "ada@x.example", "phone": "+33639981234"}
    assert said.fields == {"data": "a", "team": "2", "fair": "lyon-2026"}
    assert said.given["email"] == "Ada@X.Example"
    assert said.given["agrees"] is True


def test_a_hidden_field_says_what_its_author_wrote_whatever_was_sent():
    assert answers(FORM, filled(email="ada@x.example", fair="paris")).given["fair"] == "lyon-2026"


def test_optional_fields_may_stay_empty_but_somebody_must_be_named():
    assert faults(FORM, filled(phone="0639981234")) == {}
    assert faults(FORM, filled(email="ada@x.example")) == {}
    assert faults(FORM, filled(data="a")) == {"email": "empty"}


@pytest.mark.parametrize(
    ("sent", "code"), [({"team": "3"}, "choice"), ({"phone": "12"}, "phone_invalid"), ({"data": "x" * 201}, "too_long")]
)
def test_an_optional_answer_must_fit_when_it_is_given(sent, code):
    assert list(faults(FORM, filled(email="ada@x.example", **sent)).values()) == [code]


@pytest.mark.parametrize("value", ["", "false"])
def test_an_empty_box_is_no_consent(value):
    assert answers(FORM, filled(email="ada@x.example", agrees=value)).given["agrees"] is False


def test_the_trap_takes_a_name_that_the_form_does_not_have():
    assert trap_name(FORM) == "homepage"


def test_questions_that_the_form_does_not_ask_are_told_apart():
    assert undeclared(
        FORM, MultiDict({"email": "a", "fair": "b", "stage": "mql", "csrf": "t"}), frozenset({"csrf"})
    ) == {"stage"}


@pytest.mark.parametrize(
    ("typed", "multiline", "kept"),
    [
        ("  Ada ", False, "Ada"),
        ("Ada\r\nBcc: bob@x", False, "Ada Bcc: bob@x"),
        ("a\x07b\x85c", False, "a b c"),
        (" one\r\ntwo\rthree ", True, "one\ntwo\nthree"),
        ("\u202eright\u200bto left", False, "\u202eright\u200bto left"),
    ],
)
def test_control_characters_become_spaces_and_lines_stay_where_they_may(typed, multiline, kept):
    assert clean(typed, multiline) == kept
