"""Somebody's data on one page: what is stored, handed out, put right, merged, or erased once the address is typed."""

from functools import partial
from typing import Any

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import Connection, select

from base.saying import Said
from base.translations import msgid, translator
from console.access import may, sees
from console.context import draw, say, viewer
from console.door import ConsoleDoor
from console.routes import Route
from console.traces import clerk
from leads import erasing, giving_ids, merging, outside, parting
from leads.addresses import NotAnAddress, canonical_email
from leads.correcting import NoCorrection, correct, fields_of
from leads.erasing import UnderWay
from leads.facts import COLUMNS, MERGED, PARTED, Lead
from leads.forgetting import WAYS, Desk, forget, note
from leads.giving_ids import NoId
from leads.identity import load_leads
from leads.outside import OutsideId
from reports import lead as leads_report
from reports.personal import record_of
from reports.record_page import COLUMNS as LABELS
from reports.record_page import TITLES, as_page
from storage.schema import departures, leads

DONE = {
    "corrected": msgid("Put right."),
    "same": msgid("It said so already: nothing was changed."),
    "merged": msgid("Both are one lead now."),
    "parted": msgid("They are two leads again."),
}
NOT_TYPED = msgid("What was typed is not the address that stands above: nothing was erased.")
NOBODY = msgid("No lead has this address. Give its whole address, or its number: it stands in the address of its page.")
LONGEST_NUMBER = 18


def show(door: ConsoleDoor, lead_id: int) -> Response:
    return page(door, lead_id)


def page(door: ConsoleDoor, lead_id: int, wrong: str = "", status: int = 200) -> Response:
    """Everything about the data of one lead. A lead that was merged leads to the one that stands for both."""
    with door.database.read() as conn:
        known = _lead(conn, lead_id)
        if known.id != lead_id:
            return make_response(redirect(url_for("console.lead_data", lead_id=known.id), 303))
        plan = erasing.plan(conn, lead_id, door.config.told_of_erasures)
        called = outside.of_lead(conn, lead_id)
        due = conn.execute(select(departures.c.due_at).where(departures.c.lead_id == lead_id)).scalar_one_or_none()
    values = {
        "held": [(say(TITLES[name]), n) for name, n in plan.rows.items() if name in TITLES],
        "plan": plan,
        "called": called,
        "typed": _to_type(known),
        "fields": _fields(door, known) if may(viewer(), "correct_lead") else [],
        "answering": may(viewer(), "erase_lead"),
        "due": due,
        "done": say(DONE[request.args["done"]]) if request.args.get("done") in DONE else "",
    }
    return draw("console/lead_data.html", status, lead=known, wrong=wrong, **values)


def export_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """The file: for other programs, or a page in the lead's language. Entered in the audit chain."""
    with door.database.read() as conn:
        known = _lead(conn, lead_id)
        record = record_of(conn, known.id, g.moment.calendar)
    door.database.write(
        partial(note, key=door.keys.suppression, act="lead_exported", lead_id=known.id, clerk=clerk(), now=g.moment)
    )
    if request.form.get("form") == "json":
        answer = make_response(record.as_json())
        return _file(answer, f"lead-{known.id}.json")
    house = door.site().definitions.house.name
    answer = make_response(as_page(record, translator(record.locale), door.config.site.timezone, house))
    return _file(answer, f"lead-{known.id}.html")


def correct_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """The fields of the form as they are now; what was not changed stays."""
    names = fields_of(door.site())
    told = {name: request.form[name] for name in (*COLUMNS, *names) if name in request.form}
    job = partial(
        correct, lead_id=lead_id, told=told, known=names, key=door.keys.suppression, clerk=clerk(), now=g.moment
    )
    try:
        changed = door.database.write(job)
    except NoCorrection as error:
        return page(door, lead_id, spoken(error), 422)
    return _to(lead_id, "corrected" if changed else "same")


def name_outside(door: ConsoleDoor, lead_id: int) -> Response:
    """Note, or take away, what another system calls them."""
    given = {name: request.form.get(name, "").replace("\x00", "").strip() for name in ("system", "value")}
    one = OutsideId(given["system"].lower(), given["value"])
    verb = giving_ids.take if "take" in request.form else giving_ids.give
    job = partial(verb, lead_id=lead_id, one=one, key=door.keys.suppression, clerk=clerk(), now=g.moment)
    try:
        changed = door.database.write(job)
    except NoId as error:
        return page(door, lead_id, spoken(error), 422)
    return _to(lead_id, "corrected" if changed else "same")


def erase_lead(door: ConsoleDoor, lead_id: int) -> Response:
    """For good, once the address was typed as it stands there."""
    way = request.form.get("way", "")
    if way not in WAYS:
        abort(400)
    with door.database.read() as conn:
        known = _lead(conn, lead_id)
    if request.form.get("typed", "").strip().casefold() != _to_type(known).casefold():
        return page(door, lead_id, say(NOT_TYPED), 422)
    config = door.config
    desk = Desk(door.database, door.keys.suppression, config.data.dir, config.told_of_erasures)
    try:
        forget(desk, lead_id, "erase" if way == "erase" else "anonymise", clerk(), g.moment)
    except UnderWay as error:
        return page(door, lead_id, spoken(error), 409)
    return make_response(redirect(url_for("console.data_protection", done=way), 303))


