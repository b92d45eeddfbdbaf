"""What everybody sets for themselves: password, language, theme, keys, and where they stay signed in."""

import logging
from functools import partial
from typing import Any

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import Connection, Row

from base.tokens import digest
from base.translations import msgid
from console import factors, passwords, sessions, staff
from console.context import THEMES, draw, say, viewer, with_locale
from console.door import ConsoleDoor
from console.routes import Route
from console.security import cookie_name
from console.sign_in import enter, onward

log = logging.getLogger(__name__)

SAID = {
    "saved": msgid("Saved."),
    "password": msgid("Your password is changed. Every other browser of yours has to sign in again."),
    "ended": msgid("Every other browser of yours has to sign in again."),
    "removed": msgid("You come in with your password alone. Every other browser of yours has to sign in again."),
}
NOT_YOURS = msgid("This is not your present password.")


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def save(door: ConsoleDoor) -> Response:
    """Language, theme and keys; what the form does not offer is left as it is. The page it came from is drawn again
    where it says so."""
    locale, theme = request.form.get("locale", ""), request.form.get("theme", "")
    chosen = locale if locale in door.config.site.locales else viewer().locale
    look = theme if theme in THEMES else viewer().theme
    keys = request.form.get("keys") == "on" if "theme" in request.form else viewer().keys  # a box: beside the themes
    door.database.write(partial(staff.save_settings, staff_id=viewer().staff_id, locale=chosen, theme=look, keys=keys))
    with_locale(chosen)
    if "next" in request.form:
        return onward(request.form["next"])
    return make_response(redirect(url_for("console.settings", said="saved"), 303))


def save_password(door: ConsoleDoor) -> Response:
    """A new password: all sessions end, and this browser gets a new one."""
    member = who_knows_the_password(door)
    if member is None:
        return _page(door, {"present": say(NOT_YOURS)})
    try:
        kept = staff.new_password(request.form.get("new", ""), member.name, member.email)
    except staff.Refused as error:
        return _page(door, {"new": say(str(error))})
    now = door.clocks.machine()

    def job(conn: Connection) -> str:
        staff.set_password(conn, member.id, kept)  # ends every session
        return sessions.begin(conn, member.id, now)

    log.info("staff %s chose a new password", member.id)
    answer = make_response(redirect(url_for("console.settings", said="password"), 303))
    return enter(door, answer, door.database.write(job))


def end_other_sessions(door: ConsoleDoor) -> Response:
    """Against the present password: whoever found this browser open cannot shut its owner out elsewhere."""
    if who_knows_the_password(door) is None:
        return _page(door, {"own": say(NOT_YOURS)})
    token = request.cookies.get(cookie_name(door.config), "")
    door.database.write(partial(sessions.end_others, staff_id=viewer().staff_id, token=token))
    return make_response(redirect(url_for("console.settings", said="ended"), 303))


def who_knows_the_password(door: ConsoleDoor) -> Row[Any] | None:
    """The viewer's own row, when the form holds their present password."""
    with door.database.read() as conn:
        member = staff.by_id(conn, viewer().staff_id)
    present = request.form.get("present", "")[: passwords.LONGEST + 1]
    return member if member is not None and passwords.matches(member.password_hash, present) else None


def _page(door: ConsoleDoor, wrong: dict[str, str] | None = None) -> Response:
    here = digest(request.cookies.get(cookie_name(door.config), ""))
    with door.database.read() as conn:
        open_sessions = sessions.of(conn, viewer().staff_id, door.clocks.machine())
        factor = factors.find(conn, viewer().staff_id)
    said = SAID.get(request.args.get("said", ""))
    return draw(
        "console/settings.html",
        422 if wrong else 200,
        wrong=wrong or {},
        said=say(said) if said else "",
        locales=door.config.site.locales,
        sessions=[(one, one.token_hash == here) for one in open_sessions],
        factor=factor,
    )


ROUTES = (
    Route("GET", "/settings", "settings", show),
    Route("POST", "/settings", "save_settings", save),
    Route("POST", "/settings/password", "save_password", save_password),
    Route("POST", "/settings/sessions", "end_other_sessions", end_other_sessions),
)
