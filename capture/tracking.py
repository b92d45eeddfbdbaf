"""Links and pictures in mails, and the beacon of our own pages. An unknown code leads nowhere; no address comes from a
request, and nothing is noted of a lead who did not agree to it.
"""

import base64
import logging
from dataclasses import dataclass

from flask import Response, abort, make_response, redirect, request, session
from sqlalchemy import Connection, bindparam, select

from authoring.models.common import subjects
from authoring.site import Site
from base.clock import Moment
from capture.addresses import absolute, own_page, split_code, with_code
from capture.door import Door
from capture.hits import Told, told
from capture.magnets import mark_of, open_link, was_seen, was_touched
from capture.visits import visitor_of
from leads import consent, hit_log, visits
from leads.hit_log import Met
from storage.database import StorageUnavailable
from storage.prepared import Prepared
from storage.schema import compiled, messages

# The smallest picture there is: one dot that nobody sees.
DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

# Built once: every click and every picture runs it, and building costs more than running.
_LINKS = Prepared(
    select(messages.c.id, messages.c.lead_id, messages.c.email, messages.c.locale, compiled.c.links)
    .join(compiled, compiled.c.hash == messages.c.compiled_hash)
    .where(messages.c.token == bindparam("token"))
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of one message that was sent; `url` None: the hidden one, which no reader sees."""

    lead_id: int
    message_id: int
    number: int
    url: str | None
    email: str  # "SEQ/EMAIL"
    locale: str


def clicked(door: Door, code: str) -> Response:
    """302 to the address its author wrote; noted where the lead agreed to that."""
    link = _find(door, code)
    if link is None:
        abort(404)
    url = link.url or absolute(door.config, "/")
    now = door.clocks.moment()
    noted = _note(door, "clicks", _met(door, link, told(door, "click", now)), now)
    if request.method == "GET" and noted and own_page(door.config, url):
        url = with_code(url, code)
    answer = redirect(url, 302)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


def opened(door: Door, token: str) -> Response:
    """The picture at the end of a mail; that it was fetched is noted where the lead agreed to that."""
    link = _find(door, f"{token}0", any_number=True)
    if link is not None and door.config.tracking.opens == "consent":
        now = door.clocks.moment()
        of = told(door, "open", now)
        name = None if "head" in of.marks else "message_opened"
        data = {"message_id": link.message_id, "interests": []}
        met = Met(
            link.lead_id, "open", "", name, link.email, data, link.message_id,
            marks=of.marks, network=of.network, client=of.client,
        )  # fmt: skip
        _note(door, "opens", met, now)
    answer = make_response(DOT, 200, {"Content-Type": "image/gif"})
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def seen(door: Door) -> Response:
    """The beacon: somebody had the page before their eyes, or did something on it. Always 204, so that it tells nothing
    to whoever tries."""
    try:
        if code := request.form.get("c"):
            _seen_page(door, code, request.form.get("page", ""))
        elif token := request.form.get("m"):
            _seen_magnet(door, token)
    except StorageUnavailable:
        log.warning("a beacon was lost: the database is away")
    answer = make_response("", 204)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _find(door: Door, code: str, any_number: bool = False) -> Link | None:
    parts = split_code(code)
    if parts is None:
        return None
    token, number = parts
    with door.database.read() as conn:
        row = next(iter(_LINKS.rows(conn, {"token": token})), None)
        if row is None or (number > len(row.links) and not any_number):
            return None
        url = row.links[number] if number < len(row.links) else None  # one past the last: the hidden link
        return Link(row.lead_id, row.id, number, url, row.email, row.locale)


def _met(door: Door, link: Link, of: Told) -> Met:
    """The hit with what its event shall tell: no event for the hidden link, or for who only asks whether one works."""
    site = door.site()
    page = own_page(door.config, link.url) if link.url else None
    authored = site.pages.get(page) if page else None
    data = {
        "url": link.url,
        "link": link.number,
        "message_id": link.message_id,
        "interests": _interests(site, link),
        "page_interests": subjects(authored.interests) if authored else [],
    }
    told_of = link.url is not None and "head" not in of.marks
    return Met(
        link.lead_id, "click", str(link.number), "link_clicked" if told_of else None, link.email, data, link.message_id,
        page=page if authored else None, hidden=link.url is None,
        marks=of.marks, network=of.network, client=of.client,
    )  # fmt: skip


def _note(door: Door, purpose: str, met: Met, now: Moment) -> bool:
    """Whether this hit may be known of; a database that is away costs the figure, not the visitor's way."""
    if purpose == "clicks" and door.config.tracking.clicks == "never":
        return False

    def job(conn: Connection) -> bool:
        if purpose not in consent.granted(conn, [met.lead_id])[met.lead_id]:
            return False
        hit_log.note(conn, met, now)
        return True

    try:
        return door.database.write(job)
    except StorageUnavailable:
        log.warning("a hit on %s was not noted: the database is away", met.subject)
        return False


def _interests(site: Site, link: Link) -> list[str] | dict[str, int]:
    sequence, _, email = link.email.partition("/")
    text = site.emails.get((sequence, email, link.locale))
    return subjects(text.interests) if text else []


def _seen_page(door: Door, code: str, page: str) -> None:
    link = _find(door, code)
    if link is None or link.url is None or own_page(door.config, link.url) != page:
        return
    now, touched, driven = door.clocks.moment(), _is_yes("acted"), _is_yes("driven")
    visitor = visitor_of(door)

    def job(conn: Connection) -> None:
        if "clicks" in consent.granted(conn, [link.lead_id])[link.lead_id]:
            hit_log.saw(
                conn, link.lead_id, "click", str(link.number), now,
                message_id=link.message_id, touched=touched, driven=driven,
            )  # fmt: skip
            if touched and not driven:
                visits.join(conn, visitor, link.lead_id)

    door.database.write(job)


def _seen_magnet(door: Door, token: str) -> None:
    link = open_link(door, door.site(), token)
    if link is None:
        return
    now, touched, driven = door.clocks.moment(), _is_yes("acted"), _is_yes("driven")
    session["seen"] = was_touched(token) if touched and not driven else was_seen(token)

    def job(conn: Connection) -> None:
        hit_log.saw(conn, link.lead_id, "download", mark_of(token), now, touched=touched, driven=driven)

    door.database.write(job)


def _is_yes(name: str) -> bool:
    return request.form.get(name) == "1"
