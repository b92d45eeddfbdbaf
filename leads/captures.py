"""A form as it was sent, and what it adds to what is known of a lead.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leads.answering import ConsentAnswer, ObjectionAnswer
from leads.facts import COLUMNS, Lead
from leads.imports import names
from leads.limits import Limit

_LEARNT = [name for name in COLUMNS if name != "email"]
_UNKNOWN = (None, "")


@dataclass(frozen=True, slots=True)
class Capture:
    """A form as it was sent, checked by the door. `columns` are the lead's own (email and phone canonical), `fields`
    the other answers, `answers` all as given; `touch` holds utm_*, click ids, referrer, page, at (ISO text)."""

    form: str
    page: str | None
    locale: str
    answers: Mapping[str, Any]
    columns: Mapping[str, str | None]
    fields: Mapping[str, Any]
    consents: tuple[ConsentAnswer, ...]
    touch: Mapping[str, Any]
    idempotency_key: str
    release_id: int
    hand_raise: bool = False
    magnet: str | None = None
    interests: list[str] | dict[str, int] = field(default_factory=list)  # `authoring.models.common.subjects`
    limits: tuple[Limit, ...] = ()  # how many such submissions go through in an hour
    objections: tuple[ObjectionAnswer, ...] = ()
    hold: str | None = None  # why the form has it held, whoever it is from
    spends: str | None = None  # the hash of a proof of work, which counts for one submission
    visitor: str | None = None  # the browser, where its owner agreed to be known again (leads.visits)
    proof: Mapping[str, Any] = field(default_factory=dict)  # kept with the consents, besides the submission's id


def learnt(
    capture: Capture, known: Mapping[str, Any], fields: Mapping[str, Any], confirmed: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(columns, fields) that the answers change of a lead known by these; `confirmed`: ever."""
    told: dict[str, Any] = {name: capture.columns[name] for name in _LEARNT if capture.columns.get(name)}
    told_besides = answered(capture)
    if confirmed:
        told = {name: value for name, value in told.items() if not known[name]}
        told_besides = {name: value for name, value in told_besides.items() if fields.get(name) in _UNKNOWN}
    is_their_first = not known["first_name"] and names.is_same(told.get("first_name"), known["last_name"])
    if is_their_first and "last_name" not in told:
        told["last_name"] = None  # a list kept their only name in that place
    return told, told_besides


def answered(capture: Capture) -> dict[str, Any]:
    """The answers without a column of their own that say something."""
    return {name: value for name, value in capture.fields.items() if value not in _UNKNOWN}


def event_data(capture: Capture, submission_id: int) -> dict[str, Any]:
    """What the event `form_submitted` carries."""
    return {
        "page": capture.page,
        "hand_raise": capture.hand_raise,
        "interests": capture.interests,
        "magnet": capture.magnet,
        "submission_id": submission_id,
    }


def with_filled(lead: Lead, other: Lead) -> Lead:
    """The lead, with what only the other knows; but for the address, which is each one's own."""
    filled = (*_LEARNT, "timezone", "source", "owner")
    told = {name: getattr(lead, name) or getattr(other, name) for name in filled}
    fields = {**other.fields, **{name: value for name, value in lead.fields.items() if value not in _UNKNOWN}}
    status = "lead" if "lead" in (lead.status, other.status) else lead.status
    return replace(lead, **told, status=status, fields=fields, tags=tuple(dict.fromkeys([*lead.tags, *other.tags])))
