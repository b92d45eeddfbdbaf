"""The fair writer: every write of a process, first come first served, many to a commit; what is written is the jobs'.

SQLite lets one connection write at a time and serves those who wait by chance, so that a busy engine starves the forms.
Here one thread holds the pen. It answers after the commit, and one failing job does not hurt its neighbours.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import Connection, Engine

from base.clock import elapsed
from base.saying import said
from base.translations import msgid
from storage.trouble import StorageUnavailable, in_house_words, is_trouble

T = TypeVar("T")
Job = Callable[[Connection], T]

GROUP_SECONDS = 0.05
GROUP_JOBS = 500
NOTHING = msgid("nothing was saved, try again")
_CLOSED = msgid("the database is closed: nothing was saved")
_PAUSE_SECONDS = 0.05  # between two looks at a database that is away


@dataclass(slots=True, eq=False)
class _Ticket:
    """A job in the queue. Whoever moves `state` away from "queued", under the lock, decides its fate."""

    job: Job[Any]
    deadline: float
    state: Literal["queued", "taken", "withdrawn"] = "queued"
    lock: threading.Lock = field(default_factory=threading.Lock)
    answered: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None

    def move(self, state: Literal["taken", "withdrawn"]) -> bool:
        with self.lock:
            if self.state != "queued":
                return False
            self.state = state
            return True

    def answer(self) -> None:
        self.answered.set()


class Writer:
    """One thread that writes for all.

    `engine` begins transactions that hold the write lock from their first instant; `turn` is held while one begins.
    """

    def __init__(self, engine: Engine, turn: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._engine = engine
        self._turn = turn
        self._tickets: queue.SimpleQueue[_Ticket | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._why = ""  # no transaction can be begun; empty while they can
        self._thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)
        self._thread.start()

    def write(self, job: Job[T], timeout: float) -> T:
        """Run `job` in the next group and return its result after the commit, or raise what it raised.

        Raises StorageUnavailable when it could not begin within `timeout` seconds, or could not be committed.
        """
        if self._closing.is_set():
            raise StorageUnavailable(said(_CLOSED))
        if threading.current_thread() is self._thread:
            raise RuntimeError("a job must not wait for another job: it would wait for itself")
        ticket = _Ticket(job, elapsed() + timeout)
        self._tickets.put(ticket)
        if not ticket.answered.wait(timeout) and ticket.move("withdrawn"):
            told = msgid("the database took no write within %(seconds)s s: %(why)s")
            raise StorageUnavailable(said(told, seconds=f"{timeout:g}", why=self._why or said(NOTHING)))
        ticket.answered.wait()  # it has begun: only its end tells whether it was saved
        if ticket.error is not None:
            raise ticket.error
        return cast(T, ticket.result)

    def close(self) -> None:
        """Finish what is queued, then stop and let the connection go."""
        if not self._closing.is_set():
            self._closing.set()
            self._tickets.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (ticket := self._tickets.get()) is not None:
            self._serve(ticket)
        for late in self._at_hand():  # put by a door that looked just before `close`
            _refuse(late, StorageUnavailable(said(_CLOSED)))

    def _serve(self, first: _Ticket) -> None:
        """Write a group that begins with `first`, once the database lets us; until then tickets may be withdrawn."""
        while first.state == "queued" and elapsed() < first.deadline:
            if self._wrote_group(first):
                return
            self._closing.wait(_PAUSE_SECONDS)

    def _wrote_group(self, first: _Ticket) -> bool:
        """False when no transaction could be begun, and nobody was served."""
        served: list[_Ticket] = []
        try:
            with self._transaction() as conn:
                self._fill(conn, first, served)
        except Exception as error:
            if not served and is_trouble(error):
                self._why = next(iter(in_house_words(error).args), "")
                return False
            self._after_failure(first, served, error)
        self._why = ""
        for ticket in served:
            ticket.answer()
        return True

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._engine.connect() as conn:
            with self._turn():
                transaction = conn.begin()
            with transaction:
                yield conn

    def _fill(self, conn: Connection, first: _Ticket, served: list[_Ticket]) -> None:
        started = elapsed()
        for ticket in self._with_those_at_hand(first):
            if ticket.move("taken"):
                served.append(ticket)
                _attempt(conn, ticket)
            if len(served) >= GROUP_JOBS or elapsed() - started >= GROUP_SECONDS:
                return

    def _after_failure(self, first: _Ticket, served: list[_Ticket], error: Exception) -> None:
        """The whole group was rolled back: each of several gets a transaction of its own, a lone one its error."""
        if not served:
            served.append(first)
            first.move("taken")
        if len(served) == 1:
            served[0].error = in_house_words(error)
            return
        for ticket in served:
            ticket.result, ticket.error = None, None
            self._alone(ticket)

    def _alone(self, ticket: _Ticket) -> None:
        try:
            with self._transaction() as conn:
                _attempt(conn, ticket)
        except Exception as error:
            ticket.error = in_house_words(error)

    def _with_those_at_hand(self, first: _Ticket) -> Iterator[_Ticket]:
        yield first
        yield from self._at_hand()

    def _at_hand(self) -> Iterator[_Ticket]:
        while True:
            try:
                ticket = self._tickets.get_nowait()
            except queue.Empty:
                return
            if ticket is None:
                self._tickets.put(None)  # closing: `_run` has to see it, after those who came before it
                return
            yield ticket


def _attempt(conn: Connection, ticket: _Ticket) -> None:
    """Run one job inside a savepoint. Trouble of the database ends the whole group, a job's own error only its job."""
    driver = cast(sqlite3.Connection, conn.connection.driver_connection)
    driver.execute("SAVEPOINT job")
    try:
        ticket.result = ticket.job(conn)
    except BaseException as error:  # even SystemExit: this thread must live, and the caller must hear of it
        if is_trouble(error):
            raise
        _insist_on_transaction(driver)
        driver.execute("ROLLBACK TO job")
        ticket.error = error
    _insist_on_transaction(driver)
    driver.execute("RELEASE job")


def _insist_on_transaction(driver: sqlite3.Connection) -> None:
    """SQLite may end a transaction by itself, and a commit without one says nothing: it would be a false answer."""
    if not driver.in_transaction:
        raise RuntimeError("the transaction of the group was ended inside a job")


def _refuse(ticket: _Ticket, error: Exception) -> None:
    if ticket.move("taken"):
        ticket.error = error
        ticket.answer()