def merge_plan(door: ConsoleDoor, lead_id: int) -> Response:
    """What making one lead of two would do, before it is done."""
    written = request.args.get("other", "").strip()
    if not written:
        return page(door, lead_id)
    with door.database.read() as conn:
        known, meant = _lead(conn, lead_id), _meant(conn, written)
        if meant is None:
            return page(door, lead_id, say(NOBODY), 422)
        try:
            made = merging.plan(conn, known.id, meant)
        except (merging.NoMerge, LookupError) as error:
            return page(door, lead_id, spoken(error), 422)
        other = load_leads(conn, [made.gone])[made.gone]
    filled = [(_label(name), value) for name, value in made.filled.items()]
    differ = [(_label(name), ours, theirs) for name, (ours, theirs) in made.differ.items()]
    return draw("console/merge.html", lead=known, other=other, plan=made, filled=filled, differ=differ)


def _meant(conn: Connection, written: str) -> int | None:
    """The number that was written, or the lead of that address; None where it is neither."""
    if written.isdecimal() and len(written) <= LONGEST_NUMBER:
        return int(written)
    try:
        email = canonical_email(written)
    except NotAnAddress:
        return None
    return conn.scalar(select(leads.c.id).where(leads.c.email == email).order_by(leads.c.id).limit(1))


def merge_leads(door: ConsoleDoor, lead_id: int) -> Response:
    """Make one lead of two."""
    gone = request.form.get("other", 0, type=int)
    key = door.keys.suppression
    site, now, who = door.site(), g.moment, clerk()

    def job(conn: Connection) -> None:
        merging.merge(conn, lead_id, gone, site, now)
        note(conn, key, MERGED, lead_id, who, now, gone=gone)

    try:
        door.database.write(job)
    except (merging.NoMerge, UnderWay, LookupError) as error:
        return page(door, lead_id, spoken(error), 409)
    return _to(lead_id, "merged")


def part_plan(door: ConsoleDoor, lead_id: int) -> Response:
    """What taking a merge back would do, before it is done."""
    gone = request.args.get("other", 0, type=int)
    if not gone:
        return page(door, lead_id)
    with door.database.read() as conn:
        known = _lead(conn, lead_id)
        try:
            made = _part_plan(conn, known.id, gone)
        except (merging.NoMerge, LookupError) as error:
            return page(door, lead_id, spoken(error), 422)
        other = load_leads(conn, [gone])[gone]
    return draw("console/part.html", lead=known, other=other, plan=made)


def part_leads(door: ConsoleDoor, lead_id: int) -> Response:
    """Take a merge back."""
    gone = request.form.get("other", 0, type=int)
    key, now, who = door.keys.suppression, g.moment, clerk()

    def job(conn: Connection) -> None:
        _part_plan(conn, lead_id, gone)
        parting.unmerge(conn, gone, now)
        note(conn, key, PARTED, lead_id, who, now, gone=gone)

    try:
        door.database.write(job)
    except (merging.NoMerge, LookupError) as error:
        return page(door, lead_id, spoken(error), 409)
    return _to(lead_id, "parted")


def _part_plan(conn: Connection, lead_id: int, gone: int) -> parting.PartPlan:
    """Only out of this lead, which is the one that staff may see. Raises NoMerge, LookupError."""
    made = parting.part_plan(conn, gone)
    if made.kept != lead_id:
        raise LookupError(f"lead {gone} is not one with lead {lead_id}")
    return made


# ---------------------------------------------------------------- parts


def _lead(conn: Connection, lead_id: int) -> Lead:
    found = leads_report.portrait(conn, lead_id)
    if found is None or not sees(viewer(), found.lead.owner):
        abort(404)
    return found.lead


def _to_type(known: Lead) -> str:
    """What whoever erases types to show that they mean this lead and no other."""
    return known.email or known.phone or str(known.id)


def _fields(door: ConsoleDoor, known: Lead) -> list[tuple[str, str, Any]]:
    columns = [(name, _label(name), getattr(known, name) or "") for name in COLUMNS]
    asked = {field.name: field.label for form in door.site().forms.values() for field in form.field if field.label}
    others = [
        (name, viewer().speech.text(asked[name]) if name in asked else _label(name), known.fields.get(name) or "")
        for name in fields_of(door.site())
    ]
    return [*columns, *(one for one in others if isinstance(one[2], str))]


def _label(name: str) -> str:
    return say(LABELS[name]) if name in LABELS else name


def spoken(error: Exception) -> str:
    sentence = error.args[0] if error.args else ""
    if isinstance(sentence, Said):
        return sentence.by(translator(viewer().locale))
    return say("There is no lead with this number.")


def _file(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _to(lead_id: int, done: str) -> Response:
    return make_response(redirect(url_for("console.lead_data", lead_id=lead_id, done=done), 303))


ROUTES = (
    Route("GET", "/leads/<int:lead_id>/data", "lead_data", show),
    Route("POST", "/leads/<int:lead_id>/data/export", "export_lead", export_lead),
    Route("POST", "/leads/<int:lead_id>/data/correct", "correct_lead", correct_lead),
    Route("POST", "/leads/<int:lead_id>/data/ids", "name_outside", name_outside),
    Route("POST", "/leads/<int:lead_id>/data/erase", "erase_lead", erase_lead),
    Route("GET", "/leads/<int:lead_id>/merge", "merge_plan", merge_plan),
    Route("POST", "/leads/<int:lead_id>/merge", "merge_leads", merge_leads),
    Route("GET", "/leads/<int:lead_id>/part", "part_plan", part_plan),
    Route("POST", "/leads/<int:lead_id>/part", "part_leads", part_leads),
)
