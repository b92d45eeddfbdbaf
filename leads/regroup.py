"""The standing of a lead once it turned out to be one with another, or once that was taken back.

As one, the points and interests of all their events are counted as one story. Taken back, the lead stands where it
stood before the merge, and its own time since is lived again; nothing is told to anybody a second time.
Consents and fields are today's.
Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from authoring.site import Site
from leads.calm import Watch, next_look
from leads.facts import DEPARTURES, PRESUMED, Event, Facts, Standing
from leads.fold import fold, refreshed
from leads.refold import interests_of, judged_again
from leads.scoring import fold_buckets
from leads.ways import Move

TURNS = 2_000  # moments of change that are lived again between two events: more are passed over
SOONEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a lead stood when the merge that is taken back was made, by event `seq` at `at`."""

    stage: str
    since: datetime
    cycle: int
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Regroup:
    """`past`: everything that was taken in, of all who are one now. `stood` None: there is a new one among them."""

    past: tuple[Event, ...]
    stood: Stood | None = None


def regrouped(facts: Facts, regroup: Regroup, site: Site, now: datetime) -> tuple[Facts, tuple[Move, ...]]:
    """The facts as they are for those who are one now, and the moves made in the time that is lived again."""
    if regroup.stood is None:
        counted, _ = judged_again(facts, regroup.past, site, now, with_moves=False)
        return replace(facts, standing=_with_numbers(counted, regroup.past, facts.standing.human_seq)), ()
    since = regroup.stood.seq
    earlier = [event for event in regroup.past if event.seq < since]
    later = [event for event in regroup.past if event.seq >= since]
    begun = replace(facts, standing=_stood(facts.standing, regroup.stood, earlier, facts, site))
    return _lived(_knowing(begun, facts, since - 1), facts, later, site, regroup.stood.at, now)


def _stood(standing: Standing, stood: Stood, past: Sequence[Event], facts: Facts, site: Site) -> Standing:
    acts = [event.seq for event in past if event.proven and event.name not in DEPARTURES and event.at >= stood.since]
    counted = replace(
        standing,
        stage=stood.stage,
        stage_since=stood.since,
        cycle=stood.cycle,
        buckets=fold_buckets(past, site.definitions, facts.zone),
        interests=interests_of(past, site.definitions),
        as_of=stood.at,
    )
    return _with_numbers(counted, past, max(acts, default=0))


def _with_numbers(standing: Standing, past: Sequence[Event], human_seq: int) -> Standing:
    verdicts = [event.seq for event in past if event.judges]
    bare = [event.seq for event in past if event.evidence == PRESUMED]
    newest = max(verdicts, default=0), max(bare, default=0)
    return replace(standing, human_seq=human_seq, verdict_seq=newest[0], bare_seq=newest[1])


# ---------------------------------------------------------------- lived again


def _lived(
    begun: Facts, known: Facts, later: Sequence[Event], site: Site, at: datetime, now: datetime
) -> tuple[Facts, tuple[Move, ...]]:
    facts, made, watch = refreshed(begun, site.definitions, at), [], Watch(site.definitions)
    for event in later:
        facts, moves = _waited(facts, site, watch, at, event.at)
        at = max(at, event.at)
        folded = fold(_knowing(facts, known, event.seq), [event], site, at)
        facts = replace(_knowing(facts, known, event.seq), standing=folded.standing)
        made += [*moves, *folded.moves]
    facts, moves = _waited(facts, site, watch, at, now)
    folded = fold(facts, (), site, now)
    return replace(known, standing=folded.standing), (*made, *moves, *folded.moves)


def _waited(facts: Facts, site: Site, watch: Watch, at: datetime, until: datetime) -> tuple[Facts, list[Move]]:
    """The facts once every moment of change between the two was lived."""
    made: list[Move] = []
    for _ in range(TURNS):
        turn = next_look(facts, watch, at, until)
        if turn is None or (at := max(turn, at + SOONEST)) >= until:
            break
        folded = fold(facts, (), site, at)
        facts = replace(facts, standing=folded.standing)
        made += folded.moves
    return facts, made


def _knowing(facts: Facts, known: Facts, seq: int) -> Facts:
    """With what had happened up to that event."""
    return replace(facts, history=tuple(event for event in known.history if event.seq <= seq))
