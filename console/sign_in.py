"""The way in and out: an address and a password against the staff table, with as much work whoever it is; then the
code of whoever has a second factor."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import Connection, Row

from base.tokens import TokenExpired, TokenInvalid, digest, same
from base.translations import msgid
from console import attempts, factors, passwords, sessions, staff
from console.context import draw, say, viewer
from console.door import ConsoleDoor
from console.routes import Route
from console.security import KNOWN_COOKIE, cookie_name, drop_cookie, renew_token, set_cookie, set_known_cookie
from console.tries import too_many, try_code
from leads.forgetting import Clerk, note

log = logging.getLogger(__name__)

WRONG = msgid("This address and this password do not belong together.")
SLOW = msgid("That took too long. Give your address and password again.")
KNOWN_FOR = timedelta(days=90)
GIVEN_FOR = timedelta(days=7)
STALE = msgid("This password was given to you too long ago. An admin gives you a new one, on the page Staff.")
HALFWAY = "halfway"
CHOSEN = "chosen"  # the page's language, by a link on it
HALFWAY_FOR = timedelta(minutes=10)


def show(door: ConsoleDoor) -> Response:
    if viewer().staff_id:
        return onward(request.args.get("next", ""))
    return _page(door)


def give_password(door: ConsoleDoor) -> Response:
    """Signs in; a wrong pair, an unknown address and a disabled account are answered alike."""
    email, now = _address(request.form.get("email", "")), door.clocks.machine()
    password = request.form.get("password", "")[: passwords.LONGEST + 1]
    who = _names(door, email)
    attempt = door.database.write(partial(attempts.begin, who=who, machine_now=now))
    with door.database.read() as conn:
        wait = attempts.wait(conn, who, now)
        member = staff.by_email(conn, email)
    if wait:
        door.database.write(partial(attempts.withdraw, attempt_id=attempt))
        log.warning("sign-in: too many tries, account %s, network %s", who.account[:12], who.network[:12])
        return _wait(door, wait)
    able = member is not None and member.disabled_at is None
    kept = member.password_hash if member is not None and able else passwords.NOBODY
    if not passwords.matches(kept, password) or member is None or not able:
        log.warning("sign-in: a wrong pair, account %s, network %s", who.account[:12], who.network[:12])
        return _page(door, say(WRONG), 422)
    if member.given_at and now - member.given_at > GIVEN_FOR:
        return _page(door, say(STALE), 422)
    rehashed = passwords.hashed(password) if passwords.is_outdated(kept) else None
    spoken = _spoken(member)

    def job(conn: Connection) -> str | None:
        attempts.forget(conn, who)
        if rehashed:
            staff.keep_hash(conn, member.id, rehashed)
        return None if factors.find(conn, member.id) else _come_in(conn, door, member, spoken)

    token = door.database.write(job)
    return _welcome(door, member.id, token) if token else _ask_for_code(_seal(door, member.id, rehashed or kept))


def give_code(door: ConsoleDoor) -> Response:
    """The second half of the way in, for whoever gave their password a moment ago and has not changed it since."""
    sealed = request.form.get(HALFWAY, "")
    try:
        opened = door.signer.open(HALFWAY, sealed, HALFWAY_FOR)
    except (TokenExpired, TokenInvalid):
        return _page(door, say(SLOW), 422)
    with door.database.read() as conn:
        member, factor = staff.by_id(conn, opened["staff"]), factors.find(conn, opened["staff"])
    if member is None or member.disabled_at or not factor or not same(opened["password"], digest(member.password_hash)):
        return _page(door, say(SLOW), 422)
    if refusal := try_code(door, factor, member.email, request.form.get("code", "")):
        log.warning("sign-in: a wrong code of staff %s", member.id)
        answer = _ask_for_code(sealed, refusal.sentence, 429 if refusal.wait else 422)
        return _later(answer, refusal.wait) if refusal.wait else answer
    spoken = _spoken(member)
    return _welcome(door, member.id, door.database.write(lambda conn: _come_in(conn, door, member, spoken)))


def sign_out(door: ConsoleDoor) -> Response:
    """Ends this browser's session on the server too."""
    token = request.cookies.get(cookie_name(door.config), "")
    door.database.write(partial(sessions.end, token=token))
    log.info("sign-out: staff %s", viewer().staff_id)
    answer = make_response(redirect(url_for("console.sign_in", lang=viewer().locale), 303))
    drop_cookie(answer, door.config)
    answer.headers["Clear-Site-Data"] = '"storage"'
    renew_token()
    return answer


