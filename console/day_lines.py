"""A thing to do as one line in the viewer's words; calls are left to call_lines."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from authoring.site import Site
from base.calendars import local_day
from base.translations import msgid
from console.context import Viewer, day, hour, say
from reports.tasks import Task
from sales.notebook import MORNING


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Something to do. `due` in words; `late`: its day is past, or its hour where it has one."""

    id: int
    title: str
    lead_id: int | None
    lead: str
    owner: str
    due: str
    late: bool
    done: bool
    done_by: str


def task_line(task: Task, site: Site, who: Viewer, now: datetime) -> TaskLine:
    reps = {rep.id: rep.name for rep in site.definitions.hand_off.reps}
    owner = reps.get(task.owner or "", task.owner or "")
    return TaskLine(
        id=task.id,
        title=task.title,
        lead_id=task.lead_id,
        lead=task.lead,
        owner=owner if task.owner != who.rep else "",
        due=_due(task, who, now),
        late=task.done_at is None and _late(task, who, now),
        done=task.done_at is not None,
        done_by=task.done_by or "",
    )


def _late(task: Task, who: Viewer, now: datetime) -> bool:
    if task.due_at is None:
        return False
    if _has_hour(task.due_at, who):
        return task.due_at < now
    return local_day(task.due_at, who.zone) < local_day(now, who.zone)


def _has_hour(due_at: datetime, who: Viewer) -> bool:
    return due_at.astimezone(ZoneInfo(who.zone)).time() != MORNING


def _due(task: Task, who: Viewer, now: datetime) -> str:
    """The day in words where it is near, and the hour where there is one; nothing without a day."""
    if task.due_at is None:
        return ""
    off = (local_day(task.due_at, who.zone) - local_day(now, who.zone)).days
    near = {-1: msgid("yesterday"), 0: msgid("today"), 1: msgid("tomorrow")}.get(off)
    said = say(near) if near else day(task.due_at, "brief" if abs(off) < 300 else "short")
    return say("%(day)s, %(hour)s", day=said, hour=hour(task.due_at)) if _has_hour(task.due_at, who) else said


def when(at: datetime, who: Viewer, now: datetime) -> str:
    """`today 9:06`, `yesterday 21:14`, `12 Nov`, `12 Nov 2025`."""
    then, today = local_day(at, who.zone), local_day(now, who.zone)
    near = {0: msgid("today %(time)s"), 1: msgid("yesterday %(time)s")}.get((today - then).days)
    return say(near, time=hour(at)) if near else day(at, "brief" if then.year == today.year else "short")
