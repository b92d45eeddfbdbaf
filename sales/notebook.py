"""What staff note about a lead: notes, tasks, BANT, whose it is; each act leaves an event beside its row.

Calls are left to `sales.calling`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from base.clock import Moment
from leads import events, standings
from leads.gates import NOTED
from leads.groups import group, survivor
from storage import wakes
from storage.schema import bant, hand_offs, leads, notes, tasks
from storage.upsert import upsert

ASSIGNED = "lead_assigned"
MORNING = time(9)  # when a day's task is due: its hour says nothing
VALUES = ("unknown", "no", "partial", "yes")


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: a member of staff, and the rep of the definitions they are, if any."""

    name: str
    rep: str | None = None
    staff_id: int | None = None

    @property
    def signature(self) -> str:
        """What a verdict is signed with: the rep's id, else the name."""
        return self.rep or self.name[:100]


@dataclass(frozen=True, slots=True)
class Act:
    """An act about a lead, under way: its wake is held from here to the commit."""

    lead_id: int
    seq: int
    author: Author
    now: Moment

    @classmethod
    def begin(cls, conn: Connection, lead_id: int, author: Author, now: Moment) -> "Act":
        """About the survivor, if that lead was merged. Raises LookupError for a lead that is not there."""
        lead_id = survivor(conn, lead_id)
        return cls(lead_id, wakes.stir(conn, lead_id, now.calendar), author, now)

    def tell(self, conn: Connection, name: str, subject: str | None = None, **data: Any) -> None:
        """Leave its event: the house's own evidence, so it never scores."""
        told = {"staff": self.author.name, "by": self.author.signature, **data}
        events.write(conn, self.lead_id, self.seq, name, self.now, evidence="engine", subject=subject, data=told)


def add_note(conn: Connection, lead_id: int, text: str, author: Author, now: Moment) -> int:
    """Keep what staff wrote; returns the note's id."""
    act = Act.begin(conn, lead_id, author, now)
    row = insert(notes).values(
        lead_id=act.lead_id, staff_id=author.staff_id, author=author.name, text=text, at=now.calendar
    )
    made = _made(conn, row.returning(notes.c.id))
    act.tell(conn, "note_added", note_id=made)
    return made


def add_task(
    conn: Connection,
    lead_id: int | None,
    title: str,
    due_at: datetime | None,
    owner: str | None,
    author: Author,
    now: Moment,
) -> int:
    """A thing to do for the rep `owner`, about a lead or about none; returns its id."""
    act = None if lead_id is None else Act.begin(conn, lead_id, author, now)
    made = write_task(conn, act.lead_id if act else None, title, due_at, owner, author, now)
    if act is not None:
        act.tell(conn, "task_added", task_id=made, title=title[:300])
    return made


def write_task(
    conn: Connection,
    lead_id: int | None,
    title: str,
    due_at: datetime | None,
    owner: str | None,
    author: Author,
    now: Moment,
) -> int:
    """The same without an event: for acts that leave one of their own."""
    row = insert(tasks).values(
        lead_id=lead_id, owner=owner, title=title[:300], due_at=due_at, created_by=author.name, at=now.calendar
    )
    return _made(conn, row.returning(tasks.c.id))


def tick_task(conn: Connection, task_id: int, done: bool, author: Author, now: Moment) -> bool:
    """Done, or to do again. Returns whether that is news; raises LookupError for a task that is not there."""
    task: Row[Any] | None = conn.execute(select(tasks).where(tasks.c.id == task_id)).one_or_none()
    if task is None:
        raise LookupError(f"task {task_id} is not there")
    values: Mapping[str, Any] = {"done_at": now.calendar if done else None, "done_by": author.name if done else None}
    unlike = tasks.c.done_at.is_(None) if done else tasks.c.done_at.is_not(None)
    changed = conn.execute(update(tasks).where(tasks.c.id == task_id, unlike).values(**values)).rowcount == 1
    if changed and task.lead_id is not None:
        name = "task_done" if done else "task_reopened"
        Act.begin(conn, task.lead_id, author, now).tell(conn, name, task_id=task_id, title=task.title)
    return changed


def note_bant(
    conn: Connection, lead_id: int, item: str, value: str, note: str | None, author: Author, now: Moment
) -> None:
    """What is known of one BANT item: one of VALUES, and in which words."""
    act = Act.begin(conn, lead_id, author, now)
    act.tell(conn, NOTED, item, value=value, note=note)
    row = {
        "lead_id": act.lead_id,
        "item": item,
        "value": value,
        "note": note,
        "author": author.name,
        "at": now.calendar,
    }
    upsert(conn, bant, [row], key=["lead_id", "item"])


def hand_on(conn: Connection, act: Act, rep: str | None, before: str | None, reason: str = "", step: str = "") -> None:
    """Give the lead to a rep, or to nobody; `before` is whose it was, `step` of the service level that did it.

    What is to do goes along, of all whom the lead stands for; open hand-offs as far as they have a new rep.
    """
    lead_id, theirs = act.lead_id, group(conn, act.lead_id)
    told = {"before": before, "reason": reason, "step": step}
    act.tell(conn, ASSIGNED, rep, **{name: text for name, text in told.items() if text})
    conn.execute(update(leads).where(leads.c.id == lead_id).values(owner=rep))
    standings.copy_owners(conn, [lead_id])
    if rep is not None:
        unanswered = hand_offs.c.lead_id.in_(theirs) & hand_offs.c.verdict.is_(None)
        conn.execute(update(hand_offs).where(unanswered).values(owner=rep))
    open_tasks = tasks.c.lead_id.in_(theirs) & tasks.c.done_at.is_(None)
    conn.execute(update(tasks).where(open_tasks, tasks.c.owner.is_not_distinct_from(before)).values(owner=rep))


def _made(conn: Connection, row: Any) -> int:
    made: int = conn.execute(row).scalar_one()
    return made
