"""What staff do: each a form that is posted, one verb of sales, then 303 back, or with htmx the part that changed."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Any

from flask import Response, g, make_response, redirect, request, url_for

from base.calendars import at_local
from base.translations import msgid
from console import lead, today
from console.choices import NO_CHOICE, NO_REASON
from console.context import by_htmx, draw, say, viewer
from console.door import ConsoleDoor
from console.routes import Route
from sales import notebook, verdicts
from sales.notebook import OUTCOMES, VALUES, Author
from sales.reassigning import Office, reassign
from sales.verdicts import ACCEPTED, VERDICTS, AnsweredBefore, Verdict

LONGEST_TEXT = 10_000
LONGEST_NOTE = 1_000
LONGEST_TITLE = 300
MORNING = time(9)  # when a day's task is due

NO_TEXT = msgid("Write something first: nothing was saved.")
TOO_LONG = msgid("This is too long: nothing was saved. Shorten it, then save it again.")
NO_OUTCOME = msgid("Say how the call ended: nothing was saved.")
NO_DAY = msgid("This is no day that can be planned: nothing was saved.")
NO_VALUE = msgid("Choose what is known: nothing was saved.")
NO_REP = msgid("The definitions know no rep of this name: nothing was saved.")


class Unusable(Exception):
    """The form cannot be taken as it is; the sentence says why, in English, and is translated where it is shown."""


def author() -> Author:
    who = viewer()
    return Author(who.name, who.rep, who.staff_id)


# ---------------------------------------------------------------- verdicts


def give_verdict(door: ConsoleDoor, hand_off_id: int) -> Response:
    """Answer a hand-off; the first answer counts, whoever comes later is told."""
    try:
        verdict = _verdict(door)
    except Unusable as error:
        return _refused(door, str(error))
    late = False
    job = partial(verdicts.answer, hand_off_id=hand_off_id, verdict=verdict, author=author(), now=g.moment)
    try:
        door.database.write(job)
    except AnsweredBefore:
        late = True
    if by_htmx() and _back() != "lead":
        return today.hand_fragment(door, hand_off_id, late)
    return _to(door, done=hand_off_id, late=1 if late else None)


def move_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """Recycle or disqualify, wherever the lead stands."""
    try:
        verdict = _verdict(door)
        if verdict.said not in ("recycled", "disqualified"):
            raise Unusable(NO_CHOICE)
    except Unusable as error:
        return _refused(door, str(error), lead_id)
    door.database.write(partial(verdicts.decide, lead_id=lead_id, verdict=verdict, author=author(), now=g.moment))
    return _to(door, lead_id)


def _verdict(door: ConsoleDoor) -> Verdict:
    said = VERDICTS.get(request.form.get("choice", ""))
    if said is None:
        raise Unusable(NO_CHOICE)
    if said == ACCEPTED:
        return Verdict(said)
    reason = request.form.get("reason", "")
    if reason not in {one.id for one in door.site().definitions.hand_off.reject_reasons}:
        raise Unusable(NO_REASON)
    until = _day("until") if said == "recycled" else None
    return Verdict(said, reason, until, say("Come back to this lead: recycled until today"))


# ---------------------------------------------------------------- notes, calls, tasks, BANT, owners


def add_note(door: ConsoleDoor, lead_id: int) -> Response:
    return act(door, lead_id, lambda: partial(notebook.add_note, text=_text("text", LONGEST_TEXT)), lead.notes_fragment)


def log_call(door: ConsoleDoor, lead_id: int) -> Response:
    """How a call ended; on the day's list the line says so in its place."""

    def verb() -> Callable[..., object]:
        return partial(notebook.log_call, outcome=_one_of("outcome", OUTCOMES, NO_OUTCOME), note=_note())

    if by_htmx() and _back() == "today":
        return act(
            door, lead_id, verb, lambda door, lead_id: today.call_fragment(door, lead_id, request.form["outcome"])
        )
    return act(door, lead_id, verb, lead.calls_fragment)


def add_task(door: ConsoleDoor, lead_id: int) -> Response:
    """A thing to do about a lead, for whose lead it is; for the viewer, where it is nobody's."""

    def verb() -> Callable[..., object]:
        owner = lead.owner_of(door, lead_id) or viewer().rep
        return partial(notebook.add_task, title=_text("title", LONGEST_TITLE), due_at=_day("due"), owner=owner)

    return act(door, lead_id, verb, lead.tasks_fragment)


def add_own_task(door: ConsoleDoor) -> Response:
    """A thing to do that is about no lead."""
    try:
        job = partial(
            notebook.add_task,
            lead_id=None,
            title=_text("title", LONGEST_TITLE),
            due_at=_day("due"),
            owner=viewer().rep,
            author=author(),
            now=g.moment,
        )
    except Unusable as error:
        return _refused(door, str(error))
    made = door.database.write(job)
    return today.task_fragment(door, made) if by_htmx() else _to(door)


