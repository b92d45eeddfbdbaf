"""What several tests begin with is lived once: its rows are kept, and put into the database of each further test."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from sqlalchemy import Connection, make_url

from storage.database import Database
from storage.schema import metadata
from storage.sqlite import path_of

# What a release alone writes. Where more stands, somebody wrote it whom putting rows back would undo.
RELEASED = {"documents", "in_force", "releases", "sequence_versions"}
_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in metadata.tables)
_COUNTED = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"

PutBack = Callable[[Database], None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an arrangement came to: the rows, the hour, how many forms were sent, and what it returned."""

    put_back: PutBack
    calendar_now: datetime
    machine_now: datetime
    sent: int
    result: Any


_KEPT: dict[tuple[object, ...], _Kept] = {}
_ROWS: dict[tuple[str, ...], PutBack] = {}


def lived_once(arrange: Callable[..., Any]) -> Callable[..., Any]:
    """A fixture that needs `lively`, and leaves nothing but rows, the hour and what it returns: lived by the first test
    that asks, put back for the others."""

    @wraps(arrange)
    def arranged(lively: Any, **more: Any) -> Any:
        clocks, database = lively.clocks, lively.database
        with database.read() as conn:
            if filled(conn) - RELEASED:
                return arrange(lively=lively, **more)
        site = lively.releases.in_force()
        begins = (database.dialect, clocks.calendar_now, site.hash, site.release_id)
        key = (arrange.__module__, arrange.__qualname__, *begins)
        if key not in _KEPT:
            result = arrange(lively=lively, **more)
            _KEPT[key] = _Kept(kept(database), clocks.calendar_now, clocks.machine_now, lively.sent, deepcopy(result))
            return result
        found = _KEPT[key]
        found.put_back(database)
        clocks.calendar_now, clocks.machine_now, lively.sent = found.calendar_now, found.machine_now, found.sent
        return deepcopy(found.result)

    return arranged


def written_once(write: Callable[..., None]) -> Callable[..., None]:
    """The same for a function that only writes rows into the `database`, and always the same ones."""

    @wraps(write)
    def written(database: Database, **more: Any) -> None:
        with database.read() as conn:
            if filled(conn):
                return write(database=database, **more)
        key = (write.__module__, write.__qualname__, database.dialect)
        if key in _ROWS:
            return _ROWS[key](database)
        write(database=database, **more)
        _ROWS[key] = kept(database)
        return None

    return written


def filled(conn: Connection) -> set[str]:
    """The tables in which anything stands."""
    return set(conn.exec_driver_sql(_FILLED).scalars())


def emptying(conn: Connection) -> str:
    """What empties a PostgreSQL database in one round trip, and lets its numbers begin again."""
    full = filled(conn)
    those = [table.name for table in reversed(metadata.sorted_tables) if table.name in full]
    again = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"
    return "; ".join([*(f"DELETE FROM {name}" for name in those), again])


def kept(database: Database) -> PutBack:
    """Keep every row; what comes back puts them into a database of the same kind that has the tables."""
    return _copied(database) if database.dialect == "sqlite" else _written(database)


def _copied(database: Database) -> PutBack:
    with closing(_opened(database)) as source:
        rows = {
            table.name: source.execute(f"SELECT * FROM {table.name}").fetchall() for table in metadata.sorted_tables
        }
    rows = {name: found for name, found in rows.items() if found}
    places = {name: ", ".join("?" * len(found[0])) for name, found in rows.items()}

    def put_back(other: Database) -> None:
        with closing(_opened(other)) as target:
            target.execute("BEGIN IMMEDIATE")
            for name in rows:
                target.execute(f"DELETE FROM {name}")
                target.executemany(f"INSERT INTO {name} VALUES ({places[name]})", rows[name])
            target.execute("COMMIT")

    return put_back


def _opened(database: Database) -> sqlite3.Connection:
    """Without looks at foreign keys, as they are off unless somebody asks; tests lose no power."""
    connection = sqlite3.connect(path_of(make_url(database.url)), isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _written(database: Database) -> PutBack:
    """By COPY: a database made from a template would take longer than living it again."""
    with database.read() as conn:
        full = filled(conn)
        rows = {table.name: b"".join(_read(conn, table.name)) for table in metadata.sorted_tables if table.name in full}
        counted = list(conn.exec_driver_sql(_COUNTED))
    again = "; ".join(f"SELECT setval('{name}', {last})" for name, last in counted)

    def fill(conn: Connection) -> None:
        with conn.connection.cursor() as cursor:
            cursor.execute(emptying(conn))
            for name, written in rows.items():
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(written)
            if again:
                cursor.execute(again)

    return lambda other: other.write(fill)


def _read(conn: Connection, name: str) -> Iterator[bytes]:
    with conn.connection.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as copy:
        yield from (bytes(part) for part in copy)
