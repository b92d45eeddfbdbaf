"""Statements of the hot paths: written in SQLAlchemy's words, built once, run by SQLite's driver without detours.

Around a short statement SQLAlchemy costs four times what SQLite needs for it. PostgreSQL is another process, where that
share is small, and is asked the ordinary way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

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
        self._built: _Built | None = None

    def rows(self, conn: Connection, values: Values) -> list[Any]:
        """Run it, and fetch everything it gives."""
        if conn.dialect.name != "sqlite":
            return list(conn.execute(self._statement, dict(values)).all())
        built = self._for(conn, values)
        return built.read(_driver(conn).execute(built.sql, built.row(values)).fetchall())

    def value(self, conn: Connection, values: Values) -> Any:
        """The first column of its one row; None where there is no row."""
        found = self.rows(conn, values)
        return found[0][0] if found else None

    def count(self, conn: Connection, values: Values) -> int:
        """Run it; how many rows it changed."""
        if conn.dialect.name != "sqlite":
            return conn.execute(self._statement, dict(values)).rowcount
        built = self._for(conn, values)
        return int(_driver(conn).execute(built.sql, built.row(values)).rowcount)

    def many(self, conn: Connection, several: Sequence[Values]) -> int:
        """Run it once for each of `several`, of which there is at least one; how many rows all of them changed."""
        if conn.dialect.name != "sqlite":
            return conn.execute(self._statement, [dict(values) for values in several]).rowcount
        built = self._for(conn, several[0])
        return int(_driver(conn).executemany(built.sql, [built.row(values) for values in several]).rowcount)

    def _for(self, conn: Connection, values: Values) -> "_Built":
        if self._built is None:  # two threads may build it at once, with the same result
            self._built = _Built(self._statement, conn.dialect, list(values))
        return self._built


class _Built:
    """The statement in SQLite's words, and how values get in and out. NULL is None, whatever its type."""

    def __init__(self, statement: Executable, dialect: Dialect, given: list[str]) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect, column_keys=given)
        assert isinstance(compiled, SQLCompiler)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self.sql = str(compiled)
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._places = [(name, _way_in(binds[name].type, dialect)) for name in compiled.positiontup or ()]
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


def _driver(conn: Connection) -> Any:
    """The driver's own connection, inside the transaction that SQLAlchemy holds."""
    return conn.connection.driver_connection
