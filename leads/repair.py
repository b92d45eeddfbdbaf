"""A standing put right once a hit that was believed turns out to be a machine's: points, interests and stages.

Points and interests are counted again without it. A stage that was entered by rule is left again when its rule would
not have let the lead in that day without it; what sales or a raised hand decided stays. Fields and consents are
today's.
Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from authoring.models.definitions import Definitions
from authoring.site import Site
from leads.facts import DEPARTURES, PRESUMED, Event, Facts, Standing
from leads.fold import refreshed
from leads.lifecycle import after, may_enter
from leads.refold import judged_again
from leads.ways import Move

REASON = "reclassed"  # what the reason of such a move begins with


@dataclass(frozen=True, slots=True)
class Entered:
    """A change of stage as it was recorded. `event_seq` None: time alone made it."""

    from_stage: str | None
    to_stage: str
    reason: str
    event_seq: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Repair:
    """`past`: everything that was taken in, as it is known now; `path`: the changes of stage, the newest first;
    `since`: the number of the oldest event that is believed no longer."""

    past: tuple[Event, ...]
    path: tuple[Entered, ...]
    since: int


def repaired(facts: Facts, repair: Repair, site: Site, now: datetime) -> tuple[Facts, tuple[Move, ...]]:
    """The facts as they are without what is believed no longer, and the moves back, the last stage first."""
    counted, _ = judged_again(facts, repair.past, site, now, with_moves=False)
    standing = _with_newest(counted, repair.past, _entry_of(repair, counted.stage))
    made: list[Move] = []
    for entered in repair.path:
        if entered.to_stage != standing.stage or entered.from_stage is None or not entered.reason.startswith("enter:"):
            break
        before = _known_then(entered, repair.past)
        if not before or before[-1].seq < repair.since or _would_enter(entered, before, facts, standing, site):
            break
        move = _back(entered, entered.from_stage, standing, site.definitions)
        standing = after(standing, move, now)
        made.append(move)
    return refreshed(replace(facts, standing=standing), site.definitions, now), tuple(made)


def _entry_of(repair: Repair, stage: str) -> Entered | None:
    newest = repair.path[0] if repair.path else None
    return newest if newest is not None and newest.to_stage == stage else None


def _with_newest(standing: Standing, past: Sequence[Event], entry: Entered | None) -> Standing:
    """With the newest human acts since the stage was entered, as they are known now."""
    first = entry.event_seq if entry is not None and entry.event_seq is not None else None
    since = [event for event in past if event.at >= standing.stage_since or (first is not None and event.seq >= first)]
    return replace(standing, human_seq=_newest_act(since), bare_seq=_newest_bare(since))


def _newest_act(events: Sequence[Event]) -> int:
    return max((event.seq for event in events if event.proven and event.name not in DEPARTURES), default=0)


def _newest_bare(events: Sequence[Event]) -> int:
    return max((event.seq for event in events if event.evidence == PRESUMED), default=0)


def _known_then(entered: Entered, past: Sequence[Event]) -> list[Event]:
    """What had been taken in when that stage was entered, in order."""
    if entered.event_seq is not None:
        return [event for event in past if event.seq <= entered.event_seq]
    return [event for event in past if event.at <= entered.at]


def _would_enter(entered: Entered, before: Sequence[Event], facts: Facts, standing: Standing, site: Site) -> bool:
    """Whether its rule holds for that day, of what is still believed."""
    stage = next((one for one in site.definitions.stages if one.id == entered.to_stage), None)
    if stage is None:
        return False
    stood = replace(
        standing, stage=entered.from_stage or "", human_seq=_newest_act(before), bare_seq=_newest_bare(before)
    )
    numbers = {event.seq for event in before}
    history = tuple(event for event in facts.history if event.seq in numbers)
    then = replace(facts, standing=stood, history=history)
    counted, _ = judged_again(then, before, site, entered.at, with_moves=False)
    seen = refreshed(replace(then, standing=counted), site.definitions, entered.at)
    return may_enter(stage, seen, site.definitions, entered.at)


def _back(entered: Entered, to: str, standing: Standing, definitions: Definitions) -> Move:
    """Once sales was told, another cycle begins: it is told again when the lead comes by its own acts."""
    handed = any(stage.hand_off for stage in definitions.stages if stage.id == entered.to_stage)
    return Move(to, f"{REASON}: {entered.reason}", None, standing.cycle + (1 if handed else 0), False)
