"""Who a lead is, where they stand, how they came and whose they are, in the viewer's words."""

from datetime import datetime
from typing import Any

from flask import abort
from sqlalchemy import Connection

from authoring.site import Site
from console import lead_parts
from console.access import RUNNING, may, sees
from console.choices import steps_of
from console.context import Viewer, phone_shown, say, viewer
from console.door import ConsoleDoor
from console.lead_filters import source_name
from console.names import Names
from leads.adding import BROUGHT, ORIGIN_NAMES
from leads.brought import brought
from leads.facts import Facts, Lead, Standing
from leads.identity import load_leads
from leads.known import facts_of
from leads.parting import merged_of
from leads.postal import written
from reports import lead
from reports.lead import Portrait
from sales.provenance import who_brought, why_given
from sales.routing import why
from sales.whose import given, handed
from sales.wording import Voice, joined


def portrait_of(conn: Connection, lead_id: int) -> Portrait:
    found = lead.portrait(conn, lead_id)
    if found is None or not sees(viewer(), found.lead.owner):
        abort(404)
    return found


def known(conn: Connection, lead_id: int) -> Lead:
    """Who that is, if the viewer sees them; else 404."""
    return portrait_of(conn, lead_id).lead


def owner_of(door: ConsoleDoor, lead_id: int) -> str | None:
    """The rep whose lead it is."""
    with door.database.read() as conn:
        return portrait_of(conn, lead_id).lead.owner


def facts_now(conn: Connection, site: Site, portrait: Portrait, now: datetime) -> Facts:
    return facts_of(conn, site, [portrait.lead.id], viewer().zone, now)[portrait.lead.id]


def identity(portrait: Portrait, facts: Facts, site: Site, now: datetime) -> dict[str, Any]:
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


def owner_why(conn: Connection, portrait: Portrait, site: Site) -> str:
    """Why whoever has the lead has it, as the newest hand-off or giving away says; "" where it says nothing of them."""
    told, owner = _voice(site), portrait.lead.owner or ""
    last, gave = next(iter(handed(conn, portrait.lead.id)), None), next(iter(given(conn, portrait.lead.id)), None)
    if gave is not None and gave.routed.rep == owner and (last is None or gave.at >= last.at):
        return why_given(gave, told)
    return why(last.routed, told) if last is not None and last.routed.rep == owner else ""


def brought_by(conn: Connection, portrait: Portrait, site: Site) -> list[tuple[datetime, str]]:
    """Who brought them, each time, on which ground."""
    return [(one.at, who_brought(one, _voice(site))) for one in brought(conn, portrait.lead.id)]


def _voice(site: Site) -> Voice:
    return Voice(site, viewer().locale, viewer().zone)


def one_with(conn: Connection, lead_id: int) -> list[Lead]:
    """Whom the lead stands for too, the newest first."""
    ids = merged_of(conn, lead_id)
    known = load_leads(conn, ids)
    return [known[one] for one in ids]


def _meaning(standing: Standing, site: Site, who: Viewer) -> str:
    return next((who.speech.text(one.meaning) for one in site.definitions.stages if one.id == standing.stage), "")


def _segment(name: str, site: Site, who: Viewer) -> str:
    return next((who.speech.text(one.label) for one in site.definitions.segments if one.id == name), name)
