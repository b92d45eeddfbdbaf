"""One lead: who they are, where they stand and why, what they did, what the house does with them, what staff know."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Response, abort, current_app, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from authoring.models.sequences import Sequence as Authored
from authoring.site import Site
from base.calendars import local_day
from console import lead_dealings, lead_parts
from console.access import RUNNING, SELLING, may, sees
from console.call_lines import call_parts
from console.choices import of_lead, steps_of
from console.context import Viewer, by_htmx, draw, phone_shown, say, viewer
from console.curve import curve
from console.day_lines import task_line
from console.door import ConsoleDoor
from console.hands import done, hand
from console.lead_filters import source_name
from console.lead_score import shown
from console.names import Names
from console.routes import Route
from console.selling_parts import selling_parts
from console.words import Day, story
from leads import companies, outside
from leads.adding import BROUGHT, ORIGIN_NAMES
from leads.brought import brought
from leads.facts import Facts, Lead, Standing
from leads.identity import load_leads
from leads.known import facts_of
from leads.parting import merged_of
from leads.postal import written
from reports import dealings, lead, tasks, today
from reports.alike import alike_to
from reports.lead import Portrait
from reports.score import score
from reports.timeline import PAGE, Place, machine_visits, timeline
from sales.notebook import VALUES
from sales.provenance import who_brought, why_given
from sales.routing import why
from sales.whose import given, handed
from sales.wording import Voice, joined

FIRST_LINES = 25  # of the story, on the page itself
EVERY_LINE = 400  # events listed under a rule on the page of all lines


def show(door: ConsoleDoor, lead_id: int) -> Response:
    return page(door, lead_id)


def page(door: ConsoleDoor, lead_id: int, wrong: str = "", status: int = 200) -> Response:
    """The whole page. A lead that was merged leads to the one that stands for both."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = _portrait(conn, lead_id)
        if portrait.lead.id != lead_id:
            return make_response(redirect(url_for("console.lead", lead_id=portrait.lead.id), 303))
        facts = _facts(conn, site, portrait, now)
        values = {
            **_identity(portrait, facts, site, now),
            **_answering(conn, portrait, facts, site, now),
            **_scored(conn, facts, site, now),
            **_told(conn, portrait, site, now, FIRST_LINES),
            **_noted(conn, door, portrait, now),
            **_dealt(conn, door, portrait, site),
            **selling_parts(conn, portrait.lead.id, facts.standing.stage, site, viewer()),
            "one_with": _one_with(conn, portrait.lead.id),
            "companies": companies.of_lead(conn, portrait.lead.id),
            "likely": alike_to(conn, portrait.lead.id) if may(viewer(), "merge_plan") else (),
            "outside_ids": outside.of_lead(conn, portrait.lead.id),
            "owner_why": _owner_why(conn, portrait, site),
            "brought": _brought(conn, portrait, site),
        }
    return draw("console/lead.html", status, wrong=wrong, **values)


