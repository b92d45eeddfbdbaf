"""The second factor: setting it up with an app, new recovery codes, taking it away, and its code at the way in."""

import logging
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, make_response, redirect, request, url_for
from sqlalchemy import Connection, Row

from base.tokens import keyed_hash
from console import factors, sessions
from console.context import draw, say, viewer
from console.door import ConsoleDoor
from console.routes import Route
from console.security import cookie_name
from console.settings import NOT_YOURS, who_knows_the_password
from console.sign_in import enter
from console.traces import traced
from console.tries import WRONG_CODE, try_code

log = logging.getLogger(__name__)


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def set_up(door: ConsoleDoor) -> Response:
    """The password and a first code: from now on both are asked for. The recovery codes stand in the answer alone."""
    wrong = _wrong_password(door)
    if wrong or _factor(door):  # the one that is there is turned off against its own code first
        return _page(door, wrong=wrong)
    salt, now = _salt(door), door.clocks.machine()
    step = factors.good_step(factors.secret_of(door.keys.suppression, salt), request.form.get("code", ""), now)
    if step is None:
        return _page(door, wrong={"code": say(WRONG_CODE)})
    staff_id, trace = viewer().staff_id, traced(door, "factor_set", staff=viewer().staff_id)

    def job(conn: Connection) -> tuple[list[str], str]:
        trace(conn)
        codes = factors.keep(conn, staff_id, salt, step, now)
        return codes, sessions.begin_anew(conn, staff_id, now)

    codes, token = door.database.write(job)
    log.info("staff %s set up a second factor", staff_id)
    return enter(door, _page(door, codes=codes), token)


def renew(door: ConsoleDoor) -> Response:
    """New recovery codes, against the password and a code."""
    wrong = _wrong_password(door) or _wrong_code(door)
    if wrong:
        return _page(door, wrong=wrong)
    return _page(door, codes=door.database.write(partial(factors.renew_codes, staff_id=viewer().staff_id)))


def remove(door: ConsoleDoor) -> Response:
    """The password alone from now on, against the password and a code; every other browser signs in again."""
    wrong = _wrong_password(door) or _wrong_code(door)
    if wrong:
        return _page(door, wrong=wrong)
    staff_id, now = viewer().staff_id, door.clocks.machine()
    trace = traced(door, "factor_removed", staff=staff_id)

    def job(conn: Connection) -> str:
        trace(conn)
        factors.drop(conn, staff_id)
        return sessions.begin_anew(conn, staff_id, now)

    token = door.database.write(job)
    log.info("staff %s turned their second factor off", staff_id)
    return enter(door, make_response(redirect(url_for("console.settings", said="removed"), 303)), token)


def _wrong_password(door: ConsoleDoor) -> dict[str, str]:
    return {} if who_knows_the_password(door) else {"present": say(NOT_YOURS)}


def _wrong_code(door: ConsoleDoor) -> dict[str, str]:
    factor = _factor(door)
    if factor is None:
        abort(404)
    refusal = try_code(door, factor, viewer().email, request.form.get("code", ""))
    return {"code": refusal.sentence} if refusal else {}


def _factor(door: ConsoleDoor) -> Row[Any] | None:
    with door.database.read() as conn:
        return factors.find(conn, viewer().staff_id)


def _salt(door: ConsoleDoor) -> str:
    """Of the factor that this session may keep: the same however often the page is opened, another in any other."""
    token = request.cookies.get(cookie_name(door.config), "")
    return keyed_hash(door.keys.session, f"second factor in {token}")[: factors.SALT_LENGTH]


def _page(
    door: ConsoleDoor,
    wrong: dict[str, str] | None = None,
    codes: list[str] | None = None,
) -> Response:
    factor = _factor(door)
    return draw(
        "console/second_factor.html",
        422 if wrong else 200,
        factor=factor,
        codes=codes,
        wrong=wrong or {},
        demanded=viewer().role in door.config.console.second_factor,
        **({} if factor else _shown(door)),
    )


def _shown(door: ConsoleDoor) -> dict[str, Any]:
    """What an app needs; nothing is written until a code of it comes back."""
    secret = factors.secret_of(door.keys.suppression, _salt(door))
    site = urlsplit(door.config.site.base_url).hostname or ""
    return {
        "square": factors.square(factors.address_of(secret, viewer().email, site)),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    }


ROUTES = (
    Route("GET", "/settings/second-factor", "second_factor", show),
    Route("POST", "/settings/second-factor", "set_second_factor", set_up),
    Route("POST", "/settings/second-factor/codes", "renew_recovery_codes", renew),
    Route("POST", "/settings/second-factor/remove", "remove_second_factor", remove),
)
