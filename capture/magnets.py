"""What a visitor gets in exchange: a page behind a signed link lists the files and streams them from the blob store."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from flask import Response, abort, request, session
from sqlalchemy import Connection

from authoring.blobs import BlobMissing
from authoring.models.common import subjects
from authoring.models.magnets import Magnet, MagnetFile
from authoring.site import Site
from base.tokens import TokenExpired, TokenInvalid, digest
from capture.door import Door
from capture.hits import told
from capture.notices import BAD_LINK, OLD_MAGNET, USED_UP_MAGNET, notice
from capture.rendering import draw, lead_speech
from capture.speech import Speech
from leads import events, hit_log
from leads.hit_log import Met
from leads.identity import load_leads
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

PURPOSE = "magnet"
LONGEST_DAYS = 30  # what a magnet may allow itself (authoring.models.magnets)
MOST_DOWNLOADS = 20


@dataclass(frozen=True, slots=True)
class MagnetLink:
    """What a good link gives: which magnet, to whom, brought by which message."""

    lead_id: int
    name: str
    magnet: Magnet
    message_id: int | None
    mark: str  # stands for the link in events


class LinkTooOld(Exception):
    """The link was good once."""


def show(door: Door, token: str) -> Response:
    """The files, those in the lead's language first. Looking at them records nothing."""
    site = door.site()
    link = _open_or_say(door, site, token)
    if isinstance(link, Response):
        return link
    with door.database.read() as conn:
        lead = load_leads(conn, [link.lead_id]).get(link.lead_id)
    speech = lead_speech(door, lead.locale if lead else door.config.site.default_locale)
    numbered = list(enumerate(link.magnet.file))
    own = [(n, one) for n, one in numbered if one.locale.split("-")[0] == speech.locale.split("-")[0]] or numbered
    return draw(
        "pages/magnet.html",
        site,
        speech,
        magnet=link.magnet,
        token=token,
        beacon_seconds=door.config.tracking.beacon_seconds,
        files=[_listed(site, speech, token, n, one) for n, one in own],
        others=[_listed(site, speech, token, n, one) for n, one in numbered if (n, one) not in own],
    )


def stream(door: Door, token: str, number: int) -> Response:
    """One file of the list, by its number; no name ever comes from the request."""
    site = door.site()
    link = _open_or_say(door, site, token)
    if isinstance(link, Response):
        return link
    if number >= len(link.magnet.file):
        abort(404)
    path = link.magnet.file[number].path
    stored = site.files.get(path)
    if stored is None:
        abort(404)
    try:
        parts = door.blobs.open(stored.hash)
    except BlobMissing:
        log.exception("magnet %s: the bytes of %s are not in the blob store", link.name, path)
        abort(500)
    if request.method == "GET" and not _record(door, link, path, token):
        return notice(door, USED_UP_MAGNET, 410)
    answer = Response(parts if request.method == "GET" else [], mimetype="application/octet-stream")
    answer.content_length = stored.size
    answer.headers["Content-Disposition"] = f'attachment; filename="{PurePosixPath(path).name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def open_link(door: Door, site: Site, token: str) -> MagnetLink | None:
    """The link, or None when it is no good any more."""
    try:
        return _open(door, site, token)
    except (LinkTooOld, TokenInvalid):
        return None


def was_seen(token: str) -> str:
    """What the session remembers of a page that stood before somebody's eyes."""
    return digest(f"seen {token}")[:22]


def was_touched(token: str) -> str:
    """What it remembers of a page on which somebody did something."""
    return digest(f"touched {token}")[:22]


def mark_of(token: str) -> str:
    """What stands for the link where its hits are kept."""
    return digest(token)[:22]


def _open(door: Door, site: Site, token: str) -> MagnetLink:
    """Raises LinkTooOld, TokenInvalid."""
    try:
        payload = door.signer.open(PURPOSE, token, timedelta(days=LONGEST_DAYS))
        magnet = site.magnets.get(str(payload.get("magnet")))
        if magnet is None:
            raise TokenInvalid("the magnet is no longer given")
        door.signer.open(PURPOSE, token, timedelta(days=magnet.link_days))
    except TokenExpired:
        raise LinkTooOld from None
    return MagnetLink(int(payload["lead"]), str(payload["magnet"]), magnet, payload.get("message"), mark_of(token))


def _open_or_say(door: Door, site: Site, token: str) -> MagnetLink | Response:
    try:
        return _open(door, site, token)
    except LinkTooOld:
        return notice(door, OLD_MAGNET, 410)
    except TokenInvalid:
        return notice(door, BAD_LINK, 404)


def _listed(site: Site, speech: Speech, token: str, number: int, file: MagnetFile) -> dict[str, Any]:
    stored = site.files.get(file.path)
    label, kind = speech.text(file.label), PurePosixPath(file.path).suffix.removeprefix(".").upper()
    size = _size(speech, stored.size if stored else 0)
    return {
        "label": label,
        "address": f"/m/{token}/{number}",
        "about": size if kind in label else f"{kind}, {size}",
    }


def _size(speech: Speech, count: int) -> str:
    if count >= 1_000_000:
        return speech.say("%(size)s MB", size=speech.translator.number(round(count / 1_000_000, 1)))
    return speech.say("%(size)s kB", size=speech.translator.number(max(1, round(count / 1000))))


def _record(door: Door, link: MagnetLink, path: str, token: str) -> bool:
    """False once the link is used up. A database that is away costs the figure, not the file."""
    now = door.clocks.moment()
    remembered = session.get("seen")
    touched = remembered == was_touched(token)
    of = told(door, "download", now)
    data = {
        "link": link.mark,
        "file": path,
        "interests": subjects(link.magnet.interests),
        "message_id": link.message_id,
    }
    met = Met(
        link.lead_id, "download", link.mark, "asset_downloaded", link.name, data, link.message_id,
        page=PURPOSE, marks=of.marks, network=of.network, client=of.client,
    )  # fmt: skip

    def job(conn: Connection) -> bool:
        earlier = events.history(conn, [link.lead_id], ["asset_downloaded"])[link.lead_id]
        if sum(event.data.get("link") == link.mark for event in earlier) >= MOST_DOWNLOADS:
            return False
        hit_log.note(conn, met, now, seen=touched or remembered == was_seen(token), touched=touched)
        return True

    try:
        return door.database.write(job)
    except StorageUnavailable:
        log.warning("a download of %s was not recorded: the database is away", link.name)
        return True
