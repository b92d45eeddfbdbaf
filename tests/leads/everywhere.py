"""Somebody whose data lies in every column of every table that holds any: made from the schema, not from memory."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Integer, LargeBinary, Table, insert

from storage.personal import HOLDINGS, tables
from storage.schema import documents, releases, sequence_versions, staff
from storage.types import UtcDateTime
from storage.upsert import insert_or_ignore

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KINDS = ("personal", "secret")
FIXED = {
    "leads.status": "lead", "leads.locale": "fr", "leads.origin": "inbound", "leads.merged_into": None,
    "leads.fields": {}, "leads.tags": [], "consents.state": "granted", "enrolments.state": "active",
    "messages.state": "sent", "calls.outcome": "reached", "bant.value": "yes", "messages.holder": None,
    "wakes.holder": None, "standings.release_id": 1, "events.evidence": "human", "events.name": "form_submitted",
    "hits.klass": "human", "deals.state": "open",
}  # fmt: skip
CHOSEN = {"calls.outcome", "bant.value"}  # personal, and one of a few words


def canary(who: str, place: str) -> str:
    """What stands in that column of that lead, and nowhere else."""
    return f"zq{who}{place}".replace(".", "").replace("_", "")


def lay_ground(conn: Connection) -> None:
    insert_or_ignore(conn, releases, {"id": 1, "hash": "h", "tree": {}, "author": "ada", "created_at": AT})
    insert_or_ignore(conn, documents, {"hash": "text", "text": ""})
    insert_or_ignore(conn, sequence_versions, {"hash": "v", "name": "series", "document_hash": "text"})
    member = {"id": 1, "email": "ada@lumen.example", "name": "Ada", "role": "admin", "password_hash": "x",
              "locale": "fr", "theme": "auto", "keys": True, "created_at": AT}  # fmt: skip
    insert_or_ignore(conn, staff, member)


def settle(conn: Connection, number: int, who: str) -> int:
    """One row about lead `number` in every table; their canaries carry `who`."""
    lay_ground(conn)
    for table in tables():
        conn.execute(insert(table).values({column.name: _value(table, column, number, who) for column in table.c}))
    return number


def every_canary(who: str) -> list[str]:
    return [
        canary(who, f"{table.name}.{name}")[: _longest(table.c[name])]
        for table in tables()
        for name in HOLDINGS[table.name].columns(*KINDS)
        if f"{table.name}.{name}" not in CHOSEN
        and f"{table.name}.{name}" not in FIXED
        and not isinstance(table.c[name].type, UtcDateTime)
    ]


def _value(table: Table, column: Column[Any], number: int, who: str) -> Any:
    place = f"{table.name}.{column.name}"
    if place in FIXED:
        return FIXED[place]
    if column.name == "lead_id" or (column.primary_key and column.name == "id"):
        return number
    for key in column.foreign_keys:
        return _referred(key.column.table, number)
    told = HOLDINGS[table.name].kinds()[column.name] in KINDS
    return _of_type(column, canary(who, place) if told else f"{column.name}-{number}", number)


def _referred(table: Table, number: int) -> Any:
    known = {releases: 1, sequence_versions: "v", documents: "text", staff: 1}
    return known.get(table, number)


def _of_type(column: Column[Any], text: str, number: int) -> Any:
    match column.type:
        case JSON():
            return {"said": text}
        case UtcDateTime():
            return AT
        case Date():
            return date(2026, 11, 2)
        case Boolean():
            return False
        case LargeBinary():
            return text.encode()
        case Integer():
            return number
        case _:
            return text[: _longest(column)]


def _longest(column: Column[Any]) -> int:
    return getattr(column.type, "length", None) or 10_000
