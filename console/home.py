"""The two addresses that are no page: `/console` itself, and everything below it that does not exist."""

from flask import Response, abort, make_response, redirect, url_for

from console.door import ConsoleDoor
from console.nav import first_page
from console.routes import Route


def home(door: ConsoleDoor) -> Response:
    """Where the viewer's day begins."""
    return make_response(redirect(url_for(f"console.{first_page()}"), 303))


def nowhere(door: ConsoleDoor, rest: str) -> Response:
    """Only whoever is signed in learns that there is nothing here."""
    abort(404)


ROUTES = (
    Route("GET", "", "home", home),
    Route("GET", "/<path:rest>", "nowhere", nowhere),
)
