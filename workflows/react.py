"""What new events and the time do to a lead as a whole: points, stage, entries; each enrolment's own step is decide's.

Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leads.facts import REPLIED, Event, Facts
from leads.fold import fold
from leads.segments import Passage, next_in_chain, passages
from leads.ways import Move
from workflows.entries import Pull, admit, pulls
from workflows.standing_triggers import by_change, by_date, with_dates
from workflows.values import Decision, Enrolment, LeadState, Rules, StageChange


@dataclass(frozen=True, slots=True)
class Reaction:
    """The facts with the events taken in, the stages moved through, who was let in where and who was not, the hands
    raised and the answers written that sales must be told of besides, the segments come into and left."""

    facts: Facts
    stage_changes: tuple[StageChange, ...]
    entered: tuple[Enrolment, ...]
    decisions: tuple[Decision, ...]
    raised: tuple[Event, ...] = ()
    passages: tuple[Passage, ...] = ()


def react(state: LeadState, events: Sequence[Event], rules: Rules, now: datetime) -> Reaction:
    """Take `events` in (none: only the time has passed, or a step has changed the lead). Same input, same answer."""
    folded = fold(state.facts, events, rules.site, now)
    facts = replace(state.facts, standing=folded.standing)
    dates, due = by_date(facts, rules, now)
    facts = with_dates(facts, dates)
    entered: list[Enrolment] = []
    decisions: list[Decision] = []
    quiet = (*by_change(state.facts.standing, facts.standing, rules), *due)
    of_time = [Pull(name, cause, state.seq, f"{state.seq}-{key}", facts.granted) for name, cause, key in quiet]
    for pull in (*pulls(events, folded.moves, facts, rules, state.seq, now), *of_time):
        enrolment, decision = admit(pull, facts, (*state.enrolments, *entered), rules, now)
        entered += [enrolment] if enrolment is not None else []
        decisions += [decision] if decision is not None else []
    changes = stage_changes(state.facts.standing.stage, folded.moves)
    crossed = tuple(passages(state.facts.standing, facts.standing, next_in_chain(state.events, now)))
    answers = tuple(event for event in events if event.name == REPLIED and event.human)
    return Reaction(facts, changes, tuple(entered), tuple(decisions), (*folded.raised, *answers), crossed)


def stage_changes(stage: str, moves: Sequence[Move]) -> tuple[StageChange, ...]:
    """The moves with where each began; the first began at `stage`."""
    begun = (stage, *(move.to for move in moves))
    return tuple(
        StageChange(before, move.to, move.reason, move.event_seq, move.cycle, move.hand_off)
        for before, move in zip(begun, moves, strict=False)
    )
