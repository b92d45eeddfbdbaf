"""How questions are read: what the database says it would do for each statement that was asked."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from storage.database import Database
from storage.schema import metadata

# Tables that stay small however many leads there are: reading them whole is no fault.
SMALL = {
    "alembic_version", "broadcasts", "calendars", "documents", "facts", "holders", "in_force", "obstacles", "occupancy",
    "releases", "sequence_versions", "staff", "switches",
}  # fmt: skip
BIG = "|".join(sorted(set(metadata.tables) - SMALL))
SCANS = {
    "sqlite": re.compile(rf"^SCAN ({BIG})\b"),
    "postgresql": re.compile(rf"Seq Scan on ({BIG})\b"),
}


@contextmanager
def _planned(conn: Connection, plans: list[tuple[str, str]]) -> Iterator[None]:
    """(statement, how it would be done, a step a line) of all that is asked inside."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL enable_seqscan = off"))
    asked: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", keep)
    yield
    event.remove(conn, "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    for statement, parameters in asked:
        if re.match(r"\s*(SELECT|WITH)", statement):
            plan = conn.exec_driver_sql(explain + statement, parameters)
            plans.append((statement, "\n".join(str(row[-1]) for row in plan)))


@contextmanager
def _watched(database: Database, scans: list[str]) -> Iterator[Connection]:
    plans: list[tuple[str, str]] = []
    with database.read() as conn:
        with _planned(conn, plans):
            yield conn
        for statement, plan in plans:
            scans += [f"{line}\n{statement}" for line in plan.splitlines() if SCANS[conn.dialect.name].search(line)]


@pytest.fixture
def watched(database: Database) -> Iterator[Any]:
    """`with watched() as conn:` asks questions; afterwards none may have read a big table from end to end."""
    scans: list[str] = []
    yield lambda: _watched(database, scans)
    assert scans == []


@pytest.fixture
def plans_of() -> Callable[[Connection, Callable[[], Any]], list[tuple[str, str]]]:
    """plans_of(conn, question): each statement of it, and how the database would do it."""

    def told(conn: Connection, question: Callable[[], Any]) -> list[tuple[str, str]]:
        plans: list[tuple[str, str]] = []
        with _planned(conn, plans):
            question()
        return plans

    return told
