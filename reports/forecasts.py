"""What open deals are worth, by the month they are hoped for; and what had been hoped for beside what came; read-only.

An open deal weighs its amount times its probability: that which its rep gave, else that of the lead's stage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, and_, select

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import Zone, at_local, local_day
from base.translations import msgid
from reports.days import instants, month_of, months, next_month
from reports.report import Column, Report, Table, Value, per
from reports.tallies import Days
from storage.schema import deal_forecasts, deals, standings

OPEN, WON = "open", "won"
WEIGHED = msgid(
    "Each open deal weighs its amount times its probability: its rep's, else that of the stage its lead stands at."
)
KEPT = msgid(
    "What was forecast for a month when it began, with the probabilities of the reps and those of the present "
    "definitions, beside what was signed in it."
)


@dataclass(frozen=True, slots=True)
class Deal:
    """An open deal as it was believed to be; amounts in hundredths, `probability` in percent."""

    amount: int
    probability: int
    own: bool  # the rep has said so, not the stage
    close_on: date

    @property
    def weighed(self) -> int:
        return self.amount * self.probability // 100


def forecast(connection: Connection, site: Site, days: Days, zone: Zone) -> Report:
    """The deals open at the end of those days, month by month, and how well the months in them were foreseen."""
    return Report(
        name="forecast",
        title=msgid("What is to be signed"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(
            _ahead(believed(connection, site.definitions, instants(days, zone)[1])),
            _history(connection, site.definitions, days, zone),
        ),
    )


def believed(connection: Connection, definitions: Definitions, at: datetime) -> list[Deal]:
    """The deals that were open at that instant, in the newest words on them before it."""
    words = select(
        deal_forecasts.c.deal_id,
        deal_forecasts.c.state,
        deal_forecasts.c.amount,
        deal_forecasts.c.probability,
        deal_forecasts.c.close_on,
        standings.c.stage,
    ).select_from(
        deal_forecasts.join(deals, deals.c.id == deal_forecasts.c.deal_id).outerjoin(
            standings, standings.c.lead_id == deals.c.lead_id
        )
    )
    within = words.where(
        deal_forecasts.c.at < at, deals.c.opened_at < at, (deals.c.ended_at.is_(None)) | (deals.c.ended_at >= at)
    ).order_by(deal_forecasts.c.deal_id, deal_forecasts.c.number)
    newest = {row.deal_id: row for row in connection.execute(within)}
    return [_deal(row, definitions) for row in newest.values() if row.state == OPEN]


def _deal(row: Any, definitions: Definitions) -> Deal:
    own = row.probability is not None
    return Deal(row.amount, row.probability if own else _of_stage(row.stage, definitions), own, row.close_on)


def _of_stage(stage: str | None, definitions: Definitions) -> int:
    return next((one.probability or 0 for one in definitions.stages if one.id == stage), 0)


def _ahead(open_deals: Iterable[Deal]) -> Table:
    by_month: dict[date, list[Deal]] = {}
    for deal in open_deals:
        by_month.setdefault(month_of(deal.close_on), []).append(deal)
    columns = (
        Column("month", msgid("Month"), "month"),
        Column("deals", msgid("Deals"), "count"),
        Column("amount", msgid("Amount"), "money"),
        Column("probability", msgid("Probability"), "share"),
        Column("forecast", msgid("Forecast"), "money"),
        Column("own", msgid("Of these, weighed by the rep"), "count"),
    )
    rows = tuple(_month(month.isoformat(), those) for month, those in sorted(by_month.items()))
    everything = [deal for those in by_month.values() for deal in those]
    total = _month(None, everything) if rows else None
    return Table("ahead", msgid("Open deals, by the month they are hoped for"), columns, rows, total, WEIGHED)


def _month(month: str | None, those: list[Deal]) -> tuple[Value, ...]:
    amount, weighed = sum(deal.amount for deal in those), sum(deal.weighed for deal in those)
    return (month, len(those), amount, per(weighed, amount), weighed, sum(deal.own for deal in those))


# ---------------------------------------------------------------- how well it was foreseen


def _history(connection: Connection, definitions: Definitions, days: Days, zone: Zone) -> Table:
    columns = (
        Column("month", msgid("Month"), "month"),
        Column("forecast", msgid("Forecast"), "money"),
        Column("signed", msgid("Signed"), "money"),
        Column("met", msgid("Of the forecast"), "share"),
    )
    signed = _signed(connection, days, zone)
    rows = []
    for month in months(days.first, days.last):
        hoped = believed(connection, definitions, at_local(month, time(), zone))
        expected = sum(deal.weighed for deal in hoped if deal.close_on < next_month(month))
        got = signed.get(month, 0)
        if expected or got:
            rows.append((month.isoformat(), expected, got, per(got, expected)))
    return Table("history", msgid("Forecast and signed"), columns, tuple(rows), None, KEPT)


def _signed(connection: Connection, days: Days, zone: Zone) -> Mapping[date, int]:
    """{month: hundredths signed in it, within those days}."""
    start, end = instants(days, zone)
    won = select(deals.c.ended_at, deals.c.amount).where(
        and_(deals.c.state == WON, deals.c.ended_at >= start, deals.c.ended_at < end)
    )
    sums: dict[date, int] = {}
    for row in connection.execute(won):
        month = month_of(local_day(row.ended_at, zone))
        sums[month] = sums.get(month, 0) + row.amount
    return sums
