"""The demo's pages: both mailboxes as a reader sees them, the webhooks, and the bar that moves the calendar.

A mail is shown inside a sandbox that runs no script and knows no origin; its links open beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from base.paths import data_path
from base.translations import Translator, translator
from base.typography import typeset
from emails.images import as_data, inlines_of
from terreau.calls import Calls
from terreau.mailbox import Mailbox, Received
from terreau.progress import CONFIRM, Progress

# The mail's own page: no script, no origin, no form; its links may open a page of their own, which is free again.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ASSETS = {"mailbox.css": "text/css; charset=utf-8", "mailbox.js": "text/javascript; charset=utf-8"}
OPENS_BESIDE = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class Desk:
    """What these pages show, and the one thing they do: `press` moves to the next due instant (None: nothing is)."""

    mailbox: Mailbox
    calls: Calls
    now: Callable[[], datetime]
    next_due: Callable[[], datetime | None]
    press: Callable[[], datetime | None]
    staff: Callable[[], frozenset[str]]  # addresses of those who sell
    pages: Callable[[str], list[tuple[str, str]]]  # locale -> (title, address) of the landing pages
    zone: ZoneInfo
    progress: Callable[[], tuple[Progress, ...]] = tuple  # how far the newest visitors are from an alert

    def box_of(self, mail: Received) -> str:
        return "sales" if set(mail.recipients) & self.staff() else "visitor"


@dataclass(frozen=True, slots=True)
class Words:
    """A translator's words, typeset as its language is printed."""

    translator: Translator

    def gettext(self, message: str, **values: object) -> str:
        return typeset(self.translator.gettext(message, **values), self.translator.locale)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        return typeset(self.translator.ngettext(one, many, count, **values), self.translator.locale)

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        return self.translator.moment(at, zone)


def mailbox_blueprint(desk: Desk) -> Blueprint:
    """`/demo` and what lies under it."""
    rooms = Blueprint("demo", __name__, url_prefix="/demo", template_folder=str(data_path("templates", "demo")))

    @rooms.get("/")
    def show() -> ResponseReturnValue:
        return _page(desk, None)

    @rooms.get("/mail/<int:number>")
    def mail(number: int) -> ResponseReturnValue:
        return _page(desk, desk.mailbox.find(number) or abort(404))

    @rooms.get("/mail/<int:number>/body")
    def body(number: int) -> ResponseReturnValue:
        return _sandboxed(desk.mailbox.find(number) or abort(404))

    @rooms.get("/mail/<int:number>/raw")
    def raw(number: int) -> ResponseReturnValue:
        return Response((desk.mailbox.find(number) or abort(404)).raw, content_type="text/plain; charset=utf-8")

    @rooms.get("/count")
    def count() -> ResponseReturnValue:
        return {"mails": len(desk.mailbox.all()), "calls": len(desk.calls.all()), "at": _minute(desk.now())}

    @rooms.post("/next")
    def press() -> ResponseReturnValue:
        return _pressed(desk)

    @rooms.get("/asset/<name>")
    def asset(name: str) -> ResponseReturnValue:
        kind = ASSETS.get(name) or abort(404)
        return Response(data_path("templates", "demo", name).read_bytes(), content_type=kind)

    @rooms.after_request
    def policy(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["Cache-Control"] = "no-store"
        return response

    return rooms


def _page(desk: Desk, opened: Received | None) -> ResponseReturnValue:
    locale = _locale()
    words = Words(translator(locale))
    mails = list(reversed(desk.mailbox.all()))
    boxes = {name: [mail for mail in mails if desk.box_of(mail) == name] for name in ("visitor", "sales")}
    ways = desk.progress()
    return render_template(
        "mailbox.html",
        ways=ways,
        confirm_first=any(way.next == CONFIRM for way in ways),
        boxes=boxes,
        calls=list(reversed(desk.calls.all())),
        opened=opened,
        plain=opened.body("plain") if opened else "",
        now=desk.now(),
        next_due=desk.next_due(),
        moved=request.args.get("moved"),
        pages=desk.pages(locale),
        words=words,
        locale=locale,
        zone=desk.zone,
        total=len(mails),
        at=_minute(desk.now()),
    )


def _pressed(desk: Desk) -> ResponseReturnValue:
    """Moves on, for a button of these pages alone."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    moved = desk.press()
    return redirect(url_for("demo.show", moved="yes" if moved else "no", lang=request.form.get("lang")), 303)


def _sandboxed(received: Received) -> Response:
    html = as_data(received.body("html"), inlines_of(received.message))
    head, tag, rest = html.partition("<head>")
    shown = head + tag + OPENS_BESIDE + rest if tag else OPENS_BESIDE + html
    return Response(
        shown,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"},
    )


def _locale() -> str:
    asked = request.args.get("lang")
    return asked if asked in ("fr", "en") else request.accept_languages.best_match(["fr", "en"], "fr")


def _minute(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
