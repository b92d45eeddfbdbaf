"""From a page opened to a customer, and where leads came from, over a period; read-only, from what was counted.

Everything is counted on the day it happened: who came in long ago and became an MQL in the period is one of its MQLs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from authoring.models.definitions import Definitions, Stage
from authoring.site import Site
from base.calendars import Zone
from leads.conditions import off_the_way
from leads.tallies import LEAD, REACHED
from reports.answers import NONE, Answers, all_of, answers_by_source
from reports.tallies import Counted, Days, by_day, by_subject, counted, total
from reports.views import views

NAMES = (LEAD, REACHED, "form_submitted", "consent_granted", "unsubscribed")
TRACKING = frozenset({"clicks", "opens"})  # consent to be measured is no confirmation of a topic


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of the period. `confirmed`: topics that leads confirmed · `stages`: {stage: leads who came so far for the
    first time}, in the order of the definitions, the first stage left out."""

    views: int
    submissions: int
    leads: int
    confirmed: int
    stages: Mapping[str, int]
    answers: Answers
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Source:
    """One channel of first touches. `reached`: {stage: leads}."""

    name: str
    leads: int
    reached: Mapping[str, int]
    answers: Answers


@dataclass(frozen=True, slots=True)
class Dashboard:
    days: Days
    now: Funnel
    before: Funnel  # over as many days just before
    sources: tuple[Source, ...]  # the most leads first
    daily: Mapping[date, int]  # new leads


def dashboard(connection: Connection, site: Site, days: Days, zone: Zone) -> Dashboard:
    """The figures of those days, and of as many before; `zone` is the site's."""
    found, before = counted(connection, NAMES, days), counted(connection, NAMES, days.before)
    answers, earlier = (answers_by_source(connection, those, zone) for those in (days, days.before))
    return Dashboard(
        days=days,
        now=_funnel(connection, site, days, found, all_of(answers)),
        before=_funnel(connection, site, days.before, before, all_of(earlier)),
        sources=_sources(site.definitions, found, answers),
        daily=by_day(connection, LEAD, days),
    )


def way_forward(definitions: Definitions) -> list[Stage]:
    """The stages that leads come to one after the other, where everybody begins left out."""
    return [stage for stage in definitions.stages[1:] if not off_the_way(definitions, stage.id)]


def _funnel(connection: Connection, site: Site, days: Days, found: tuple[Counted, ...], answers: Answers) -> Funnel:
    reached, topics = by_subject(found, REACHED), by_subject(found, "consent_granted")
    return Funnel(
        views=sum(views(connection, site.pages.keys(), days).values()),
        submissions=total(found, "form_submitted"),
        leads=total(found, LEAD),
        confirmed=sum(n for topic, n in topics.items() if topic not in TRACKING),
        stages={stage.id: reached.get(stage.id, 0) for stage in way_forward(site.definitions)},
        answers=answers,
        unsubscribed=total(found, "unsubscribed"),
    )


def _sources(definitions: Definitions, found: Iterable[Counted], answers: Mapping[str, Answers]) -> tuple[Source, ...]:
    by_source: dict[str, list[Counted]] = {name: [] for name in answers}
    for one in found:
        if one.name in (LEAD, REACHED):
            by_source.setdefault(one.source, []).append(one)
    lines = [_source(name, definitions, those, answers.get(name, NONE)) for name, those in by_source.items()]
    return tuple(sorted(lines, key=lambda line: (-line.leads, line.name)))


def _source(name: str, definitions: Definitions, those: list[Counted], answers: Answers) -> Source:
    reached = by_subject(those, REACHED)
    return Source(
        name=name,
        leads=total(those, LEAD),
        reached={stage.id: reached.get(stage.id, 0) for stage in way_forward(definitions)},
        answers=answers,
    )
