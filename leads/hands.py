"""The reason of a raised hand, as it is noted and as it is read again: `hand_raise: FORM`, or `hand_raise: event NAME`.

Pure: no database, no clock, no network.
"""

import re

from leads.facts import SUBMITTED, Event

BY_FORM = r"hand_raise: (?P<form>\S+)"  # no form has a space in its name
BY_EVENT = r"hand_raise: event (?P<event>\S+)"


def asked_with(event: Event) -> str:
    """The reason of a hand that was raised by this event."""
    return f"hand_raise: {event.subject}" if event.name == SUBMITTED else f"hand_raise: event {event.name}"


def is_asked(reason: str) -> bool:
    """Whether a hand was raised, by whichever way."""
    return reason.startswith("hand_raise: ")


def form_of(reason: str) -> str | None:
    """The form that raised the hand; None where it was something else."""
    found = re.fullmatch(BY_FORM, reason)
    return found["form"] if found else None
