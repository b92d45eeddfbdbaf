"""What every report is: named columns, rows of plain values, a line of totals; how it is shown is left to the doors.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from reports.shares import Part
from reports.tallies import Days

# How a column's values are to be read. `money` is in hundredths of the report's currency, `share` a part of some, or
# between 0 and 1 (a return on a cost may be more, or below 0), `days` and `minutes` are spans, `month` is the first day
# of one.
Kind = Literal[
    "stage", "source", "name", "page", "sequence", "rep", "rule", "escalation", "word", "count", "money", "share",
    "days", "minutes", "month", "lead",
]  # fmt: skip
Plain = str | int | float | None
Value = Plain | Part  # None: there is nothing to divide by, "n/a"


@dataclass(frozen=True, slots=True)
class Column:
    """`id` is its key in JSON and the first line of the CSV; `title` is English, and translated where it is shown, with
    the name of `stage` in it where it is about one."""

    id: str
    title: str
    kind: Kind
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`note` says what the figures count, and `cut` which rows these are where there are more, both in English; `total`
    stands under the rows where there is one."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    note: str = ""
    cut: str = ""

    def as_dicts(self) -> Iterator[dict[str, Plain]]:
        for row in self.rows:
            yield self.as_dict(row)

    def as_dict(self, row: tuple[Value, ...]) -> dict[str, Plain]:
        """{column: value}, money in whole units of the currency."""
        return {column.id: _plain(column, value) for column, value in zip(self.columns, row, strict=True)}


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question about those days. `version` is that of the definitions which the figures follow."""

    name: str
    title: str
    days: Days
    currency: str
    version: str
    tables: tuple[Table, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "report": self.name,
            "from": self.days.first.isoformat(),
            "to": self.days.last.isoformat(),
            "currency": self.currency,
            "definitions": self.version,
            "tables": {
                table.id: {
                    "rows": list(table.as_dicts()),
                    "total": None if table.total is None else table.as_dict(table.total),
                    **({"cut": table.cut} if table.cut else {}),
                }
                for table in self.tables
            },
        }


def per(amount: float, number: int) -> float | None:
    """`amount` for each of `number`; None where there is none of them."""
    return amount / number if number else None


def per_head(hundredths: int, number: int) -> int | None:
    """What each cost, in whole hundredths; None where there is nobody: no money was well or badly spent on them."""
    return round(hundredths / number) if number else None


def _plain(column: Column, value: Value) -> Plain:
    if isinstance(value, Part):
        return value.value
    return value / 100 if column.kind == "money" and isinstance(value, int | float) else value
