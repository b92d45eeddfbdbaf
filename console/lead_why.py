"""Every decision about one lead: what came of it, why, by which rule, on what values."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice

from flask import Response, abort, request

from authoring.releases import NoRelease, Releases, ReleaseUnreadable
from authoring.site import Site
from console.access import sees
from console.context import draw, viewer
from console.door import ConsoleDoor
from console.ledger import told_lines
from console.routes import Route
from reports import lead
from reports.ledger import SHOWN, ledger

LINES = 60  # on the page; the newest


def show(door: ConsoleDoor, lead_id: int) -> Response:
    """The newest decisions; `?sequence=` and `?step=` leave the others out."""
    site, who = door.site(), viewer()
    with door.database.read() as conn:
        found = lead.portrait(conn, lead_id)
        if found is None or not sees(who, found.lead.owner):
            abort(404)
        step = request.args.get("step")
        decided = ledger(conn, found.lead.id, request.args.get("sequence"), SHOWN if step else LINES)
        sites = releases_of(door.releases, {one.release_id for one in decided})
        lines = list(islice(told_lines(conn, found.lead.id, decided, site, sites, who, step), LINES))
    return draw("console/lead_why.html", lead=found.lead, lines=lines, full=len(lines) == LINES)


def releases_of(releases: Releases, ids: Iterable[int]) -> dict[int, Site]:
    """The content as it was in each release; one that cannot be read any more is left out."""
    sites = {}
    for release_id in ids:
        with suppress(NoRelease, ReleaseUnreadable):
            sites[release_id] = releases.get(release_id)
    return sites


ROUTES = (Route("GET", "/leads/<int:lead_id>/why", "lead_why", show),)
