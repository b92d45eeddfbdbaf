"""Fills a compiled mail in for one lead: subject, HTML and text from its frozen context.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template

from emails import cleaning, fault
from emails.compile import CompiledEmail
from emails.environment import OutputTooLarge, fill, html_environment, text_environment

_UNMEASURED = {"trap_url": None, "dot_url": None}  # of mails that were frozen before there were any
_BLANK_LINES = re.compile(r"\n{3,}")


class RenderError(Exception):
    """This context does not fill this text: the message fails, and says `why`, and where (file, line, expression)."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"the text cannot be filled in: {f'{where}: ' if where else ''}{why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Rendered:
    """`subject` is one clean line; `text` has \\n at its line ends; `pieces` make up the HTML."""

    subject: str
    pieces: tuple[str, ...]
    text: str

    @property
    def html(self) -> str:
        return "".join(self.pieces)


def render(compiled: CompiledEmail, context: Mapping[str, Any], links: list[str]) -> Rendered:
    """The mail for `context` (`lead`, its addresses); `links[n]` is where link n goes. Raises RenderError."""
    told = {name: compiled.constants[name] for name in ("house", "sender", "pages")}
    values = {**_UNMEASURED, **told, **context, "links": links}
    locale = str(compiled.constants["locale"])
    source = compiled.subject
    try:
        subject = cleaning.line("".join(fill(_text(locale, source), values)))
        source = compiled.html
        pieces = tuple(fill(_html(locale, source), values))
        source = compiled.text
        text = _BLANK_LINES.sub("\n\n", "".join(fill(_text(locale, source), values))).strip() + "\n"
    except (OutputTooLarge, *fault.FAILURES) as error:
        expression = fault.culprit(error, source, values, text_environment(locale))
        raise RenderError(str(error), fault.told(compiled.constants, expression)) from error
    return Rendered(subject, pieces, text)


def link_addresses(compiled: CompiledEmail, base_url: str, token: str, counted: bool) -> list[str]:
    """Where each link goes: through `/c/` when the lead agreed to that, else to the address the author wrote."""
    if not counted:
        return list(compiled.links)
    return [f"{base_url}/c/{token}{number}" for number in range(len(compiled.links))]


@lru_cache(maxsize=512)
def _html(locale: str, source: str) -> Template:
    return html_environment(locale).from_string(source)


@lru_cache(maxsize=512)
def _text(locale: str, source: str) -> Template:
    return text_environment(locale).from_string(source)
