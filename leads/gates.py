"""What a stage asks to be known of a lead before it is entered, and who may move leads there by hand.

Nobody is kept from sales who asks for it: a raised hand passes every gate, and so does what takes a lead back.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.models.definitions import Definitions, Side, Stage
from leads.conditions import stage_rank
from leads.facts import DISQUALIFIED, LOST, RECYCLED, SALES_ACTS, Event, Lead

NOTED = "bant_noted"  # staff have learned something of one item of BANT (`subject`)
UNKNOWN = "unknown"
_BESIDE = ("timezone", "source", "owner")  # columns that no form fills


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is not known: fields, and items of BANT, by their names in the definitions."""

    fields: tuple[str, ...] = ()
    bant: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.bant)


def lacking(stage: Stage, lead: Lead, noted: Mapping[str, str], definitions: Definitions) -> Lacking:
    """What the stage asks for and nobody knows. `noted`: {item of BANT: what staff say of it}; a form's answer counts
    where the item names its field."""
    items = definitions.bant if stage.requires_bant else ()
    return Lacking(
        fields=tuple(name for name in stage.requires if _value(lead, name) in (None, "")),
        bant=tuple(
            item.id
            for item in items
            if noted.get(item.id, UNKNOWN) == UNKNOWN and (item.field is None or _value(lead, item.field) is None)
        ),
    )


def noted_in(history: Iterable[Event]) -> dict[str, str]:
    """What staff have noted of BANT, by the lead's events: {item: the newest value}."""
    return {str(event.subject): str(event.data.get("value")) for event in history if event.name == NOTED}


def asks(stage: Stage) -> bool:
    return bool(stage.requires or stage.requires_bant)


def acts_held_up(definitions: Definitions) -> frozenset[str]:
    """The events of sales that may lead to a stage which asks for something: they lead there once it is known. With
    them a deal that is lost, which is never held up and ends what was.
    """
    gated = {act for stage in definitions.stages if asks(stage) for act in stage.by_sales}
    held = frozenset(name for name, act in SALES_ACTS.items() if act in gated and name != LOST)
    return held | {LOST} if held else held


def asks_for_bant(definitions: Definitions) -> bool:
    return any(stage.requires_bant for stage in definitions.stages)


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a lead is not moved to `stage` by hand; `may`: who may do it."""

    why: str  # silent | unknown | here | verdict | disqualified | nobody | others | lacking
    stage: str
    may: tuple[Side, ...] = ()
    lacks: Lacking = Lacking()


def barred(
    definitions: Definitions, here: str, to: str, by: Iterable[Side], lead: Lead, noted: Mapping[str, str]
) -> Barred | None:
    """Why whoever acts for `by` may not move the lead from stage `here` to stage `to`; None when they may."""
    rank = stage_rank(definitions, to)
    if rank < 0:
        return Barred("unknown", to)
    stage = definitions.stages[rank]
    if to == here:
        return Barred("here", to)
    if to in (RECYCLED, DISQUALIFIED):
        return Barred("verdict", to)
    if here == DISQUALIFIED:
        return Barred("disqualified", to)
    if not stage.moved_by:
        return Barred("nobody", to)
    if not set(by) & set(stage.moved_by):
        return Barred("others", to, tuple(stage.moved_by))
    lacks = lacking(stage, lead, noted, definitions)
    return Barred("lacking", to, lacks=lacks) if lacks else None


def _value(lead: Lead, name: str) -> Any:
    return getattr(lead, name) if name in _BESIDE else lead.value(name)
