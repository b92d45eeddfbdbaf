"""What a lead's score is made of, rule by rule, down to the event and the line of the definitions; read-only.

The lines add up exactly: what events earned, what fading, caps and limits took. A story of more than LOOKED_AT events
is told by day instead of by event, from what the engine keeps.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import Connection, select

from authoring.models.common import Localised
from authoring.models.definitions import EngagementRule, Limit
from authoring.site import Site
from base.calendars import Zone, at_local, local_day
from leads import events
from leads.explain import Why, explain
from leads.facts import Event, Facts
from leads.points import excesses, share
from leads.scoring import fit
from reports.places import Places, places
from storage.schema import events as log
from storage.schema import wakes

LOOKED_AT = 1_500
SHOWN = 6  # events listed under a rule; the whole list has a page of its own


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of one event; or, where the story is too long, of one day (`event` is None). Milli-points."""

    at: datetime
    event: Event | None
    milli: int


@dataclass(frozen=True, slots=True)
class RuleScore:
    """What one rule gives. `times`: the events, or days, that earned; `earned`: the newest of them.

    `raw` + `decay` + `cap` = `milli`, all in milli-points.
    """

    rule: EngagementRule
    line: int
    times: int
    earned: tuple[Earned, ...]
    raw: int
    decay: int
    cap: int

    @property
    def milli(self) -> int:
        return self.raw + self.decay + self.cap


@dataclass(frozen=True, slots=True)
class LimitScore:
    """What a limit takes from several rules, in milli-points: below nothing."""

    limit: Limit
    line: int
    milli: int


@dataclass(frozen=True, slots=True)
class FitLine:
    rule: str
    label: Localised
    line: int
    milli: int
    held: bool


@dataclass(frozen=True, slots=True)
class FitScore:
    """Who they are: `milli` of the `best` that the persona could give; `persona` None where none matches."""

    milli: int
    best: int
    persona: str | None
    label: Localised | None
    lines: tuple[FitLine, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is the engagement; `fit` is beside it. `by_event`: {number of the event: milli-points it earned}.

    `by_day`: the story is so long that days stand for events.
    """

    total: int
    rules: tuple[RuleScore, ...]
    limits: tuple[LimitScore, ...]
    fit: FitScore
    by_event: Mapping[int, int]
    by_day: bool
    places: Places


def score(conn: Connection, site: Site, facts: Facts, at: datetime, shown: int = SHOWN) -> Score:
    """The score at `at`, under the rules of `site`. `shown` bounds the events listed under each rule."""
    where = places(conn, site)
    found = conn.execute(select(wakes.c.seq).where(wakes.c.lead_id == facts.lead.id)).scalar_one_or_none()
    by_day = (found or 0) > LOOKED_AT
    lines = () if by_day or not found else explain(conn, site, facts.lead.id, at, facts.zone).lines
    rules = _by_day(site, facts, at, where, shown) if by_day else _by_event(conn, site, facts, lines, where, shown)
    taken = _taken_by_day(site, facts, at) if by_day else _taken(lines)
    limits = tuple(
        LimitScore(limit, where.limits.get(limit.id, 1), taken[limit.id])
        for limit in site.definitions.scoring.limits
        if taken.get(limit.id)
    )
    return Score(
        total=sum(rule.milli for rule in rules) + sum(limit.milli for limit in limits),
        rules=tuple(sorted(rules, key=lambda rule: -abs(rule.milli))),
        limits=limits,
        fit=_fit(site, facts, where),
        by_event=_by_number(lines),
        by_day=by_day,
        places=where,
    )


def _taken(lines: Sequence[Why]) -> Mapping[str, int]:
    """{limit: what it takes, in milli-points}."""
    return {line.rule: line.points for line in lines if line.kind == "limit"}


def _taken_by_day(site: Site, facts: Facts, at: datetime) -> Mapping[str, int]:
    found = excesses(facts.standing.buckets, site.definitions, local_day(at, facts.zone))
    return {limit.id: -milli for limit, milli in found}


def _by_number(lines: Sequence[Why]) -> Mapping[int, int]:
    """What each event earned by all the rules that pay for it."""
    found: Counter[int] = Counter()
    for line in lines:
        if line.event is not None:
            found[line.event] += line.points
    return found


# ---------------------------------------------------------------- by event


def _by_event(
    conn: Connection, site: Site, facts: Facts, lines: Sequence[Why], where: Places, shown: int
) -> list[RuleScore]:
    made = []
    for rule in site.definitions.scoring.engagement:
        mine = _since_reset([line for line in lines if line.rule == rule.id and line.kind != "limit"])
        earned = [line for line in mine if line.kind == "points"]
        taken = {kind: sum(line.points for line in mine if line.kind == kind) for kind in ("decay", "cap")}
        if mine:
            raw = sum(line.points for line in earned)
            newest = _events(conn, facts.lead.id, list(reversed(earned))[:shown])
            made.append(RuleScore(rule, where.rules.get(rule.id, 1), len(earned), newest, raw, **taken))
    return made


def _since_reset(lines: Sequence[Why]) -> Sequence[Why]:
    """Without what was given up, and the giving up: together they are nothing."""
    last = max((place for place, line in enumerate(lines) if line.kind == "reset"), default=-1)
    return lines[last + 1 :]


def _events(conn: Connection, lead_id: int, lines: Sequence[Why]) -> tuple[Earned, ...]:
    columns = (log.c.seq, log.c.name, log.c.at, log.c.evidence, log.c.subject, log.c.data)
    numbers = [line.event for line in lines]
    asked = select(*columns).where(log.c.lead_id == lead_id, log.c.seq.in_(numbers))
    story = events.stories(conn, [lead_id]).get(lead_id)
    those = story or ([Event(*row) for row in conn.execute(asked)] if numbers else [])
    known: dict[tuple[int | None, datetime], Event] = {(event.seq, event.at): event for event in those}
    return tuple(Earned(line.at, known.get((line.event, line.at)), line.points) for line in lines if line.at)


# ---------------------------------------------------------------- by day


def _by_day(site: Site, facts: Facts, at: datetime, where: Places, shown: int) -> list[RuleScore]:
    made = []
    today = local_day(at, facts.zone)
    for rule in site.definitions.scoring.engagement:
        days = facts.standing.buckets.get(rule.id, {})
        raw, aged, held = share(rule, facts.standing.buckets, today)
        if days:
            newest = sorted(days.items(), reverse=True)[:shown]
            earned = tuple(Earned(_noon(day, facts.zone), None, milli) for day, milli in newest)
            line = where.rules.get(rule.id, 1)
            made.append(RuleScore(rule, line, len(days), earned, raw, aged - raw, held - aged))
    return made


def _noon(day: str, zone: Zone) -> datetime:
    return at_local(datetime.fromisoformat(day).date(), time(12), zone)


# ---------------------------------------------------------------- who they are


def _fit(site: Site, facts: Facts, where: Places) -> FitScore:
    found = fit(facts, site.definitions)
    known = next((persona for persona in site.definitions.personas if persona.id == found.persona), None)
    lines = [(line, True) for line in found.lines] + [(line, False) for line in found.missing]
    return FitScore(
        milli=found.milli,
        best=found.best,
        persona=found.persona,
        label=known.label if known else None,
        lines=tuple(
            FitLine(line.rule, line.label, where.fit(found.persona, line.rule), line.milli, held)
            for line, held in lines
        ),
    )
