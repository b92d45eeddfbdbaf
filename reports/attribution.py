"""Which channels leads came by, seen by their first, their last and every touch, beside the visits counted; read-only.

The leads are those who came in during the period, each once, whoever they are one with. A touch is a visit from
somewhere else, where the browser may be known, else the form that was sent.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, select

from base.calendars import Zone
from base.translations import msgid
from leads.groups import owners
from leads.touches import BROUGHT_BY, source, source_of_visit
from reports.cohort import came, portions
from reports.days import instants
from reports.report import Column, Table
from reports.tallies import Days
from storage.schema import leads, submissions, visit_counts, visits

# By whose link a visit of a known browser came, where it did.
_BROUGHT = case((visits.c.channel == "partner", visits.c.touch[BROUGHT_BY].as_string()), else_="").label("where")
MOST = 30  # lines of visits, the most frequent first
TOUCHES = msgid(
    "Of the leads who came in these days: how many came by a channel the first time, the last time, and ever. Visits"
    " are all that came from it in these days, whoever they were."
)
COUNTED = msgid("Visits from outside, of nobody in particular: by the address they came with, else the page they left.")


@dataclass(frozen=True, slots=True)
class Touches:
    """{channel: leads} by the first, the last and any touch; {channel: visits}."""

    first: Counter[str]
    last: Counter[str]
    ever: Counter[str]
    visits: Counter[str]

    @property
    def channels(self) -> list[str]:
        """Those that brought most, first."""
        names = {*self.first, *self.last, *self.ever, *self.visits}
        return sorted(names, key=lambda name: (-self.ever[name], -self.visits[name], name))


def touched(connection: Connection, days: Days, zone: Zone) -> Touches:
    """Of whoever came in during those days, everything that is known up to now."""
    touch = (leads.c.source, leads.c.first_touch, leads.c.last_touch)
    rows = [row for _, (row, *_) in came(connection, days, zone, *touch).values()]
    first = {(row.id, row.source or source(row.first_touch or {})) for row in rows}
    last = {(row.id, _last(row)) for row in rows}
    ever = first | last
    for some in portions(row.id for row in rows):
        ever |= _between(connection, some)
    by_first, by_last, by_any = (Counter(name for _, name in pairs) for pairs in (first, last, ever))
    return Touches(by_first, by_last, by_any, _visits(connection, days, zone))


def touches_table(found: Touches) -> Table:
    columns = (
        Column("source", msgid("Source"), "source"),
        Column("first", msgid("First touch"), "count"),
        Column("last", msgid("Last touch"), "count"),
        Column("ever", msgid("Every touch"), "count"),
        Column("visits", msgid("Visits"), "count"),
    )
    rows = tuple((n, found.first[n], found.last[n], found.ever[n], found.visits[n]) for n in found.channels)
    return Table("touches", msgid("By the first, the last and every touch"), columns, rows, None, TOUCHES)


def visits_table(connection: Connection, days: Days) -> Table:
    """Where the visits of those days came from."""
    by = (visit_counts.c.channel, visit_counts.c.source, visit_counts.c.campaign)
    number = func.sum(visit_counts.c.n)
    asked = select(*by, number.label("n")).where(_within(days), visit_counts.c.channel != "").group_by(*by)
    columns = (
        Column("source", msgid("Source"), "source"),
        Column("from", msgid("From where"), "name"),
        Column("campaign", msgid("Campaign"), "name"),
        Column("visits", msgid("Visits"), "count"),
    )
    found = connection.execute(asked.order_by(number.desc(), *by).limit(MOST))
    rows = tuple((source_of_visit(row.channel, row.source), row.source, row.campaign, int(row.n)) for row in found)
    return Table("visits", msgid("Visits: from where"), columns, rows, None, COUNTED)


def _last(row: Any) -> str:
    """The source, where no touch is kept: of a list, or nameless since."""
    touch = row.last_touch or row.first_touch
    return source(touch) if touch or not row.source else str(row.source)


def _between(connection: Connection, lead_ids: Collection[int]) -> set[tuple[int, str]]:
    """(lead, channel) of their visits, and of their forms where no visit is known or the form says more."""
    whose = owners(connection, lead_ids)
    theirs = (visits.c.lead_id.in_(whose), visits.c.channel != "")
    known = select(visits.c.lead_id, visits.c.channel, _BROUGHT).where(*theirs).distinct()
    found = {(whose[row.lead_id], source_of_visit(row.channel, row.where)) for row in connection.execute(known)}
    seen = {lead_id for lead_id, _ in found}
    sent = select(submissions.c.lead_id, submissions.c.touch).where(submissions.c.lead_id.in_(whose))
    rows = [(whose[row.lead_id], source(row.touch)) for row in connection.execute(sent) if row.touch]
    return found | {(lead_id, name) for lead_id, name in rows if lead_id not in seen or name != "direct"}


def _visits(connection: Connection, days: Days, zone: Zone) -> Counter[str]:
    """Counted of nobody, and those of browsers that are known."""
    start, end = instants(days, zone)
    brought = case((visit_counts.c.channel == "partner", visit_counts.c.source), else_="").label("where")
    of_nobody = select(visit_counts.c.channel, brought, visit_counts.c.n).where(_within(days)).subquery()
    known = select(visits.c.channel, _BROUGHT, literal(1).label("n")).where(visits.c.at >= start, visits.c.at < end)
    found: Counter[str] = Counter()
    for those in (of_nobody, known.subquery()):
        by = those.c.channel, those.c.where
        for row in connection.execute(select(*by, func.sum(those.c.n).label("n")).group_by(*by)):
            found[source_of_visit(row.channel, row.where)] += int(row.n)
    del found[""]  # from one of our pages to the next
    return found


def _within(days: Days) -> Any:
    return and_(visit_counts.c.day >= days.first, visit_counts.c.day <= days.last)
