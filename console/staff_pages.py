"""The page of an admin: who works here, in which role; a new password is shown once, to be handed over."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import Connection, Row

from base.tokens import new_token
from base.translations import msgid
from console import factors, passwords, sessions, staff
from console.access import ROLES
from console.context import draw, say, viewer
from console.door import ConsoleDoor
from console.routes import Route
from console.traces import clerk, traced
from leads.forgetting import note

log = logging.getLogger(__name__)

SAID = {
    "changed": msgid("Changed. They sign in again with their new role."),
    "disabled": msgid("They cannot come in any more; what they wrote stays."),
    "enabled": msgid("They can come in again, with the password they had."),
    "signed_out": msgid("Every browser of theirs has to sign in again."),
    "password_alone": msgid("They come in with their password alone, and can set up a second factor anew."),
}

# What the audit chain calls it.
ENTERED_AS = {
    "changed": "staff_changed",
    "disabled": "staff_disabled",
    "enabled": "staff_enabled",
    "signed_out": "staff_signed_out",
    "password_alone": "factor_removed",
}


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def add(door: ConsoleDoor) -> Response:
    """Answers with the page itself: the password is in it, and nowhere else."""
    form, password = request.form, new_token()
    kept, now = passwords.hashed(password), door.clocks.machine()
    try:
        new = staff.NewStaff(form.get("email", ""), form.get("name", "")[:200], _role(), _rep(door), _locale(door))
        clerk_now = clerk(), door.clocks.moment()

        def job(conn: Connection) -> int:
            made = staff.add(conn, new, kept, now, given_at=now)
            note(conn, door.keys.suppression, "staff_added", None, *clerk_now, staff=made, role=new.role)
            return made

        added = door.database.write(job)
    except staff.Refused as error:
        return _page(door, wrong=say(str(error)))
    return _page(door, told=(added, password))


def change(door: ConsoleDoor, staff_id: int) -> Response:
    def job() -> Callable[[Connection], None]:
        return partial(staff.change, staff_id=staff_id, role=_role(), rep=_rep(door))

    return _do(door, "changed", job, role=request.form.get("role", "")[:20], rep=request.form.get("rep", "")[:100])


def reset(door: ConsoleDoor, staff_id: int) -> Response:
    """A new password, shown once; every browser of theirs has to sign in again."""
    password = new_token()
    kept, now = passwords.hashed(password), door.clocks.machine()
    with door.database.read() as conn:
        if staff.by_id(conn, staff_id) is None:
            return _page(door, wrong=say(staff.UNKNOWN))
    trace = traced(door, "staff_password_given", staff=staff_id)

    def job(conn: Connection) -> None:
        staff.set_password(conn, staff_id, kept, given_at=now)
        trace(conn)

    door.database.write(job)
    return _page(door, told=(staff_id, password))


def disable(door: ConsoleDoor, staff_id: int) -> Response:
    now = door.clocks.machine()
    return _do(door, "disabled", lambda: partial(staff.disable, staff_id=staff_id, machine_now=now))


def enable(door: ConsoleDoor, staff_id: int) -> Response:
    return _do(door, "enabled", lambda: partial(staff.enable, staff_id=staff_id))


def end_sessions(door: ConsoleDoor, staff_id: int) -> Response:
    """For a lost laptop: the password stays, every browser signs in again."""
    return _do(door, "signed_out", lambda: partial(sessions.end_all, staff_id=staff_id))


def remove_factor(door: ConsoleDoor, staff_id: int) -> Response:
    """For a lost phone, once somebody made sure who asks."""

    def job(conn: Connection) -> None:
        factors.drop(conn, staff_id)
        sessions.end_all(conn, staff_id)

    return _do(door, "password_alone", lambda: job)


def _do(door: ConsoleDoor, said: str, job: Callable[[], Callable[[Connection], None]], **more: str) -> Response:
    """`more` is told in the audit chain, besides who did it to whom."""
    trace = traced(door, ENTERED_AS[said], staff=(request.view_args or {}).get("staff_id"), **more)
    try:
        change = job()

        def both(conn: Connection) -> None:
            change(conn)
            trace(conn)

        door.database.write(both)
    except staff.Refused as error:
        return _page(door, wrong=say(str(error)))
    log.info("admin %s changed staff %s: %s", viewer().staff_id, (request.view_args or {}).get("staff_id"), said)
    return make_response(redirect(url_for("console.staff", said=said), 303))


def _role() -> str:
    role = request.form.get("role", "")
    if role not in ROLES:
        raise staff.Refused(staff.NO_ROLE)
    return role


def _rep(door: ConsoleDoor) -> str | None:
    """The rep of the definitions they are; an empty choice is nobody."""
    rep = request.form.get("rep", "")
    if rep and rep not in {one.id for one in door.site().definitions.hand_off.reps}:
        raise staff.Refused(staff.NO_REP)
    return rep or None


def _locale(door: ConsoleDoor) -> str:
    locale = request.form.get("locale", "")
    return locale if locale in door.config.site.locales else viewer().locale


def _page(door: ConsoleDoor, wrong: str = "", told: tuple[int, str] | None = None) -> Response:
    with door.database.read() as conn:
        members, with_factor = staff.everybody(conn), factors.holders(conn)
    said = SAID.get(request.args.get("said", ""))
    return draw(
        "console/staff.html",
        422 if wrong else 200,
        members=members,
        with_factor=with_factor,
        reps=[(rep.id, rep.name) for rep in door.site().definitions.hand_off.reps],
        roles=ROLES,
        locales=door.config.site.locales,
        wrong=wrong,
        said=say(said) if said else "",
        told=_told(members, told),
        given=request.form if wrong else {},
    )


def _told(members: list[Row[Any]], told: tuple[int, str] | None) -> dict[str, str] | None:
    if told is None:
        return None
    return next({"name": one.name, "email": one.email, "password": told[1]} for one in members if one.id == told[0])


ROUTES = (
    Route("GET", "/staff", "staff", show),
    Route("POST", "/staff", "add_staff", add),
    Route("POST", "/staff/<int:staff_id>", "change_staff", change),
    Route("POST", "/staff/<int:staff_id>/password", "reset_staff", reset),
    Route("POST", "/staff/<int:staff_id>/disable", "disable_staff", disable),
    Route("POST", "/staff/<int:staff_id>/enable", "enable_staff", enable),
    Route("POST", "/staff/<int:staff_id>/sign-out", "end_sessions_of_staff", end_sessions),
    Route("POST", "/staff/<int:staff_id>/second-factor/remove", "remove_factor_of_staff", remove_factor),
)
