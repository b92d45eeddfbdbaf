"""The preferences page: each topic on or off, what may be measured, and one button to stop everything."""

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request
from sqlalchemy import Connection

from authoring.models.definitions import Topic
from authoring.site import Site
from capture.body import read_body
from capture.door import Door
from capture.ledger import Owner, find_owner, leave_everything, suppressed_hash, wording
from capture.notices import BAD_LINK, notice
from capture.rendering import draw, lead_speech
from capture.speech import Speech
from leads import consent, consenting
from leads.answering import MAILABLE
from leads.retention import ENDED_BY_SILENCE, is_silent

PAGE = "preferences"


def show(door: Door, token: str) -> Response:
    site = door.site()
    owner = _find(door, token)
    if owner is None:
        return notice(door, BAD_LINK, 404)
    speech = lead_speech(door, owner.lead.locale)
    return draw(
        "pages/preferences.html",
        site,
        speech,
        address=owner.address,
        action=request.path,
        saved="saved" in request.args,
        silent=not owner.left and _is_silent(door, owner),
        topics=_choices(speech, owner, site.definitions.topics),
        measures=_choices(speech, owner, measures(door, site)),
    )


def save(door: Door, token: str) -> Response:
    """What is ticked is agreed to, in the wording of the page; what is not is withdrawn; or everything is stopped.

    Whoever saves their choice as it stands says by it that it goes on: an act of their own, after a long silence too.
    """
    site = door.site()
    owner = _find(door, token)
    if owner is None:
        return notice(door, BAD_LINK, 404)
    sent = read_body(request, door.config.server.body_limit, several=frozenset({"topic", "measure"}))
    now = door.clocks.moment()
    if sent.get("act") == "stop":
        door.database.write(lambda conn: leave_everything(conn, owner.lead, door.keys, PAGE, now))
    else:
        _choose(door, site, owner, {*sent.getlist("topic"), *sent.getlist("measure")})
    return redirect(f"{request.path}?saved=1", 303)  # type: ignore[return-value]


def measures(door: Door, site: Site) -> dict[str, Topic]:
    """What may be measured about a lead, if they agree."""
    offered, set_to = site.definitions.tracking, door.config.tracking.model_dump()
    return {name: topic for name, topic in offered.items() if set_to.get(name) != "never"}


def _find(door: Door, token: str) -> Owner | None:
    with door.database.read() as conn:
        found = consent.by_preference_token(conn, token)
        return find_owner(conn, found[0], door.keys) if found else None


def _is_silent(door: Door, owner: Owner) -> bool:
    """Whether marketing ends soon, as nothing came from them for long."""
    with door.database.read() as conn:
        return is_silent(conn, owner.lead.id)


def _choices(speech: Speech, owner: Owner, topics: Mapping[str, Topic]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": speech.text(topic.label),
            "purpose": speech.text(topic.description),
            "on": owner.state(name) in MAILABLE,
            "told": owner.state(name) == "informed",
            "since": speech.translator.date(owner.held[name].at.date(), "long")
            if owner.state(name) in MAILABLE
            else "",
        }
        for name, topic in topics.items()
    ]


def _choose(door: Door, site: Site, owner: Owner, ticked: set[str]) -> None:
    lead, now = owner.lead, door.clocks.moment()
    speech = lead_speech(door, lead.locale)
    offered = {**site.definitions.topics, **measures(door, site)}
    wordings = {name: wording(speech, topic) for name, topic in offered.items()}
    known = suppressed_hash(lead, door.keys)

    def job(conn: Connection) -> None:
        held = consent.grounds(conn, [lead.id])[lead.id]
        proof = {"page": PAGE}
        if new := [name for name in offered if name in ticked and name not in held]:
            consenting.grant(
                conn,
                lead.id,
                new,
                locale=lead.locale,
                proof=proof,
                now=now,
                wordings=wordings,
                suppressed_hash=known,
            )
        if gone := [name for name in offered if name not in ticked and name in held]:
            consenting.withdraw(conn, lead.id, gone, locale=lead.locale, proof=proof, now=now)
        if held and not new and not gone:
            consenting.affirm(conn, lead.id, now)
        if known is not None and any(name in held and name in ticked for name in site.definitions.topics):
            consenting.lift(conn, known, ENDED_BY_SILENCE)

    door.database.write(job)
