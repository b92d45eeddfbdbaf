"""Leads that are likely one, in pairs: whoever answers for them merges the two, or says that they are two."""

from collections.abc import Mapping
from functools import partial

from flask import Response, abort, g, make_response, redirect, request, url_for

from base.translations import msgid
from console.context import draw, say
from console.door import ConsoleDoor
from console.lead_data import LONGEST_NUMBER
from console.lead_identity import known
from console.routes import Route
from console.traces import clerk
from leads.telling_apart import tell_apart
from reports.alike import MAILBOX, NAME, PHONE, Pair, alike

REASONS: Mapping[str, str] = {
    PHONE: msgid("the same number"),
    NAME: msgid("the same name at the same company"),
    MAILBOX: msgid("the same mailbox"),
}


def show(door: ConsoleDoor) -> Response:
    """The pairs among the newest leads, or those below a number."""
    below = _number(request.args.get("below", ""))
    with door.database.read() as conn:
        found = alike(conn, below)
    pairs = [(pair, ", ".join(say(REASONS[one]) for one in pair.reasons), *_kept(pair)) for pair in found.pairs]
    return draw("console/alike.html", pairs=pairs, below=found.below, first=below is None)


def keep_apart(door: ConsoleDoor) -> Response:
    """They are two."""
    one, other = (_number(request.form.get(name, "")) for name in ("lead", "other"))
    if one is None or other is None or one == other:
        abort(400)
    with door.database.read() as conn:
        for lead_id in (one, other):
            known(conn, lead_id)
    job = partial(tell_apart, one=one, other=other, key=door.keys.suppression, clerk=clerk(), now=g.moment)
    door.database.write(job)
    return make_response(redirect(url_for("console.alike"), 303))


def _number(text: str) -> int | None:
    """A lead's number; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def _kept(pair: Pair) -> tuple[int, int]:
    """(who would go on, who would lead there): whoever has an address, else whoever is known longer."""
    older, newer = pair.older, pair.newer
    return (newer.id, older.id) if newer.email and not older.email else (older.id, newer.id)


ROUTES = (
    Route("GET", "/alike", "alike", show),
    Route("POST", "/alike", "keep_apart", keep_apart),
)
