"""Who claims: one row per process, its heartbeat, and its burial; what it had in hand is found by `orphaned`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, and_, bindparam, exists, insert, not_, select, update
from sqlalchemy.sql import ColumnElement

from storage.schema import holders, wakes

DEAD_AFTER = timedelta(seconds=60)
_BORN_WITH = 1  # a living holder's fence; whoever declares it dead raises it, and its late writes fail


@dataclass(frozen=True, slots=True)
class Holder:
    """What a process writes on a row it claims."""

    id: int
    fence: int


def register(conn: Connection, name: str, machine_now: datetime) -> Holder:
    """A new holder; `name` (host:pid) is for people."""
    row = insert(holders).values(name=name, fence=_BORN_WITH, started_at=machine_now, seen_at=machine_now)
    return Holder(conn.execute(row.returning(holders.c.id)).scalar_one(), _BORN_WITH)


def beat(conn: Connection, holder: Holder, machine_now: datetime) -> bool:
    """Say that `holder` lives. False: it was declared dead and must register again."""
    seen = update(holders).where(holders.c.id == holder.id, holders.c.fence == holder.fence)
    return conn.execute(seen.values(seen_at=machine_now)).rowcount == 1


def bury(conn: Connection, machine_now: datetime) -> list[int]:
    """Declare dead whoever was unseen for a minute: raise their fences and free their leads. Returns their ids.

    Messages and webhooks they held stay as they are: each outbox knows what a death leaves behind (`orphaned`).
    """
    unseen = update(holders).where(holders.c.fence == _BORN_WITH, holders.c.seen_at < machine_now - DEAD_AFTER)
    dead = sorted(conn.execute(unseen.values(fence=holders.c.fence + 1).returning(holders.c.id)).scalars())
    if dead:
        conn.execute(update(wakes).where(wakes.c.holder.in_(dead)).values(holder=None, fence=None))
    return dead


def leave(conn: Connection, holder: Holder) -> None:
    """Go in good order, with nothing in hand any more: nobody has to wait for the death of one who said so."""
    ours = (holders.c.id == holder.id) & (holders.c.fence == holder.fence)
    conn.execute(update(holders).where(ours).values(fence=holders.c.fence + 1))
    conn.execute(update(wakes).where(wakes.c.holder == holder.id).values(holder=None, fence=None))


def bury_all(conn: Connection) -> None:
    """Declare everybody dead: nobody works with a copy of the database that they worked with."""
    conn.execute(update(holders).where(holders.c.fence == _BORN_WITH).values(fence=holders.c.fence + 1))
    conn.execute(update(wakes).where(wakes.c.holder.is_not(None)).values(holder=None, fence=None))


def at_work(machine_now: datetime) -> ColumnElement[bool]:
    """Condition on a row of `holders`: seen within the last minute, and not declared dead."""
    return and_(holders.c.fence == _BORN_WITH, holders.c.seen_at > machine_now - DEAD_AFTER)


def alive(holder: Holder) -> ColumnElement[bool]:
    """Condition: `holder` was not declared dead."""
    return exists(select(holders.c.id).where(holders.c.id == holder.id, holders.c.fence == holder.fence))


def living() -> ColumnElement[bool]:
    """The same of the holder whose id and fence are given as `ours` and `fenced`."""
    return exists(holders.c.id).where(holders.c.id == bindparam("ours"), holders.c.fence == bindparam("fenced"))


def orphaned(table: Table) -> ColumnElement[bool]:
    """Condition on a row of `table`: somebody holds it, and that somebody is dead."""
    living = select(holders.c.id).where(holders.c.id == table.c.holder, holders.c.fence == table.c.fence)
    return and_(table.c.holder.is_not(None), not_(exists(living)))
