"""What the console says when it cannot do as it was asked: what happened, what it means, what to do."""

import logging
from collections.abc import Mapping

from flask import Response
from werkzeug.exceptions import HTTPException
from wtforms.validators import ValidationError

from authoring.releases import NoRelease
from base.translations import msgid
from console.context import by_htmx, draw, say
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

RETRY_SECONDS = 10
TOO_MANY, WAIT_SECONDS = 429, 60
Words = tuple[str, str]  # what happened; what it means and what to do

SENTENCES: Mapping[int, Words] = {
    400: (msgid("This could not be read"), msgid("Nothing was saved. Go back, reload the page and try again.")),
    403: (
        msgid("This page is not for your role"),
        msgid("Your account does not open it. An admin can give you another role, on the page Staff."),
    ),
    404: (
        msgid("There is nothing here for you"),
        msgid("The address may be cut, or what it shows belongs to a colleague. The menu leads on."),
    ),
    405: (msgid("This address is not made for that"), msgid("Nothing was saved. The menu leads on.")),
    413: (msgid("This is more than can be taken"), msgid("Nothing was saved. Shorten the text, then try again.")),
    429: (msgid("This is too much at once"), msgid("Nothing was saved. Wait a minute, then try again.")),
    500: (msgid("We made a mistake"), msgid("It is recorded. Try again in a few minutes; if it lasts, tell an admin.")),
}
OLD_PAGE: Words = (
    msgid("This page was open for too long"),
    msgid("Nothing was saved: its key is too old, or this browser keeps no cookies. Reload the page and try again."),
)
OLD_PART: Words = (
    OLD_PAGE[0],
    msgid(
        "Nothing was saved, and what you wrote is still here: send it once more. If this comes back, the browser "
        "keeps no cookies."
    ),
)
SIGNED_OUT: Words = (
    msgid("You were signed out"),
    msgid("Nothing was saved, and what you wrote is still here: sign in, then send it once more."),
)
AWAY: Words = (
    msgid("The database does not answer"),
    msgid("Nothing was saved. Try again in a minute; if it lasts, tell whoever runs this house."),
)
EMPTY: Words = (
    msgid("No content is in force yet"),
    msgid("This house has no release yet: whoever runs it has to run `terreau apply`. Then reload this page."),
)


def failure(error: HTTPException) -> Response:
    code = error.code or 500
    answer = _say(SENTENCES.get(code) or SENTENCES[400 if code < 500 else 500], code)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    if code == TOO_MANY:
        answer.headers.setdefault("Retry-After", str(WAIT_SECONDS))
    return answer


def old_page(error: ValidationError) -> Response:
    log.warning("a change without the token of this browser was refused: %s", error)
    return _say(OLD_PART if by_htmx() else OLD_PAGE, 400)


def signed_out(way_in: str) -> Response:
    """For htmx alone: the page stays with what was typed into it, and leads to `way_in` beside it."""
    return _say(SIGNED_OUT, 401, way_in=way_in)


def away(error: StorageUnavailable) -> Response:
    """503, drawn without asking the database anything."""
    log.error("the database is away: %s", error)
    answer = _say(AWAY, 503, alone=True)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def nothing_in_force(error: NoRelease) -> Response:
    log.error("nothing is in force: apply a release")
    return _say(EMPTY, 503)


def _say(words: Words, status: int, alone: bool = False, way_in: str = "") -> Response:
    """A page; for htmx a line above the page that stays, whatever it wanted to change."""
    title, sentence = (say(text) for text in words)
    if by_htmx():
        note = draw("console/error_note.html", status, title=title, sentence=sentence, way_in=way_in)
        note.headers["HX-Retarget"], note.headers["HX-Reswap"] = "#notice", "innerHTML"
        return note
    return draw("console/error.html", status, title=title, sentence=sentence, alone=alone)
