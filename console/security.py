"""What the console asks of browsers: one strict policy, one cookie, one token with every change."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from flask import Response, current_app, g, request, session
from flask_wtf.csrf import validate_csrf
from markupsafe import Markup

from base.config import Config
from base.tokens import new_token
from console.looks import asset
from console.sessions import TOTAL

POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
KNOWN_COOKIE = "terreau_known"
CSRF_HEADER = "X-CSRFToken"
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def add_headers(answer: Response) -> Response:
    """The policy of the console; a view that needs another (a frame of ours) has set its own before."""
    answer.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("X-Robots-Tag", "noindex")
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def nonce() -> str:
    """Of this answer: the styles and scripts that carry it are ours, whatever else stands in the page is not."""
    if "nonce" not in g:
        g.nonce = new_token()
    made: str = g.nonce
    return made


def sheet(name: str) -> Markup:
    """The tag of `static/<name>`, a style sheet."""
    return Markup('<link rel="stylesheet" href="{}" nonce="{}">').format(asset(name), nonce())


def script(name: str) -> Markup:
    """The tag of `static/<name>`, a script that runs when the page is read."""
    return Markup('<script src="{}" defer nonce="{}"></script>').format(asset(name), nonce())


TAGS: Mapping[str, Callable[..., object]] = {"sheet": sheet, "script": script}


def check_token() -> None:
    """Raises ValidationError for a change without the token of this browser, in the form or in htmx's header."""
    if request.method in CHANGES:
        field = current_app.config["WTF_CSRF_FIELD_NAME"]
        validate_csrf(request.form.get(field) or request.headers.get(CSRF_HEADER))


def renew_token() -> None:
    """A new token for whoever has just come in or gone out."""
    session.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)


def cookie_name(config: Config) -> str:
    """`__Host-` binds the cookie to this host and to https; without https browsers refuse that name."""
    return "__Host-terreau_staff" if config.secure_cookies else "terreau_staff"


def set_cookie(answer: Response, config: Config, token: str) -> None:
    answer.set_cookie(
        cookie_name(config),
        token,
        max_age=int(TOTAL.total_seconds()),
        path="/",
        secure=config.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(answer: Response, config: Config) -> None:
    answer.delete_cookie(cookie_name(config), path="/", secure=config.secure_cookies, httponly=True, samesite="Lax")


def set_known_cookie(answer: Response, config: Config, known: str, lasts: timedelta) -> None:
    """Says only that this browser came in before, and as whom; it opens nothing."""
    answer.set_cookie(
        KNOWN_COOKIE,
        known,
        max_age=int(lasts.total_seconds()),
        path="/console/sign-in",
        secure=config.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
