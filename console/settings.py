"""What everybody sets for themselves: password, language, theme, keys."""

from functools import partial

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import Connection

from base.translations import msgid
from console import passwords, sessions, staff
from console.context import THEMES, draw, say, viewer, with_locale
from console.door import ConsoleDoor
from console.routes import Route
from console.sign_in import enter

SAID = {
    "saved": msgid("Saved."),
    "password": msgid("Your password is changed. Every other browser of yours has to sign in again."),
}
NOT_YOURS = msgid("This is not your present password.")


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def save(door: ConsoleDoor) -> Response:
    """Language, theme and keys; what the form does not offer is left as it is."""
    locale, theme = request.form.get("locale", ""), request.form.get("theme", "")
    chosen = locale if locale in door.config.site.locales else viewer().locale
    look = theme if theme in THEMES else viewer().theme
    keys = request.form.get("keys") == "on"
    door.database.write(partial(staff.save_settings, staff_id=viewer().staff_id, locale=chosen, theme=look, keys=keys))
    with_locale(chosen)
    return make_response(redirect(url_for("console.settings", said="saved"), 303))


def save_password(door: ConsoleDoor) -> Response:
    """A new password: all sessions end, and this browser gets a new one."""
    with door.database.read() as conn:
        member = staff.by_id(conn, viewer().staff_id)
    present = request.form.get("present", "")[: passwords.LONGEST + 1]
    if member is None or not passwords.matches(member.password_hash, present):
        return _page(door, {"present": say(NOT_YOURS)})
    try:
        kept = staff.new_password(request.form.get("new", ""), member.name, member.email)
    except staff.Refused as error:
        return _page(door, {"new": say(str(error))})
    now = door.clocks.machine()

    def job(conn: Connection) -> str:
        staff.set_password(conn, member.id, kept)
        return sessions.begin(conn, member.id, now)

    answer = make_response(redirect(url_for("console.settings", said="password"), 303))
    return enter(door, answer, door.database.write(job))


def _page(door: ConsoleDoor, wrong: dict[str, str] | None = None) -> Response:
    said = SAID.get(request.args.get("said", ""))
    return draw(
        "console/settings.html",
        422 if wrong else 200,
        wrong=wrong or {},
        said=say(said) if said else "",
        locales=door.config.site.locales,
    )


ROUTES = (
    Route("GET", "/settings", "settings", show),
    Route("POST", "/settings", "save_settings", save),
    Route("POST", "/settings/password", "save_password", save_password),
)
