"""PostgreSQL as the house runs it: each job its own transaction, tried again after a deadlock; no wait without end."""

import select
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError

from base.clock import elapsed
from base.saying import said
from base.tokens import jitter
from storage.trouble import StorageUnavailable, is_worth_repeating, reraise

T = TypeVar("T")

_SESSIONS, _MORE_SESSIONS = 8, 32
_IDLE_SECONDS = 60  # a job that hangs may not hold its rows for longer
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}  # the system asks while nobody does
_SET_TIMEOUTS = text("SELECT set_config('statement_timeout', :ms, true), set_config('lock_timeout', :ms, true)")


def engine(address: URL, wait_seconds: float) -> Engine:
    """A pool that looks before it hands out, and gives no connection, lock or statement longer than `wait_seconds`."""
    milliseconds = max(1, int(wait_seconds * 1000))
    made = create_engine(
        address,
        hide_parameters=True,  # an error tells no value
        pool_size=_SESSIONS,
        max_overflow=_MORE_SESSIONS,
        pool_timeout=wait_seconds,
        connect_args={
            "connect_timeout": max(2, int(wait_seconds)),  # libpq takes no less
            "tcp_user_timeout": milliseconds,
            **_ALIVE,
            "application_name": "terreau",
        },
    )

    @event.listens_for(made, "connect")
    def _limit(dbapi_connection: Any, record: Any) -> None:
        with dbapi_connection.cursor() as cursor:
            cursor.execute(
                f"SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds};"
                f"SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'; SET timezone = 'UTC'"
            )
        dbapi_connection.commit()

    @event.listens_for(made, "checkout")
    def _insist_on_server(dbapi_connection: Any, record: Any, proxy: Any) -> None:
        if dbapi_connection.closed or _has_news(dbapi_connection.fileno()):
            raise InvalidatePoolError("the server has closed this connection")

    return made


def _has_news(handle: int) -> bool:
    """Something lies there to be read, or it is broken: to whom asked nothing, a server says nothing but farewell.

    A look takes no way to the server and back.
    """
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))


def migrating_engine(address: URL) -> Engine:
    """For migrations and backups: one connection, and as much time as it takes."""
    return create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": 10})


class Transactions:
    """The pen of PostgreSQL: who writes waits only for those who hold the same rows."""

    def __init__(self, engine: Engine, wait_seconds: float) -> None:
        self._engine = engine
        self._wait_seconds = wait_seconds
        self._here = threading.local()

    def write(self, job: Callable[[Connection], T], timeout: float) -> T:
        if getattr(self._here, "writing", False):
            raise RuntimeError("a job must not wait for another job: on SQLite it would wait for itself")
        self._here.writing = True
        try:
            return self._until_it_passes(job, timeout)
        finally:
            self._here.writing = False

    def close(self) -> None:
        self._engine.dispose()

    def _until_it_passes(self, job: Callable[[Connection], T], timeout: float) -> T:
        deadline, left = elapsed() + timeout, timeout
        while True:
            try:
                return self._once(job, left)
            except Exception as error:
                if not is_worth_repeating(error):
                    reraise(error)
                if elapsed() >= deadline:
                    held = said(
                        "others held the same rows for %(seconds)s s: nothing was saved", seconds=f"{timeout:g}"
                    )
                    raise StorageUnavailable(held) from error
            time.sleep(jitter(0.002, 0.05))  # two that met in a deadlock must not meet again at once
            left = max(0.001, deadline - elapsed())

    def _once(self, job: Callable[[Connection], T], seconds: float) -> T:
        with self._engine.connect() as conn, conn.begin():
            if seconds != self._wait_seconds:  # which every session has from its beginning
                conn.execute(_SET_TIMEOUTS, {"ms": str(max(1, int(seconds * 1000)))})
            return job(conn)
