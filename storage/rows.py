"""Every row of a PostgreSQL database out of one instant, as text, and into the tables of another; what packs them is
elsewhere. The text of a table is what COPY writes: a line for each row.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Error, sql
from sqlalchemy import URL, Connection, func, inspect, select, text

from storage import postgresql
from storage.schema import metadata
from storage.trouble import reraise

# The same text on every server, whatever its settings, and no limit to how long it takes.
_PLAIN = text(
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL client_encoding = 'UTF8';"
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
)
_LOCK_SECONDS = 5  # whoever still works with a table that is to be moved has so long to let go of it


class RowsDamaged(Exception):
    """The text is not what such a table can hold; the words are PostgreSQL's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text of a table is to be read: its columns in their order; `rows`: how many lines it has."""

    table: str
    columns: tuple[str, ...]
    rows: int


@contextmanager
def snapshot(address: URL) -> Iterator[Connection]:
    """The database as it is now, for as long as it takes; writers do not wait for it. Raises StorageUnavailable."""
    engine = postgresql.migrating_engine(address)
    try:
        seen = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**seen) as conn, conn.begin():
            conn.execute(_PLAIN)
            yield conn
    except Exception as error:
        reraise(error)
    finally:
        engine.dispose()


def layouts(conn: Connection) -> list[Layout]:
    """Every table, those first that others refer to."""
    return [
        Layout(table.name, tuple(table.columns.keys()), conn.scalar(select(func.count()).select_from(table)) or 0)
        for table in metadata.sorted_tables
    ]


def numbers(conn: Connection) -> dict[str, int]:
    """The last number that was given away, of every table that numbers its rows: {sequence: number}."""
    known = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()"
    return {name: last for name, last in conn.execute(text(known)) if last is not None}


def out_of(conn: Connection, layout: Layout) -> Iterator[bytes]:
    """The text of that table, in parts."""
    with _cursor(conn) as cursor, cursor.copy(_copy(layout, "TO STDOUT")) as copying:
        yield from map(bytes, copying)


def empty(conn: Connection) -> set[str]:
    """Make room for what comes: no table of ours holds a row afterwards. Returns their names."""
    conn.execute(_PLAIN)
    ours = tables_here(conn) & metadata.tables.keys()
    conn.execute(text(f"TRUNCATE {', '.join(sorted(ours))}"))
    return ours


def into(conn: Connection, layout: Layout, parts: Iterable[bytes]) -> int:
    """Fill the table, which is empty; returns how many rows it holds now. Raises RowsDamaged."""
    try:
        with _cursor(conn) as cursor:
            with cursor.copy(_copy(layout, "FROM STDIN")) as copying:
                for part in parts:
                    copying.write(part)
            return int(cursor.rowcount)
    except Error as error:
        if error.sqlstate and error.sqlstate.startswith(("22", "23", "42")):  # of what was written, not of the server
            raise RowsDamaged(" ".join(str(error).split())) from error
        raise


def number_on(conn: Connection, last: dict[str, int]) -> None:
    """Let every table number its next row after the last number that was given away. Raises RowsDamaged."""
    known = set(conn.scalars(text("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")))
    if strange := last.keys() - known:
        raise RowsDamaged(f"there is no sequence {sorted(strange)[0]}")
    for name, number in last.items():
        conn.execute(text("SELECT setval(cast(:name AS regclass), :number)"), {"name": f'"{name}"', "number": number})


def tables_here(conn: Connection) -> set[str]:
    """The names of all tables where ours are."""
    return set(inspect(conn).get_table_names())


def put_aside(conn: Connection, schema: str) -> None:
    """Move every table of ours, with its rows, into a new schema of the same database."""
    conn.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
    ours = sorted(tables_here(conn) & {*metadata.tables, "alembic_version"})
    with _cursor(conn) as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for table in ours:
            moved = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
            cursor.execute(moved.format(sql.Identifier(table), sql.Identifier(schema)))


def _copy(layout: Layout, way: LiteralString) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, layout.columns))
    return sql.SQL("COPY {} ({}) " + way).format(sql.Identifier(layout.table), columns)


def _cursor(conn: Connection) -> Any:
    """The driver's own: SQLAlchemy knows no COPY."""
    return conn.connection.cursor()