def do_task(door: ConsoleDoor, task_id: int) -> Response:
    """Tick it, or take it up again."""
    job = partial(
        notebook.tick_task, task_id=task_id, done=request.form.get("done") == "1", author=author(), now=g.moment
    )
    door.database.write(job)
    return today.task_fragment(door, task_id) if by_htmx() else _to(door, request.form.get("lead_id", type=int))


def save_bant(door: ConsoleDoor, lead_id: int) -> Response:
    """What is known of one item of the definitions, in which words."""

    def verb() -> Callable[..., object]:
        items = tuple(item.id for item in door.site().definitions.bant)
        item, value = _one_of("item", items, NO_VALUE), _one_of("value", VALUES, NO_VALUE)
        return partial(notebook.note_bant, item=item, value=value, note=_note())

    return act(door, lead_id, verb, lead.bant_fragment)


def assign_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """Give the lead to a rep, or to nobody, and say why: the new rep is told once."""

    def verb() -> Callable[..., object]:
        site, rep = door.site(), request.form.get("rep", "")
        if rep and rep not in {one.id for one in site.definitions.hand_off.reps}:
            raise Unusable(NO_REP)
        told_from = Office(site, door.config.site.timezone, door.config.site.base_url, door.keys.suppression)
        return partial(reassign, rep=rep or None, reason=_text("reason", LONGEST_TITLE), office=told_from)

    return act(door, lead_id, verb, lead.owner_fragment)


# ---------------------------------------------------------------- doing it, and where to then


def act(
    door: ConsoleDoor,
    lead_id: int,
    verb: Callable[[], Callable[..., object]],
    fragment: Callable[[ConsoleDoor, int], Response],
) -> Response:
    """Do `verb` for that lead, then draw the part of its page that changed. What the form says may be Unusable."""
    try:
        job = partial(verb(), lead_id=lead_id, author=author(), now=g.moment)
    except Unusable as error:
        return _refused(door, str(error), lead_id)
    door.database.write(job)
    return fragment(door, lead_id) if by_htmx() else _to(door, lead_id)


def _refused(door: ConsoleDoor, sentence: str, lead_id: int | None = None) -> Response:
    """422 with the sentence on the page that the form was on; for htmx a line above it, which stays as it is."""
    if by_htmx():
        note = draw("console/error_note.html", 422, title=say("Not saved"), sentence=say(sentence))
        note.headers["HX-Retarget"], note.headers["HX-Reswap"] = "#notice", "innerHTML"
        return note
    if _back() == "today" or lead_id is None:
        return today.page(door, wrong=say(sentence), status=422)
    return lead.page(door, lead_id, wrong=say(sentence), status=422)


def _back() -> str:
    """The page that the form was on."""
    return request.form.get("back", "")


def _to(door: ConsoleDoor, lead_id: int | None = None, **more: Any) -> Response:
    """303 to where the form was; only to pages of ours."""
    lead_id = request.form.get("lead_id", lead_id, type=int)
    if _back() == "lead" and lead_id is not None:
        there = url_for("console.lead", lead_id=lead_id, **more)
    else:
        there = url_for("console.today", **more)
    if by_htmx():
        return make_response("", 204, {"HX-Redirect": there})
    return make_response(redirect(there, 303))


# ---------------------------------------------------------------- what the form says


def _text(name: str, longest: int) -> str:
    text = request.form.get(name, "").replace("\x00", "").strip()
    if not text:
        raise Unusable(NO_TEXT)
    if len(text) > longest:
        raise Unusable(TOO_LONG)
    return text


def _note() -> str | None:
    text = request.form.get("note", "").replace("\x00", "").strip()
    if len(text) > LONGEST_NOTE:
        raise Unusable(TOO_LONG)
    return text or None


def _one_of(name: str, known: tuple[str, ...], sentence: str) -> str:
    value = request.form.get(name, "")
    if value not in known:
        raise Unusable(sentence)
    return value


def _day(name: str) -> datetime | None:
    """The morning of that day on the house's wall clock; None where none is given."""
    written = request.form.get(name, "").strip()
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        if not 2000 <= day.year <= 9000:
            raise ValueError(written)
    except ValueError:
        raise Unusable(NO_DAY) from None
    return at_local(day, MORNING, viewer().zone)


ROUTES = (
    Route("POST", "/hand-offs/<int:hand_off_id>/verdict", "give_verdict", give_verdict),
    Route("POST", "/leads/<int:lead_id>/verdict", "move_lead", move_lead),
    Route("POST", "/leads/<int:lead_id>/notes", "add_note", add_note),
    Route("POST", "/leads/<int:lead_id>/calls", "log_call", log_call),
    Route("POST", "/leads/<int:lead_id>/tasks", "add_task", add_task),
    Route("POST", "/leads/<int:lead_id>/bant", "save_bant", save_bant),
    Route("POST", "/leads/<int:lead_id>/owner", "assign_lead", assign_lead),
    Route("POST", "/tasks", "add_own_task", add_own_task),
    Route("POST", "/tasks/<int:task_id>", "do_task", do_task),
)
