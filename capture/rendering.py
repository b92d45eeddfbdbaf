"""Draws the pages of the public door: what every template gets, and in which language."""

import logging
from typing import Any

from babel import Locale
from flask import Response, make_response, render_template, request
from markupsafe import Markup

from authoring.site import Site
from capture.assets import asset
from capture.door import Door
from capture.speech import Speech, speech_in

log = logging.getLogger(__name__)

# The page may be kept to go back to, but is asked for again: it holds a stamp and a session's token.
OWN = "private, no-cache"
NEVER_KEPT = "no-store"


def draw(
    template: str, site: Site | None, speech: Speech, *, status: int = 200, keep: str = NEVER_KEPT, **values: Any
) -> Response:
    """The template as an answer. `site` is None only when nothing was ever applied or can be read."""
    shared = {
        "s": speech,
        "house": site.definitions.house if site else None,
        "brand": f"/brand.css?v={site.hash[:12]}" if site else None,
        "asset": asset,
        "markup": Markup,
        "language_name": language_name,
    }
    answer = make_response(render_template(template, **shared, **values), status)
    answer.headers["Cache-Control"] = keep
    answer.headers["Content-Language"] = speech.locale
    return answer


def guessed_speech(door: Door) -> Speech:
    """The language of the address, else the one the browser prefers, else the house's."""
    locales = door.config.site.locales
    prefix = request.path.strip("/").split("/")[0]
    if prefix in locales:
        return speech_in(door.config, prefix)
    if request.path.startswith(("/p/", "/thanks/")):
        return speech_in(door.config, door.config.site.default_locale)
    preferred = request.accept_languages.best_match(locales) or door.config.site.default_locale
    return speech_in(door.config, preferred)


def lead_speech(door: Door, locale: str) -> Speech:
    """A lead's language, where the house speaks it."""
    known = locale if locale in door.config.site.locales else door.config.site.default_locale
    return speech_in(door.config, known)


def site_if_any(door: Door) -> Site | None:
    """The site in force, for pages that must be shown whatever happened: a failure in it is told by another page."""
    try:
        return door.site()
    except Exception:
        log.info("a page is drawn without the site")
        return None


def language_name(locale: str) -> str:
    """A language in its own words: "Français"."""
    name = Locale.parse(locale, sep="-").get_language_name()
    return name[:1].upper() + name[1:] if name else locale