def enter(door: ConsoleDoor, answer: Response, token: str) -> Response:
    """`answer`, with the session's cookie and a new token for forms."""
    set_cookie(answer, door.config, token)
    renew_token()
    return answer


def _come_in(conn: Connection, door: ConsoleDoor, member: Row[Any], spoken: str) -> str:
    """The token of a session that begins, which the audit chain remembers. `spoken`: see `_spoken`."""
    now = door.clocks.moment()
    if spoken:
        staff.speak(conn, member.id, spoken)
    note(conn, door.keys.suppression, "staff_came_in", None, Clerk(member.name, member.id), now)
    return sessions.begin(conn, member.id, now.machine)


def _spoken(member: Row[Any]) -> str:
    """The language of the page, for whoever chose it there or has not chosen one before; "" for all others."""
    return viewer().locale if CHOSEN in request.form or not member.locale else ""


def _welcome(door: ConsoleDoor, staff_id: int, token: str) -> Response:
    """In; and this browser is known from now on, so that tries from elsewhere never keep its owner waiting."""
    log.info("sign-in: staff %s came in", staff_id)
    answer = enter(door, onward(request.form.get("next", "")), token)
    known = door.signer.sign("known", {"staff": staff_id, "browser": digest(token)[:16]})
    set_known_cookie(answer, door.config, known, KNOWN_FOR)
    return answer


def _names(door: ConsoleDoor, email: str) -> attempts.Names:
    """Account and network; a browser that came in before with this account is counted by itself."""
    everywhere = attempts.names(door.keys.session, email, request.remote_addr or "")
    try:
        known = door.signer.open("known", request.cookies.get(KNOWN_COOKIE, ""), KNOWN_FOR)
    except (TokenExpired, TokenInvalid):
        return everywhere
    with door.database.read() as conn:
        member = staff.by_email(conn, email)
    if member is None or member.id != known.get("staff"):
        return everywhere
    return attempts.names(door.keys.session, f"{email} {known.get('browser')}", f"browser {known.get('browser')}")


def _address(text: str) -> str:
    try:
        return staff.address(text)
    except staff.Refused:
        return text.strip().casefold()[:254]


def onward(wished: str) -> Response:
    """To the page that was asked for, if it is one of ours; never to another site."""
    ours = wished.startswith("/console/") and "\\" not in wished and "//" not in wished and wished.isprintable()
    return make_response(redirect(wished if ours else url_for("console.home"), 303))


def _wait(door: ConsoleDoor, wait: timedelta) -> Response:
    return _later(_page(door, too_many(wait), 429), wait)


def _later(answer: Response, wait: timedelta) -> Response:
    answer.headers["Retry-After"] = str(int(wait.total_seconds()))
    return answer


def _seal(door: ConsoleDoor, staff_id: int, password_hash: str) -> str:
    """What says that the password was right, for the code's form to bring back; worth nothing after a new password."""
    return door.signer.sign(HALFWAY, {"staff": staff_id, "password": digest(password_hash)})


def _ask_for_code(sealed: str, wrong: str = "", status: int = 200) -> Response:
    return draw("console/sign_in_code.html", status, wrong=wrong, halfway=sealed, **_carried())


def _page(door: ConsoleDoor, wrong: str = "", status: int = 200) -> Response:
    return draw(
        "console/sign_in.html",
        status,
        wrong=wrong,
        email=request.form.get("email", ""),
        **_carried(),
        unsaved="unsaved" in request.args,
        others=[locale for locale in door.config.site.locales if locale != viewer().locale],
    )


def _carried() -> dict[str, Any]:
    """What the next form has to know too."""
    return {"next": request.values.get("next", ""), "chosen": CHOSEN in request.values}


ROUTES = (
    Route("GET", "/sign-in", "sign_in", show),
    Route("POST", "/sign-in", "give_password", give_password),
    Route("POST", "/sign-in/code", "give_code", give_code),
    Route("POST", "/sign-out", "sign_out", sign_out),
)
