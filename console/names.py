"""What people call the things that the house knows by ids: topics, sequences, forms, reasons, reps, stages."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.models.common import Localised
from authoring.models.hand_off import Reason
from authoring.site import Site
from console.conditions import in_words
from console.context import Viewer
from console.lead_filters import stage_name

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

    def step(self, sequence: str | None, step: str | None) -> str:
        return " / ".join(part for part in (sequence, step) if part)


def _topics(names: Names) -> dict[str, Localised]:
    definitions = names.site.definitions
    return {str(name): topic.label for name, topic in [*definitions.topics.items(), *definitions.tracking.items()]}


def reasons(site: Site) -> list[Reason]:
    """Why leads are given back, and why deals are lost."""
    definitions = site.definitions
    return [*definitions.hand_off.reject_reasons, *definitions.deals.lost_reasons]


# What is named -> {id: what it is called}.
_KINDS: Mapping[str, Callable[[Names], Mapping[str, Localised]]] = {
    "topic": _topics,
    "sequence": lambda names: {name: one.title for name, one in names.site.sequences.items()},
    "route": lambda names: {one.id: one.label for one in names.site.definitions.hand_off.routes},
    "escalation": lambda names: {
        one.id: one.label for one in names.site.definitions.hand_off.escalation if one.label is not None
    },
    "persona": lambda names: {one.id: one.label for one in names.site.definitions.personas},
    "form": lambda names: {name: one.title for name, one in names.site.forms.items()},
    "reason": lambda names: {one.id: one.label for one in reasons(names.site)},
}
