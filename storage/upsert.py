"""Inserts that meet a row already there, alike on SQLite and PostgreSQL; which key decides is left to the caller."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.among import among
from storage.prepared import Prepared
from storage.types import for_lists

Values = Mapping[str, Any]


def insert_for(conn: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """The dialect's own INSERT, for those who need `on_conflict_do_…` with `returning`."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


def insert_once(conn: Connection, table: Table, key: str, values: Values) -> int | None:
    """Insert a row unless one with the same `key` stands there; its id, None where one stood.

    For hot paths: the statement is built once for each set of columns.
    """
    made: int | None = _once(conn.dialect.name, table, key, tuple(values)).value(conn, values)
    return made


@cache
def _once(dialect: str, table: Table, key: str, columns: tuple[str, ...]) -> Prepared:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return Prepared(insert.on_conflict_do_nothing(index_elements=[key]).returning(table.c.id))


@cache
def _or_ignore(dialect: str, table: Table, columns: tuple[str, ...]) -> Prepared:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return Prepared(insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True))


def insert_or_ignore(conn: Connection, table: Table, rows: Values | Sequence[Values]) -> int:
    """Insert those `rows` that break no key, leave the others out; returns how many are new."""
    listed = [rows] if isinstance(rows, Mapping) else list(rows)
    return sum(_or_ignore(conn.dialect.name, table, tuple(row)).count(conn, row) for row in listed)


def insert_missing(conn: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert those `rows` that break no key, all in one statement, for callers who need no count."""
    if not rows:
        return
    columns = tuple(rows[0])
    if conn.dialect.name == "postgresql":
        _listed(table, columns).count(conn, {name: [row[name] for row in rows] for name in columns})
    else:
        _or_ignore(conn.dialect.name, table, columns).many(conn, rows)


@cache
def _listed(table: Table, columns: tuple[str, ...]) -> Prepared:
    """Of each column a list: for psycopg it is the same statement however many rows there are, and asked once."""
    lists = [func.unnest(bindparam(name, type_=postgresql.ARRAY(for_lists(table.c[name].type)))) for name in columns]
    rows = postgresql.insert(table).from_select(columns, select(*lists), include_defaults=False)
    return Prepared(rows.on_conflict_do_nothing())


def hold(conn: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert those `rows` that are not there yet, told by the table's one key; nobody deletes any before the commit.

    Others may hold them meanwhile as well.
    """
    (key,) = table.primary_key.columns
    there = {row[0] for row in _held(table).rows(conn, {"keys": [row[key.name] for row in rows]})}
    missing = [row for row in rows if row[key.name] not in there]
    if missing:
        _holding(conn.dialect.name, table, tuple(missing[0])).many(conn, missing)


@cache
def _held(table: Table) -> Prepared:
    (key,) = table.primary_key.columns
    rows = select(key).where(among(key, "keys")).order_by(key)
    return Prepared(rows.with_for_update(read=True, key_share=True))  # SQLite has one writer at a time, and no locks


@cache
def _holding(dialect: str, table: Table, columns: tuple[str, ...]) -> Prepared:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    keys = list(table.primary_key.columns)
    same = next(column for column in table.c if not column.primary_key)  # an update that changes nothing locks the row
    return Prepared(insert.on_conflict_do_update(index_elements=keys, set_={same.name: same}))


def add_up(conn: Connection, table: Table, rows: Sequence[Values], column: str) -> None:
    """Insert `rows`; where one with the same primary key stands, add `column` to its own."""
    if rows:
        _adding(conn.dialect.name, table, column, tuple(rows[0])).many(conn, rows)


@cache
def _adding(dialect: str, table: Table, column: str, columns: tuple[str, ...]) -> Prepared:
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    added = {column: table.c[column] + insert.excluded[column]}
    return Prepared(insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=added))


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
