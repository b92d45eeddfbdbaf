"""What staff do: each a form that is posted, one verb of sales, then 303 back, or with htmx the part that changed.

Calls are left to calling, deals to selling.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from authoring.site import Site
from base.translations import msgid
from console import lead, qualify, today
from console.access import SIDES
from console.choices import NO_CHOICE, NO_REASON
from console.context import by_htmx, draw, say, viewer
from console.door import ConsoleDoor
from console.lead_fragments import bant_fragment, notes_fragment, owner_fragment, tasks_fragment
from console.lead_identity import owner_of
from console.posted import NO_REP, Unusable, morning_in, note_in, one_of, text_in
from console.routes import Route
from sales import moving, notebook, verdicts
from sales.moving import LONGEST_REASON, Refused
from sales.notebook import MORNING, VALUES, Author
from sales.reassigning import Office, reassign
from sales.verdicts import ACCEPTED, REMINDER, VERDICTS, AnsweredBefore, Verdict
from sales.wording import Voice

LONGEST_TEXT = 10_000
LONGEST_TITLE = 300

NO_VALUE = msgid("Choose what is known: nothing was saved.")


def why_not(error: Refused, site: Site) -> str:
    """Why the lead may not come to a stage, in the viewer's language."""
    return moving.sentence(error.barred, Voice(site, viewer().locale, viewer().zone))


def author() -> Author:
    who = viewer()
    return Author(who.name, who.rep, who.staff_id)


# ---------------------------------------------------------------- verdicts


def give_verdict(door: ConsoleDoor, hand_off_id: int) -> Response:
    """Answer a hand-off; the first answer counts, whoever comes later is told."""
    try:
        verdict = _verdict(door)
    except Unusable as error:
        return refused(door, str(error))
    late, site, who, now = False, door.site(), author(), g.moment

    def job(conn: Connection) -> None:
        moving.answer(conn, hand_off_id, verdict, site, who, now)

    try:
        door.database.write(job)
    except AnsweredBefore:
        late = True
    except Refused as error:
        return refused(door, why_not(error, site), request.form.get("lead_id", type=int))
    if by_htmx() and came_from() != "lead":
        return today.hand_fragment(door, hand_off_id, late)
    return _to(door, done=hand_off_id, late=1 if late else None)


def move_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """Recycle or disqualify, wherever the lead stands."""
    try:
        verdict = _verdict(door)
        if verdict.said not in ("recycled", "disqualified"):
            raise Unusable(NO_CHOICE)
    except Unusable as error:
        return refused(door, str(error), lead_id)
    door.database.write(partial(verdicts.decide, lead_id=lead_id, verdict=verdict, author=author(), now=g.moment))
    return _to(door, lead_id)


def step_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """Move the lead to another stage by hand, as far as the definitions let the viewer's side do that."""
    site = door.site()
    try:
        reason = text_in("why", LONGEST_REASON)
        by, to = SIDES[viewer().role], request.form.get("stage", "")
        job = partial(
            moving.move, lead_id=lead_id, to=to, by=by, reason=reason, site=site, author=author(), now=g.moment
        )
        door.database.write(job)
    except Unusable as error:
        return refused(door, str(error), lead_id)
    except Refused as error:
        return refused(door, why_not(error, site), lead_id)
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
    until = morning_in("until", MORNING) if said == "recycled" else None
    return Verdict(said, reason, until, say(REMINDER))


# ---------------------------------------------------------------- notes, tasks, BANT, owners


def add_note(door: ConsoleDoor, lead_id: int) -> Response:
    return act(
        door,
        lead_id,
        lambda: partial(notebook.add_note, text=text_in("text", LONGEST_TEXT)),
        notes_fragment,
    )


def add_task(door: ConsoleDoor, lead_id: int) -> Response:
    """A thing to do about a lead, for whose lead it is; for the viewer, where it is nobody's."""

    def verb() -> Callable[..., object]:
        owner = owner_of(door, lead_id) or viewer().rep
        return partial(
            notebook.add_task, title=text_in("title", LONGEST_TITLE), due_at=morning_in("due", MORNING), owner=owner
        )

    return act(door, lead_id, verb, tasks_fragment)


def add_own_task(door: ConsoleDoor) -> Response:
    """A thing to do that is about no lead."""
    try:
        job = partial(
            notebook.add_task,
            lead_id=None,
            title=text_in("title", LONGEST_TITLE),
            due_at=morning_in("due", MORNING),
            owner=viewer().rep,
            author=author(),
            now=g.moment,
        )
    except Unusable as error:
        return refused(door, str(error))
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
        item, value = one_of("item", items, NO_VALUE), one_of("value", VALUES, NO_VALUE)
        return partial(notebook.note_bant, item=item, value=value, note=note_in())

    return act(door, lead_id, verb, bant_fragment)


def assign_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """Give the lead to a rep, or to nobody, and say why: the new rep is told once."""

    def verb() -> Callable[..., object]:
        site, rep = door.site(), request.form.get("rep", "")
        if rep and rep not in {one.id for one in site.definitions.hand_off.reps}:
            raise Unusable(NO_REP)
        told_from = Office(site, door.config.site.timezone, door.config.site.base_url, door.keys.suppression)
        return partial(reassign, rep=rep or None, reason=text_in("reason", LONGEST_TITLE), office=told_from)

    return act(door, lead_id, verb, owner_fragment)


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
        return refused(door, str(error), lead_id)
    door.database.write(job)
    return fragment(door, lead_id) if by_htmx() else _to(door, lead_id)


def refused(door: ConsoleDoor, sentence: str, lead_id: int | None = None) -> Response:
    """422 with the sentence on the page that the form was on; for htmx a line above it, which stays as it is."""
    if by_htmx():
        note = draw("console/error_note.html", 422, title=say("Not saved"), sentence=say(sentence))
        note.headers["HX-Retarget"], note.headers["HX-Reswap"] = "#notice", "innerHTML"
        return note
    if came_from() == "qualify":
        return qualify.page(door, wrong=say(sentence), status=422)
    if came_from() == "today" or lead_id is None:
        return today.page(door, wrong=say(sentence), status=422)
    return lead.page(door, lead_id, wrong=say(sentence), status=422)


def came_from() -> str:
    """The page that the form was on."""
    return request.form.get("back", "")


def _to(door: ConsoleDoor, lead_id: int | None = None, **more: Any) -> Response:
    """303 to where the form was; only to pages of ours."""
    lead_id = request.form.get("lead_id", lead_id, type=int)
    if came_from() == "lead" and lead_id is not None:
        there = url_for("console.lead", lead_id=lead_id, **more)
    else:
        there = url_for("console.qualify" if came_from() == "qualify" else "console.today", **more)
    if by_htmx():
        return make_response("", 204, {"HX-Redirect": there})
    return make_response(redirect(there, 303))


ROUTES = (
    Route("POST", "/hand-offs/<int:hand_off_id>/verdict", "give_verdict", give_verdict),
    Route("POST", "/leads/<int:lead_id>/verdict", "move_lead", move_lead),
    Route("POST", "/leads/<int:lead_id>/stage", "step_lead", step_lead),
    Route("POST", "/leads/<int:lead_id>/notes", "add_note", add_note),
    Route("POST", "/leads/<int:lead_id>/tasks", "add_task", add_task),
    Route("POST", "/leads/<int:lead_id>/bant", "save_bant", save_bant),
    Route("POST", "/leads/<int:lead_id>/owner", "assign_lead", assign_lead),
    Route("POST", "/tasks", "add_own_task", add_own_task),
    Route("POST", "/tasks/<int:task_id>", "do_task", do_task),
)
