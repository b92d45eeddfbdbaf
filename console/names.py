"""What people call the things that the house knows by ids: topics, sequences, forms, reasons, reps, stages."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.models.common import Localised
from authoring.models.forms import FormField
from authoring.models.hand_off import Reason
from authoring.site import Site
from console.conditions import in_words
from console.context import Viewer, say
from console.lead_filters import stage_name
from reports.record_page import COLUMNS as LABELS

CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the things that reasons name by their ids."""

    site: Site
    viewer: Viewer

    def __call__(self, kind: str, name: str) -> str:
        """The name of that thing; what is not known keeps its id."""
        known = _KINDS[kind](self).get(name) if kind in _KINDS else None
        return (
            self.viewer.speech.text(known) if known is not None else self.condition(name) if kind == CONDITION else name
        )

    def condition(self, written: str) -> str:
        """A condition of the ledger, `{ event = "form_submitted", subject = "demo" }`, as people would say it."""
        try:
            asked = tomllib.loads(f"it = {written}")["it"]
        except (tomllib.TOMLDecodeError, KeyError):
            return written
        return self.wanted(asked) if isinstance(asked, dict) else written

    def wanted(self, asked: Mapping[str, Any]) -> str:
        """The same of a condition's keys."""
        return in_words(asked, self)

    def rep(self, name: str | None) -> str:
        """A rep's name; a name of staff stays what it is."""
        reps = {one.id: one.name for one in self.site.definitions.hand_off.reps}
        return reps.get(name or "", name or "")

    def stage(self, name: str) -> str:
        return stage_name(self.site, self.viewer, name)

    def field(self, name: str) -> str:
        """What a form that asks for it calls it, in quotation marks; else what is held of leads."""
        asked = next((one.label for one in self._fields(name) if one.label is not None), None)
        if asked is not None:
            return say("“%(act)s”", act=self.viewer.speech.text(asked).rstrip(" \u00a0\u202f?:"))
        return say(LABELS[name]) if name in LABELS else name.replace("_", " ")

    def answer(self, field: str, value: object) -> str:
        """What a form calls that choice; what is none of its choices stays as it is written."""
        offered = (option for one in self._fields(field) for option in one.options if option.value == value)
        found = next(offered, None)
        return self.viewer.speech.text(found.label) if found is not None else str(value)

    def _fields(self, name: str) -> Iterator[FormField]:
        return (one for _, form in sorted(self.site.forms.items()) for one in form.field if one.name == name)

    def step(self, sequence: str | None, step: str | None) -> str:
        return " / ".join(part for part in (sequence, step) if part)


def _topics(names: Names) -> dict[str, Localised]:
    definitions = names.site.definitions
    return {str(name): topic.label for name, topic in [*definitions.topics.items(), *definitions.tracking.items()]}


def _events(names: Names) -> dict[str, Localised]:
    """By the label for whatever it is about, else by the first of those for one subject each."""
    found: dict[str, Localised] = {}
    for one in sorted(names.site.definitions.event_labels, key=lambda one: one.subject is not None):
        found.setdefault(one.event, one.label)
    return found


def reasons(site: Site) -> list[Reason]:
    """Why leads are given back, and why deals are lost."""
    definitions = site.definitions
    return [*definitions.hand_off.reject_reasons, *definitions.deals.lost_reasons]


# What is named -> {id: what it is called}.
_KINDS: Mapping[str, Callable[[Names], Mapping[str, Localised]]] = {
    "topic": _topics,
    "sequence": lambda names: {name: one.title for name, one in names.site.sequences.items()},
    "page": lambda names: {name: one.title for name, one in names.site.pages.items()},
    "route": lambda names: {one.id: one.label for one in names.site.definitions.hand_off.routes},
    "escalation": lambda names: {
        one.id: one.label for one in names.site.definitions.hand_off.escalation if one.label is not None
    },
    "persona": lambda names: {one.id: one.label for one in names.site.definitions.personas},
    "form": lambda names: {name: one.title for name, one in names.site.forms.items()},
    "event": _events,
    "reason": lambda names: {one.id: one.label for one in reasons(names.site)},
}
