"""To qualify: leads that a person may qualify by a call, with what is known of each and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, g, request, url_for

from authoring.site import Site
from console.access import SELLING
from console.call_lines import CallLine, call_line, choices
from console.context import Viewer, draw, number, say, viewer
from console.door import ConsoleDoor
from console.lead_filters import place_in, written
from console.lead_list import counted
from console.routes import Route
from console.today import asking, mine, warm
from leads.conditions import before_hand_off
from leads.gates import Lacking, lacking
from leads.points import MILLI
from reports.qualifying import READ, Queue, ToQualify, to_qualify
from sales.wording import Voice, joined


@dataclass(frozen=True, slots=True)
class QualifyLine:
    """A lead to qualify: how to call them, and what is known of BANT, in words; `unknown`: what is to be asked."""

    call: CallLine
    known: str
    unknown: str
    persona: str


def show(door: ConsoleDoor) -> Response:
    return page(door)


def page(door: ConsoleDoor, wrong: str = "", status: int = 200) -> Response:
    """The queue of the viewer's leads and of nobody's; of all leads for whoever sees them; a page at a time."""
    site, who, now = door.site(), viewer(), g.moment.calendar
    whose, after = mine(who, site.definitions), place_in(request.args.get("after"))
    asked = asking(door, whose.leads, now)
    with door.database.read() as conn:
        found = to_qualify(conn, asked, before_hand_off(site.definitions), warm(site), after)
    begun = max(request.args.get("from", 1, type=int), 1) if after else 1
    last = begun + len(found.lines) - 1
    return draw(
        "console/qualify.html",
        status,
        wrong=wrong,
        lines=[_line(one, site, who, now) for one in found.lines],
        total=found.total,
        counted=counted,
        said=say(
            "%(first)s – %(last)s of %(total)s", first=number(begun), last=number(last), total=counted(found.total)
        ),
        first=url_for("console.qualify") if after else "",
        following=_following(found, last),
        looked_through=number(READ),
        selling=who.role in SELLING,
        threshold=warm(site) // MILLI,
        **choices(site, who),
    )


def _following(found: Queue, last: int) -> str:
    more: dict[str, Any] = {"after": written(found.after), "from": last + 1} if found.after else {}
    return url_for("console.qualify", **more) if more else ""


def _line(one: ToQualify, site: Site, who: Viewer, now: datetime) -> QualifyLine:
    unknown, voice = _unknown(one, site), Voice(site, who.locale, who.zone)
    personas: Mapping[str | None, str] = {each.id: voice.text(each.label) for each in site.definitions.personas}
    return QualifyLine(
        call=call_line(one.call, site, who, now),
        known=_known(len(site.definitions.bant), len(unknown.bant)),
        unknown=joined(voice.lacks(unknown)),
        persona=personas.get(one.call.standing.persona, ""),
    )


def _known(total: int, unknown: int) -> str:
    """Nothing where the definitions have no BANT."""
    known = number(total - unknown)
    return say("%(known)s of %(all)s of BANT known", known=known, all=number(total)) if total else ""


def _unknown(one: ToQualify, site: Site) -> Lacking:
    """Every item of BANT that nobody knows, whether a stage requires it or not."""
    everything = site.definitions.stages[0].model_copy(update={"requires": [], "requires_bant": True})
    return lacking(everything, one.call.lead, one.noted, site.definitions)


ROUTES = (Route("GET", "/qualify", "qualify", show),)
