"""Taking new events in: the standing and the moves they make, and when time alone may change either.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions, Stage
from authoring.site import Site
from base.calendars import at_local, local_day
from leads.conditions import earliest, event_names, holds, next_change, stage_rank
from leads.facts import DEPARTURES, PRESUMED, Event, Facts, Standing
from leads.gates import NOTED, asks_for_bant
from leads.lifecycle import after, climbable, moves, raised_again, since_rejected
from leads.points import MILLI, engagement, falls_below, rises_to
from leads.scoring import fit, interests_after, take_in, temperature
from leads.ways import Move

_ROUNDS = 20  # conditions may refer to each other, without cycles: so many rounds settle any of them


@dataclass(frozen=True, slots=True)
class Folded:
    """The standing with the events taken in, the moves made, and the hands raised while sales has the lead already."""

    standing: Standing
    moves: tuple[Move, ...]
    raised: tuple[Event, ...] = ()


def fold(facts: Facts, new_events: Sequence[Event], site: Site, now: datetime) -> Folded:
    """Take the events in. `facts.standing` is the one before them; the lead, consents and history are today's."""
    standing = facts.standing
    for event in new_events:
        standing = _with(standing, event, facts, site.definitions)
    facts = refreshed(replace(facts, standing=standing), site.definitions, now)
    made = moves(facts.standing, facts, new_events, site, now)
    standing = facts.standing
    for move in made:
        standing = after(standing, move, now)
    raised = raised_again(standing, made, new_events, site.definitions)
    if not made:
        return Folded(standing, made, raised)
    return Folded(refreshed(replace(facts, standing=standing), site.definitions, now).standing, made, raised)


def refreshed(facts: Facts, definitions: Definitions, now: datetime) -> Facts:
    """The facts with score, temperature and segments as they are at `now`; stage and buckets untouched."""
    milli = engagement(facts.standing.buckets, definitions, local_day(now, facts.zone))
    standing = replace(facts.standing, engagement=milli, temperature=temperature(milli, definitions), as_of=now)
    facts = replace(facts, standing=standing)
    for _ in range(_ROUNDS):
        settled = replace(facts, standing=_described(facts, definitions, now))
        if settled.standing == facts.standing:
            break
        facts = settled
    return facts


def next_look(facts: Facts, site: Site, now: datetime) -> datetime | None:
    """The first instant after `now` at which temperature, fit, segments or stage may change with time alone."""
    definitions = site.definitions
    turns = [next_change(when, facts, definitions, now) for when in _whens(definitions)]
    turns += [_enters(stage.enter, stage.hand_off, facts, definitions, now) for stage in _ahead(facts, definitions)]
    turns += [_crosses(points, facts, definitions, now) for points in _floors(facts, definitions)]
    return earliest(turns)


def named_events(site: Site) -> frozenset[str]:
    """The events that stages, segments, personas, routes and suggestions ask about, and what tells of BANT where a
    stage requires it: what `Facts.history` must hold for them."""
    chosen = site.definitions.hand_off
    proposals = [proposal.when for proposal in chosen.suggestions if proposal.when is not None]
    asked = [*conditions_of(site.definitions), *(route.when for route in chosen.routes), *proposals]
    known = {NOTED} if asks_for_bant(site.definitions) else set[str]()
    return frozenset(known).union(*(event_names(when) for when in asked))


def conditions_of(definitions: Definitions) -> Iterator[Condition]:
    """Every condition that a standing hangs on: of segments, personas and stages."""
    yield from _whens(definitions)
    yield from (stage.enter for stage in definitions.stages if stage.enter is not None)


def _with(standing: Standing, event: Event, facts: Facts, definitions: Definitions) -> Standing:
    acted = event.proven and event.name not in DEPARTURES
    return replace(
        standing,
        buckets=take_in(standing.buckets, event, definitions, facts.zone),
        interests=interests_after(standing.interests, event, definitions),
        human_seq=event.seq if acted else standing.human_seq,
        bare_seq=event.seq if event.evidence == PRESUMED else standing.bare_seq,
        verdict_seq=event.seq if event.judges else standing.verdict_seq,
    )


def _described(facts: Facts, definitions: Definitions, now: datetime) -> Standing:
    described = fit(facts, definitions)
    facts = replace(facts, standing=replace(facts.standing, fit=described.milli, persona=described.persona))
    inside = tuple(segment.id for segment in definitions.segments if holds(segment.when, facts, definitions, now))
    return replace(facts.standing, segments=inside)


def _whens(definitions: Definitions) -> Iterator[Condition]:
    for segment in definitions.segments:
        yield segment.when
    for persona in definitions.personas:
        yield from (rule.when for rule in persona.rules)


def _ahead(facts: Facts, definitions: Definitions) -> Iterator[Stage]:
    yield from climbable(definitions, facts.standing.stage)


def _enters(
    when: Condition | None, hand_off: bool, facts: Facts, definitions: Definitions, now: datetime
) -> datetime | None:
    if when is None:
        return None
    asked = replace(facts, standing=since_rejected(facts, definitions, now)) if hand_off else facts
    return next_change(when, asked, definitions, now)


def _floors(facts: Facts, definitions: Definitions) -> Iterator[int]:
    yield from (band.from_engagement for band in definitions.temperatures)
    rank = stage_rank(definitions, facts.standing.stage)
    leave = definitions.stages[rank].leave if rank >= 0 else None
    if leave is not None:
        yield leave


def _crosses(points: int, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    turn = falls_below if facts.standing.engagement >= points * MILLI else rises_to
    day = turn(facts.standing.buckets, definitions, local_day(now, facts.zone), points * MILLI)
    return None if day is None else max(at_local(day, time(), facts.zone), now)
