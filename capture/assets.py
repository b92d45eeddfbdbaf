"""The files behind /static, each with its content's hash in the address so that it may be kept for a year."""

from functools import lru_cache

from flask import Response, request, send_from_directory

from base.paths import data_path
from base.tokens import digest

YEAR = 365 * 24 * 3600


@lru_cache
def asset(name: str) -> str:
    """The address of `static/<name>`, with its version."""
    return f"/static/{name}?v={digest(data_path('static', name).read_bytes())[:12]}"


def static(name: str) -> Response:
    """One file of the static folder, and nothing outside it."""
    answer = send_from_directory(data_path("static"), name, max_age=YEAR if "v" in request.args else 300)
    if "v" in request.args:
        answer.cache_control.immutable = True
    return answer
