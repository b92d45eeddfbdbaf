"""Today: the sentence that says what is true now, who waits for an answer, whom to call, what is to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import Response, g, request
from sqlalchemy import Connection

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import at_local, local_day
from base.translations import msgid
from console.access import SEES_EVERY_LEAD, SELLING
from console.call_lines import OUTCOMES, call_line, choices
from console.conditions import duration
from console.context import Viewer, day, draw, say, say_n, viewer
from console.day_lines import task_line
from console.door import ConsoleDoor
from console.hands import Done, Hand, done, hand
from console.left_alone import marks
from console.promises import promise
from console.ripe import ripening_of
from console.routes import Route
from leads.conditions import bought
from leads.facts import DISQUALIFIED, RECYCLED
from leads.points import MILLI
from reports import calls, tasks, today
from reports.came_back import shut
from sales.wording import joined

FIRST_CALLS = 8  # shown at once; the others open below
# Said in words where they begin a sentence.
COUNTED: tuple[str, ...] = (
    msgid("No"), msgid("One"), msgid("Two"), msgid("Three"), msgid("Four"), msgid("Five"), msgid("Six"), msgid("Seven"),
    msgid("Eight"), msgid("Nine"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mine:
    """Whose work the viewer sees: `reps` None = everybody's."""

    reps: tuple[str, ...] | None
    leads: tuple[str | None, ...]
    tasks: tuple[str | None, ...]


def mine(who: Viewer, definitions: Definitions) -> Mine:
    """Sales sees the rep's, and the leads of nobody; who sees every lead sees every rep's."""
    if who.role in SEES_EVERY_LEAD:
        everybody = (*(rep.id for rep in definitions.hand_off.reps), None)
        return Mine(None, everybody, everybody)
    own = (who.rep,) if who.rep else ()
    return Mine(own, (*own, None), own)


def show(door: ConsoleDoor) -> Response:
    return page(door)


