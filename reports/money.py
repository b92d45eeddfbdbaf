"""What leads cost and bring: by channel of the first touch, and by advertising campaign; read-only.

By channel each thing counts on the day it happened. By campaign those count who came in the period, with everything
that has become of them since.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, func, literal, select

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from leads.conditions import place, stage_rank
from leads.groups import owners
from leads.tallies import LEAD, REACHED
from reports.cohort import alone, furthest, together
from reports.days import instants
from reports.funnel import way_forward
from reports.report import Column, Report, Table, Value, per, per_head
from reports.spending import FOR_ALL, spent_by
from reports.tallies import Counted, Days, counted
from storage.schema import deals, leads, stage_changes

WON, LEADS = "won", "leads"
ADVERTISEMENT = leads.c.first_touch["utm_campaign"].as_string().label("campaign")
FIRST = msgid(
    "By the first touch. A lead, a stage and a signature count on the day they happened; costs are spread over their"
    " days."
)
COHORT = msgid(
    "Of those who came in these days by a campaign's link: how far they have come since, and what they have signed."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One channel or campaign. `reached`: {stage: leads}; `cost` and `revenue` in hundredths."""

    name: str
    leads: int = 0
    reached: Mapping[str, int] = field(default_factory=dict)
    won: int = 0
    revenue: int = 0
    cost: int = 0

    def plus(self, other: "Line") -> "Line":
        stages = {*self.reached, *other.reached}
        return Line(
            self.name,
            self.leads + other.leads,
            {stage: self.reached.get(stage, 0) + other.reached.get(stage, 0) for stage in stages},
            self.won + other.won,
            self.revenue + other.revenue,
            self.cost + other.cost,
        )


