"""The icons of the console, on a grid of 24: inlined, so that they take the colour of the words beside them."""

import re
from functools import cache

from markupsafe import Markup

from base.paths import data_path

_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)">(.*)</symbol>')


@cache
def icons() -> dict[str, Markup]:
    """Name -> lines, from `templates/console/icons.svg`."""
    text = data_path("templates", "console", "icons.svg").read_text(encoding="utf-8")
    return {name: Markup(lines) for name, lines in _SYMBOL.findall(text)}


def icon(name: str, label: str = "") -> Markup:
    """Without a label it is decoration beside a word; with one it speaks for itself. Raises KeyError for no icon."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="i" viewBox="0 0 24 24" focusable="false" {}>{}</svg>').format(told, icons()[name])
