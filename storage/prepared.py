"""Statements of the hot paths: written in SQLAlchemy's words, built once, run by the driver itself without detours.

Around a short statement SQLAlchemy costs four times what SQLite needs for it, and more than psycopg does. PostgreSQL
plans it once for each session, too.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from storage.types import UtcDateTime

Values = Mapping[str, Any]
Way = Callable[[Any], Any]


class Prepared:
    """One statement with named values (`bindparam`, or the columns of an INSERT); a list is one of them by `among`.

    Every call names the same values. Rows are tuples in the order of the statement's columns, which also name them.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._built: dict[str, _Built] = {}  # by the name of the database

    def rows(self, conn: Connection, values: Values) -> list[Any]:
        """Run it, and fetch everything it gives."""
        built = self._for(conn, values)
        return built.read(_run(conn, built, values).fetchall())

    def value(self, conn: Connection, values: Values) -> Any:
        """The first column of its one row; None where there is no row."""
        found = self.rows(conn, values)
        return found[0][0] if found else None

    def count(self, conn: Connection, values: Values) -> int:
        """Run it; how many rows it changed."""
        return int(_run(conn, self._for(conn, values), values).rowcount)

    def many(self, conn: Connection, several: Sequence[Values]) -> int:
        """Run it once for each of `several`; how many rows all of them changed."""
        if not several:
            return 0
        if len(several) == 1:
            return self.count(conn, several[0])
        built, cursor = self._for(conn, several[0]), _cursor(conn)
        cursor.executemany(built.sql, [built.row(values) for values in several])
        return int(cursor.rowcount)

    def _for(self, conn: Connection, values: Values) -> "_Built":
        if (built := self._built.get(conn.dialect.name)) is None:  # two threads may build it, with the same result
            built = self._built[conn.dialect.name] = _Built(self._statement, conn.dialect, list(values))
        return built


def _run(conn: Connection, built: "_Built", values: Values) -> Any:
    cursor = _cursor(conn)
    if isinstance(cursor, psycopg.RawCursor):
        return cursor.execute(built.sql, built.row(values), prepare=True)
    return cursor.execute(built.sql, built.row(values))


def _cursor(conn: Connection) -> Any:
    """One of the driver's own, inside the transaction that SQLAlchemy holds."""
    driver: Any = conn.connection.driver_connection
    return psycopg.RawCursor(driver) if isinstance(driver, psycopg.Connection) else driver.cursor()


class _Built:
    """The statement in a database's words, and how values get in and out. NULL is None, whatever its type."""

    def __init__(self, statement: Executable, dialect: Dialect, given: list[str]) -> None:
        assert isinstance(statement, ClauseElement)
        # As for many rows at once: the number of a new row is told to whoever asks for it by RETURNING.
        compiled = statement.compile(dialect=dialect, column_keys=given, for_executemany=True)
        assert isinstance(compiled, SQLCompiler)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        order = list(binds) if compiled.positiontup is None else compiled.positiontup
        numbered = {name: f"${place}" for place, name in enumerate(order, 1)}
        self.sql = str(compiled) if compiled.positiontup is not None else str(compiled) % numbered
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._places = [(name, _way_in(binds[name].type, dialect)) for name in order]
        is_plain = not self._fixed and all(way is None for _, way in self._places) and len(self._places) > 1
        as_it_is = itemgetter(*(name for name, _ in self._places)) if is_plain else None
        self._as_it_is: Callable[[Values], tuple[Any, ...]] | None = as_it_is
        columns = list(getattr(statement, "exported_columns", ()))
        names = [getattr(column, "name", "") for column in columns]
        self._record: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        ways_out = [_way_out(column.type, dialect) for column in columns]
        self._ways_out = [(place, way) for place, way in enumerate(ways_out) if way is not None]

    def row(self, values: Values) -> tuple[Any, ...]:
        """The values in the order of the statement's places. Raises KeyError for one that is missing."""
        if self._as_it_is is not None:
            return self._as_it_is(values)
        given = {**self._fixed, **values} if self._fixed else values
        return tuple(
            [value if (value := given[name]) is None or way is None else way(value) for name, way in self._places]
        )

    def read(self, rows: list[Any]) -> list[Any]:
        make = self._record._make
        return [make(self._out(row)) for row in rows] if self._ways_out else [make(row) for row in rows]

    def _out(self, row: Any) -> list[Any]:
        values = list(row)
        for place, way in self._ways_out:
            if (value := values[place]) is not None:
                values[place] = way(value)
        return values


def _way_in(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    return _remembered(kind, kind.dialect_impl(dialect).bind_processor(dialect))


def _way_out(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    return _remembered(kind, kind.dialect_impl(dialect).result_processor(dialect, None))


def _remembered(kind: TypeEngine[Any], way: Way | None) -> Way | None:
    """An instant stands in row after row, and costs more to read and to write than all the rest of a row."""
    return lru_cache(maxsize=64)(way) if way is not None and isinstance(kind, UtcDateTime) else way
