"""Submissions held by a limit or a form: who sent what, why, and the button that lets one through."""

from collections.abc import Mapping
from functools import partial

from flask import Response, g, make_response, redirect, request, url_for

from base.translations import msgid
from console.context import say_n, viewer
from console.door import ConsoleDoor
from console.names import Names
from console.reporting import draw_report
from console.routes import Route
from leads import holding
from reports.held import LISTED, held, held_count

REASONS: Mapping[str, str] = {
    "address": msgid("too often with this address"),
    "network": msgid("too many from one network"),
    "form": msgid("too many with this form"),
    "site": msgid("too many on the whole site"),
    "disposable": msgid("an address that is thrown away after use"),
    "role": msgid("an address that several people may read"),
    "proof": msgid("without the work that its form asks for"),
}
DONE: Mapping[str, str] = {
    "through": msgid("It counts as sent from now on: what it asked for leaves within a second or two."),
    "late": msgid("Nothing was changed: somebody was quicker."),
}


def show_held(door: ConsoleDoor) -> Response:
    with door.database.read() as conn:
        lines, count = held(conn), held_count(conn)
    return draw_report(
        "console/held.html",
        lines=lines,
        names=Names(door.releases.in_force(), viewer()),
        reasons=REASONS,
        done=DONE.get(request.args.get("done", "")),
        more=count.more or count.number > len(lines),
        listed=LISTED,
        sentence=say_n("%(count)s submission is held.", "%(count)s submissions are held.", count.number),
    )


def let_through(door: ConsoleDoor, submission_id: int) -> Response:
    """It counts as sent from now on, with the name of who said so."""
    job = partial(holding.let_through, submission_id=submission_id, by=viewer().name, now=g.moment)
    found = door.database.write(job)
    return make_response(redirect(url_for("console.held", done="through" if found else "late"), 303))


ROUTES = (
    Route("GET", "/held", "held", show_held),
    Route("POST", "/held/<int:submission_id>", "let_through", let_through),
)
