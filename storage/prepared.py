"""Statements of the hot paths: written in SQLAlchemy's words, built once, run by SQLite's driver without detours.

Around a short statement SQLAlchemy costs four times what SQLite needs for it. PostgreSQL is another process, where that
share is small, and is asked the ordinary way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]


class Prepared:
    """One statement with named values (`bindparam`, or the columns of an INSERT); no list of values as one of them.

    Every call names the same values. Rows come as plain tuples in the order of the statement's columns.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._built: _Built | None = None

    def rows(self, conn: Connection, values: Values) -> list[Any]:
        """Run it, and fetch everything it gives."""
        if conn.dialect.name != "sqlite":
            return list(conn.execute(self._statement, dict(values)))
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

    def many(self, conn: Connection, several: Sequence[Values]) -> None:
        """Run it once for each of `several`, of which there is at least one."""
        if conn.dialect.name != "sqlite":
            conn.execute(self._statement, [dict(values) for values in several])
            return
        built = self._for(conn, several[0])
        _driver(conn).executemany(built.sql, [built.row(values) for values in several])

    def _for(self, conn: Connection, values: Values) -> "_Built":
        if self._built is None:  # two threads may build it at once, with the same result
            self._built = _Built(self._statement, conn.dialect, list(values))
        return self._built


class _Built:
    """The statement in SQLite's words, and how values get in and out."""

    def __init__(self, statement: Executable, dialect: Dialect, names: list[str]) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self.sql = str(compiled)
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._places = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        ways_out = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in getattr(statement, "exported_columns", ())
        ]
        self._ways_out = [(place, way) for place, way in enumerate(ways_out) if way is not None]

    def row(self, values: Values) -> tuple[Any, ...]:
        """The values in the order of the statement's places. Raises KeyError for one that is missing."""
        given = {**self._fixed, **values}
        return tuple([given[name] if way is None else way(given[name]) for name, way in self._places])

    def read(self, rows: list[Any]) -> list[Any]:
        if not self._ways_out or not rows:
            return rows
        return [self._read(list(row)) for row in rows]

    def _read(self, row: list[Any]) -> tuple[Any, ...]:
        for place, way in self._ways_out:
            row[place] = way(row[place])
        return tuple(row)


def _driver(conn: Connection) -> Any:
    """The driver's own connection, inside the transaction that SQLAlchemy holds."""
    return conn.connection.driver_connection
