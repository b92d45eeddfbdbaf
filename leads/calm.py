"""When time alone may change a standing: the next look at a lead, and in a replay the next one before an instant.

One search answers for all thresholds at once, and hardly ever looks at more than a few days.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import at_local, local_day
from leads.conditions import earliest, next_change, parts, stage_rank
from leads.facts import Facts
from leads.fold import named_events, of_everybody
from leads.lifecycle import climbable
from leads.points import MILLI, crossing
from leads.scoring import has_closed, since_verdict


@dataclass(frozen=True, slots=True)
class Watched:
    """What time alone may change for whoever stands at one stage. `marks`: every engagement (milli-points) that
    something begins or ends at; `handing`: those that only points since a rejection count for; `windows`: the
    conditions that run out."""

    marks: tuple[int, ...]
    handing: tuple[int, ...]
    windows: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """The definitions with what is watched for each stage, worked out once for many leads."""

    definitions: Definitions
    _known: dict[str, Watched] = field(default_factory=dict, compare=False)

    def at(self, stage: str) -> Watched:
        if stage not in self._known:
            self._known[stage] = _watched(self.definitions, stage)
        return self._known[stage]


@dataclass(frozen=True, slots=True)
class Rules:
    """A site with what its rules look at, gathered once for many leads."""

    site: Site
    named: frozenset[str]
    watch: Watch

    @classmethod
    def of(cls, site: Site) -> "Rules":
        return cls(site, named_events(site), Watch(site.definitions))


def next_look(facts: Facts, watch: Watch, now: datetime, until: datetime | None = None) -> datetime | None:
    """The first instant after `now` at which time alone may change something, never late; None where it surely changes
    nothing, or nothing before `until`."""
    watched = watch.at(facts.standing.stage)
    turns = [next_change(window, facts, watch.definitions, now) for window in watched.windows]
    day = _first_crossing(facts, watch, now, until)
    turns += [at_local(day, time(), facts.zone)] if day is not None else []
    turn = earliest(turns)
    return turn if turn is None or until is None or turn < until else None


def _first_crossing(facts: Facts, watch: Watch, now: datetime, until: datetime | None) -> date | None:
    """The first day on which the engagement may stand at another side of a mark."""
    watched, buckets = watch.at(facts.standing.stage), facts.standing.buckets
    counted = [(buckets, (*watched.marks, *watched.handing))]
    if has_closed(buckets):
        counted = [(buckets, watched.marks), (since_verdict(buckets), watched.handing)]
    today, last = local_day(now, facts.zone), None if until is None else local_day(until, facts.zone)
    days = (crossing(some, watch.definitions, today, marks, last) for some, marks in counted)
    return min((day for day in days if day is not None), default=None)


def _watched(definitions: Definitions, stage: str) -> Watched:
    ahead = [one for one in climbable(definitions, stage) if one.enter is not None]
    always = _all_parts([*of_everybody(definitions), *(one.enter for one in ahead if not one.hand_off)])
    handing = _all_parts(one.enter for one in ahead if one.hand_off)
    return Watched(
        marks=tuple(sorted({*_floors(definitions, stage), *_thresholds(always)})),
        handing=tuple(sorted({*_thresholds(handing)})),
        windows=tuple(part for part in (*always, *handing) if part.within is not None),
    )


def _all_parts(conditions: Iterable[Condition | None]) -> list[Condition]:
    return [part for condition in conditions if condition is not None for part in parts(condition)]


def _floors(definitions: Definitions, stage: str) -> Iterator[int]:
    yield from (band.from_engagement * MILLI for band in definitions.temperatures)
    rank = stage_rank(definitions, stage)
    leave = definitions.stages[rank].leave if rank >= 0 else None
    if leave is not None:
        yield leave * MILLI


def _thresholds(every: Iterable[Condition]) -> Iterator[int]:
    yield from (part.engagement_at_least * MILLI for part in every if part.engagement_at_least is not None)
