"""Puts a mail's style sheet into its elements, where mail readers look for it; once per text, never per message.

Wraps premailer, which reads no network, keeps the media rules and loses no Jinja. Pure: no database, no clock.
"""

import logging
import re

from premailer import Premailer

from base.saying import Refused, said
from base.translations import msgid

DOCTYPE = "<!DOCTYPE html>"
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_REFUSED = (
    # A position is counted in the source, where a loop's body stands once: every item would get the first one's style.
    (
        re.compile(r":(?:first|last|only|nth)-[\w-]+"),
        msgid("a selector by position (`%(found)s`) does not survive loops"),
    ),
    (re.compile(r"@import\b"), msgid("`%(found)s` would read another file")),
    (re.compile(r"@supports\b"), msgid("`%(found)s` is dropped by the inliner")),
    (re.compile(r":(?:not|is|where|has)\("), msgid("`%(found)s…)` is not inlined")),
    # A colour with its transparency in a way that the inliner cannot read: the whole declaration would be gone.
    (
        re.compile(r"\b(?:rgb|hsl)a?\([^)]*/|#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{4})\b(?=[^{}]*\})"),
        msgid("a colour like `%(found)s` is dropped by the inliner"),
    ),
    (re.compile(r"\{\{|\{%"), msgid("an expression (`%(found)s`) inside a style sheet is filled in too late")),
)
_LINK = re.compile(r"<link\b[^>]*stylesheet", re.IGNORECASE)


class UnfitMarkup(Refused):
    """This HTML cannot be inlined without loss; the sentence says why."""


def inline(html: str) -> str:
    """`html`, a whole masked document, with its styles inlined. Raises UnfitMarkup."""
    _refuse(html)
    inlined = Premailer(
        html,
        keep_style_tags=True,
        strip_important=False,
        allow_network=False,
        disable_validation=True,
        disable_basic_attributes=["width", "height"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    if not inlined.startswith(DOCTYPE):
        raise UnfitMarkup(said("the inliner lost the document type"))
    return str(inlined)


def _refuse(html: str) -> None:
    if not html.strip():
        raise UnfitMarkup(said("there is nothing to inline"))
    if not html.startswith(DOCTYPE):
        raise UnfitMarkup(said("the document does not begin with `%(doctype)s`, in capitals", doctype=DOCTYPE))
    if _LINK.search(html):
        raise UnfitMarkup(said("a linked style sheet is not read: write it into `<style>`"))
    for sheet in _STYLE.findall(html):
        plain = _COMMENT.sub("", sheet)
        for pattern, sentence in _REFUSED:
            if found := pattern.search(plain):
                raise UnfitMarkup(said(sentence, found=found.group()))
