"""Leaving: one button behind the link of every mail, and the one-click POST that mail programs send (RFC 8058).

It needs no cookie, no session, no script and no running engine; the link works for good.
"""

from dataclasses import dataclass

from flask import Response, make_response, redirect, request
from sqlalchemy import Connection

from authoring.site import Site
from capture.door import Door
from capture.ledger import Owner, find_owner, leave_everything, topic_label
from capture.notices import BAD_LINK, notice
from capture.rendering import draw, lead_speech
from leads import consent, consenting
from leads.answering import MAILABLE


@dataclass(frozen=True, slots=True)
class Farewell:
    """Who may leave what; `topic` '' is everything."""

    owner: Owner
    topic: str


def show(door: Door, token: str) -> Response:
    """The button. Opening the link changes nothing."""
    site = door.site()
    farewell = _find(door, token)
    if farewell is None:
        return notice(door, BAD_LINK, 404)
    owner = farewell.owner
    speech = lead_speech(door, owner.lead.locale)
    topic = site.definitions.topics.get(farewell.topic)
    label = topic_label(speech, site, farewell.topic)
    done = owner.left or owner.state(farewell.topic) == "withdrawn"
    question = speech.say("Receive no more “%(topic)s”?", topic=label) if topic else speech.say("Receive nothing more?")
    return draw(
        "pages/unsubscribe.html",
        site,
        speech,
        title=speech.say("It is done") if done else question,
        topic=topic,
        done=done,
        everything=owner.left,
        address=owner.address,
        kept=[topic_label(speech, site, name) for name in _kept(site, owner, farewell.topic)] if topic else [],
        action=request.path,
        preferences=owner.preferences,
    )


def leave(door: Door, token: str) -> Response:
    """The act: at once, as often as it is sent. 200 for a mail program's one click, 303 for a person's button."""
    farewell = _find(door, token)
    if farewell is None:
        return notice(door, BAD_LINK, 404)
    everything = request.form.get("scope") == "all" or not farewell.topic
    lead, now = farewell.owner.lead, door.clocks.moment()

    def job(conn: Connection) -> None:
        if everything:
            leave_everything(conn, lead, door.keys, "unsubscribe", now)
        else:
            proof = {"page": "unsubscribe"}
            consenting.withdraw(conn, lead.id, [farewell.topic], locale=lead.locale, proof=proof, now=now)

    door.database.write(job)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return make_response("unsubscribed\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
    return redirect(request.path, 303)  # type: ignore[return-value]


def _find(door: Door, token: str) -> Farewell | None:
    with door.database.read() as conn:
        found = consent.by_preference_token(conn, token)
        owner = find_owner(conn, found[0], door.keys) if found else None
    return Farewell(owner, found[1]) if found and owner else None


def _kept(site: Site, owner: Owner, topic: str) -> list[str]:
    return [name for name in site.definitions.topics if name != topic and owner.state(name) in MAILABLE]
