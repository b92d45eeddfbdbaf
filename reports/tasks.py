"""What staff have to do, and did, about leads or about nothing in particular; read-only.

`owners` are the reps whose tasks are meant, None among them for nobody's.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from leads.groups import group, survivors
from leads.identity import load_leads
from storage.schema import tasks

SHOWN = 60

Owners = Collection[str | None]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do. `lead` is the name of whom it is about, or of who stands for them; `lead_id` None: nobody."""

    id: int
    title: str
    lead_id: int | None
    lead: str
    owner: str | None
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    created_by: str


def to_do(conn: Connection, owners: Owners) -> tuple[Task, ...]:
    """What is open, overdue first, what has no date last; at most SHOWN."""
    found = [row for owner in owners for row in conn.execute(_tasks(owner, tasks.c.done_at.is_(None)))]
    found.sort(key=lambda row: (row.due_at is None, row.due_at or row.at, row.id))
    return tuple(_named(conn, found[:SHOWN]))


def done_since(conn: Connection, owners: Owners, since: datetime) -> tuple[Task, ...]:
    """What was ticked since then, the newest first."""
    found = [row for owner in owners for row in conn.execute(_tasks(owner, tasks.c.done_at >= since))]
    found.sort(key=lambda row: row.done_at, reverse=True)
    return tuple(_named(conn, found[:SHOWN]))


def task(conn: Connection, task_id: int) -> Task | None:
    return next(_named(conn, conn.execute(select(tasks).where(tasks.c.id == task_id)).all()), None)


def tasks_of(conn: Connection, lead_id: int) -> tuple[Task, ...]:
    """What is to do about one lead, open first; at most SHOWN."""
    theirs = select(tasks).where(tasks.c.lead_id.in_(group(conn, lead_id))).order_by(tasks.c.id.desc()).limit(SHOWN)
    found = sorted(
        conn.execute(theirs), key=lambda row: (row.done_at is not None, row.due_at is None, row.due_at or row.at)
    )
    return tuple(_named(conn, found))


def _tasks(owner: str | None, which: ColumnElement[bool]) -> Select[Any]:
    theirs = tasks.c.owner.is_(None) if owner is None else tasks.c.owner == owner
    return select(tasks).where(theirs, which).order_by(tasks.c.done_at, tasks.c.due_at).limit(SHOWN)


def _named(conn: Connection, rows: Sequence[Row[Any]]) -> Iterator[Task]:
    turn = survivors(conn, {row.lead_id for row in rows if row.lead_id is not None})
    known = load_leads(conn, set(turn.values()))
    for row in rows:
        lead = known.get(turn[row.lead_id]) if row.lead_id is not None else None
        copied = {name: getattr(row, name) for name in Task.__slots__ if name != "lead"}
        yield Task(**copied, lead=lead.name if lead else "")
