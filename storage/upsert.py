"""Inserts that meet a row already there, alike on SQLite and PostgreSQL; which key decides is left to the caller."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

Values = Mapping[str, Any]


def insert_for(conn: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """The dialect's own INSERT, for those who need `on_conflict_do_…` with `returning`."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


def insert_once(conn: Connection, table: Table, key: str, values: Values) -> int | None:
    """Insert a row unless one with the same `key` stands there; its id, None where one stood.

    For hot paths: the statement is built once, since building it costs five times what running it does.
    """
    made: int | None = conn.execute(_once(conn.dialect.name, table, key), dict(values)).scalar_one_or_none()
    return made


@cache
def _once(dialect: str, table: Table, key: str) -> Executable:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing(index_elements=[key]).returning(table.c.id)


@cache
def _or_ignore(dialect: str, table: Table) -> Executable:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def insert_or_ignore(conn: Connection, table: Table, rows: Values | Sequence[Values]) -> int:
    """Insert those `rows` that break no key, leave the others out; returns how many are new."""
    listed = [rows] if isinstance(rows, Mapping) else list(rows)
    statement = _or_ignore(conn.dialect.name, table)
    return sum(conn.execute(statement, dict(row)).rowcount for row in listed)


def insert_missing(conn: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert those `rows` that break no key, all in one statement, for callers who need no count."""
    if rows:
        conn.execute(_or_ignore(conn.dialect.name, table), [dict(row) for row in rows])


def add_up(conn: Connection, table: Table, rows: Sequence[Values], column: str) -> None:
    """Insert `rows`; where one with the same primary key stands, add `column` to its own."""
    if rows:
        conn.execute(_adding(conn.dialect.name, table, column), [dict(row) for row in rows])


@cache
def _adding(dialect: str, table: Table, column: str) -> Executable:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    added = {column: table.c[column] + insert.excluded[column]}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=added)


def upsert(conn: Connection, table: Table, rows: Values | Sequence[Values], key: Sequence[str]) -> None:
    """Insert `rows`; where one with the same `key` stands, give it the other values instead."""
    listed = [rows] if isinstance(rows, Mapping) else list(rows)
    if not listed:
        return
    insert = insert_for(conn, table)
    changed = {name: insert.excluded[name] for name in listed[0] if name not in key}
    if changed:
        statement = insert.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        statement = insert.on_conflict_do_nothing()
    conn.execute(statement, [dict(row) for row in listed])
