"""The reports: each a page, the same as a file for a spreadsheet, over the days that are asked for."""

import csv
import io
from dataclasses import replace
from typing import Any

from flask import Response, abort, make_response, url_for
from sqlalchemy import select

from base.translations import msgid
from console.access import SEES_EVERY_LEAD
from console.charts import bar
from console.context import say, viewer
from console.door import ConsoleDoor
from console.periods import choices, chosen_days, span_of
from console.report_cells import Cell, Teller
from console.reporting import draw_report
from console.routes import Route
from leads.imports.values import harmless
from reports.every import NAMES, questions
from reports.report import Report, Table
from storage.schema import leads

TITLES = {
    "funnel": msgid("The way"),
    "sources": msgid("Sources"),
    "costs": msgid("Costs and return"),
    "forecast": msgid("Forecast"),
    "handoff": msgid("Hand-offs"),
    "precision": msgid("Precision"),
    "leaks": msgid("Leaks"),
}
# (report, table) -> the column that is drawn beside the table's rows: what the report is about.
DRAWN = {
    ("funnel", "funnel"): "count", ("funnel", "months"): "leads", ("funnel", "sources"): "leads",
    ("funnel", "pages"): "leads", ("funnel", "sequences"): "leads", ("sources", "sources"): "leads",
    ("sources", "touches"): "ever", ("sources", "visits"): "visits", ("costs", "sources"): "cost",
    ("costs", "campaigns"): "cost", ("forecast", "ahead"): "forecast", ("forecast", "history"): "signed",
    ("handoff", "reps"): "opened", ("handoff", "steps"): "count", ("handoff", "reasons"): "count",
    ("leaks", "silence"): "longer", ("leaks", "phases"): "stuck",
}  # fmt: skip


def show_report(door: ConsoleDoor, report: str = NAMES[0]) -> Response:
    """One of the reports, with the others a link away."""
    told, teller = _answered(door, report)
    named = _named(door, told)
    tables = [
        {
            "table": table,
            "heads": teller.heads(table),
            "rows": list(zip(_linked(teller, table, named), _bars(told, table), strict=True)),
            "total": teller.total(table),
            "drawn": _drawn(told, table, teller),
        }
        for table in told.tables
    ]
    return draw_report(
        "console/report.html",
        report=told,
        tables=tables,
        named=named,
        tabs=[(one, say(TITLES[one]), url_for("console.report", report=one, days=told.days.count)) for one in NAMES],
        periods=list(choices("report", told.days, report=report)),
        span=span_of(told.days),
        file=url_for("console.report_file", report=report, days=told.days.count),
    )


def give_file(door: ConsoleDoor, report: str) -> Response:
    """Its tables one below the other, in plain values: amounts in whole units, shares between 0 and 1; below them the
    version of the definitions."""
    told, teller = _answered(door, report, whole=True)
    answer = make_response(as_csv(told, teller))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{report}-{told.days.last}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def as_csv(report: Report, teller: Teller) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    for number, table in enumerate(report.tables):
        if number:
            writer.writerow([])
        writer.writerow([harmless(head.text) for head in teller.heads(table)])
        for row in table.as_dicts():
            writer.writerow([_written(value) for value in row.values()])
        if table.cut:
            writer.writerow([say(table.cut)])
    writer.writerows([[], [say("Definitions"), harmless(report.version)]])
    return "\ufeff" + written.getvalue()


def _written(value: object) -> object:
    """A number stays one, below nothing too; a text calculates nothing."""
    return harmless(value) if isinstance(value, str) else "" if value is None else value


def _answered(door: ConsoleDoor, name: str, whole: bool = False) -> tuple[Report, Teller]:
    if name not in NAMES:
        abort(404)
    site, who = door.site(), viewer()
    now = door.clocks.calendar()
    with door.database.read() as conn:
        report = questions(now, whole)[name](conn, site, chosen_days(), who.zone)
    return report, Teller(report, site)


def _named(door: ConsoleDoor, report: Report) -> dict[int, str]:
    """{lead of the report: their name}, for those who see every lead; for all others numbers stay numbers."""
    ids = [row["lead"] for table in report.tables for row in table.as_dicts() if row.get("lead")]
    if viewer().role not in SEES_EVERY_LEAD or not ids:
        return {}
    columns = (leads.c.id, leads.c.first_name, leads.c.last_name, leads.c.email, leads.c.phone)
    with door.database.read() as conn:
        found = conn.execute(select(*columns).where(leads.c.id.in_(ids)))
        return {row.id: _name(row) for row in found}


def _name(row: Any) -> str:
    return " ".join(filter(None, (row.first_name, row.last_name))) or row.email or row.phone or f"#{row.id}"


def _linked(teller: Teller, table: Table, named: dict[int, str]) -> list[list[Cell]]:
    rows = []
    for row in teller.rows(table):
        rows.append([replace(cell, text=named.get(cell.lead, cell.text)) if cell.lead else cell for cell in row])
    return rows


def _drawn(report: Report, table: Table, teller: Teller) -> str:
    """The head of the column that is drawn; nothing where the table has nothing to draw."""
    place = _place(report, table)
    if place is None or not any(row[place] for row in table.rows):
        return ""
    return teller.heads(table)[place].text


def _place(report: Report, table: Table) -> int | None:
    wanted = DRAWN.get((report.name, table.id))
    return next((number for number, column in enumerate(table.columns) if column.id == wanted), None)


def _bars(report: Report, table: Table) -> list[object]:
    """One drawing for each row, to the scale of the longest."""
    place = _place(report, table)
    if place is None:
        return [""] * len(table.rows)
    column = table.columns[place].id
    values = [max(float(row[column] or 0), 0) for row in table.as_dicts()]
    most = max(values, default=0) or 1
    return [bar(100 * value / most, "f-lead") for value in values]


ROUTES = (
    Route("GET", "/reports", "reports", show_report),
    Route("GET", "/reports/<report>", "report", show_report),
    Route("GET", "/reports/<report>.csv", "report_file", give_file),
)
