"""One lead: who they are, where they stand and why, what they did, what the house does with them, what staff know."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Response, current_app, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from authoring.models.sequences import Sequence as Authored
from authoring.site import Site
from base.calendars import local_day
from console import lead_dealings, lead_parts
from console.access import SELLING, may
from console.choices import of_lead
from console.context import by_htmx, draw, viewer
from console.curve import curve
from console.door import ConsoleDoor
from console.hands import done, hand
from console.lead_fragments import noted
from console.lead_identity import brought_by, facts_now, identity, one_with, owner_why, portrait_of
from console.lead_score import shown
from console.left_alone import told_of_address
from console.names import Names
from console.routes import Route
from console.selling_parts import selling_parts
from console.words import Day, story
from leads import companies, outside
from leads.facts import Facts
from reports import dealings, today
from reports.alike import alike_to
from reports.came_back import left_alone
from reports.lead import Portrait
from reports.score import score
from reports.timeline import PAGE, Place, machine_visits, timeline

FIRST_LINES = 25  # of the story, on the page itself
EVERY_LINE = 400  # events listed under a rule on the page of all lines


def show(door: ConsoleDoor, lead_id: int) -> Response:
    return page(door, lead_id)


def page(door: ConsoleDoor, lead_id: int, wrong: str = "", status: int = 200) -> Response:
    """The whole page. A lead that was merged leads to the one that stands for both."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = portrait_of(conn, lead_id)
        if portrait.lead.id != lead_id:
            return make_response(redirect(url_for("console.lead", lead_id=portrait.lead.id), 303))
        facts = facts_now(conn, site, portrait, now)
        values = {
            **identity(portrait, facts, site, now),
            **_answering(conn, portrait, facts, site, now),
            **_scored(conn, facts, site, now),
            **_told(conn, portrait, site, now, FIRST_LINES),
            **noted(conn, door, portrait, now),
            **_dealt(conn, door, portrait, site),
            **_alone(conn, door, portrait, site),
            **selling_parts(conn, portrait.lead.id, facts.standing.stage, site, viewer()),
            "one_with": one_with(conn, portrait.lead.id),
            "companies": companies.of_lead(conn, portrait.lead.id),
            "likely": alike_to(conn, portrait.lead.id) if may(viewer(), "merge_plan") else (),
            "outside_ids": outside.of_lead(conn, portrait.lead.id),
            "owner_why": owner_why(conn, portrait, site),
            "brought": brought_by(conn, portrait, site),
        }
    return draw("console/lead.html", status, wrong=wrong, **values)


def story_page(door: ConsoleDoor, lead_id: int) -> Response:
    """The story from a place on: with htmx its next lines, without scripts a page of its own."""
    site, now = door.site(), g.moment.calendar
    with door.database.read() as conn:
        portrait = portrait_of(conn, lead_id)
        values = _told(conn, portrait, site, now, PAGE)
    template = "console/lead_story_more.html" if by_htmx() else "console/lead_story.html"
    return draw(template, lead=portrait.lead, first=not request.args.get("from"), **values)


def score_page(door: ConsoleDoor, lead_id: int) -> Response:
    """Every line of the score, event by event."""
    site, now, who = door.site(), g.moment.calendar, viewer()
    with door.database.read() as conn:
        portrait = portrait_of(conn, lead_id)
        facts = facts_now(conn, site, portrait, now)
        found = shown(score(conn, site, facts, now, EVERY_LINE), facts, site, who, now)
    return draw("console/lead_score.html", lead=portrait.lead, score=found, version=site.definitions.version)


# ---------------------------------------------------------------- what the page is made of


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


def _alone(conn: Connection, door: ConsoleDoor, portrait: Portrait, site: Site) -> dict[str, Any]:
    """Whether their address may be written to at all, and why they are not."""
    found = left_alone(conn, door.keys.suppression, portrait.lead)
    return {
        "shut": any(one.scope == "all" for one in found),
        "alone": list(told_of_address(found, Names(site, viewer()))),
    }


def _pinned(door: ConsoleDoor, versions: set[str]) -> Mapping[str, Authored]:
    """The sequences as they were when the lead entered; one that nobody kept is left out."""
    found: dict[str, Authored] = {}
    for version in versions:
        with suppress(LookupError):
            found[version] = door.releases.sequence(version)
    return found


ROUTES = (
    Route("GET", "/leads/<int:lead_id>", "lead", show),
    Route("GET", "/leads/<int:lead_id>/story", "lead_story", story_page),
    Route("GET", "/leads/<int:lead_id>/score", "lead_score", score_page),
)
