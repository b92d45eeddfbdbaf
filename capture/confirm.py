"""Consent proven: a link shows one button, the button grants what was asked for, and what else is ticked, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, redirect, request
from sqlalchemy import Connection, select

from authoring.models.definitions import Topic
from authoring.site import Site
from base.tokens import TokenExpired, TokenInvalid, digest
from capture.body import read_body
from capture.door import Door
from capture.ledger import Owner, find_owner, suppressed_hash
from capture.notices import BAD_LINK, OLD_CONFIRMATION, notice
from capture.rendering import draw, lead_speech
from capture.speech import Speech
from leads import consent, consenting
from storage.schema import used_tokens
from storage.upsert import insert_or_ignore

MAX_AGE = timedelta(days=7)
PURPOSE, ALSO = "confirm", "also"
DONE = ("It is confirmed", "The first message comes as announced. Each one holds a link to leave.")
ALREADY = ("You confirmed this already", "There is nothing more to do. Each message holds a link to leave.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a good link asks to confirm. `others`: what else waits for it, in the words it was asked for in."""

    owner: Owner
    topics: dict[str, Topic]
    others: dict[str, str]
    submission_id: int | None
    token_hash: str


def show(door: Door, token: str) -> Response:
    """The button. Opening the link changes nothing."""
    site = door.site()
    if owner := _confirmed_by(door, token):
        return _confirmed(door, site, owner, DONE if "done" in request.args else ALREADY)
    asked = _open(door, site, token)
    if isinstance(asked, Response):
        return asked
    speech = lead_speech(door, asked.owner.lead.locale)
    if not asked.others and all(asked.owner.state(name) == "granted" for name in asked.topics):
        return _confirmed(door, site, asked.owner, ALREADY)
    return draw(
        "pages/confirm.html",
        site,
        speech,
        topics=list(asked.topics.values()),
        others=asked.others,
        address=asked.owner.address,
        action=request.path,
        clicks=_clicks_wording(door, site, speech, asked),
    )


def confirm(door: Door, token: str) -> Response:
    """The act: the asked topics, and those whose own boxes were ticked, the measure of clicks among them."""
    site = door.site()
    sent = read_body(request, door.config.server.body_limit, several=frozenset({ALSO}))
    if not _confirmed_by(door, token):
        asked = _open(door, site, token)
        if isinstance(asked, Response):
            return asked
        ticked = {name: words for name, words in asked.others.items() if name in sent.getlist(ALSO)}
        _grant(door, site, asked, ticked, sent.get("clicks") == "yes")
    return redirect(f"{request.path}?done=1", 303)  # type: ignore[return-value]


def _confirmed_by(door: Door, token: str) -> Owner | None:
    """Who used this link already."""
    query = select(used_tokens.c.lead_id).where(used_tokens.c.token_hash == digest(token))
    with door.database.read() as conn:
        lead_id = conn.execute(query).scalar_one_or_none()
        return None if lead_id is None else find_owner(conn, lead_id, door.keys)


def _confirmed(door: Door, site: Site, owner: Owner, texts: tuple[str, ...]) -> Response:
    speech = lead_speech(door, owner.lead.locale)
    choose = {speech.say("Choose what you receive"): owner.preferences} if owner.preferences else None
    return notice(door, texts, 200, speech, site, choose)


def _open(door: Door, site: Site, token: str) -> Asked | Response:
    try:
        payload = door.signer.open(PURPOSE, token, MAX_AGE)
    except TokenExpired:
        return notice(door, OLD_CONFIRMATION, 410)
    except TokenInvalid:
        return notice(door, BAD_LINK, 404)
    with door.database.read() as conn:
        owner = find_owner(conn, int(payload["lead"]), door.keys)
        pending = {} if owner is None else consent.asked_in(conn, [owner.lead.id])[owner.lead.id]
    asked_for = (site.definitions.topics, site.definitions.tracking)  # a form may ask for either
    known: dict[str, Topic] = {str(name): topic for those in asked_for for name, topic in those.items()}
    topics = {name: known[name] for name in payload["topics"] if name in known}
    if owner is None or not topics:
        return notice(door, BAD_LINK, 404)
    apart = {*topics, "clicks"}  # whose box says the same whether a form asked for it or not
    others = {name: words for name, words in pending.items() if name in known and name not in apart}
    return Asked(owner, topics, others, payload.get("submission"), digest(token))


def _grant(door: Door, site: Site, asked: Asked, ticked: Mapping[str, str], clicks: bool) -> None:
    lead, now = asked.owner.lead, door.clocks.moment()
    measure = _clicks_wording(door, site, lead_speech(door, lead.locale), asked) if clicks else None
    boxes = {**ticked, **({"clicks": measure} if measure else {})}

    def job(conn: Connection) -> None:
        row = {"token_hash": asked.token_hash, "purpose": PURPOSE, "lead_id": lead.id, "used_at": now.machine}
        if not insert_or_ignore(conn, used_tokens, row):
            return
        consenting.grant(
            conn,
            lead.id,
            [*asked.topics, *boxes],
            locale=lead.locale,
            proof={"page": PURPOSE, "token_hash": asked.token_hash, "submission_id": asked.submission_id},
            now=now,
            wordings=boxes,
            suppressed_hash=suppressed_hash(lead, door.keys),
        )

    door.database.write(job)


def _clicks_wording(door: Door, site: Site, speech: Speech, asked: Asked) -> str | None:
    """The sentence beside the optional box; None where clicks are never measured, are agreed to already, or are among
    what the button confirms."""
    topic = site.definitions.tracking.get("clicks")
    if topic is None or door.config.tracking.clicks == "never":
        return None
    if "clicks" in asked.topics or asked.owner.state("clicks") == "granted":
        return None
    return speech.text(topic.description)
