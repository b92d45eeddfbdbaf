"""Who is looking: from the cookie to the viewer, and the viewer that nobody is before signing in."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import request
from sqlalchemy import Row

from console import sessions
from console.context import Viewer
from console.door import ConsoleDoor
from console.security import cookie_name


def find_viewer(door: ConsoleDoor, machine_now: datetime) -> Viewer | None:
    """The staff member whose session the browser holds; None when it holds none, or one that is over."""
    token = request.cookies.get(cookie_name(door.config))
    if not token:
        return None
    with door.database.read() as conn:
        member = sessions.find(conn, token, machine_now)
    if member is None:
        return None
    if sessions.is_stale(member.seen_at, machine_now):
        door.database.write(partial(sessions.touch, token=token, machine_now=machine_now))
    return viewer_of(door, member)


def viewer_of(door: ConsoleDoor, member: Row[Any]) -> Viewer:
    spoken = member.locale if member.locale in door.config.site.locales else door.config.site.default_locale
    return Viewer(
        staff_id=member.id,
        name=member.name,
        role=member.role,
        rep=member.rep,
        locale=spoken,
        zone=door.config.site.timezone,
        email=member.email,
        theme=member.theme,
        keys=member.keys,
        was_given_password=member.given_at is not None,
        has_factor=member.factor_since is not None,
    )


def nobody(door: ConsoleDoor) -> Viewer:
    """Before signing in: the language asked for in the address, else the browser's, else the house's."""
    site = door.config.site
    asked = request.args.get("lang", "")
    known = asked if asked in site.locales else request.accept_languages.best_match(site.locales)
    return Viewer(0, "", "viewer", None, known or site.default_locale, site.timezone)
