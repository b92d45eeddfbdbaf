"""From a page opened to a customer, with the time that each stage takes; and sources by number and worth; read-only."""

from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from reports.attribution import touched, touches_table, visits_table
from reports.days import instants
from reports.funnel import Funnel, Source, dashboard, way_forward
from reports.money import Line, by_source, portions, telling_stages
from reports.report import Column, Report, Table, Value, per
from reports.tallies import Days
from storage.schema import stage_changes

DAY = 86_400
PASSED = msgid(
    "Each counts on the day it happened; a stage counts leads who came so far for the first time. Days in a stage: "
    "the median of those who left it in these days."
)
WORTH = msgid(
    "Of the leads of a source, how many were good enough: for marketing's rule, for sales, and for their signature."
)


def funnel(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """How many came so far, of how many before, and how long they stayed."""
    found = dashboard(connection, site, days).now
    stayed = days_in_stage(connection, days, zone)
    columns = (
        Column("step", msgid("Step of the way"), "stage"),
        Column("count", msgid("How many"), "count"),
        Column("share", msgid("Of those above"), "share"),
        Column("days", msgid("Days in it"), "days"),
    )
    rows: list[tuple[Value, ...]] = []
    above = 0
    for name, n in _steps(found, site):
        rows.append((name, n, per(n, above), stayed.get(name)))
        above = n
    table = Table("funnel", msgid("From the page to the customer"), columns, tuple(rows), None, PASSED)
    return _report("funnel", msgid("From the page to the customer"), site, days, (table,))


def _steps(found: Funnel, site: Site) -> list[tuple[str, int]]:
    first = [("views", found.views), ("submissions", found.submissions), ("leads", found.leads)]
    return [*first, *((stage.id, found.stages[stage.id]) for stage in way_forward(site.definitions))]


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
    judged = {source.name: source for source in dashboard(connection, site, days).sources}
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
    lines = by_source(connection, site, days, zone)
    rows = tuple(_worth(line, judged.get(line.name), stages) for line in sorted(lines, key=lambda one: -one.leads))
    table = Table("sources", msgid("Sources: how many, and how good"), tuple(columns), rows, None, WORTH)
    by_touch = touches_table(touched(connection, days, zone))
    tables = (table, by_touch, visits_table(connection, days))
    return _report("sources", msgid("Where leads come from"), site, days, tables)


def _worth(line: Line, judged: Source | None, stages: list[str]) -> tuple[Value, ...]:
    values: list[Value] = [line.name, line.leads]
    for stage in stages:
        n = line.reached.get(stage, 0)
        values += [n, per(n, line.leads)]
    accepted = per(judged.accepted, judged.judged) if judged else None
    return (*values, accepted, line.won, line.revenue)


def _report(name: str, title: str, site: Site, days: Days, tables: tuple[Table, ...]) -> Report:
    definitions = site.definitions
    return Report(name, title, days, definitions.deals.currency, definitions.version, tables)
