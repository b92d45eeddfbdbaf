"""A call to make and a thing to do, each as one line in the viewer's words."""

from dataclasses import dataclass
from datetime import datetime

from authoring.site import Site
from base.calendars import local_day
from base.translations import msgid
from console.context import Viewer, day, hour, phone_shown, say, say_n
from leads.points import engagement
from leads.scoring import temperature
from reports.calls import Call
from reports.tasks import Task
from sales.wording import Voice, joined

OUTCOMES: tuple[tuple[str, str], ...] = (
    ("reached", msgid("Reached")),
    ("voicemail", msgid("Message left")),
    ("callback", msgid("Call back")),
    ("wrong_number", msgid("Wrong number")),
)
LAST: dict[str, str] = {
    "reached": msgid("reached"),
    "voicemail": msgid("message left"),
    "callback": msgid("to call back"),
    "wrong_number": msgid("wrong number"),
}


@dataclass(frozen=True, slots=True)
class CallLine:
    """A lead to call; `tried` says what came of the calls so far; `alone`: nothing else reaches them."""

    lead_id: int
    name: str
    company: str
    phone: str
    phone_shown: str
    temperature: str
    temperature_name: str
    engagement: int
    stage: str
    tried: str
    last: str
    alone: bool


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Something to do. `due` in words; `late`: its day is past."""

    id: int
    title: str
    lead_id: int | None
    lead: str
    owner: str
    due: str
    late: bool
    done: bool
    done_by: str


def call_line(call: Call, site: Site, who: Viewer, now: datetime) -> CallLine:
    definitions, voice = site.definitions, Voice(site, who.locale, who.zone)
    milli = engagement(call.standing.buckets, definitions, local_day(now, who.zone))
    heat = temperature(milli, definitions)
    act = call.act
    return CallLine(
        lead_id=call.lead.id,
        name=call.lead.name,
        company=joined([call.lead.job_title, call.lead.company, _town(call)]),
        phone=call.lead.phone or "",
        phone_shown=phone_shown(call.lead.phone or ""),
        temperature=heat,
        temperature_name=next(who.speech.text(one.label) for one in definitions.temperatures if one.id == heat),
        engagement=milli,
        stage=call.standing.stage,
        tried=_tried(call),
        last=f"{voice.action(act)}, {when(act.at, who, now)}" if act else "",
        alone=call.lead.email is None,
    )


def _town(call: Call) -> str:
    """Where they are, as far as it is known: it says what hour it is there, and what to speak of."""
    town = call.lead.fields.get("city")
    return town if isinstance(town, str) else ""


def _tried(call: Call) -> str:
    if not call.tries or call.called_at is None:
        return say("first call")
    tries = say_n("%(count)s call", "%(count)s calls", call.tries)
    last = say(LAST.get(call.outcome or "", ""))
    return say("%(tries)s, last on %(day)s: %(outcome)s", tries=tries, day=day(call.called_at, "brief"), outcome=last)


def task_line(task: Task, site: Site, who: Viewer, now: datetime) -> TaskLine:
    reps = {rep.id: rep.name for rep in site.definitions.hand_off.reps}
    owner = reps.get(task.owner or "", task.owner or "")
    today_ = local_day(now, who.zone)
    due = local_day(task.due_at, who.zone) if task.due_at else None
    return TaskLine(
        id=task.id,
        title=task.title,
        lead_id=task.lead_id,
        lead=task.lead,
        owner=owner if task.owner != who.rep else "",
        due=_due(task, who, now),
        late=due is not None and due < today_ and task.done_at is None,
        done=task.done_at is not None,
        done_by=task.done_by or "",
    )


def _due(task: Task, who: Viewer, now: datetime) -> str:
    """The day in words where it is near; nothing without a day."""
    if task.due_at is None:
        return ""
    off = (local_day(task.due_at, who.zone) - local_day(now, who.zone)).days
    near = {-1: msgid("yesterday"), 0: msgid("today"), 1: msgid("tomorrow")}.get(off)
    return say(near) if near else day(task.due_at, "brief" if abs(off) < 300 else "short")


def when(at: datetime, who: Viewer, now: datetime) -> str:
    """`today 9:06`, `yesterday 21:14`, `12 Nov`, `12 Nov 2025`."""
    then, today = local_day(at, who.zone), local_day(now, who.zone)
    near = {0: msgid("today %(time)s"), 1: msgid("yesterday %(time)s")}.get((today - then).days)
    return say(near, time=hour(at)) if near else day(at, "brief" if then.year == today.year else "short")