def story_page(door: ConsoleDoor, lead_id: int) -> Response:
    """The story from a place on: with htmx its next lines, without scripts a page of its own."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = _portrait(conn, lead_id)
        values = _told(conn, portrait, site, now, PAGE)
    template = "console/lead_story_more.html" if by_htmx() else "console/lead_story.html"
    return draw(template, lead=portrait.lead, first=not request.args.get("from"), **values)


def score_page(door: ConsoleDoor, lead_id: int) -> Response:
    """Every line of the score, event by event."""
    site, now, who = door.site(), g.moment.calendar, viewer()
    with door.database.read() as conn:
        portrait = _portrait(conn, lead_id)
        facts = _facts(conn, site, portrait, now)
        found = shown(score(conn, site, facts, now, EVERY_LINE), facts, site, who, now)
    return draw("console/lead_score.html", lead=portrait.lead, score=found, version=site.definitions.version)


# ---------------------------------------------------------------- what the page is made of


def _portrait(conn: Connection, lead_id: int) -> Portrait:
    found = lead.portrait(conn, lead_id)
    if found is None or not sees(viewer(), found.lead.owner):
        abort(404)
    return found


def _facts(conn: Connection, site: Site, portrait: Portrait, now: datetime) -> Facts:
    return facts_of(conn, site, [portrait.lead.id], viewer().zone, now)[portrait.lead.id]


def _identity(portrait: Portrait, facts: Facts, site: Site, now: datetime) -> dict[str, Any]:
    who, known = viewer(), portrait.lead
    names = Names(site, who)
    reps = [(rep.id, rep.name) for rep in site.definitions.hand_off.reps]
    return {
        "lead": known,
        "portrait": portrait,
        "who": joined([known.job_title, known.company]),
        "phone_shown": phone_shown(known.phone) if known.phone else "",
        "postal": written(known.fields, who.locale),
        "standing": facts.standing,
        "stage_name": names.stage(facts.standing.stage),
        "stage_meaning": _meaning(facts.standing, site, who),
        "steps": steps_of(facts, site, who, now),
        "aside": lead_parts.times_aside(portrait.passages, names),
        "way": lead_parts.way(facts.standing, portrait.passages, site, names),
        "turns": lead_parts.turns(portrait.passages, names, now),
        "origin": _origin(portrait),
        "first": lead_parts.touch(portrait.first),
        "last": lead_parts.touch(portrait.last) if portrait.last != portrait.first else None,
        "touches": [lead_parts.touched(one) for one in portrait.touches],
        "segments": [_segment(one, site, who) for one in facts.standing.segments],
        "owner": names.rep(known.owner),
        "reps": reps,
        "assigning": who.role in RUNNING,
        "parting": may(who, "part_leads"),
    }


def _origin(portrait: Portrait) -> str:
    """Who brought them; else how they came."""
    source = portrait.lead.source or ""
    if source.partition(":")[0] in BROUGHT:
        return source_name(source)
    return joined([say(ORIGIN_NAMES.get(portrait.origin, portrait.origin)), source_name(source)])


def _owner_why(conn: Connection, portrait: Portrait, site: Site) -> str:
    """Why whoever has the lead has it, as the newest hand-off or giving away says; "" where it says nothing of them."""
    told, owner = _voice(site), portrait.lead.owner or ""
    last, gave = next(iter(handed(conn, portrait.lead.id)), None), next(iter(given(conn, portrait.lead.id)), None)
    if gave is not None and gave.routed.rep == owner and (last is None or gave.at >= last.at):
        return why_given(gave, told)
    return why(last.routed, told) if last is not None and last.routed.rep == owner else ""


def _brought(conn: Connection, portrait: Portrait, site: Site) -> list[tuple[datetime, str]]:
    """Who brought them, each time, on which ground."""
    return [(one.at, who_brought(one, _voice(site))) for one in brought(conn, portrait.lead.id)]


def _voice(site: Site) -> Voice:
    return Voice(site, viewer().locale, viewer().zone)


def _one_with(conn: Connection, lead_id: int) -> list[Lead]:
    """Whom the lead stands for too, the newest first."""
    ids = merged_of(conn, lead_id)
    known = load_leads(conn, ids)
    return [known[one] for one in ids]


def _meaning(standing: Standing, site: Site, who: Viewer) -> str:
    return next((who.speech.text(one.meaning) for one in site.definitions.stages if one.id == standing.stage), "")


def _segment(name: str, site: Site, who: Viewer) -> str:
    return next((who.speech.text(one.label) for one in site.definitions.segments if one.id == name), name)


def _answering(conn: Connection, portrait: Portrait, facts: Facts, site: Site, now: datetime) -> dict[str, Any]:
    """The hand-off that waits, the one that was just answered, what else may be decided."""
    who = viewer()
    waiting = today.waiting_of(conn, portrait.lead.id, site, who.zone)
    just = today.answered(conn, request.args.get("done", 0, type=int))
    return {
        "hand": hand(waiting, site, who, now) if waiting else None,
        "just": done(just, site, who) if just and just.lead_id == portrait.lead.id else None,
        "late": "late" in request.args,
        "selling": who.role in SELLING,
        "choices": of_lead(site, who, facts.standing.stage),
    }


def _scored(conn: Connection, facts: Facts, site: Site, now: datetime) -> dict[str, Any]:
    who = viewer()
    found = score(conn, site, facts, now)
    seen = shown(found, facts, site, who, now)
    levels = [level for level in (seen.limit,) if level is not None]
    return {
        "score": seen,
        "by_event": found.by_event,
        "curve": curve(facts.standing.buckets, site.definitions, local_day(now, who.zone), levels),
        "interests": lead_parts.interests(facts.standing, site, who),
        "version": site.definitions.version,
    }


def _told(conn: Connection, portrait: Portrait, site: Site, now: datetime, size: int) -> dict[str, Any]:
    machines, place = "machines" in request.args, Place.read(request.args.get("from", ""))
    found = timeline(conn, portrait.lead.id, place, size, machines)
    days: list[Day] = story(found.entries, site, viewer(), now)
    return {
        "days": days,
        "after": str(found.after) if found.after else "",
        "machines": machines,
        "hidden": 0 if machines else machine_visits(conn, portrait.lead.id),
        "events": portrait.events,
    }


def _noted(conn: Connection, door: ConsoleDoor, portrait: Portrait, now: datetime) -> dict[str, Any]:
    site, who = door.site(), viewer()
    listed = tasks.tasks_of(conn, portrait.lead.id)
    return {
        "answers": lead_parts.answers(today.submitted(conn, portrait.lead.id), site, who),
        "bant": lead_parts.bant(portrait.bant, portrait, site, who),
        "bant_values": [(value, say(lead_parts.BANT_WORDS[value])) for value in VALUES],
        "tasks": [task_line(one, site, who, now) for one in listed],
        **call_parts(conn, portrait.lead, portrait.calls, door.keys.suppression, site, who, now),
    }


def _dealt(conn: Connection, door: ConsoleDoor, portrait: Portrait, site: Site) -> dict[str, Any]:
    who = viewer()
    names = Names(site, who)
    found = dealings.dealings(conn, portrait.lead.id)
    pinned = _pinned(door, {one.version for one in found.inside})
    return {
        "sequence_pages": "console.sequence" in current_app.view_functions,
        "previewing": may(who, "preview"),
        "enrolled": lead_dealings.enrolled(found.inside, pinned, portrait.lead, names, who),
        "refused": lead_dealings.refused(found.refused, names),
        "mails": lead_dealings.mails(found, site, names, who),
        "consents": lead_dealings.consents(found.consents, site, names, who),
    }


def _pinned(door: ConsoleDoor, versions: set[str]) -> Mapping[str, Authored]:
    """The sequences as they were when the lead entered; one that nobody kept is left out."""
    found: dict[str, Authored] = {}
    for version in versions:
        with suppress(LookupError):
            found[version] = door.releases.sequence(version)
    return found


# ---------------------------------------------------------------- fragments


def owner_of(door: ConsoleDoor, lead_id: int) -> str | None:
    """The rep whose lead it is."""
    with door.database.read() as conn:
        return _portrait(conn, lead_id).lead.owner


def known(conn: Connection, lead_id: int) -> Lead:
    """Who that is, if the viewer sees them; else 404."""
    return _portrait(conn, lead_id).lead


def notes_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "notes")


def calls_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "calls")


def tasks_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "tasks")


def bant_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "bant")


def owner_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "owner")


def deal_fragment(door: ConsoleDoor, lead_id: int) -> Response:
    return _fragment(door, lead_id, "deal")


def _fragment(door: ConsoleDoor, lead_id: int, part: str) -> Response:
    """One section as it is now."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = _portrait(conn, lead_id)
        facts = _facts(conn, site, portrait, now)
        values = {
            **_identity(portrait, facts, site, now),
            **_noted(conn, door, portrait, now),
            **selling_parts(conn, portrait.lead.id, facts.standing.stage, site, viewer()),
            "owner_why": _owner_why(conn, portrait, site),
        }
    return draw("console/lead_part.html", part=part, selling=viewer().role in SELLING, **values)


ROUTES = (
    Route("GET", "/leads/<int:lead_id>", "lead", show),
    Route("GET", "/leads/<int:lead_id>/story", "lead_story", story_page),
    Route("GET", "/leads/<int:lead_id>/score", "lead_score", score_page),
)
