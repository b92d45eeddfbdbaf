"""When time alone may change a standing before a given instant: what a replay, which knows the next event, goes by.

`fold.next_look` asks further, for each threshold until the last point has faded: its answer holds whatever happens.
Here one pair of bounds answers for all thresholds at once, and hardly ever for more than one span of days.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import at_local, local_day
from leads.conditions import earliest, next_change, parts
from leads.facts import Buckets, Facts
from leads.fold import conditions_of, named_events
from leads.points import MILLI, bounds
from leads.scoring import has_closed, since_verdict


@dataclass(frozen=True, slots=True)
class Rules:
    """A site with what its rules look at, gathered once for many leads. `marks`: every engagement (milli-points) that
    something begins or ends at; `windows`: the conditions that run out."""

    site: Site
    named: frozenset[str]
    marks: tuple[int, ...]
    windows: tuple[Condition, ...]

    @classmethod
    def of(cls, site: Site) -> "Rules":
        every = [part for condition in conditions_of(site.definitions) for part in parts(condition)]
        return cls(
            site,
            named_events(site),
            tuple(sorted({*_floors(site.definitions), *_thresholds(every)})),
            tuple(part for part in every if part.within is not None),
        )


def next_turn(facts: Facts, rules: Rules, now: datetime, until: datetime) -> datetime | None:
    """The first instant after `now` and before `until` at which time alone may change something, never late; None
    where it surely changes nothing."""
    turns = [next_change(window, facts, rules.site.definitions, now) for window in rules.windows]
    day = _first_crossing(facts, rules, local_day(now, facts.zone), local_day(until, facts.zone))
    turns += [at_local(day, time(), facts.zone)] if day is not None else []
    turn = earliest(turns)
    return turn if turn is not None and turn < until else None


def _first_crossing(facts: Facts, rules: Rules, first: date, last: date) -> date | None:
    """The first day after `first`, up to `last`, on which the engagement may stand at another side of a mark."""
    if first >= last or not _may_cross(facts.standing.buckets, rules, first, last):
        return None
    if (last - first).days == 1:
        return last
    middle = first + (last - first) // 2
    return _first_crossing(facts, rules, first, middle) or _first_crossing(facts, rules, middle, last)


def _may_cross(buckets: Buckets, rules: Rules, first: date, last: date) -> bool:
    counted = [buckets, since_verdict(buckets)] if has_closed(buckets) else [buckets]
    for some in counted:
        low, high = bounds(some, rules.site.definitions, first, last)
        if any(low < mark <= high for mark in rules.marks):
            return True
    return False


def _floors(definitions: Definitions) -> list[int]:
    leaves = [stage.leave for stage in definitions.stages if stage.leave is not None]
    return [points * MILLI for points in (*leaves, *(band.from_engagement for band in definitions.temperatures))]


def _thresholds(every: list[Condition]) -> list[int]:
    return [part.engagement_at_least * MILLI for part in every if part.engagement_at_least is not None]
