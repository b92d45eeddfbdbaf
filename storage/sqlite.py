"""SQLite as the house runs it: WAL, commits on the disk, transactions begun by us; the queue of writes is elsewhere."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError

from base.clock import elapsed
from base.saying import said
from base.system_words import why_of
from base.translations import msgid
from storage.trouble import StorageUnavailable
from storage.turns import turn
from storage.writer import Writer

_READERS, _MORE_READERS = 8, 32
_LOCK_SECONDS = 0.25  # one look at the lock of another process; the writer looks again as long as somebody waits
_PAUSE_SECONDS = 0.0005  # between two tries for it: most transactions take some milliseconds
_MIGRATION_SECONDS = 30.0
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an answered commit survives the loss of power
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten: somebody may have asked to be forgotten
)

Begin = Callable[[Connection], object]


def path_of(address: URL) -> Path:
    """The file of `sqlite:///path`. Raises ValueError for a database in memory, which no second thread could see."""
    if not address.database or address.database == ":memory:" or address.database.startswith("file:"):
        raise ValueError("a SQLite database needs a file: write sqlite:///path/to/terreau.db")
    return Path(address.database).absolute()


def readers(path: Path, wait_seconds: float) -> Engine:
    """An engine for snapshots: it refuses to write."""
    pragmas = (*_PRAGMAS, "PRAGMA query_only = ON")
    return _engine(path, _begin("BEGIN"), pragmas, wait_seconds, pool=(_READERS, _MORE_READERS, wait_seconds))


def pen(path: Path, durable: bool = True) -> Writer:
    """The writer of this process, on a connection of its own; not `durable`: a loss of power may lose the file."""
    pragmas = _PRAGMAS if durable else (*_PRAGMAS, "PRAGMA synchronous = OFF")
    return Writer(writing_engine(path, _LOCK_SECONDS, pragmas), lambda: turn(path))


def writing_engine(path: Path, lock_seconds: float, pragmas: tuple[str, ...] = _PRAGMAS) -> Engine:
    """One connection whose transactions hold the write lock from their first instant, or do not begin."""
    # While the file is opened SQLite waits, for somebody who is just closing it, say. After that the loop waits for the
    # lock, and whoever holds it waits for nobody else.
    pragmas = (*pragmas, "PRAGMA busy_timeout = 0")
    return _engine(path, _begin_once_free(lock_seconds), pragmas, lock_seconds, pool=(1, 0, lock_seconds))


def migrating_engine(path: Path) -> Engine:
    """For `storage.migrate` only: makes the file if need be, and looks at foreign keys at the end, not on the way.

    SQLite changes a table by making it anew and dropping the old one, which would take the rows of others with it.
    Raises StorageUnavailable where no file can be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        told = msgid(
            "the database %(path)s cannot be written (%(why)s): let [database] url name a file in a folder that this"
            " account may write to"
        )
        raise StorageUnavailable(said(told, path=path, why=why_of(error))) from error
    pragmas = (*_PRAGMAS, "PRAGMA foreign_keys = OFF")
    return _engine(path, _begin("BEGIN IMMEDIATE"), pragmas, _MIGRATION_SECONDS, pool=(1, 0, 1))


def fold_log(path: Path, seconds: float) -> bool:
    """Bring the log into the file and empty it, so that nothing deleted stays in either.

    False: somebody read an older state for longer than `seconds`; the next erasure, or the end of the house, does it.
    """
    connection = _connect(path, _PRAGMAS, seconds)
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return bool(busy == 0)
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()


def compact(path: Path, seconds: float) -> None:
    """Write the whole file anew, without the gaps that older versions left filled. Raises sqlite3.OperationalError."""
    connection = _connect(path, _PRAGMAS, seconds)
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()


def _begin(statement: str) -> Begin:
    """The driver's own transactions would begin late, and upgrade by luck."""
    return lambda conn: conn.exec_driver_sql(statement)


def _begin_once_free(seconds: float) -> Begin:
    """Holds the write lock from its first instant. SQLite would look for it again after 1, 2, 5, 10 ms and so on, and
    sleep on while it is free: of two processes that write by turns, nobody wrote in the meantime."""

    def begin(conn: Connection) -> None:
        until = elapsed() + seconds
        while True:
            try:
                conn.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not _is_busy(error) or elapsed() >= until:
                    raise
            time.sleep(_PAUSE_SECONDS)

    return begin


def _is_busy(error: OperationalError) -> bool:
    """The main code of SQLite is its last byte: there are several ways to be busy."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _engine(
    path: Path, begin: Begin, pragmas: tuple[str, ...], lock_seconds: float, pool: tuple[int, int, float]
) -> Engine:
    size, more, pool_seconds = pool
    engine = create_engine(
        "sqlite://",
        hide_parameters=True,  # an error tells no value
        creator=lambda: _connect(path, pragmas, lock_seconds),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=more,
        pool_timeout=pool_seconds,
        pool_use_lifo=True,  # the one whose cache is warm; by turns each of them would fill its own
    )

    event.listen(engine, "begin", begin)

    @event.listens_for(engine, "connect")
    def _remember_file(dbapi_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def _insist_on_file(dbapi_connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("file") != _identity(path):  # removed or replaced: what is written here would be lost
            raise DisconnectionError(f"{path} is not the file that was opened")

    return engine


def _connect(path: Path, pragmas: tuple[str, ...], lock_seconds: float) -> sqlite3.Connection:
    """Open the file, which must exist: an empty one made in passing would look like a database that lost everything.

    And only to write: SQLite goes on with less, and whoever once read so keeps this whole process from writing, also
    when it may again.
    """
    if not path.exists():
        raise _cannot_open(f"{path} is not made yet: `terreau serve` or `terreau migrate` makes it")
    if closed := [file for file in _files(path) if not os.access(file, os.W_OK) and file.exists()]:
        raise _cannot_open(f"{closed[0]} may only be read: give this account the right to write it")
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        timeout=lock_seconds,  # the driver's name for busy_timeout
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma).fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _cannot_open(sentence: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(sentence)
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


def _files(path: Path) -> list[Path]:
    """The database, and what SQLite keeps beside it while it is open."""
    beside = (path.with_name(f"{path.name}-{part}") for part in ("wal", "shm"))
    return [path, *(file for file in beside if file.exists())]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
