"""Everything that is stored about somebody, table by table, as `storage.personal` declares it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from leads.groups import everyone_in
from storage.personal import HOLDINGS, Kind, of_leads, tables

GIVEN_OUT: tuple[Kind, ...] = ("personal", "figure")


@dataclass(frozen=True, slots=True)
class Record:
    """What the house holds of one lead and of those who were merged into it. `tables`: {table: rows}, empty ones left
    out; a row is {column: value}, of the kinds that are given out: no secret, nothing of those who work here."""

    lead_id: int
    name: str
    locale: str
    at: datetime
    tables: Mapping[str, list[dict[str, Any]]]

    def as_json(self) -> dict[str, Any]:
        """The same for a program: instants as ISO 8601 in UTC."""
        rows = {name: [_plain(row) for row in rows] for name, rows in self.tables.items()}
        return {"lead": self.lead_id, "exported_at": self.at.isoformat(), "tables": rows}


def record_of(conn: Connection, lead_id: int, now: datetime) -> Record:
    """Everything about that lead. Raises LookupError where there is nobody of that number."""
    ids = everyone_in(conn, lead_id)
    found = {table.name: _rows(conn, table, ids) for table in tables()}
    ours = found["leads"][0]
    name = " ".join(part for part in (ours["first_name"], ours["last_name"]) if part)
    told = {table: rows for table, rows in found.items() if rows and any(rows)}
    return Record(ids[0], name or ours["email"] or ours["phone"] or "", ours["locale"], now, told)


def _rows(conn: Connection, table: Table, ids: Collection[int]) -> list[dict[str, Any]]:
    names = HOLDINGS[table.name].columns(*GIVEN_OUT)
    if not names:
        return []
    order = list(table.primary_key.columns)
    asked = select(*(table.c[name] for name in names)).where(of_leads(table, ids)).order_by(*order)
    return [dict(row) for row in conn.execute(asked).mappings()]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
