"""The public door put together: which address leads to which view, what an error looks like."""

import logging
from collections.abc import Callable
from functools import partial

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from authoring.releases import NoRelease
from base.paths import data_path
from capture import (
    assets,
    confirm,
    health,
    magnets,
    pages,
    policy,
    preferences,
    returned,
    site_files,
    systems,
    thanks,
    tracking,
    unsubscribe,
    visits,
)
from capture.door import Door
from capture.notices import FAILURES, failure, notice, unavailable
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

View = Callable[..., Response]
ROUTES: tuple[tuple[str, str, View], ...] = (
    ("GET", "/", site_files.index),
    ("GET", "/p/<page>", pages.show),
    ("POST", "/p/<page>", pages.submit),
    ("GET", "/<locale>/p/<page>", pages.show),
    ("POST", "/<locale>/p/<page>", pages.submit),
    ("GET", "/thanks/<form>", thanks.show),
    ("GET", "/<locale>/thanks/<form>", thanks.show),
    ("GET", "/confirm/<token>", confirm.show),
    ("POST", "/confirm/<token>", confirm.confirm),
    ("GET", "/u/<token>", unsubscribe.show),
    ("POST", "/u/<token>", unsubscribe.leave),
    ("GET", "/preferences/<token>", preferences.show),
    ("POST", "/preferences/<token>", preferences.save),
    ("GET", "/m/<token>", magnets.show),
    ("GET", "/m/<token>/<int:number>", magnets.stream),
    ("GET", "/c/<code>", tracking.clicked),
    ("GET", "/o/<token>.gif", tracking.opened),
    ("POST", "/seen", tracking.seen),
    ("POST", "/visit", visits.visited),
    ("POST", "/returned", returned.post),
    ("POST", "/events", systems.post),
    ("GET", "/brand.css", site_files.brand),
    ("GET", "/robots.txt", site_files.robots),
    ("GET", "/sitemap.xml", site_files.sitemap),
    ("GET", "/healthz", health.healthz),
    ("GET", "/readyz", health.readyz),
)


def capture_blueprint(door: Door) -> Blueprint:
    """Every route, error page and header of the public door. The application needs `policy.apply_settings` too."""
    blueprint = Blueprint("capture", __name__, template_folder=str(data_path("templates")))
    for method, rule, view in ROUTES:
        blueprint.add_url_rule(rule, f"{method} {rule}".replace(".", " "), partial(view, door), methods=[method])
    blueprint.add_url_rule("/static/<path:name>", "static_file", assets.static)
    blueprint.app_errorhandler(HTTPException)(partial(failure, door))
    blueprint.app_errorhandler(StorageUnavailable)(partial(_away, door))
    blueprint.app_errorhandler(NoRelease)(partial(_empty, door))
    blueprint.after_app_request(partial(policy.add_headers, door.config))
    return blueprint


def open_public_door(app: Flask, door: Door) -> None:
    """Settings and blueprint together: all that an application needs. It must not serve a static folder of its own."""
    policy.apply_settings(app, door.config, door.keys)
    app.register_blueprint(capture_blueprint(door))


def _away(door: Door, error: StorageUnavailable) -> Response:
    log.error("the database is away: %s", error)
    return unavailable(door)


def _empty(door: Door, error: NoRelease) -> Response:
    log.error("nothing is in force: apply a release")
    return notice(door, FAILURES[503], 503)
