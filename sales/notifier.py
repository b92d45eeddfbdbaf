"""Delivers the webhooks that were promised: claims, sends, settles, tries again; what they say was written before."""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Update, and_, exists, false, or_, select, update
from sqlalchemy.sql import ColumnElement

from base.clock import Clocks
from base.config import Config
from sales.webhooks import Endpoint, Outcome, Refused, Resolve, Taken, deliver, resolve
from storage import claims, holders
from storage.database import Database
from storage.holders import Holder
from storage.schema import holders as holders_table
from storage.schema import webhooks

TRIES = 8
AT_A_TIME = 10
REASON = 300


class Notifier:
    """The webhook channel of one process. `drain` is called by one thread at a time."""

    def __init__(
        self, database: Database, config: Config, clocks: Clocks, holder_name: str, resolve: Resolve = resolve
    ) -> None:
        self._database = database
        self._clocks = clocks
        self._name = holder_name
        self._resolve = resolve
        self._holder: Holder | None = None
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints(config)}

    def drain(self, stop: threading.Event) -> int:
        """Deliver whatever is due, until nothing is or `stop` is set; returns how many were tried.

        Raises StorageUnavailable when the database is away; what was claimed comes back by itself.
        """
        tried = 0
        while not stop.is_set():
            claimed = self._claim()
            if not claimed:
                break
            for index, row in enumerate(claimed):
                if stop.is_set() or not self._lives():
                    self._let_go(claimed[index:])
                    break
                self._settle(row, self._deliver(row))
                tried += 1
        return tried

    def leave(self) -> None:
        """Say that we are gone, once no drain runs. Raises StorageUnavailable."""
        if (holder := self._holder) is not None:
            self._holder = None
            self._database.write(lambda conn: holders.leave(conn, holder))

    # ---------------------------------------------------------------- claim

    def _claim(self) -> list[Row[Any]]:
        now = self._clocks.machine()
        with self._database.read() as conn:
            if not _waiting(conn, self._holder, now):
                return []
        self._holder, rows = self._database.write(lambda conn: self._claim_in(conn, now))
        return rows

    def _claim_in(self, conn: Connection, now: datetime) -> tuple[Holder, list[Row[Any]]]:
        """What is due, and what was left behind: by the dead, or by ourselves when the database went away."""
        holder = _alive(conn, self._holder, self._name, now)
        holders.bury(conn, now)
        claims.take_back(conn, webhooks)
        conn.execute(_back_to_due(webhooks.c.holder == holder.id))
        return holder, claims.claim(conn, webhooks, holder, now, AT_A_TIME)

    def _let_go(self, rows: Iterable[Row[Any]]) -> None:
        ids = [row.id for row in rows]
        holder = self._holder
        if holder is not None:
            ours = _back_to_due(webhooks.c.id.in_(ids), webhooks.c.holder == holder.id)
            self._database.write(lambda conn: conn.execute(ours).rowcount)

    # ---------------------------------------------------------------- deliver and settle

    def _deliver(self, row: Row[Any]) -> Outcome:
        endpoint = self._endpoints.get(row.channel)
        if endpoint is None:
            return Refused(f"config.toml has no [[webhooks]] named {row.channel}")
        return deliver(endpoint, row.event_id, row.payload, self._clocks.machine(), self._resolve)

    def _settle(self, row: Row[Any], outcome: Outcome) -> bool:
        """False: we were declared dead meanwhile; whoever took the row back sends it again, under the same id."""
        holder, now = self._holder, self._clocks.machine()
        if holder is None:
            return False
        values = verdict(outcome, row.attempts + 1, now)
        return self._database.write(lambda conn: claims.settle(conn, webhooks, row.id, holder, "claimed", **values))

    def _lives(self) -> bool:
        """A receiver may take seconds to answer: say that we live before each, and stop if we were buried."""
        holder, now = self._holder, self._clocks.machine()
        return holder is not None and self._database.write(lambda conn: holders.beat(conn, holder, now))


def endpoints(config: Config) -> list[Endpoint]:
    """The [[webhooks]] of the settings; their secrets were read when those were loaded."""
    return [
        Endpoint(hook.name, hook.url or "", hook.secret or "", hook.allow_private, hook.kind == "chat")
        for hook in config.webhooks
    ]


def verdict(outcome: Outcome, attempts: int, machine_now: datetime) -> dict[str, Any]:
    """What becomes of the row after its `attempts`-th try: sent, failed, or due again later."""
    if isinstance(outcome, Taken):
        return {"state": "sent", "reason": None, "attempts": attempts, "ended_at": machine_now}
    reason = outcome.reason[:REASON]
    if isinstance(outcome, Refused) or attempts >= TRIES:
        return {"state": "failed", "reason": reason, "attempts": attempts, "ended_at": machine_now}
    again = claims.retry_at(attempts, machine_now)
    return {"state": "due", "reason": reason, "attempts": attempts, "due_at": again}


def _back_to_due(*which: ColumnElement[bool]) -> Update:
    left = update(webhooks).where(webhooks.c.state == "claimed", *which)
    return left.values(state="due", holder=None, fence=None)


def _waiting(conn: Connection, holder: Holder | None, now: datetime) -> bool:
    """Whether anything is due, or was claimed by somebody who is dead, or by us and left behind."""
    due = and_(webhooks.c.state == "due", webhooks.c.due_at <= now)
    unseen = exists().where(holders_table.c.id == webhooks.c.holder, holders_table.c.seen_at < now - holders.DEAD_AFTER)
    ours = webhooks.c.holder == holder.id if holder is not None else false()
    left = and_(webhooks.c.state == "claimed", or_(holders.orphaned(webhooks), unseen, ours))
    return conn.execute(select(webhooks.c.id).where(or_(due, left)).limit(1)).first() is not None


def _alive(conn: Connection, holder: Holder | None, name: str, now: datetime) -> Holder:
    """Our row in `holders`, seen now; a new one when there was none or it was declared dead."""
    if holder is not None and holders.beat(conn, holder, now):
        return holder
    return holders.register(conn, name, now)
