"""Claim, deliver, settle or try again: the loop of every outbox (`messages`, `webhooks`); delivering is theirs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, select, true, update
from sqlalchemy.sql import ColumnElement

from base.tokens import jitter
from storage.among import among
from storage.holders import Holder, alive, living, orphaned
from storage.prepared import Prepared

# RELIABILITY, annex C: growing pauses, so that an outage of a day costs eight tries.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
_JITTER = 0.2


def claim(
    conn: Connection,
    table: Table,
    holder: Holder,
    machine_now: datetime,
    limit: int,
    only: ColumnElement[bool] | None = None,
    **values: Any,
) -> list[Row[Any]]:
    """Move up to `limit` rows of `table` from due to claimed, the longest due first, and return them whole.

    `only` is a condition on those rows, always the same one, and `values` are those it names: other rows stay as they
    are.
    """
    due = _due(table, only).rows(conn, {"machine": machine_now, "limit": limit, **values})
    return _claim(conn, table, holder, [row.id for row in due])


def claim_these(
    conn: Connection, table: Table, holder: Holder, machine_now: datetime, ids: Sequence[int]
) -> list[Row[Any]]:
    """The same for those of `ids` that are still due: found by their key, however many others are due."""
    due = _due_of(table).rows(conn, {"machine": machine_now, "those": ids})
    return _claim(conn, table, holder, [row.id for row in due])


def _claim(conn: Connection, table: Table, holder: Holder, free: Sequence[int]) -> list[Row[Any]]:
    if not free:
        return []
    taken = _taken(table).rows(conn, {"those": free, "ours": holder.id, "fenced": holder.fence})
    return sorted(taken, key=lambda row: (row.due_at, row.id))


# Built once for each outbox: they run for every batch, under the pen. SQLite has one writer at a time, and no locks.


@cache
def _due(table: Table, only: ColumnElement[bool] | None) -> Prepared:
    due = (table.c.state == "due") & (table.c.due_at <= bindparam("machine"))
    rows = select(table.c.id).where(due, true() if only is None else only).order_by(table.c.due_at, table.c.id)
    return Prepared(rows.limit(bindparam("limit")).with_for_update(skip_locked=True))


@cache
def _due_of(table: Table) -> Prepared:
    due = (table.c.state == "due") & (table.c.due_at <= bindparam("machine"))
    rows = select(table.c.id).where(among(table.c.id, "those"), due).order_by(table.c.id)
    return Prepared(rows.with_for_update(skip_locked=True))


@cache
def _taken(table: Table) -> Prepared:
    taken = update(table).where(among(table.c.id, "those"), table.c.state == "due", living())
    ours = {"state": "claimed", "holder": bindparam("ours"), "fence": bindparam("fenced")}
    return Prepared(taken.values(ours).returning(*table.c))


def settle(conn: Connection, table: Table, id: int, holder: Holder, from_state: str, **values: Any) -> bool:
    """Give a held row its next state and `values`. A row that goes back to due is let go.

    False: it is no longer ours, or no longer in `from_state`; then nothing was changed.
    """
    if values.get("state") == "due":
        values = {"holder": None, "fence": None, **values}
    held = update(table).where(
        table.c.id == id,
        table.c.state == from_state,
        table.c.holder == holder.id,
        table.c.fence == holder.fence,
        alive(holder),
    )
    return conn.execute(held.values(**values)).rowcount == 1


def take_back(conn: Connection, table: Table) -> int:
    """Make due again what dead holders had claimed and not begun; returns how many rows."""
    left = update(table).where(table.c.state == "claimed", orphaned(table))
    return conn.execute(left.values(state="due", holder=None, fence=None)).rowcount


def retry_at(attempts: int, machine_now: datetime) -> datetime:
    """When to try again after `attempts` failed tries: 1, 5, 15, 60 minutes, 3, 6, 12, 24 hours, give or take 20 %."""
    pause = RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1]
    return machine_now + pause * jitter(1 - _JITTER, 1 + _JITTER)
