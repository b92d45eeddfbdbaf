"""What staff decide about messages: a doubt ends, alone or with many others, and what failed is sent again."""

from collections.abc import Callable
from functools import partial

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from base.clock import Moment
from base.translations import msgid
from console.context import say
from console.door import ConsoleDoor
from console.message_words import called
from console.reporting import draw_report
from console.routes import Route
from console.traces import clerk
from emails import settling
from emails.doubts import doubts

LONGEST_NUMBER = 16
MANY = 1_000  # doubts ended in one go
# choice -> (name of the button, its consequence)
CHOICES: dict[str, tuple[str, str]] = {
    "delivered": (msgid("It arrived"), msgid("Counted as delivered; the sequence goes on from now.")),
    "again": (msgid("Send it again"), msgid("The same mail under the same number. The lead may get two.")),
    "dropped": (msgid("It is lost"), msgid("Counted as not sent; the sequence goes on to its next step.")),
}
DONE: dict[str, str] = {
    "retried": msgid("It is due again and leaves within a second or two, unless the lead has left meanwhile."),
    "settled": msgid("The doubt is ended, and the lead's timeline says by whom."),
    "many": msgid("The doubts are ended, and each lead's timeline says by whom."),
    "none": msgid("Nothing was changed: choose mails that are in doubt."),
    "late": msgid("Nothing was changed: this mail is in another state by now."),
}


def retry_message(door: ConsoleDoor, message_id: int) -> Response:
    """What failed or was refused becomes due again."""
    return _decide(door, message_id, partial(settling.send_again, message_id=message_id), "retried")


def settle_message(door: ConsoleDoor, message_id: int) -> Response:
    """The doubt ends as one of CHOICES says."""
    choice = request.form.get("choice", "")
    if choice not in CHOICES:
        abort(400)
    return _decide(door, message_id, partial(settling.settle, message_id=message_id, choice=choice), "settled")


def settle_messages(door: ConsoleDoor) -> Response:
    """Many doubts end alike: shown once more with the consequence, then done."""
    choice, everything = request.form.get("choice", ""), "all" in request.form
    if choice not in CHOICES:
        abort(400)
    ids = [int(id) for id in request.form.getlist("id") if id.isdecimal() and len(id) < LONGEST_NUMBER][:MANY]
    with door.database.read() as conn:
        some = doubts(conn, None if everything else ids, limit=MANY)
    if not some:
        return make_response(redirect(url_for("console.messages", view="unknown", done="none"), 303))
    if "sure" not in request.form:
        name, consequence = (say(word) for word in CHOICES[choice])
        shown = [(one.id, one.to, called(one.email, door.site())) for one in some]
        return draw_report("console/settle.html", choice=choice, name=name, consequence=consequence, some=shown)
    settling.settle_many(door.database, [one.id for one in some], choice, _decider(door), g.moment)
    return make_response(redirect(url_for("console.messages", view="unknown", done="many"), 303))


def _decider(door: ConsoleDoor) -> settling.Decider:
    return settling.Decider(clerk(), door.keys.suppression)


def _decide(door: ConsoleDoor, message_id: int, act: Callable[..., bool], done: str) -> Response:
    who, now = _decider(door), g.moment

    def job(conn: Connection) -> bool:
        return act(conn, who=who, now=Moment(now.calendar, now.machine))

    said = done if door.database.write(job) else "late"
    if request.form.get("back") == "message":
        there = url_for("console.message", message_id=message_id, done=said)
    else:
        there = url_for("console.messages", view="unknown" if done == "settled" else "failed", done=said)
    return make_response(redirect(there, 303))


def choices() -> list[tuple[str, str, str]]:
    return [(choice, say(name), say(consequence)) for choice, (name, consequence) in CHOICES.items()]


def done() -> str:
    """What has just been decided, told once."""
    word = DONE.get(request.args.get("done", ""))
    return say(word) if word is not None else ""


ROUTES = (
    Route("POST", "/messages/<int:message_id>/retry", "retry_message", retry_message),
    Route("POST", "/messages/settle", "settle_messages", settle_messages),
    Route("POST", "/messages/<int:message_id>/settle", "settle_message", settle_message),
)
