"""Pages that visitors open, our own and the company's others: counted of nobody, kept one by one where they agreed.

What is asked, and the cookie, are the script's (static/visit.js); a page without it works the same.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from flask import Response, make_response, request
from sqlalchemy import Connection

from authoring.models.common import subjects
from base.calendars import local_day
from base.clock import Moment
from base.config import Config
from base.networks import network, outside
from base.tokens import keyed_hash, new_token
from base.translations import msgid
from capture.addresses import own_page
from capture.door import Door
from capture.hits import told
from capture.partners import brought_by
from capture.speech import Speech, speech_in
from capture.touch import is_inner, kept_touch, read_touch
from capture.views import Opening, is_a_view
from leads import consent, hit_log, limits, visits
from leads.hit_log import Met
from leads.limits import Limit
from leads.touches import BROUGHT_BY, channel, from_where
from leads.visits import Stranger, Visit
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

COOKIE = "terreau_visitor"
QUESTION = msgid(
    "May %(house)s recognise this browser for 13 months, to see which of its pages you open and, once you write to it,"
    " which ones led you there?"
)
LONGEST_PAGE = 200


def visited(door: Door) -> Response:
    """A page was opened: 204; 200 with what the cookie is to hold, after `agree`; 410: it is to be forgotten."""
    answer = make_response("", 204)
    origin = request.headers.get("Origin", "")
    if door.config.tracking.visits != "never" and origin in origins(door.config):
        try:
            answer = _visited(door, origin)
        except StorageUnavailable:
            log.warning("a visit was lost: the database is away")
        answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def origins(config: Config) -> list[str]:
    """The sites whose pages are ours to know of: our own first."""
    return [_origin(one) for one in (config.site.base_url, *config.tracking.origins)]


def visitor_of(door: Door) -> str | None:
    """The hash of the cookie, where this house remembers visitors and the browser has one."""
    return _hashed(door, request.cookies.get(COOKIE, ""))


def question(house: str, speech: Speech) -> str:
    return speech.say(QUESTION, house=house)


def opening(page: str, touch: Mapping[str, str]) -> Opening:
    """What of a visit is counted, and is nobody's: the page, the channel, from where, and the campaign."""
    return Opening(page, channel(touch), from_where(touch), touch.get("utm_campaign", "")[:150])


def _visited(door: Door, origin: str) -> Response:
    url, now = request.form.get("at", "")[:2000], door.clocks.moment()
    agent, purpose = request.user_agent.string, request.headers.get("Sec-Purpose", "")
    if not url.startswith(f"{origin}/") or not is_a_view("GET", agent, purpose):
        return make_response("", 204)
    if request.form.get("leave"):
        return _left(door)
    visit = _read(door, url, now)
    if request.form.get("agree"):
        return _agreed(door, visit, now)
    if visit.visitor:
        return _note(door, visit, now)
    if own_page(door.config, url) is None and not visit.inner:  # our own pages are counted as they are shown
        touch = kept_touch({name: str(value) for name, value in visit.touch.items()}, agreed=False)
        day = local_day(now.calendar, door.config.site.timezone)
        door.views.count_visit(opening(visit.page, touch), day)
    return make_response("", 204)


def _read(door: Door, url: str, now: Moment) -> Visit:
    """The visit that the script tells of; `visitor` '' where nobody agreed."""
    parts, came = urlsplit(url), request.form.get("from", "")
    page = own_page(door.config, url) or f"{parts.hostname}{parts.path}"[:LONGEST_PAGE]
    hosts = {urlsplit(one).hostname or "" for one in origins(door.config)}
    asked = dict(parse_qsl(parts.query, max_num_fields=100)) if len(parts.query) < 1_900 else {}
    touch = read_touch(asked, came, hosts, page, now.calendar)
    if brings := brought_by(door.config, door.signer, asked, came, hosts):
        touch[BROUGHT_BY] = brings
    return Visit(_hashed(door, request.form.get("v", "")) or "", page, touch, is_inner(came, hosts))


def _agreed(door: Door, visit: Visit, now: Moment) -> Response:
    """The browser may be known again: from this page on, and with how it came to it."""
    if door.config.tracking.visits != "consent":
        return make_response("", 204)
    locale, token = request.form.get("asked", ""), new_token()
    known, most = locale in door.config.site.locales, _limits(door)
    wording = question(door.site().definitions.house.name, speech_in(door.config, locale)) if known else ""
    mine = Visit(_hashed(door, token) or "", visit.page, visit.touch, visit.inner)

    def job(conn: Connection) -> bool:
        if limits.over(conn, most, False, now.machine):
            return False
        visits.agree(conn, mine.visitor, wording, now.calendar)
        visits.note(conn, mine, now.calendar)
        return True

    if not door.database.write(job):
        return make_response("", 204)
    return make_response(token, 200, {"Content-Type": "text/plain"})


def _left(door: Door) -> Response:
    if visitor := _hashed(door, request.form.get("v", "")):
        door.database.write(partial(visits.leave, visitor=visitor))
    return make_response("", 204)


def _note(door: Door, visit: Visit, now: Moment) -> Response:
    met, most = _met(door, visit.page, now), _limits(door)

    def job(conn: Connection) -> None:
        if limits.over(conn, most, False, now.machine):
            return
        lead_id = visits.note(conn, visit, now.calendar)
        if lead_id is not None and met is not None and "clicks" in consent.granted(conn, [lead_id])[lead_id]:
            hit_log.note(conn, replace(met, lead_id=lead_id), now)

    try:
        door.database.write(job)
    except Stranger:
        return make_response("", 410)
    return make_response("", 204)


def _met(door: Door, page: str, now: Moment) -> Met | None:
    """A page of ours, judged like any hit where its reader lets themselves be measured, and then it scores; None where
    it is none, or a click led there that says so itself."""
    authored = door.site().pages.get(page)
    if authored is None or "c" in dict(parse_qsl(urlsplit(request.form.get("at", "")).query)):
        return None
    of = told(door, "visit", now)
    return Met(
        0, "visit", page[:40], "page_seen", page, {"interests": subjects(authored.interests)}, page=page,
        marks=of.marks, network=of.network, client=of.client,
    )  # fmt: skip


def _limits(door: Door) -> tuple[Limit, ...]:
    """How many visits an hour may come from one network; counted by a keyed hash that is another one every day."""
    most, client = door.config.tracking.visits_per_hour, request.remote_addr or ""
    if not most or not outside(client):
        return ()
    today = door.clocks.machine().date().isoformat()
    return (Limit("network", keyed_hash(door.keys.session, f"visits {today} {network(client)}"), most),)


def _hashed(door: Door, cookie: str) -> str | None:
    known = door.config.tracking.visits == "consent" and len(cookie) == 22 and cookie.isalnum() and cookie.isascii()
    return keyed_hash(door.keys.session, f"visitor {cookie}") if known else None


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
