"""What somebody typed stands in no mail before they confirmed, and `check` tells the author where it would."""

import dataclasses

import pytest

from authoring.models.conditions import Condition
from authoring.models.emails import Email
from authoring.models.forms import FormField
from authoring.models.sequences import Trigger
from emails.lint import lint

DEMO = ("demande-demo", "recu", "fr")
OWN_WORDS = "`lead.fields.project` is what somebody typed: until they confirm, it stands empty here"


@pytest.fixture
def asking(site):
    """The example, whose form for demonstrations asks for a project in somebody's own words."""
    question = FormField(name="project", kind="text", label="Your project")
    demo = site.forms["demo"]
    return dataclasses.replace(
        site, forms={**site.forms, "demo": demo.model_copy(update={"field": [*demo.field, question]})}
    )


def of(site, key=DEMO, body="Bonjour", **head):
    text = {"subject": "Sujet", "preheader": "Avant", "why": "Parce que", **head}
    changed = dataclasses.replace(site, emails={key: Email(**text, body=body, body_line=6)})
    found = lint(changed, lambda path, loc: (2, 11))
    return [(one.file, one.line, one.severity) for one in found if one.message == OWN_WORDS]


def with_sequence(site, name, **changes):
    return dataclasses.replace(
        site, sequences={**site.sequences, name: site.sequences[name].model_copy(update=changes)}
    )


def test_a_mail_that_answers_a_form_repeats_nobody_s_own_words(asking):
    path = "emails/demande-demo/recu.fr.md"
    assert of(asking, body="Merci\n\n{{ lead.fields.project or '–' }}") == [(path, 8, "warning")]
    assert of(asking, subject="{{ lead.fields.project or 'x' }}") == [(path, 2, "warning")]
    assert of(asking, body="{% if lead.fields.project == 'x' %}y{% endif %}") == [(path, 6, "warning")]


def test_what_the_house_offers_to_choose_from_is_nobody_s_own_words(asking):
    body = "{{ lead.fields.practice or '' }}{{ lead.first_name or '' }}{{ lead.company or '' }}"
    assert of(asking, ("livraison", "guide", "fr"), body=body) == []


CONSENT = Condition(consent="lettre")


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger": [Trigger(event="consent_granted", subject="lettre")]},
        {"filter": CONSENT},
        {"filter": Condition(all=[Condition(field="practice", known=True), CONSENT])},
        {"filter": Condition(any=[CONSENT, Condition(consent="conseils-3d")])},
    ],
)
def test_whoever_confirmed_may_read_their_own_words(asking, changes):
    body = "{{ lead.fields.project or '–' }}"
    assert of(with_sequence(asking, "demande-demo", **changes), body=body) == []


@pytest.mark.parametrize(
    "filter_",
    [Condition(any=[CONSENT, Condition(field="practice", known=True)]), Condition.model_validate({"not": CONSENT})],
)
def test_a_filter_that_others_pass_too_proves_nothing(asking, filter_):
    assert of(with_sequence(asking, "demande-demo", filter=filter_), body="{{ lead.fields.project or '–' }}")


def test_marketing_comes_after_consent_unless_addresses_at_work_are_told_of_it(asking):
    key, body = ("conseils-3d", "niveaux", "fr"), "{{ lead.fields.project or '–' }}"
    asking = with_sequence(asking, "conseils-3d", trigger=[Trigger(form="guide-3d")])
    assert of(asking, key, body=body) == []
    told = FormField(name="no", kind="objection", topic="conseils-3d", wording="We write.", label="I object.")
    form = asking.forms["guide-3d"]
    forms = {**asking.forms, "guide-3d": form.model_copy(update={"field": [*form.field, told]})}
    assert of(dataclasses.replace(asking, forms=forms), key, body=body)
