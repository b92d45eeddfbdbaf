"""Opens the database for snapshots and jobs, alike on SQLite and PostgreSQL; what the tables are is elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from storage import postgresql, sqlite
from storage.trouble import StorageUnavailable, is_read_only, reraise

T = TypeVar("T")
Job = Callable[[Connection], T]
Dialect = Literal["sqlite", "postgresql"]

__all__ = ["Database", "Dialect", "Job", "StorageUnavailable", "open_database"]


class Pen(Protocol):
    """Whatever writes: the one writer's thread of SQLite, or a transaction for each job on PostgreSQL."""

    def write(self, job: Job[T], timeout: float) -> T: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Courteous:
    """A pen for work that can wait."""

    pen: Pen
    give_way: Callable[[], None]

    def write(self, job: Job[T], timeout: float) -> T:
        self.give_way()
        return self.pen.write(job, timeout)

    def close(self) -> None:
        self.pen.close()


class Database:
    """What every room asks of the database. Safe to share between threads."""

    def __init__(self, url: str, dialect: Dialect, readers: Engine, pen: Pen, wait_seconds: float) -> None:
        self.url = url
        self.dialect = dialect
        self.wait_seconds = wait_seconds
        self._readers = readers
        self._pen = pen

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent snapshot and may not write. Raises StorageUnavailable."""
        try:
            with self._readers.connect() as conn, conn.begin():
                yield conn
        except Exception as error:
            if is_read_only(error):
                raise
            reraise(error)

    def write(self, job: Job[T], timeout: float | None = None) -> T:
        """Run `job` in a transaction and return its result after the commit.

        A job is short (50 ms, 500 rows), may be run again after a rollback, waits for no network and no other job.
        What it raises comes back, with nothing saved. Raises StorageUnavailable when the database stays away, locked
        or full for `timeout` seconds (`wait_seconds` by default): nothing was saved. One exception: a PostgreSQL
        connection lost during the very commit may have saved all the same, so jobs carry their own keys.
        """
        return self._pen.write(job, self.wait_seconds if timeout is None else timeout)

    def settle_deletions(self) -> bool:
        """Let the disk forget what was deleted, as far as it is ours: SQLite's log is brought into its file.

        False: not yet, a reader holds on to the state of before. On PostgreSQL its own vacuum does it, in its time.
        """
        return self.dialect != "sqlite" or sqlite.fold_log(sqlite.path_of(make_url(self.url)), self.wait_seconds)

    def behind(self, give_way: Callable[[], None]) -> "Database":
        """The same database for work that can wait: `give_way` is called before each of its writes."""
        pen = _Courteous(self._pen, give_way)
        return Database(self.url, self.dialect, self._readers, pen, self.wait_seconds)

    def close(self) -> None:
        """Finish the writes that were promised, then let every connection go."""
        self._pen.close()
        self._readers.dispose()


def open_database(url: str, *, wait_seconds: float = 5.0, durable: bool = True) -> Database:
    """Open `sqlite:///path` or `postgresql://…`; nothing is connected to, or created, before the first use.

    An embedded database that can be made again need not be `durable`: it is written many times faster.

    Raises ValueError with a sentence for an address of any other kind.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"{url!r} is not a database address: write sqlite:///path or postgresql://…") from error
    match address.get_backend_name():
        case "sqlite":
            path = sqlite.path_of(address)
            return Database(url, "sqlite", sqlite.readers(path, wait_seconds), sqlite.pen(path, durable), wait_seconds)
        case "postgresql":
            return over(postgresql.engine(address, wait_seconds), url, wait_seconds)
        case other:
            raise ValueError(f"the database {other!r} is not one of ours: choose sqlite or postgresql")


def over(engine: Engine, url: str, wait_seconds: float) -> Database:
    """The PostgreSQL database at `url`, over the sessions of that engine."""
    readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(url, "postgresql", readers, postgresql.Transactions(engine, wait_seconds), wait_seconds)
