"""The frames that texts are set in: layouts, notifications, brand and words, filled in once per language.

What is filled in per message (`{{ }}`) is left standing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from authoring.models.definitions import Brand
from base.paths import data_path
from base.translations import msgid, translator
from base.typography import typeset
from emails.environment import layout_environment

_FONT_STACK = re.compile(r"""^[\w ,.'"-]+$""")  # names and commas: nothing that ends a declaration or the sheet
FONT = '-apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'


@dataclass(frozen=True, slots=True)
class Layout:
    """A frame as HTML and as text, with `[[ ]]` for what a language or a brand decides."""

    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What the configuration says about every mail: addresses begin with `base_url`, which has no slash at its end."""

    base_url: str
    default_locale: str = "fr"


@lru_cache(maxsize=1)
def mail_layout() -> Layout:
    return _read(data_path("templates", "emails"), "layout")


@lru_cache(maxsize=8)
def notification_layout(name: str) -> Layout:
    """The frame of `alert` or `notify`. Raises FileNotFoundError for another name."""
    return _read(data_path("templates", "notifications"), name)


def frame_html(html: str, brand: Brand, locale: str, parts: Mapping[str, Any]) -> str:
    """`html` with brand, words and `parts` in it; what stays is `{{ }}`. Text is escaped, Markup is not."""
    return layout_environment(True).from_string(html).render(locale=locale, **_brand(brand), **_said(locale), **parts)


def frame_text(text: str, locale: str, parts: Mapping[str, Any]) -> str:
    return layout_environment(False).from_string(text).render(locale=locale, **_said(locale), **parts)


def words(locale: str) -> dict[str, str]:
    """What frames say by themselves, in the reader's language."""
    said = {name: translator(locale).gettext(text) for name, text in _WORDS.items()}
    return {name: for_mail(text, locale) for name, text in said.items()}


def for_mail(text: str, locale: str) -> str:
    """Typeset, with the one no-break space that every mail reader draws well (Outlook does not know U+202F)."""
    return typeset(text, locale).replace("\u202f", "\u00a0")


_WORDS = {
    "preferences": msgid("Choose what I receive"),
    "unsubscribe": msgid("Unsubscribe"),
    "colon": msgid(": "),
    "why_now": msgid("Why now:"),
    "suggestion": msgid("Suggestion:"),
    "accept": msgid("I take it"),
    "reject": msgid("Not for me"),
    "score": msgid("The score, line by line"),
    "total": msgid("Engagement"),
    "actions": msgid("Latest actions"),
    "known": msgid("What we know, and what we do not know yet"),
    "open": msgid("Open the lead"),
    "internal": msgid("This message is internal: please do not forward it."),
}


def _said(locale: str) -> dict[str, Any]:
    return {"words": words(locale)}


def _brand(brand: Brand) -> dict[str, Any]:
    font = brand.font if brand.font and _FONT_STACK.match(brand.font) else FONT
    return {"day": brand.day.model_dump(), "night": brand.night.model_dump(), "font": Markup(font)}


def _read(folder: Path, name: str) -> Layout:
    return Layout(
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        text=(folder / f"{name}.txt").read_text(encoding="utf-8"),
    )
