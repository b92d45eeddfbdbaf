"""Pages that only say something: a link that is too old, an address that does not exist, a house that cannot answer."""

from collections.abc import Mapping

from flask import Response
from werkzeug.exceptions import HTTPException

from authoring.site import Site
from capture.body import NOT_TEXT, SENT_TWICE, TOO_LONG_ANSWER, TOO_MANY_FIELDS
from capture.door import Door
from capture.rendering import draw, guessed_speech, site_if_any
from capture.speech import Speech

RETRY_SECONDS = 10
TOO_MANY, WAIT_SECONDS = 429, 60

UNREADABLE = "This request could not be read"
UNDECLARED = "The form holds answers to questions that it does not ask."
# Code -> title, then what it means and what to do.
FAILURES: Mapping[int, tuple[str, ...]] = {
    400: (UNREADABLE, "Go back to the page, reload it and send the form again."),
    404: ("There is no page at this address", "The address may be cut: check it, or start from the first page."),
    405: ("This address is not made for that", "Start from the first page."),
    413: ("This is more than the form can take", "Shorten your answers, then send them again."),
    415: (UNREADABLE, "Go back to the page, reload it and send the form again."),
    429: ("This is too much at once", "Nothing was saved. Wait a minute, then try again, or write to us."),
    500: ("We made a mistake", "It is recorded. Try again in a few minutes, or write to us."),
    503: ("We cannot answer just now", "Nothing was saved. Try again in a minute, or write to us."),
}
# Descriptions of a 400 that are ours; any other comes from a library and is not shown.
REASONS = frozenset({NOT_TEXT, TOO_MANY_FIELDS, TOO_LONG_ANSWER, SENT_TWICE, UNDECLARED})

OLD_CONFIRMATION = (
    "This link is too old",
    "It worked for 7 days, and nothing was confirmed.",
    "Fill in the form again: a new message with a new link leaves at once. Or write to us, a person will answer.",
)
OLD_MAGNET = (
    "This link is too old",
    "A download link works for a few days, so that it cannot go around for ever.",
    "Ask for the document again: a new link leaves at once, by email. Or write to us, a person will send it.",
)
USED_UP_MAGNET = (
    "This link was used many times",
    "To stop it going around, a download link works a limited number of times.",
    "Ask for the document again: a new link leaves at once, by email. Or write to us, a person will send it.",
)
BAD_LINK = (
    "This link is not complete",
    "It may be cut: copy the whole address from the message, or click it there.",
    "If that does not help, write to us: a person will answer.",
)


def notice(
    door: Door,
    texts: tuple[str, ...],
    status: int,
    speech: Speech | None = None,
    site: Site | None = None,
    on: Mapping[str, str] | None = None,
) -> Response:
    """A page of a title and a few sentences, with a way `on` (the first page), and a person to write to."""
    speech = speech or guessed_speech(door)
    site = site or site_if_any(door)
    title, *sentences = (speech.say(text) for text in texts)
    links = dict(on or {speech.say("Home"): "/"}) | ({site.definitions.house.email: _mail(site)} if site else {})
    return draw("pages/notice.html", site, speech, status=status, title=title, sentences=sentences, links=links)


def failure(door: Door, error: HTTPException) -> Response:
    """A human page for an error of HTTP; codes without words of their own speak as 400 or 500."""
    code = error.code or 500
    title, *sentences = FAILURES.get(code) or FAILURES[400 if code < 500 else 500]
    if error.description in REASONS:
        sentences.insert(0, str(error.description))
    answer = notice(door, (title, *sentences), code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    if code == TOO_MANY:
        answer.headers.setdefault("Retry-After", str(WAIT_SECONDS))
    return answer


def unavailable(door: Door) -> Response:
    """503, with the time after which to try again."""
    answer = notice(door, FAILURES[503], 503)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _mail(site: Site) -> str:
    return f"mailto:{site.definitions.house.email}"
