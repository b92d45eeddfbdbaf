"""Which stage a lead moves to, and why: by rule, by a raised hand, by what sales decides and does, by hand, by cooling.

A stage that is handed to sales is entered by rule only after a confirmed human act since the stage before it was
entered; once sales has sent a lead back, only points earned since then count towards being handed over again. Out of
`recycled` a lead climbs again like anybody who came back; out of `disqualified` no rule leads. What a stage asks to be
known is asked of every way into it but a raised hand (`leads.gates`).

Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from authoring.models.definitions import Definitions, Stage
from authoring.site import Site
from base.calendars import local_day
from leads.conditions import holds, off_the_way, place, stage_rank
from leads.facts import DISQUALIFIED, LOST, Event, Facts, Standing
from leads.gates import Lacking, acts_held_up, asks, lacking, noted_in
from leads.points import MILLI, reached
from leads.scoring import engagement_since_verdict, has_closed, since_verdict
from leads.ways import ASKED, BY_EVENT, Move, raises_hand, way


def moves(standing: Standing, facts: Facts, new_events: Sequence[Event], site: Site, now: datetime) -> tuple[Move, ...]:
    """The moves that the new events and the time make, in order. `standing` has the new events' points already."""
    made: list[Move] = []
    for event in new_events:
        decide = way(event)
        move = decide(standing, event, site.definitions) if decide else None
        if move is not None and not _held_up(move, facts, site.definitions):
            made.append(move)
            standing = after(standing, move, now)
    if move := _let_go(standing, facts, site.definitions):
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


def held_back(facts: Facts, definitions: Definitions, now: datetime) -> tuple[Stage, Lacking] | None:
    """The next stage that the lead would enter by rule if it were not for what nobody knows of them."""
    for stage in climbable(definitions, facts.standing.stage):
        if _lets_in(stage, facts, definitions, now):
            lacks = _lacking(stage, facts, definitions)
            return (stage, lacks) if lacks else None
    return None


def raised_again(
    standing: Standing, made: Sequence[Move], new_events: Sequence[Event], definitions: Definitions
) -> tuple[Event, ...]:
    """The hands raised that no hand-off tells of, since sales has the lead already: the rep is told of each.

    `standing` is the one after the moves `made`. Nobody is told of a lead that sales has disqualified.
    """
    if standing.stage == DISQUALIFIED or not any(stage.hand_off for stage in definitions.stages):
        return ()
    told = {move.event_seq for move in made if move.hand_off}
    return tuple(event for event in new_events if raises_hand(event) and event.seq not in told)


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


# ---------------------------------------------------------------- what is asked of a way


def _held_up(move: Move, facts: Facts, definitions: Definitions) -> bool:
    """Whether the stage asks for what nobody knows, of a way into it that is asked."""
    if move.reason.partition(":")[0] not in ASKED:
        return False
    return bool(_lacking(definitions.stages[stage_rank(definitions, move.to)], facts, definitions))


def _let_go(standing: Standing, facts: Facts, definitions: Definitions) -> Move | None:
    """Where the newest act of sales, since the lead came to its stage, leads now that what was missing is known."""
    held = acts_held_up(definitions)
    for event in reversed(facts.history if held else ()):
        if event.at < standing.stage_since or event.name == LOST:
            return None
        if event.name in held:
            move = BY_EVENT[event.name](standing, event, definitions)
            return None if move is None or _held_up(move, facts, definitions) else move
    return None


def _lacking(stage: Stage, facts: Facts, definitions: Definitions) -> Lacking:
    if not asks(stage):
        return Lacking()
    return lacking(stage, facts.lead, noted_in(facts.history), definitions)


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
    if not reached(standing.buckets, definitions, since, today, leave * MILLI):
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
    """Whether the stage's rule lets the lead in, and all that it asks for is known."""
    return _lets_in(stage, facts, definitions, now) and not _lacking(stage, facts, definitions)


def _lets_in(stage: Stage, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    """The rule alone. A hit that is believed without a proof lets nobody on: what was earned by it counts from the next
    proven act on."""
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
    if facts.standing.as_of == now and not has_closed(facts.standing.buckets):
        return facts.standing  # all of its points may, and are counted already
    day = local_day(now, facts.zone)
    return replace(
        facts.standing,
        engagement=engagement_since_verdict(facts.standing.buckets, definitions, day),
        buckets=since_verdict(facts.standing.buckets),
    )


def _points(milli: int) -> str:
    return f"{milli / MILLI:g}"
