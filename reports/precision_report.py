"""Whom sales wanted of those that each rule and each source brought, with what so few answers can tell; read-only."""

from collections.abc import Iterable

from sqlalchemy import Connection

from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from reports.intervals import FEW, Share, wilson
from reports.precision import precision
from reports.report import Column, Kind, Report, Table, Value
from reports.tallies import Days

JUDGED = msgid(
    "Accepted, of those that sales answered in these days. The true share lies between the two ends 99 times of 100; "
    "below 30 answers nothing is said. A lead counts for each rule that had given it points by then."
)


def precision_report(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """By rule in the order of the definitions, by source the most answered first; all of them in the total."""
    found = precision(connection, zone, days)
    rules = [(rule.id, found.rules.get(rule.id, Share(0, 0))) for rule in site.definitions.scoring.engagement]
    sources = sorted(found.sources.items(), key=lambda one: (-one[1].of, one[0]))
    return Report(
        name="precision",
        title=msgid("Whom sales wanted"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(
            _table("by_rule", msgid("By rule"), Column("rule", msgid("Rule"), "rule"), rules, found.every),
            _table("by_source", msgid("By source"), Column("source", msgid("Source"), "source"), sources, found.every),
        ),
    )


def _table(name: str, title: str, first: Column, shares: Iterable[tuple[str, Share]], every: Share) -> Table:
    share: Kind = "share"
    columns = (
        first,
        Column("data", msgid("Data"), "word"),
        Column("accepted", msgid("Accepted"), "count"),
        Column("answered", msgid("Answered"), "count"),
        Column("share", msgid("Share"), share),
        Column("low", msgid("At least"), share),
        Column("high", msgid("At most"), share),
    )
    rows = tuple(_row(what, one) for what, one in shares)
    return Table(name, title, columns, rows, _row(None, every) if rows else None, JUDGED)


def _row(what: str | None, share: Share) -> tuple[Value, ...]:
    if share.of < FEW:
        return (what, "few", share.n, share.of, None, None, None)
    low, high = wilson(share)
    return (what, "enough", share.n, share.of, round(share.value, 4), round(low, 4), round(high, 4))
