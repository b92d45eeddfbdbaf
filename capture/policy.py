"""What the public door asks of the application and of browsers: settings, cookies, headers."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from base.config import Config, Keys
from capture.forms import CSRF_FIELD

CSRF_SECONDS = 12 * 3600
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"
# Addresses that are a secret by themselves: they never travel on as a referrer, and no copy of the page is kept.
SECRET_PATHS = ("/confirm/", "/u/", "/preferences/", "/m/", "/c/", "/o/", "/v/")


def settings(config: Config, keys: Keys) -> dict[str, object]:
    """Flask's settings: one cookie, for the session; our own addresses from the base address, never from Host."""
    secure = is_https(config)
    return {
        "SECRET_KEY": keys.session,
        "SESSION_COOKIE_NAME": "__Host-terreau" if secure else "terreau",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": config.server.body_limit,
        "MAX_FORM_MEMORY_SIZE": config.server.body_limit,
        "TRUSTED_HOSTS": trusted_hosts(config),
        "WTF_CSRF_FIELD_NAME": CSRF_FIELD,
        "WTF_CSRF_TIME_LIMIT": CSRF_SECONDS,
        "WTF_I18N_ENABLED": False,  # our sentences, in our catalogues
    }


def trusted_hosts(config: Config) -> list[str]:
    """The hosts whose requests are answered: the configured ones, the base address, this machine."""
    own = urlsplit(config.site.base_url).hostname or "localhost"
    return [*config.server.trusted_hosts, own, "localhost", "127.0.0.1", "[::1]"]


def is_https(config: Config) -> bool:
    return config.site.base_url.startswith("https://")


def apply_settings(app: Flask, config: Config, keys: Keys) -> None:
    app.config.update(settings(config, keys))
    app.url_map.merge_slashes = False  # its redirects would be built from Host
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}


def add_headers(config: Config, answer: Response) -> Response:
    """The headers of every answer; a view's own stay."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    secret = request.path.startswith(SECRET_PATHS)
    answer.headers.setdefault("Referrer-Policy", "no-referrer" if secret else "strict-origin-when-cross-origin")
    if secret:
        answer.headers["X-Robots-Tag"] = "noindex"
    if is_https(config):
        answer.headers.setdefault("Strict-Transport-Security", HSTS)
    return answer
