"""How a call with a lead ended, and what follows from it: a thing to do, an objection; each call leaves its event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from base.clock import Moment
from leads import consenting
from leads.callable import CALLS, allow_calls, noes, number_hash, numbers
from leads.facts import CALLED, CALLS_ALLOWED, OBJECTED
from leads.groups import group
from sales.notebook import Act, Author, tick_task, write_task
from storage.schema import calls, leads, tasks


@dataclass(frozen=True, slots=True)
class Call:
    """How a call ended, one of `authoring.vocabulary.CALL_OUTCOMES`, and what was said.

    `back_at` goes with `callback`: the instant (calendar) to call again, and `reminder` the title of that task.
    `reason` goes with `not_interested`: the id of a reason of the definitions. `key` goes with `objected`: the
    suppression key, under which the number is left alone.
    """

    outcome: str
    note: str | None = None
    reason: str | None = None
    back_at: datetime | None = None
    reminder: str = ""
    key: str = ""


def log_call(conn: Connection, lead_id: int, call: Call, author: Author, now: Moment) -> int:
    """Keep how a call ended; returns the call's id. What an earlier call left to be done is done by this one."""
    act = Act.begin(conn, lead_id, author, now)
    left = _left_to_do(conn, act.lead_id)
    owner = conn.execute(select(leads.c.owner).where(leads.c.id == act.lead_id)).scalar_one()
    told: dict[str, Any] = {"reason": call.reason, "back_at": call.back_at, "task_id": None}
    if call.back_at is not None:
        told["task_id"] = write_task(conn, act.lead_id, call.reminder, call.back_at, owner or author.rep, author, now)
    row = insert(calls).values(
        lead_id=act.lead_id, staff_id=author.staff_id, outcome=call.outcome, note=call.note, at=now.calendar, **told
    )
    made: int = conn.execute(row.returning(calls.c.id)).scalar_one()
    if call.back_at is not None:
        told["back_at"] = call.back_at.isoformat()
    act.tell(
        conn, CALLED, call.outcome, call_id=made, **{name: value for name, value in told.items() if value is not None}
    )
    for task_id in left:
        tick_task(conn, task_id, True, author, now)
    if call.outcome == OBJECTED:
        _leave_alone(conn, act.lead_id, call.key, now)
    return made


def take_objection_back(conn: Connection, lead_id: int, key: str, author: Author, now: Moment) -> bool:
    """The lead may be called again: it was noted by mistake, or they asked for it. Returns whether that is news."""
    act = Act.begin(conn, lead_id, author, now)
    lifted = [phone for phone in numbers(conn, act.lead_id) if allow_calls(conn, key, phone)]
    if news := bool(lifted) or OBJECTED in noes(conn, act.lead_id):
        act.tell(conn, CALLS_ALLOWED)
    return news


def _left_to_do(conn: Connection, lead_id: int) -> list[int]:
    """The open tasks of those whom the lead stands for that a call has left, in their order."""
    whose = calls.c.lead_id.in_(group(conn, lead_id))
    open_ones = select(tasks.c.id).join(calls, calls.c.task_id == tasks.c.id).where(whose, tasks.c.done_at.is_(None))
    return list(conn.scalars(open_ones.order_by(tasks.c.id)))


def _leave_alone(conn: Connection, lead_id: int, key: str, now: Moment) -> None:
    for phone in numbers(conn, lead_id):
        consenting.suppress(conn, number_hash(key, phone), CALLS, OBJECTED, now.machine)
