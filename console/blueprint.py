"""The console put together: which address leads to which view, who is let in, what an error looks like."""

import logging
from functools import partial
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, make_response, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from wtforms.validators import ValidationError

from authoring.releases import NoRelease
from console import (
    acts,
    adding,
    agreed,
    alert_pages,
    alike,
    calling,
    companies,
    dashboard,
    deciding,
    errors,
    factor_pages,
    health,
    held,
    hits,
    home,
    imports,
    lead,
    lead_data,
    lead_list,
    lead_why,
    messages,
    pages,
    preview,
    protection,
    qualify,
    report_pages,
    search,
    selling,
    sequences,
    settings,
    sign_in,
    staff_pages,
    today,
)
from console.access import ACCESS, DUTIES, OUTSIDE, check_object
from console.context import GLOBALS, TEMPLATES, by_htmx, viewer
from console.door import ConsoleDoor
from console.lists import LONGEST_LIST
from console.nav import NAV_GLOBALS
from console.routes import Route
from console.security import CHANGES, TAGS, add_headers, check_token
from console.viewing import find_viewer, nobody
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

PREFIX = "/console"
LARGE = frozenset({"send_list"})  # what is sent there may be longer than a form
FIELDS_BESIDE = 1 << 20  # bytes in memory at once: werkzeug reads a file by pieces of 64 KiB, and a rest of the last
# A new page: its ROUTES here, and a row for each in `console.access.ACCESS`.
ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *settings.ROUTES,
    *factor_pages.ROUTES,
    *staff_pages.ROUTES,
    *today.ROUTES,
    *alert_pages.ROUTES,
    *qualify.ROUTES,
    *lead_list.ROUTES,
    *companies.ROUTES,
    *adding.ROUTES,
    *alike.ROUTES,
    *lead.ROUTES,
    *lead_why.ROUTES,
    *lead_data.ROUTES,
    *protection.ROUTES,
    *acts.ROUTES,
    *calling.ROUTES,
    *selling.ROUTES,
    *search.ROUTES,
    *sequences.ROUTES,
    *messages.ROUTES,
    *deciding.ROUTES,
    *preview.ROUTES,
    *imports.ROUTES,
    *pages.ROUTES,
    *agreed.ROUTES,
    *dashboard.ROUTES,
    *report_pages.ROUTES,
    *health.ROUTES,
    *held.ROUTES,
    *hits.ROUTES,
    *home.ROUTES,
)


class UndeclaredEndpoint(Exception):
    """A view without a row in ACCESS: it is never served."""


def console_blueprint(door: ConsoleDoor) -> Blueprint:
    """Every page of the console, under `/console`. The application needs the settings of the public door too."""
    blueprint = Blueprint("console", __name__, url_prefix=PREFIX, template_folder=str(TEMPLATES))
    for route in ROUTES:
        blueprint.add_url_rule(route.rule, route.endpoint, partial(route.view, door), methods=[route.method])
    blueprint.before_request(partial(admit, door))
    blueprint.after_request(add_headers)
    blueprint.register_error_handler(HTTPException, errors.failure)
    blueprint.register_error_handler(ValidationError, errors.old_page)
    blueprint.register_error_handler(StorageUnavailable, errors.away)
    blueprint.register_error_handler(NoRelease, errors.nothing_in_force)
    blueprint.record_once(lambda state: state.app.jinja_env.globals.update({**GLOBALS, **NAV_GLOBALS, **TAGS}))
    return blueprint


def admit(door: ConsoleDoor) -> Response | None:
    """Before every view: who it is, whether the table lets them in, whether the change comes from our own page."""
    g.door, g.moment, g.viewer = door, door.clocks.moment(), nobody(door)
    endpoint = (request.endpoint or "").removeprefix("console.")
    if endpoint not in ACCESS:
        raise UndeclaredEndpoint(f"{request.endpoint} has no row in console.access.ACCESS")
    rule = ACCESS[endpoint]
    g.viewer = find_viewer(door, g.moment.machine) or g.viewer
    if rule.roles is not OUTSIDE:
        if not viewer().staff_id:
            return _to_sign_in(endpoint)
        if viewer().role not in rule.roles:
            log.warning(
                "staff %s (%s) asked for %s, which their role does not open", viewer().staff_id, viewer().role, endpoint
            )
            abort(403)
        duty = _duty(door)
        if duty and endpoint not in DUTIES[duty]:
            return _sent_to(url_for(f"console.{duty}"))
    if endpoint in LARGE:
        request.max_content_length = LONGEST_LIST
        request.max_form_memory_size = FIELDS_BESIDE
    check_token()
    check_object(door, viewer(), rule)
    return None


def _duty(door: ConsoleDoor) -> str | None:
    """What the viewer has to do before anything else, if there is such a thing: an endpoint of DUTIES."""
    if viewer().was_given_password:
        return "settings"
    demanded = viewer().role in door.config.console.second_factor
    return "second_factor" if demanded and not viewer().has_factor else None


def _to_sign_in(endpoint: str) -> Response:
    """Where to come in, and from there to the page that was asked for or that this came from. What was to be changed
    was not, which is said; a part of a page leaves the rest of it, with what was typed, as it is."""
    changes = request.method in CHANGES and endpoint != "sign_out"
    if changes and by_htmx():
        return errors.signed_out(url_for("console.sign_in"))
    shows = request.method == "GET" and not by_htmx()
    then = request.full_path.rstrip("?") if shows else _page_it_came_from()
    return _sent_to(url_for("console.sign_in", next=then or None, unsaved=1 if changes else None))


def _page_it_came_from() -> str:
    """Its path and query, "" = not known; whether it is one of ours is asked when somebody is sent there."""
    page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    return page._replace(scheme="", netloc="", fragment="").geturl()


def _sent_to(there: str) -> Response:
    if by_htmx():
        return make_response("", 401, {"HX-Redirect": there})
    return make_response(redirect(there, 303))
