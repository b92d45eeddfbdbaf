"""Which stage a lead moves to, and why: by rule, by a raised hand, by what sales decides and does, by cooling.

A stage that is handed to sales is entered by rule only after a confirmed human act since the stage before it was
entered; once sales has sent a lead back, only points earned since then count towards being handed over again. Out of
`recycled` a lead climbs again like anybody who came back; out of `disqualified` no rule leads.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from authoring.models.definitions import Definitions, Stage
from authoring.site import Site
from base.calendars import local_day
from leads.conditions import holds, off_the_way, place, stage_rank
from leads.facts import DISQUALIFIED, LOST, MERGED, RECYCLED, SALES_ACTS, Event, Facts, Standing
from leads.points import MILLI, peak
from leads.scoring import engagement_since_verdict, since_verdict


@dataclass(frozen=True, slots=True)
class Move:
    """A change of stage. `reason` begins with what made it (enter, hand_raise, cooled, the verdict: accepted, rejected,
    recycled, disqualified, or what sales did: meeting, forecast, won, lost), then a colon and the details. `event_seq`
    is None when time alone did it.
    `cycle` is the one it opens or goes on in."""

    to: str
    reason: str
    event_seq: int | None
    cycle: int
    hand_off: bool


def moves(standing: Standing, facts: Facts, new_events: Sequence[Event], site: Site, now: datetime) -> tuple[Move, ...]:
    """The moves that the new events and the time make, in order. `standing` has the new events' points already."""
    made: list[Move] = []
    for event in new_events:
        decide = _BY_EVENT.get(event.name)
        move = decide(standing, event, site.definitions) if decide else None
        if move is not None:
            made.append(move)
            standing = after(standing, move, now)
    numbers = [event.seq for event in new_events]
    cause = standing.human_seq if standing.human_seq in numbers else max(numbers, default=None)
    while move := _by_rule(replace(facts, standing=standing), site.definitions, cause, now):
        made.append(move)
        standing = after(standing, move, now)
        if move.reason.startswith("cooled"):
            break
    return tuple(made)


def raised_again(
    standing: Standing, made: Sequence[Move], new_events: Sequence[Event], definitions: Definitions
) -> tuple[Event, ...]:
    """The hands raised that no hand-off tells of, since sales has the lead already: the rep is told of each.

    `standing` is the one after the moves `made`. Nobody is told of a lead that sales has disqualified.
    """
    if standing.stage == DISQUALIFIED or not any(stage.hand_off for stage in definitions.stages):
        return ()
    told = {move.event_seq for move in made if move.hand_off}
    return tuple(event for event in new_events if _raises_hand(event) and event.seq not in told)


def after(standing: Standing, move: Move, now: datetime) -> Standing:
    """The standing once moved. Human acts count in the new stage from the one on that led there."""
    kept = move.event_seq is not None and standing.human_seq >= move.event_seq
    return replace(
        standing,
        stage=move.to,
        stage_since=now,
        cycle=move.cycle,
        human_seq=standing.human_seq if kept else 0,
        bare_seq=standing.bare_seq if standing.bare_seq > standing.human_seq else 0,
    )


# ---------------------------------------------------------------- by an event


def _hand_raised(standing: Standing, event: Event, definitions: Definitions) -> Move | None:
    """Whoever asks for a demonstration, a quote or an appointment goes to sales at once, whatever the score."""
    if not _raises_hand(event):
        return None
    target = next((stage for stage in definitions.stages if stage.hand_off), None)
    if target is None or standing.stage == DISQUALIFIED:
        return None
    if place(definitions, standing.stage) >= stage_rank(definitions, target.id):
        return None
    return Move(target.id, f"hand_raise: {event.subject}", event.seq, standing.cycle, True)


def _raises_hand(event: Event) -> bool:
    return event.name == "form_submitted" and event.human and bool(event.data.get("hand_raise"))


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
    held = _with_sales(standing, definitions) or standing.stage == DISQUALIFIED
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


def _because(event: Event) -> str:
    return f"{event.subject}: {event.data.get('reason')}"


