"""The small files of the site: the brand's colours as a stylesheet, what robots may read, the list of pages."""

import re
from xml.sax.saxutils import escape

from flask import Response, request

from authoring.models.definitions import Palette
from capture.addresses import absolute, page_path
from capture.door import Door
from capture.rendering import OWN, draw, guessed_speech
from capture.speech import speech_in

NOT_A_FONT = re.compile(r"[^\w\s,\"'.-]")
PRIVATE = ("/c/", "/confirm/", "/m/", "/preferences/", "/seen", "/thanks/", "/u/", "/v/")


def brand(door: Door) -> Response:
    """The brand's values over those of the stylesheet, by day and by night."""
    colours = door.site().definitions.brand
    font = f"  --font: {NOT_A_FONT.sub('', colours.font)};\n" if colours.font else ""
    text = (
        f":root {{\n{_variables(colours.day)}{font}}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root {{\n{_variables(colours.night)}}}\n}}\n"
    )
    answer = Response(text, mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
    return answer


def robots(door: Door) -> Response:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    lines.append(f"Sitemap: {absolute(door.config, '/sitemap.xml')}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def sitemap(door: Door) -> Response:
    """Every page that may be found, in each of its languages."""
    addresses = [
        absolute(door.config, page_path(door.config, locale, name))
        for name, page in sorted(door.site().pages.items())
        for locale in page.locales
        if page.index and locale in door.config.site.locales
    ]
    urls = "".join(f"<url><loc>{escape(address)}</loc></url>" for address in addresses)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>\n'
    return Response(body, mimetype="application/xml")


def index(door: Door) -> Response:
    """The pages that may be found, for whoever comes without an address; `?lang=` asks for another language."""
    site, asked, locales = door.site(), request.args.get("lang"), door.config.site.locales
    speech = speech_in(door.config, asked) if asked in locales else guessed_speech(door)
    entries = [
        {
            "path": page_path(door.config, speech.locale, name),
            "title": speech.text(page.title),
            "description": speech.text(page.description),
        }
        for name, page in sorted(site.pages.items())
        if page.index and speech.locale in page.locales
    ]
    answer = draw(
        "pages/index.html",
        site,
        speech,
        keep=OWN,
        entries=entries,
        others={locale: f"/?lang={locale}" for locale in locales if locale != speech.locale},
        alternates={locale: absolute(door.config, f"/?lang={locale}") for locale in locales},
        default_address=absolute(door.config, "/"),
    )
    answer.vary.add("Accept-Language")
    return answer


def _variables(palette: Palette) -> str:
    colours = palette.model_dump()
    return "".join(f"  --{name.replace('_', '-')}: {value};\n" for name, value in colours.items())
