"""Who would come out differently by changed rules: stages, temperatures, segments; and what would be kept silent."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from authoring.question import Question, Sample, every
from leads import consent, events, standings
from leads.effects import Effect
from leads.facts import Event, Facts, Standing
from leads.fold import fold
from leads.identity import load_leads
from leads.refold import judged_again
from leads.replaying import Plays, replayed
from leads.stories import sizes
from leads.ways import Move
from leads.what_if import WhatIf
from storage.schema import standings as standings_table

LEADS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """So many leads go from one to the other: stages or temperatures."""

    was: str
    now: str
    leads: int


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    name: str
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Entry:
    """So many leads come to a stage that pulls a trigger of that sequence."""

    sequence: str
    leads: int


@dataclass(frozen=True, slots=True)
class RulesPlan:
    """Counts of leads. `alerts` and `entries` are what follows from the moves: kept silent unless announced."""

    changed: bool
    announce: bool = False
    stages: tuple[Passage, ...] = ()
    temperatures: tuple[Passage, ...] = ()
    segments: tuple[SegmentPlan, ...] = ()
    alerts: int = 0
    entries: tuple[Entry, ...] = ()
    sample: Sample = field(default_factory=lambda: Sample(0, 0))
    replay: WhatIf | None = None  # what the new rules would have made of everything that those leads ever did
    effect: Effect | None = None  # the same, as it is kept


@dataclass(frozen=True, slots=True)
class _Judged:
    """One lead by the rules in force, and by those to come."""

    was: Standing
    now: Standing
    moves: tuple[Move, ...]


def plan(question: Question) -> RulesPlan:
    """What the new rules do to everybody whom the engine has judged."""
    if not question.guard.judges_otherwise:
        return RulesPlan(False)
    with question.database.read() as conn:
        known = list(conn.execute(select(standings_table.c.lead_id).order_by(standings_table.c.lead_id)).scalars())
        chosen = every(known, question.at_most)
        judged = list(_judged(conn, question, chosen))
        looked_at = set(chosen)
        played = [(lead_id, size) for lead_id, size in sizes(conn, None) if lead_id in looked_at]
    plays, sample = Plays(question.former, question.site, question.zone, question.now), Sample(len(chosen), len(known))
    replay = replayed(question.database, played, plays, lambda _: None)
    return RulesPlan(
        changed=True,
        announce=question.announce,
        stages=_passages((one.was.stage, one.now.stage) for one in judged),
        temperatures=_passages((one.was.temperature, one.now.temperature) for one in judged),
        segments=_segments(judged),
        alerts=sum(move.hand_off for one in judged for move in one.moves),
        entries=_entries(question, judged),
        sample=sample,
        replay=replay,
        effect=Effect.of(replay, sample, question.former, question.site),
    )


def _judged(conn: Connection, question: Question, ids: list[int]) -> Iterator[_Judged]:
    for start in range(0, len(ids), LEADS_AT_ONCE):
        some = ids[start : start + LEADS_AT_ONCE]
        leads, stood, granted = load_leads(conn, some), standings.load(conn, some), consent.granted(conn, some)
        past = events.after(conn, dict.fromkeys(some, 0))
        for lead_id in some:
            facts = Facts(leads[lead_id], stood[lead_id], granted[lead_id], tuple(past[lead_id]), question.zone)
            yield _both_ways(facts, past[lead_id], question)


def _both_ways(facts: Facts, past: list[Event], question: Question) -> _Judged:
    was = fold(facts, (), question.former, question.now).standing
    now, moves = judged_again(replace(facts, standing=was), past, question.site, question.now, with_moves=True)
    return _Judged(was, now, moves)


def _passages(pairs: Iterable[tuple[str, str]]) -> tuple[Passage, ...]:
    counted = Counter(pair for pair in pairs if pair[0] != pair[1])
    return tuple(Passage(was, now, count) for (was, now), count in sorted(counted.items()))


def _segments(judged: Iterable[_Judged]) -> tuple[SegmentPlan, ...]:
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for one in judged:
        entered.update({*one.now.segments} - {*one.was.segments})
        left.update({*one.was.segments} - {*one.now.segments})
    return tuple(SegmentPlan(name, entered[name], left[name]) for name in sorted({*entered, *left}))


def _entries(question: Question, judged: Iterable[_Judged]) -> tuple[Entry, ...]:
    reached = Counter(move.to for one in judged for move in one.moves)
    let_in = {
        name: sum(reached[trigger.stage] for trigger in sequence.trigger if trigger.stage is not None)
        for name, sequence in sorted(question.site.sequences.items())
    }
    return tuple(Entry(name, count) for name, count in let_in.items() if count)
