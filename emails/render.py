"""Fills a compiled mail in for one lead: subject, HTML and text from its frozen context.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template

from emails import cleaning, fault
from emails.compile import CompiledEmail
from emails.environment import OutputTooLarge, fill, html_environment, text_environment

_UNMEASURED = {"trap_url": None, "dot_url": None}  # of mails that were frozen before there were any


class RenderError(Exception):
    """This context does not fill this text: the message fails, and says `why`, and where (file, line, expression)."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"the text cannot be filled in: {f'{where}: ' if where else ''}{why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Rendered:
    """`subject` is one clean line; HTML and text come in pieces, and the text has \\n at its line ends."""

    subject: str
    html_pieces: tuple[str, ...]
    text_pieces: tuple[str, ...]

    @property
    def html(self) -> str:
        return "".join(self.html_pieces)

    @property
    def text(self) -> str:
        return "".join(self.text_pieces)


def render(compiled: CompiledEmail, context: Mapping[str, Any], links: list[str]) -> Rendered:
    """The mail for `context` (`lead`, its addresses); `links[n]` is where link n goes. Raises RenderError."""
    told = {name: compiled.constants[name] for name in ("house", "sender", "pages")}
    values = {**_UNMEASURED, **told, **context, "links": links}
    locale = str(compiled.constants["locale"])
    source = compiled.subject
    try:
        subject = cleaning.line("".join(fill(_text(locale, source), values)))
        source = compiled.html
        html = tuple(fill(_html(locale, source), values))
        source = compiled.text
        text = _tidied(fill(_text(locale, source), values))
    except (OutputTooLarge, *fault.FAILURES) as error:
        expression = fault.culprit(error, source, values, text_environment(locale))
        raise RenderError(str(error), fault.told(compiled.constants, expression)) from error
    return Rendered(subject, html, text)


def link_addresses(compiled: CompiledEmail, base_url: str, token: str, counted: bool) -> list[str]:
    """Where each link goes: through `/c/` when the lead agreed to that, else to the address the author wrote."""
    if not counted:
        return list(compiled.links)
    return [f"{base_url}/c/{token}{number}" for number in range(len(compiled.links))]


def _tidied(pieces: Sequence[str]) -> tuple[str, ...]:
    """With one blank line at most between two others, and none at either end; mostly the author's own pieces are so."""
    whole = tidy = "".join(pieces)
    while "\n\n\n" in tidy:
        tidy = tidy.replace("\n\n\n", "\n\n")
    tidy = tidy.strip() + "\n"
    return tuple(pieces if tidy == whole else tidy.splitlines(keepends=True))


@lru_cache(maxsize=512)
def _html(locale: str, source: str) -> Template:
    return html_environment(locale).from_string(source)


@lru_cache(maxsize=512)
def _text(locale: str, source: str) -> Template:
    return text_environment(locale).from_string(source)