def _present(standing: Standing, event: Event) -> bool:
    """Whether the verdict is about the present cycle, not about one that has ended since."""
    return bool(event.data.get("cycle", standing.cycle) == standing.cycle)


def _with_sales(standing: Standing, definitions: Definitions) -> bool:
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


_Decide = Callable[[Standing, Event, Definitions], Move | None]

_BY_VERDICT: dict[str, _Decide] = {
    "accepted": _accepted,
    "rejected": _rejected,
    RECYCLED: _recycled,
    DISQUALIFIED: _disqualified,
}
_BY_EVENT: dict[str, _Decide] = {
    "form_submitted": _hand_raised,
    "verdict_given": _judged,
    **dict.fromkeys(SALES_ACTS, _sold),
    MERGED: _merged,
}


# ---------------------------------------------------------------- by rule and by time


def _by_rule(facts: Facts, definitions: Definitions, cause: int | None, now: datetime) -> Move | None:
    return _cooled(facts, definitions, now) or _entered(facts, definitions, cause, now)


def _cooled(facts: Facts, definitions: Definitions, now: datetime) -> Move | None:
    """Falling below `leave`, from at or above it since the stage was entered: a raised hand may never have been."""
    standing = facts.standing
    rank = stage_rank(definitions, standing.stage)
    leave = definitions.stages[rank].leave if rank >= 0 else None
    if leave is None or standing.engagement >= leave * MILLI:
        return None
    since, today = local_day(standing.stage_since, facts.zone), local_day(now, facts.zone)
    if peak(standing.buckets, definitions, since, today) < leave * MILLI:
        return None
    to = definitions.stages[rank].cooled_to or definitions.stages[max(rank - 1, 0)].id
    return Move(
        to, f"cooled: engagement {_points(standing.engagement)}, below {leave}", None, standing.cycle + 1, False
    )


def _entered(facts: Facts, definitions: Definitions, cause: int | None, now: datetime) -> Move | None:
    """The next stage on the way forward whose rule holds; stages whose rule does not are passed over."""
    standing = facts.standing
    for stage in climbable(definitions, standing.stage):
        if stage.enter is not None and may_enter(stage, facts, definitions, now):
            values = f"engagement {_points(standing.engagement)}, fit {_points(standing.fit)}"
            return Move(stage.id, f"enter: {values}", cause, standing.cycle, stage.hand_off)
    return None


def climbable(definitions: Definitions, stage: str) -> list[Stage]:
    """The stages that a lead at `stage` may enter by rule, nearest first."""
    if stage == DISQUALIFIED:
        return []
    ahead = definitions.stages[place(definitions, stage) + 1 :]
    return [target for target in ahead if not off_the_way(definitions, target.id)]


def may_enter(stage: Stage, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    """Whether the stage's rule lets the lead in. A hit that is believed without a proof lets nobody on: what was earned
    by it counts from the next proven act on."""
    if facts.standing.bare_seq > facts.standing.human_seq:
        return False
    if _needs_human_act(stage, facts.standing, definitions) and not facts.standing.human_seq:
        return False
    asked = replace(facts, standing=since_rejected(facts, definitions, now)) if stage.hand_off else facts
    return stage.enter is not None and holds(stage.enter, asked, definitions, now)


def _needs_human_act(stage: Stage, standing: Standing, definitions: Definitions) -> bool:
    """To be handed over; and, once cooled or sent back, to climb again up to there: nobody comes back by waiting."""
    handed = next((rank for rank, known in enumerate(definitions.stages) if known.hand_off), -1)
    again = standing.cycle > 1 and stage_rank(definitions, stage.id) <= handed
    return stage.hand_off or again


def since_rejected(facts: Facts, definitions: Definitions, now: datetime) -> Standing:
    """The standing with only the points that may alert: those earned since sales last sent the lead back."""
    day = local_day(now, facts.zone)
    return replace(
        facts.standing,
        engagement=engagement_since_verdict(facts.standing.buckets, definitions, day),
        buckets=since_verdict(facts.standing.buckets),
    )


def _points(milli: int) -> str:
    return f"{milli / MILLI:g}"
