"""Two sets of rules over the same pasts: who comes to a stage earlier, later or never, and whom sales wanted.

Lead by lead, in memory that does not grow with them but by the different numbers of hours.
Pure: no database, no clock, no network.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from authoring.models.definitions import Definitions
from leads.conditions import place
from leads.replay import Past, Path

How = Literal["earlier", "later", "newly", "no_longer", "alike"]
HOWS: tuple[How, ...] = ("earlier", "later", "newly", "no_longer", "alike")

ACCEPTED = "accepted"
EXAMPLES = 5  # leads named for each
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Example:
    """One lead; None = never."""

    lead: int
    was: datetime | None
    now: datetime | None


@dataclass(slots=True)
class StageShift:
    """How many leads come to a stage when, by the new rules, as against the old ones. `hours`: by how many whole hours
    those come earlier or later, each with the number of leads."""

    stage: str
    counts: Counter[How] = field(default_factory=Counter)
    hours: dict[How, Counter[int]] = field(default_factory=lambda: {"earlier": Counter(), "later": Counter()})
    examples: dict[How, list[Example]] = field(default_factory=dict)

    def add(self, lead: int, was: datetime | None, now: datetime | None) -> None:
        how = how_moved(was, now)
        if how is None:
            return
        self.counts[how] += 1
        if was is not None and now is not None and how in self.hours:
            self.hours[how][abs(now - was) // HOUR] += 1
        named = self.examples.setdefault(how, [])
        if how != "alike" and len(named) < EXAMPLES:
            named.append(Example(lead, was, now))

    @property
    def moves(self) -> bool:
        """Whether the rules differ for anybody."""
        return any(self.counts[how] for how in HOWS if how != "alike")

    def median(self, how: How) -> int | None:
        """By how many hours half of those come earlier (or later), at least; None where there are none."""
        counted = self.hours.get(how, Counter())
        wanted, passed = (counted.total() + 1) // 2, 0
        for hours in sorted(counted):
            passed += counted[hours]
            if passed >= wanted:
                return hours
        return None


@dataclass(slots=True)
class Hits:
    """What a set of rules would have brought to sales. `answered`: leads it hands over whom sales has answered, and of
    them `wanted` were accepted; `found` and `won_found`: of all whom sales accepted, and of all who were won, those
    that it hands over at all. `unseen`: those it hands over of whom sales has never said anything."""

    answered: int = 0
    wanted: int = 0
    found: int = 0
    won_found: int = 0
    unseen: int = 0


@dataclass(slots=True)
class WhatIf:
    """Everything that was compared. `since`: what both rules did before is left out of the shifts."""

    stages: tuple[StageShift, ...]
    won_stage: str | None
    since: datetime | None = None
    leads: int = 0
    events: int = 0
    accepted: int = 0
    won: int = 0
    old: Hits = field(default_factory=Hits)
    new: Hits = field(default_factory=Hits)

    @classmethod
    def between(cls, old: Definitions, new: Definitions, since: datetime | None = None) -> "WhatIf":
        """Nothing compared yet: the stages on the way forward that both rules have, in the order of the new ones."""
        known = {stage.id for stage in old.stages}
        on_the_way = [stage.id for stage in new.stages if place(new, stage.id) > 0 and stage.id in known]
        return cls(tuple(StageShift(name) for name in on_the_way), won_stage(old), since)

    def add(self, past: Past, was: Path, now: Path) -> None:
        """One lead more: its past, by the old rules and by the new."""
        self.leads += 1
        self.events += len(past.story.events)
        for shift in self.stages:
            before, after = was.reached.get(shift.stage), now.reached.get(shift.stage)
            if _recent(before, self.since) or _recent(after, self.since):
                shift.add(past.story.lead.id, before, after)
        wanted, won = ACCEPTED in past.answers, self.won_stage in past.stages
        self.accepted += wanted
        self.won += won
        for hits, path in ((self.old, was), (self.new, now)):
            if path.alerts:
                _count(hits, bool(past.answers), wanted, won)

    @property
    def moves(self) -> bool:
        return any(shift.moves for shift in self.stages)


def how_moved(was: datetime | None, now: datetime | None) -> How | None:
    """How the second compares to the first; None where there is neither."""
    if was is None or now is None:
        return None if was == now else "newly" if was is None else "no_longer"
    return "alike" if was == now else "earlier" if now < was else "later"


def won_stage(definitions: Definitions) -> str | None:
    """The last stage on the way forward, where it is one of sales': whoever stands there was won."""
    on_the_way = [stage for stage in definitions.stages if place(definitions, stage.id) > 0]
    last = on_the_way[-1] if on_the_way else None
    return last.id if last is not None and last.owner == "sales" else None


def _recent(at: datetime | None, since: datetime | None) -> bool:
    return at is not None and (since is None or at >= since)


def _count(hits: Hits, answered: bool, wanted: bool, won: bool) -> None:
    hits.answered += answered
    hits.wanted += wanted
    hits.found += wanted
    hits.won_found += won
    hits.unseen += not answered
