"""Lets a persona who does nothing by themselves into a sequence, by whatever its first trigger listens to.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from authoring.models.personas import Action
from authoring.models.sequences import Trigger
from leads.answering import TRACKING
from leads.facts import COLUMNS, Lead
from terreau.deeds import CANONICAL
from terreau.doorstep import Doorstep
from terreau.timeline import Line
from workflows.entries import Pull, admit


def enter(door: Doorstep, name: str, now: datetime) -> Iterator[Line]:
    """The persona is known, has agreed to the sequence's topic and to be counted, and pulls its first trigger."""
    sequence = door.site.sequences[name]
    door.appears(_lead(door), now)
    door.agreed([*([sequence.topic] if sequence.topic else []), *TRACKING])
    trigger = sequence.trigger[0]
    form = trigger.form or _form_of(door, trigger)
    if form is not None:
        door.does(Action(at=now, do="submit", form=form), now)
    elif trigger.event == "consent_granted" and trigger.subject is not None:
        door.held.pop(trigger.subject, None)
        door.grants([trigger.subject], now)
    elif trigger.event is not None:
        door.did(now, trigger.event, trigger.subject, [])
    else:
        yield from _admitted(door, name, now)


def _lead(door: Doorstep) -> Lead:
    told = door.persona.fields
    columns: dict[str, Any] = {name: CANONICAL.get(name, str)(str(told[name])) for name in COLUMNS if name in told}
    others = {name: value for name, value in told.items() if name not in COLUMNS}
    persona = door.persona
    return Lead(
        id=door.number,
        **columns,
        fields=others,
        locale=persona.locale,
        timezone=persona.timezone,
        source="direct",
    )


def _form_of(door: Doorstep, trigger: Trigger) -> str | None:
    """The form that gives the magnet of the trigger."""
    return next((name for name, form in door.site.forms.items() if form.magnet and form.magnet == trigger.magnet), None)


def _admitted(door: Doorstep, name: str, now: datetime) -> Iterator[Line]:
    """Straight in: what the trigger listens to is nothing that one lead does."""
    kept, zone = door.lead, door.persona.timezone or door.rules.zone
    pull = Pull(name, "let in by the simulation", kept.state.seq, "simulated", kept.facts.granted)
    entered, decision = admit(pull, kept.facts, kept.state.enrolments, kept.rules, now)
    if entered is not None:
        kept.enters(entered, now)
    if decision is not None:
        yield Line(now, zone, decision.outcome, decision.reason, name, decision.step)
