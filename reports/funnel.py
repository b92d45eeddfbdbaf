"""From a page opened to a customer, and where leads came from, over a period; read-only, from what was counted.

Everything is counted on the day it happened: who came in long ago and became an MQL in the period is one of its MQLs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from authoring.models.definitions import Definitions, Stage
from authoring.site import Site
from leads.conditions import off_the_way
from leads.facts import DISQUALIFIED, RECYCLED
from leads.tallies import ENTERED, LEAD, REACHED
from reports.tallies import Counted, Days, by_day, by_subject, counted, total
from reports.views import views

NAMES = (LEAD, REACHED, ENTERED, "form_submitted", "consent_granted", "verdict_given", "unsubscribed")
TRACKING = frozenset({"clicks", "opens"})  # consent to be measured is no confirmation of a topic
ENOUGH = 10  # below so many, a share is chance


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of the period. `confirmed`: topics that leads confirmed · `stages`: {stage: leads who came so far for the
    first time}, in the order of the definitions, the first stage left out · `aside`: verdicts that set leads aside."""

    views: int
    submissions: int
    leads: int
    confirmed: int
    stages: Mapping[str, int]
    accepted: int
    rejected: int
    aside: Mapping[str, int]
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Source:
    """One channel of first touches. `reached`: {stage: leads}."""

    name: str
    leads: int
    reached: Mapping[str, int]
    accepted: int
    rejected: int

    @property
    def judged(self) -> int:
        return self.accepted + self.rejected


@dataclass(frozen=True, slots=True)
class Dashboard:
    days: Days
    now: Funnel
    before: Funnel  # over as many days just before
    sources: tuple[Source, ...]  # the most leads first
    daily: Mapping[date, int]  # new leads


def dashboard(connection: Connection, site: Site, days: Days) -> Dashboard:
    """The figures of those days, and of as many before."""
    found, before = counted(connection, NAMES, days), counted(connection, NAMES, days.before)
    return Dashboard(
        days=days,
        now=_funnel(connection, site, days, found),
        before=_funnel(connection, site, days.before, before),
        sources=_sources(site.definitions, found),
        daily=by_day(connection, LEAD, days),
    )


def way_forward(definitions: Definitions) -> list[Stage]:
    """The stages that leads come to one after the other, where everybody begins left out."""
    return [stage for stage in definitions.stages[1:] if not off_the_way(definitions, stage.id)]


def _funnel(connection: Connection, site: Site, days: Days, found: tuple[Counted, ...]) -> Funnel:
    reached, entered = by_subject(found, REACHED), by_subject(found, ENTERED)
    topics = by_subject(found, "consent_granted")
    return Funnel(
        views=sum(views(connection, site.pages.keys(), days).values()),
        submissions=total(found, "form_submitted"),
        leads=total(found, LEAD),
        confirmed=sum(n for topic, n in topics.items() if topic not in TRACKING),
        stages={stage.id: reached.get(stage.id, 0) for stage in way_forward(site.definitions)},
        accepted=total(found, "verdict_given", "accepted"),
        rejected=total(found, "verdict_given", "rejected"),
        aside={stage: entered.get(stage, 0) for stage in (RECYCLED, DISQUALIFIED) if entered.get(stage)},
        unsubscribed=total(found, "unsubscribed"),
    )


def _sources(definitions: Definitions, found: Iterable[Counted]) -> tuple[Source, ...]:
    by_source: dict[str, list[Counted]] = {}
    for one in found:
        if one.name in (LEAD, REACHED, "verdict_given"):
            by_source.setdefault(one.source, []).append(one)
    lines = [_source(name, definitions, those) for name, those in by_source.items()]
    return tuple(sorted(lines, key=lambda line: (-line.leads, line.name)))


def _source(name: str, definitions: Definitions, those: list[Counted]) -> Source:
    reached = by_subject(those, REACHED)
    return Source(
        name=name,
        leads=total(those, LEAD),
        reached={stage.id: reached.get(stage.id, 0) for stage in way_forward(definitions)},
        accepted=total(those, "verdict_given", "accepted"),
        rejected=total(those, "verdict_given", "rejected"),
    )