def page(door: ConsoleDoor, wrong: str = "", status: int = 200) -> Response:
    """The whole day. `?done=` names a hand-off that was just answered, `?late=1` that somebody else was faster."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        values = _values(conn, door, viewer(), now)
        just = today.answered(conn, request.args.get("done", 0, type=int))
    seen = just is not None and (viewer().role in SEES_EVERY_LEAD or just.owner in (None, viewer().rep))
    return draw(
        "console/today.html",
        status,
        just=done(just, site, viewer()) if just is not None and seen else None,
        late="late" in request.args,
        wrong=wrong,
        date=day(now, "full"),
        **values,
    )


def _values(conn: Connection, door: ConsoleDoor, who: Viewer, now: datetime) -> dict[str, Any]:
    site = door.site()
    whose = mine(who, site.definitions)
    waiting = today.waiting(conn, site, whose.reps, who.zone)
    count = len(waiting) if len(waiting) < today.SHOWN else today.waiting_count(conn, whose.reps)
    to_call = calls.to_call(conn, asking(door, whose.leads, now), warm(site))
    todo = tasks.to_do(conn, whose.tasks)
    midnight = at_local(local_day(now, who.zone), time(), who.zone)
    closed = marks(shut(conn, door.keys.suppression, {one.facts.lead.email for one in waiting}))
    hands = [hand(one, site, who, now, closed.get(one.facts.lead.email or "", "")) for one in waiting]
    return {
        "hands": hands,
        "waiting": count,
        "calls": [call_line(one, site, who, now) for one in to_call],
        "tasks": [task_line(one, site, who, now) for one in todo],
        "done_tasks": [task_line(one, site, who, now) for one in tasks.done_since(conn, whose.tasks, midnight)],
        "week": today.week(conn, [rep for rep in whose.tasks if rep], now - timedelta(days=7), now),
        "ripening": ripening_of(conn, whose.leads, site, who, now),
        "sentence": sentence(hands, count, len(to_call), len(todo), now),
        "within": duration(site.definitions.hand_off.answer_within),
        "working": site.definitions.hand_off.hours is not None,
        "selling": who.role in SELLING,
        "everybody": whose.reps is None,
        "no_rep": whose.reps == (),
        **choices(site, who),
        "threshold": warm(site) // MILLI,
        "first_calls": FIRST_CALLS,
    }


def asking(door: ConsoleDoor, owners: calls.Owners, now: datetime) -> calls.Asking:
    """For whom a list of calls is drawn. Nobody is sold to who has bought, or whom sales has set aside."""
    definitions = door.site().definitions
    at_rest = {RECYCLED, DISQUALIFIED, *bought(definitions)}
    return calls.Asking(owners, at_rest, door.config.site.timezone, door.keys.suppression, now, definitions)


def warm(site: Site) -> int:
    """From which engagement (milli-points) on a call is worth it: above the coldest band."""
    bands = sorted(band.from_engagement for band in site.definitions.temperatures)
    return (bands[1] if len(bands) > 1 else bands[0]) * MILLI


# ---------------------------------------------------------------- the sentence


def sentence(hands: Sequence[Hand], waiting: int, to_call: int, todo: int, now: datetime) -> tuple[str, str]:
    """What is true now, and what to do about it."""
    if waiting:
        return _hot(waiting), joined([_first(hands, now), _rest(to_call, todo, after=True)], " ")
    if to_call or todo:
        return say("Every hand-off is answered."), _rest(to_call, todo, after=False)
    return say("Every hand-off is answered, nothing is due."), say("What ripens meanwhile is in the list of leads.")


def _hot(count: int) -> str:
    said = say(COUNTED[count]) if count < len(COUNTED) else str(count)
    return say_n(
        "%(number)s hot lead is waiting for an answer.",
        "%(number)s hot leads are waiting for an answer.",
        count,
        number=said,
    )


def _first(hands: Sequence[Hand], now: datetime) -> str:
    first = next((one for one in hands if one.answer_by), None)
    if first is None or first.answer_by is None:
        return ""
    given = promise(first.answer_by, first.opened_at, now)
    if given.state == "over":
        return say("Begin with %(name)s: the time promised is over.", name=first.name)
    return say("Begin with %(name)s: %(left)s left.", name=first.name, left=given.left)


def _rest(to_call: int, todo: int, *, after: bool) -> str:
    called = say_n("%(count)s call", "%(count)s calls", to_call) if to_call else ""
    tasked = say_n("%(count)s task", "%(count)s tasks", todo) if todo else ""
    both = say("%(calls)s and %(tasks)s", calls=called, tasks=tasked) if called and tasked else called or tasked
    if not both:
        return ""
    return (
        say("Then %(work)s.", work=both)
        if after
        else say_n("%(work)s to go.", "%(work)s to go.", to_call + todo, work=both)
    )


# ---------------------------------------------------------------- fragments


def hand_fragment(door: ConsoleDoor, hand_off_id: int, late: bool) -> Response:
    """The answered hand-off in the place of its question, and the sentence on top as it is now."""
    site, who, now = door.site(), viewer(), g.moment.calendar
    with door.database.read() as conn:
        answered = today.answered(conn, hand_off_id)
        values = _values(conn, door, who, now)
    just: Done | None = done(answered, site, who) if answered else None
    return draw("console/today_hand.html", just=just, late=late, **values)


def call_fragment(door: ConsoleDoor, lead_id: int, outcome: str) -> Response:
    site, who, now = door.site(), viewer(), g.moment.calendar
    with door.database.read() as conn:
        call = calls.call_of(conn, lead_id, door.config.site.timezone)
    line = call_line(call, site, who, now) if call else None
    return draw("console/today_call.html", call=line, outcome=say(OUTCOMES[outcome]), at=now)


def task_fragment(door: ConsoleDoor, task_id: int) -> Response:
    site, who, now = door.site(), viewer(), g.moment.calendar
    with door.database.read() as conn:
        found = tasks.task(conn, task_id)
    line = task_line(found, site, who, now) if found else None
    return draw("console/today_task.html", task=line, on_lead=request.form.get("back") == "lead")


ROUTES = (Route("GET", "/today", "today", show),)
