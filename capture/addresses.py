"""The addresses of the public door. Absolute ones come from the configured base address, never from a request's Host.

Pure: no database, no clock, no network.
"""

import re
from urllib.parse import urlsplit

from base.config import Config

CODE = re.compile(r"^([0-9A-Za-z]{22})([0-9]{1,4})$")  # a message's token, then the number of the link


def absolute(config: Config, path: str) -> str:
    return config.site.base_url.rstrip("/") + path


def localised_path(config: Config, locale: str, path: str) -> str:
    """The path in a language: the default one has no prefix."""
    return path if locale == config.site.default_locale else f"/{locale}{path}"


def page_path(config: Config, locale: str, page: str) -> str:
    return localised_path(config, locale, f"/p/{page}")


def thanks_path(config: Config, locale: str, form: str) -> str:
    return localised_path(config, locale, f"/thanks/{form}")


def split_code(code: str) -> tuple[str, int] | None:
    """(message token, link number) of a click's code; None when it cannot be one."""
    found = CODE.match(code)
    return (found[1], int(found[2])) if found else None


def own_page(config: Config, url: str) -> str | None:
    """The name of our own landing page behind `url`; None for any other address."""
    base = config.site.base_url.rstrip("/") + "/"
    if not url.startswith(base):
        return None
    parts = urlsplit(url[len(base) - 1 :]).path.strip("/").split("/")
    if parts and parts[0] in config.site.locales:
        parts = parts[1:]
    return parts[1] if len(parts) == 2 and parts[0] == "p" else None


def with_code(url: str, code: str) -> str:
    """`url` with `?c=<code>` added, before its fragment."""
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}c={code}{mark}{fragment}"
