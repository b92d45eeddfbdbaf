"""Taking new events in: the standing and the moves they make; when time alone changes either is left to `leads.calm`.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import local_day
from leads.conditions import event_names, holds
from leads.facts import DEPARTURES, PRESUMED, Event, Facts, Standing
from leads.gates import NOTED, acts_held_up, asks_for_bant
from leads.lifecycle import after, moves, raised_again
from leads.points import engagement
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


def named_events(site: Site) -> frozenset[str]:
    """The events that stages, segments, personas, routes and suggestions ask about, what tells of BANT where a stage
    requires it, and what sales did where a stage waits for more: what `Facts.history` must hold for them."""
    chosen = site.definitions.hand_off
    proposals = [proposal.when for proposal in chosen.suggestions if proposal.when is not None]
    asked = [*conditions_of(site.definitions), *(route.when for route in chosen.routes), *proposals]
    known = {NOTED} if asks_for_bant(site.definitions) else set[str]()
    return acts_held_up(site.definitions).union(known, *(event_names(when) for when in asked))


def conditions_of(definitions: Definitions) -> Iterator[Condition]:
    """Every condition that a standing hangs on: of segments, personas and stages."""
    yield from of_everybody(definitions)
    yield from (stage.enter for stage in definitions.stages if stage.enter is not None)


def of_everybody(definitions: Definitions) -> Iterator[Condition]:
    """Those that every standing hangs on, whatever the stage: of segments and personas."""
    for segment in definitions.segments:
        yield segment.when
    for persona in definitions.personas:
        yield from (rule.when for rule in persona.rules)


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
