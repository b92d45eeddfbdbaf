"""What a condition looked at: each thing it asks about, with the value that the lead had.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from leads.conditions import counted, holds, interest_points, parts
from leads.facts import Facts
from leads.points import MILLI


@dataclass(frozen=True, slots=True)
class Seen:
    """One question, the value it met, and whether that was enough."""

    condition: Condition
    value: str
    held: bool


def seen(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> Iterator[Seen]:
    """Every innermost condition, in the order it is written."""
    for part in parts(condition):
        subject = next((name for name in VALUES if getattr(part, name) is not None), None)
        if subject is not None:
            yield Seen(part, VALUES[subject](part, facts), holds(part, facts, definitions, now))


def _event(condition: Condition, facts: Facts) -> str:
    """How often, and when last."""
    found = counted(condition, facts.history)
    return f"{len(found)}" + (f", {found[-1].at:%Y-%m-%d %H:%M} UTC" if found else "")


def _points(milli: int) -> str:
    return f"{milli / MILLI:g}"


# What a condition is about -> the lead's value.
VALUES: dict[str, Callable[[Condition, Facts], str]] = {
    "field": lambda asked, facts: str(facts.lead.value(str(asked.field)) or "-"),
    "event": _event,
    "stage": lambda asked, facts: facts.standing.stage,
    "stage_at_least": lambda asked, facts: facts.standing.stage,
    "engagement_at_least": lambda asked, facts: _points(facts.standing.engagement),
    "fit_at_least": lambda asked, facts: _points(facts.standing.fit),
    "interest": lambda asked, facts: _points(interest_points(facts, str(asked.interest))),
    "consent": lambda asked, facts: ", ".join(sorted(facts.granted)) or "-",
    "tag": lambda asked, facts: ", ".join(facts.lead.tags) or "-",
    "source": lambda asked, facts: facts.lead.source or "-",
    "persona": lambda asked, facts: facts.standing.persona or "-",
    "segment": lambda asked, facts: ", ".join(facts.standing.segments) or "-",
}
