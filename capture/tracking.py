"""Links in mails and the beacon of our own pages. An unknown code leads nowhere; no address comes from a request."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, abort, make_response, redirect, request, session
from sqlalchemy import Connection, select

from authoring.site import Site
from capture.addresses import own_page, split_code, with_code
from capture.door import Door
from capture.hits import confirm_hits, hold, pending, record_hit
from capture.magnets import open_link, same_link, was_seen
from leads import consent, events
from leads.facts import Event
from leads.identity import survivor
from storage.database import StorageUnavailable
from storage.schema import compiled, messages

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of one message that was sent."""

    lead_id: int
    message_id: int
    number: int
    url: str
    email: str  # "SEQ/EMAIL"
    locale: str


def clicked(door: Door, code: str) -> Response:
    """302 to the address its author wrote; recorded where the lead agreed to that, and never on HEAD."""
    link = _find(door, code)
    if link is None:
        abort(404)
    url = link.url
    if request.method == "GET" and _record(door, link) and own_page(door.config, url):
        url = with_code(url, code)
    answer = redirect(url, 302)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


def seen(door: Door) -> Response:
    """The beacon: somebody had the page before their eyes. Always 204, so that it tells nothing to whoever tries."""
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


def _find(door: Door, code: str) -> Link | None:
    parts = split_code(code)
    if parts is None:
        return None
    token, number = parts
    query = (
        select(messages.c.id, messages.c.lead_id, messages.c.email, messages.c.locale, compiled.c.links)
        .join(compiled, compiled.c.hash == messages.c.compiled_hash)
        .where(messages.c.token == token)
    )
    with door.database.read() as conn:
        row = conn.execute(query).one_or_none()
        if row is None or number >= len(row.links):
            return None
        return Link(survivor(conn, row.lead_id), row.id, number, row.links[number], row.email, row.locale)


def _record(door: Door, link: Link) -> bool:
    """Whether this click may be known of; a database that is away costs the figure, not the visitor's way."""
    if door.config.tracking.clicks == "never":
        return False
    now, interests = door.clocks.moment(), _interests(door.site(), link)
    data = {"url": link.url, "link": link.number, "message_id": link.message_id, "interests": interests}

    def job(conn: Connection) -> bool:
        if "clicks" not in consent.granted(conn, [link.lead_id])[link.lead_id]:
            return False
        record_hit(conn, link.lead_id, "link_clicked", now, subject=link.email, data=data, same=_same(link))
        return True

    try:
        return door.database.write(job)
    except StorageUnavailable:
        log.warning("a click on %s was not recorded: the database is away", link.email)
        return False


def _interests(site: Site, link: Link) -> list[str]:
    sequence, _, email = link.email.partition("/")
    text = site.emails.get((sequence, email, link.locale))
    return list(text.interests) if text else []


def _same(link: Link) -> Callable[[Event], bool]:
    def same(event: Event) -> bool:
        return (event.data.get("message_id"), event.data.get("link")) == (link.message_id, link.number)

    return same


def _seen_page(door: Door, code: str, page: str) -> None:
    link = _find(door, code)
    if link is None or own_page(door.config, link.url) != page:
        return
    now, authored = door.clocks.moment(), door.site().pages.get(page)

    def job(conn: Connection) -> None:
        hold(conn, link.lead_id)
        if "clicks" not in consent.granted(conn, [link.lead_id])[link.lead_id]:
            return
        hits = pending(conn, link.lead_id, "link_clicked", _same(link))
        if not hits:
            return
        confirm_hits(conn, link.lead_id, hits[-1:], now)
        data = {"interests": list(authored.interests) if authored else []}
        events.append(conn, link.lead_id, "page_seen", now, evidence="human", subject=page, data=data)

    door.database.write(job)


def _seen_magnet(door: Door, token: str) -> None:
    link = open_link(door, door.site(), token)
    if link is None:
        return
    session["seen"] = was_seen(token)
    now = door.clocks.moment()

    def job(conn: Connection) -> None:
        hold(conn, link.lead_id)
        confirm_hits(conn, link.lead_id, pending(conn, link.lead_id, "asset_downloaded", same_link(token)), now)

    door.database.write(job)