def costs(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """Cost per lead, per stage and per customer, and what came back, by channel and by campaign."""
    channels = by_source(connection, site, days, zone)
    campaigns = by_advertisement(connection, site, days, zone)
    return Report(
        name="costs",
        title=msgid("What leads cost and bring"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(
            _table("sources", msgid("By source"), "source", channels, site.definitions, FIRST),
            _table("campaigns", msgid("By campaign"), "name", campaigns, site.definitions, COHORT),
        ),
    )


# ---------------------------------------------------------------- by source


def by_source(connection: Connection, site: Site, days: Days, zone: Zone) -> list[Line]:
    """A line for each channel that brought anybody or cost anything, the dearest first; FOR_ALL is nobody's own."""
    found = counted(connection, [LEAD, REACHED], days)
    won = _won(connection, leads.c.source, days, zone)
    spent = spent_by(site.costs.costs, days, lambda cost: cost.source)
    names = {one.source for one in found} | won.keys() | spent.keys()
    lines = [_source(name, found, won.get(name, (0, 0)), spent.get(name, 0)) for name in names]
    return sorted(lines, key=lambda line: (-line.cost, -line.leads, line.name))


def _source(name: str, found: Iterable[Counted], won: tuple[int, int], cost: int) -> Line:
    came, reached = 0, dict[str, int]()
    for one in found:
        if one.source == name and one.name == LEAD:
            came += one.n
        elif one.source == name:
            reached[one.subject] = reached.get(one.subject, 0) + one.n
    return Line(name, came, reached, won[0], won[1], cost)


def _won(connection: Connection, by: Any, days: Days, zone: Zone) -> dict[str, tuple[int, int]]:
    """{channel or campaign: (leads who signed, hundredths)} of those days."""
    start, end = instants(days, zone)
    signed = and_(deals.c.state == WON, deals.c.ended_at >= start, deals.c.ended_at < end)
    asked = (
        select(
            by.label("by"), func.count(func.distinct(deals.c.lead_id)).label("n"), func.sum(deals.c.amount).label("sum")
        )
        .select_from(deals.join(leads, leads.c.id == deals.c.lead_id))
        .where(signed)
        .group_by(by)
    )
    return {row.by or FOR_ALL: (row.n, int(row.sum)) for row in connection.execute(asked)}


# ---------------------------------------------------------------- by campaign


def by_advertisement(connection: Connection, site: Site, days: Days, zone: Zone) -> list[Line]:
    """A line for each campaign by whose link somebody came in those days, or that cost something."""
    spent = spent_by((cost for cost in site.costs.costs if cost.utm_campaign), days, lambda cost: cost.utm_campaign)
    lines = {name: Line(name, cost=cost) for name, cost in spent.items()}
    for line in chain(
        _came_alone(connection, site.definitions, days, zone),
        _signed_alone(connection, days, zone),
        _together(connection, site.definitions, days, zone),
    ):
        lines[line.name] = lines.get(line.name, Line(line.name)).plus(line)
    return sorted(lines.values(), key=lambda line: (-line.cost, -line.leads, line.name))


def _came_alone(connection: Connection, definitions: Definitions, days: Days, zone: Zone) -> Iterator[Line]:
    """Of those who are one with nobody, who came and how far: counted by the database, however many they are."""
    ranks = {stage.id: rank for stage in definitions.stages if (rank := place(definitions, stage.id)) > 0}
    moved = case(ranks, value=stage_changes.c.to_stage, else_=0) if ranks else literal(0)
    furthest_of = select(func.max(moved)).where(stage_changes.c.lead_id == leads.c.id).scalar_subquery()
    each = _each_alone(days, zone, func.coalesce(furthest_of, 0).label("rank"))
    by_rank = select(each.c.campaign, each.c.rank, func.count().label("n")).group_by(each.c.campaign, each.c.rank)
    for row in connection.execute(by_rank):
        yield Line(row.campaign, row.n, _reached(definitions, row.rank, row.n))


def _signed_alone(connection: Connection, days: Days, zone: Zone) -> Iterator[Line]:
    """What the same have signed."""
    each = _each_alone(days, zone, leads.c.id)
    number = func.count(func.distinct(deals.c.lead_id)).label("n")
    signed = each.join(deals, and_(deals.c.lead_id == each.c.id, deals.c.state == WON))
    asked = select(each.c.campaign, number, func.sum(deals.c.amount).label("sum")).select_from(signed)
    for row in connection.execute(asked.group_by(each.c.campaign)):
        yield Line(row.campaign, won=row.n, revenue=int(row.sum))


def _each_alone(days: Days, zone: Zone, *columns: Any) -> Subquery:
    return select(ADVERTISEMENT, *columns).where(alone(days, zone), ADVERTISEMENT != "").subquery()


def _together(connection: Connection, definitions: Definitions, days: Days, zone: Zone) -> Iterator[Line]:
    """Those who are one with others, looked at one by one: by the name that the one that goes on came by, else the
    first of the others."""
    for some in together(connection, days, zone, ADVERTISEMENT):
        named = {
            lead_id: next((one.campaign for one in rows if one.campaign), "") for lead_id, (_, rows) in some.items()
        }
        names = {lead_id: campaign for lead_id, campaign in named.items() if campaign}
        stages, signed = furthest(connection, names, definitions), _signed(connection, names)
        for lead_id, name in names.items():
            reached = _reached(definitions, stages.get(lead_id, 0), 1)
            yield Line(name, 1, reached, int(lead_id in signed), signed.get(lead_id, 0))


def _reached(definitions: Definitions, rank: int, n: int) -> dict[str, int]:
    """So many came to each stage up to that rank, or passed it over."""
    return {stage.id: n for stage in way_forward(definitions) if rank >= stage_rank(definitions, stage.id)}


def _signed(connection: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """{lead who has signed: hundredths}, under whichever of their addresses."""
    found: dict[int, int] = {}
    whose = owners(connection, lead_ids)
    won = select(deals.c.lead_id, func.sum(deals.c.amount).label("sum")).where(
        deals.c.state == WON, deals.c.lead_id.in_(whose)
    )
    for row in connection.execute(won.group_by(deals.c.lead_id)):
        found[whose[row.lead_id]] = found.get(whose[row.lead_id], 0) + int(row.sum)
    return found


# ---------------------------------------------------------------- as a table


def _table(ident: str, title: str, kind: Any, lines: list[Line], definitions: Definitions, note: str) -> Table:
    stages = telling_stages(definitions)
    columns = [
        Column("name", msgid("Source") if kind == "source" else msgid("Campaign"), kind),
        Column("cost", msgid("Cost"), "money"),
        Column("leads", msgid("Leads"), "count"),
        Column("per_lead", msgid("Per lead"), "money"),
    ]
    for stage in stages:
        columns.append(Column(stage, "%(stage)s", "count", stage))
        columns.append(Column(f"per_{stage}", msgid("Per %(stage)s"), "money", stage))
    columns += [
        Column("won", msgid("Signed"), "count"),
        Column("per_won", msgid("Per signature"), "money"),
        Column("revenue", msgid("Revenue"), "money"),
        Column("roi", msgid("Return"), "share"),
    ]
    total = sum_of(lines)
    rows = tuple(_row(line, stages) for line in lines)
    return Table(ident, title, tuple(columns), rows, _row(total, stages) if lines else None, note)


def telling_stages(definitions: Definitions) -> list[str]:
    """The stages that a cost is worth saying for: what is handed to sales, and what sales makes of it."""
    named = [stage for one in definitions.stages if one.hand_off for stage in (one.id, one.accepted_to)]
    return list(dict.fromkeys(stage for stage in named if stage))


def sum_of(lines: Iterable[Line]) -> Line:
    whole = Line("")
    for line in lines:
        whole = whole.plus(line)
    return whole


def _row(line: Line, stages: list[str]) -> tuple[Value, ...]:
    values: list[Value] = [line.name, line.cost, line.leads, per_head(line.cost, line.leads)]
    for stage in stages:
        n = line.reached.get(stage, 0)
        values += [n, per_head(line.cost, n)]
    back = per(line.revenue - line.cost, line.cost)
    return (*values, line.won, per_head(line.cost, line.won), line.revenue, back)
