"""Ways from stage to stage that one event takes a lead: a raised hand, a verdict, an act of sales, a hand, a merge.

What rules and time do is left to lifecycle, and so is what a stage asks to be known.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable
from dataclasses import dataclass

from authoring.models.definitions import Definitions, Stage
from authoring.vocabulary import EVENTS
from leads.conditions import place, stage_rank
from leads.facts import DISQUALIFIED, LOST, MERGED, MOVED, RECYCLED, SALES_ACTS, SUBMITTED, Event, Standing
from leads.hands import asked_with


@dataclass(frozen=True, slots=True)
class Move:
    """A change of stage. `reason` begins with what made it (enter, hand_raise, cooled, the verdict: accepted, rejected,
    recycled, disqualified; what sales did: meeting, forecast, won, lost; or moved, by hand), then a colon and the
    details. `event_seq` is None when time alone did it. `cycle` is the one it opens or goes on in."""

    to: str
    reason: str
    event_seq: int | None
    cycle: int
    hand_off: bool


def _hand_raised(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Whoever asks for a demonstration, a quote or an appointment goes to sales at once, whatever the score."""
    target = next((stage for stage in definitions.stages if stage.hand_off), None)
    if target is None or standing.stage == DISQUALIFIED:
        return None
    if place(definitions, standing.stage) >= stage_rank(definitions, target.id):
        return None
    return Move(target.id, asked_with(event), event.seq, standing.cycle, True)


def raises_hand(event: Event) -> bool:
    """A form that says so, or an event of another program whose label did."""
    theirs = event.name == SUBMITTED or event.name not in EVENTS
    return theirs and event.human and bool(event.data.get("hand_raise"))


def way(event: Event) -> "Decide | None":
    """What decides where the event leads; None for most, which lead nowhere by themselves."""
    return _hand_raised if raises_hand(event) else BY_EVENT.get(event.name)


def _judged(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """What sales said of the lead; a verdict that the definitions have no stage for moves nobody."""
    decide = _BY_VERDICT.get(str(event.subject))
    return decide(standing, event, definitions) if decide else None


def _accepted(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Sales makes an SQL, even of a lead that has cooled meanwhile."""
    stage = _handed_over(standing, definitions)
    if stage is None or stage.accepted_to is None or standing.stage == DISQUALIFIED:
        return None
    return Move(stage.accepted_to, "accepted", event.seq, standing.cycle, False)


def _rejected(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Back to where rejected leads go. One that has cooled is there already, but its points are closed all the same
    (`scoring.take_in`)."""
    stage = _handed_over(standing, definitions)
    if stage is None or stage.rejected_to is None or stage.id != standing.stage or not _present(standing, event):
        return None
    return Move(stage.rejected_to, _because(event), event.seq, standing.cycle + 1, False)


def _recycled(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Given back to marketing from wherever sales had it; whoever has cooled meanwhile is with marketing already."""
    held = with_sales(standing, definitions) or standing.stage == DISQUALIFIED
    if not held or not _present(standing, event) or stage_rank(definitions, RECYCLED) < 0:
        return None
    return Move(RECYCLED, _because(event), event.seq, standing.cycle + 1, False)


def _disqualified(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Outside the target, whatever the stage: a person has said so."""
    if standing.stage == DISQUALIFIED or stage_rank(definitions, DISQUALIFIED) < 0:
        return None
    return Move(DISQUALIFIED, _because(event), event.seq, standing.cycle, False)


def _sold(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Where the definitions say that such an act of sales leads: only forward, but for a deal that is lost."""
    act = SALES_ACTS[event.name]
    target = next((stage.id for stage in definitions.stages if act in stage.by_sales), None)
    if target is None or standing.stage in (DISQUALIFIED, target):
        return None
    if event.name == LOST:
        return Move(target, f"{act}: {event.data.get('reason')}", event.seq, standing.cycle + 1, False)
    if place(definitions, standing.stage) >= stage_rank(definitions, target):
        return None
    return Move(target, act, event.seq, standing.cycle, False)


def _merged(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Whoever is one with a lead further along stands there too; whom sales has disqualified is so as both."""
    theirs = event.data.get("theirs") or {}
    stage = str(theirs.get("stage"))
    if stage_rank(definitions, stage) < 0 or standing.stage == DISQUALIFIED:
        return None
    if stage != DISQUALIFIED and place(definitions, stage) <= place(definitions, standing.stage):
        return None
    cycle = max(standing.cycle, int(theirs["cycle"]))
    return Move(stage, f"merged: {event.data.get('lead')}", event.seq, cycle, False)


def _moved(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """A person has moved the lead; back is the way into another cycle."""
    rank = stage_rank(definitions, str(event.subject))
    if rank < 0 or event.subject == standing.stage or standing.stage == DISQUALIFIED:
        return None
    stage = definitions.stages[rank]
    back = place(definitions, stage.id) < place(definitions, standing.stage)
    return Move(stage.id, f"moved: {event.data.get('reason')}", event.seq, standing.cycle + back, stage.hand_off)


def _because(event: Event) -> str:
    return f"{event.subject}: {event.data.get('reason')}"


def _present(standing: Standing, event: Event) -> bool:
    """Whether the verdict is about the present cycle, not about one that has ended since."""
    return bool(event.data.get("cycle", standing.cycle) == standing.cycle)


def with_sales(standing: Standing, definitions: Definitions) -> bool:
    """Whether the lead stands where it was handed over, or beyond."""
    handed = next((rank for rank, stage in enumerate(definitions.stages) if stage.hand_off), None)
    return handed is not None and place(definitions, standing.stage) >= handed


def _handed_over(standing: Standing, definitions: Definitions) -> Stage | None:
    """The stage whose hand-off a verdict answers: the present one, or the only one there is, if not yet passed."""
    offered = [stage for stage in definitions.stages if stage.hand_off]
    here = [stage for stage in offered if stage.id == standing.stage]
    if here or len(offered) != 1:
        return here[0] if here else None
    passed = place(definitions, standing.stage) > stage_rank(definitions, offered[0].id)
    return None if passed else offered[0]


Decide = Callable[[Standing, Event, Definitions], Move | None]

_BY_VERDICT: dict[str, Decide] = {
    "accepted": _accepted,
    "rejected": _rejected,
    RECYCLED: _recycled,
    DISQUALIFIED: _disqualified,
}
BY_EVENT: dict[str, Decide] = {
    "verdict_given": _judged,
    **dict.fromkeys(SALES_ACTS, _sold),
    MERGED: _merged,
    MOVED: _moved,
}
# What the reason of a move begins with that a stage's requirements hold up.
ASKED = frozenset({"accepted", "moved", *SALES_ACTS.values()} - {"lost"})
