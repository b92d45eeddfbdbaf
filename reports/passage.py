"""From a page opened to a customer, with the time that each stage takes; and sources by number and worth; read-only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from leads.conditions import stage_rank
from leads.tallies import PAGE
from reports.answers import NONE, Answers, answers_by_source
from reports.attribution import touched, touches_table, visits_table
from reports.cohort import Newcomer, as_far, grouped, newcomers, portions
from reports.days import instants
from reports.funnel import way_forward
from reports.money import Line, by_source, telling_stages
from reports.report import Column, Kind, Report, Table, Value
from reports.shares import OPENINGS, Part
from reports.tallies import Days, counted, total
from reports.views import views
from storage.schema import stage_changes

DAY = 86_400
PASSED = msgid(
    "Leads: who came in these days, and how many of the same people have come to a stage up to now, or passed it over. "
    "Pages opened and forms sent are acts, not people; what machines open is not counted, while a form that one sends "
    "is. Days in a stage: the median of those who left it in these days."
)
COHORT = msgid("Of those who came in these days, how many have come so far up to now.")
ENTERED = msgid("Of those who came in these days and ever entered a sequence; whoever entered two is in both.")
WORTH = msgid(
    "Leads: who came in these days. Of the same people, how many were good enough up to now: for marketing's rule, and "
    "for sales. What was accepted and signed counts on its own day."
)

HEADS: Mapping[str, str] = {
    "month": msgid("Month"), "source": msgid("Source"), "page": msgid("Page"), "sequence": msgid("Sequence")
}  # fmt: skip


def funnel(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """How many came, how many of them came how far, and how long leads stayed; the same by month, source, page and
    sequence."""
    came = newcomers(connection, site.definitions, days, zone)
    first = _whole(connection, site, came, days, days_in_stage(connection, days, zone))
    months = sorted(grouped(came, lambda one: [one.month.isoformat()]))
    tables = (
        first,
        _shares("months", msgid("By the month they came in"), "month", months, site.definitions, COHORT),
        _shares("sources", msgid("By source"), "source", grouped(came, lambda one: [one.source]), site.definitions),
        _shares("pages", msgid("By the page they first opened"), "page", _by_page(came), site.definitions),
        _shares("sequences", msgid("By sequence"), "sequence", _by_sequence(came), site.definitions, ENTERED),
    )
    return _report("funnel", msgid("From the page to the customer"), site, days, tables)


def _whole(connection: Connection, site: Site, came: list[Newcomer], days: Days, stayed: dict[str, float]) -> Table:
    columns = (
        Column("step", msgid("Step of the way"), "stage"),
        Column("count", msgid("How many"), "count"),
        Column("share", msgid("Of those above"), "share"),
        Column("of_all", msgid("Of all leads"), "share"),
        Column("days", msgid("Days in it"), "days"),
    )
    opened = sum(views(connection, site.pages.keys(), days).values())
    sent = total(counted(connection, [PAGE], days), PAGE)
    rows: list[tuple[Value, ...]] = [
        ("views", opened, None, None, None),
        ("submissions", sent, Part(sent, opened, OPENINGS), None, None),
        ("leads", len(came), None, None, stayed.get(site.definitions.stages[0].id)),
    ]
    above = len(came)
    for stage in way_forward(site.definitions):
        n = as_far(came, stage_rank(site.definitions, stage.id))
        rows.append((stage.id, n, Part(n, above), Part(n, len(came)), stayed.get(stage.id)))
        above = n
    return Table("funnel", msgid("From the page to the customer"), columns, tuple(rows), None, PASSED)


def _by_page(came: Sequence[Newcomer]) -> list[tuple[str, list[Newcomer]]]:
    return grouped(came, lambda one: [one.page] if one.page else [])


def _by_sequence(came: Sequence[Newcomer]) -> list[tuple[str, list[Newcomer]]]:
    return grouped(came, lambda one: one.sequences)


def _shares(
    ident: str,
    title: str,
    kind: Kind,
    groups: Iterable[tuple[str, list[Newcomer]]],
    definitions: Definitions,
    note: str = COHORT,
) -> Table:
    """A row for each group: how many leads, and which share of them came to each stage."""
    stages = way_forward(definitions)
    columns = [Column("name", HEADS[kind], kind), Column("leads", msgid("Leads"), "count")]
    columns += [Column(f"share_{stage.id}", "%(stage)s", "share", stage.id) for stage in stages]
    ranks = [stage_rank(definitions, stage.id) for stage in stages]
    rows: list[tuple[Value, ...]] = [
        (name, len(those), *(Part(as_far(those, rank), len(those)) for rank in ranks)) for name, those in groups
    ]
    return Table(ident, title, tuple(columns), tuple(rows), None, note)


def days_in_stage(connection: Connection, days: Days, zone: Zone) -> dict[str, float]:
    """{stage: the median of days that those stayed in it who left it in those days}."""
    start, end = instants(days, zone)
    left = select(stage_changes.c.lead_id).where(stage_changes.c.at >= start, stage_changes.c.at < end).distinct()
    spans: dict[str, list[float]] = {}
    for some in portions(connection.scalars(left)):
        moved = select(stage_changes.c.lead_id, stage_changes.c.to_stage, stage_changes.c.at)
        since: dict[int, tuple[str, datetime]] = {}
        for row in connection.execute(moved.where(stage_changes.c.lead_id.in_(some)).order_by(stage_changes.c.id)):
            stage, entered = since.get(row.lead_id, ("", row.at))
            if stage and start <= row.at < end:
                spans.setdefault(stage, []).append((row.at - entered).total_seconds() / DAY)
            since[row.lead_id] = (row.to_stage, row.at)
    return {stage: round(median(those), 1) for stage, those in spans.items()}


# ---------------------------------------------------------------- sources


def sources(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """How many leads each source brings, and how good they are: by stages, verdicts and signatures."""
    came = dict(grouped(newcomers(connection, site.definitions, days, zone), lambda one: [one.source]))
    answers = answers_by_source(connection, days, zone)
    stages = telling_stages(site.definitions)
    columns = [Column("source", msgid("Source"), "source"), Column("leads", msgid("Leads"), "count")]
    for stage in stages:
        columns.append(Column(stage, "%(stage)s", "count", stage))
        columns.append(Column(f"share_{stage}", msgid("Share %(stage)s"), "share", stage))
    columns += [
        Column("accepted", msgid("Accepted"), "share"),
        Column("won", msgid("Signed"), "count"),
        Column("revenue", msgid("Revenue"), "money"),
    ]
    lines = {line.name: line for line in by_source(connection, site, days, zone) if line.name or line.leads or line.won}
    names = sorted({*lines, *came, *answers}, key=lambda name: (-len(came.get(name, ())), name))
    rows = tuple(
        _worth(lines.get(name, Line(name)), came.get(name, []), answers.get(name, NONE), stages, site.definitions)
        for name in names
    )
    table = Table("sources", msgid("Sources: how many, and how good"), tuple(columns), rows, None, WORTH)
    by_touch = touches_table(touched(connection, days, zone))
    tables = (table, by_touch, visits_table(connection, days))
    return _report("sources", msgid("Where leads come from"), site, days, tables)


def _worth(
    line: Line, came: Sequence[Newcomer], answers: Answers, stages: list[str], definitions: Definitions
) -> tuple[Value, ...]:
    values: list[Value] = [line.name, len(came)]
    for stage in stages:
        n = as_far(came, stage_rank(definitions, stage))
        values += [n, Part(n, len(came))]
    return (*values, answers.share, line.won, line.revenue)


def _report(name: str, title: str, site: Site, days: Days, tables: tuple[Table, ...]) -> Report:
    definitions = site.definitions
    return Report(name, title, days, definitions.deals.currency, definitions.version, tables)
