"""What the boxes of a form say, each with the exact sentence that was shown: yes to something, or no to being told."""

from collections.abc import Mapping
from typing import Any

from authoring.models.forms import Form
from authoring.site import Site
from capture.ledger import wording
from capture.speech import Speech
from leads.addresses import NotAnAddress, canonical_email
from leads.answering import ConsentAnswer, ObjectionAnswer
from leads.domains import is_at_work


def consents(form: Form, speech: Speech, given: Mapping[str, Any]) -> tuple[ConsentAnswer, ...]:
    """One answer per box of consent; where subscribing is the form's purpose, its button is one."""
    boxes = [
        ConsentAnswer(str(field.topic), speech.text(field.wording), bool(given.get(field.name)))
        for field in form.field
        if field.kind == "consent"
    ]
    if form.subscribe:
        boxes.append(ConsentAnswer(form.subscribe, speech.text(form.wording), True))
    return tuple(boxes)


def objections(form: Form, site: Site, speech: Speech, given: Mapping[str, Any]) -> tuple[ObjectionAnswer, ...]:
    """One answer per box that objects; what another address is asked to confirm is said as on the page that does."""
    return tuple(
        ObjectionAnswer(
            str(field.topic),
            f"{speech.text(field.wording)} {speech.text(field.label)}",
            bool(given.get(field.name)),
            wording(speech, site.definitions.topics[str(field.topic)]),
        )
        for field in form.field
        if field.kind == "objection"
    )


def is_asked(form: Form, given: Mapping[str, Any], address: str) -> bool:
    """Whether a mail asks to confirm something: a box of consent is ticked, or mail was told of that only addresses at
    work get unasked. The same for somebody known and for somebody new."""
    if any(given.get(field.name) for field in form.field if field.kind == "consent"):
        return True
    told = any(not given.get(field.name) for field in form.field if field.kind == "objection")
    return told and _is_private(address)


def _is_private(address: str) -> bool:
    try:
        return not is_at_work(canonical_email(address))
    except NotAnAddress:
        return False
