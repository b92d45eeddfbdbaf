"""What people typed into a form, made fit to stand in a mail: cleaned, never a reason not to send.

Pure: no database, no clock, no network.
"""

import re
import unicodedata
from typing import Any

LONGEST = 2_000  # characters of one answer in a mail
LONGEST_LINE = 250
_LIFTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\r]")  # controls; line breaks and tabs stay
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # zero width, bidi overrides
_BREAKS = re.compile(r"[ \t\n]+")
_ENCODED_WORD = re.compile(r"=(?=\?)")
_DOMAIN = re.compile(r"\w\w\.\w|\w\.\w\w")  # mail programs make a link of `spam.example`; `J.R.` is none
_NAME = re.compile(r"^[^\W\d_]+(?:[ '’.\-]{1,2}[^\W\d_]+)*\.?$")


def answer(value: Any) -> Any:
    """A value of a lead as a mail may show it: text without control characters and of bounded length."""
    if isinstance(value, str):
        if value.isprintable():  # nothing below would find anything
            return value[:LONGEST].strip() or None
        whole = value.encode("utf-8", "replace").decode("utf-8")
        return _INVISIBLE.sub("", _LIFTED.sub(" ", whole))[:LONGEST].strip() or None
    if isinstance(value, (list, tuple)):
        return [answer(item) for item in value]
    if isinstance(value, dict):
        return {key: answer(item) for key, item in value.items()}
    return value


def line(text: str) -> str:
    """One line for a header. Encoded words (RFC 2047) are taken apart: a name must not spell out a line break."""
    kept = str(answer(text) or "")
    return _ENCODED_WORD.sub("= ", _BREAKS.sub(" ", kept))[:LONGEST_LINE]


def name(value: str | None) -> str | None:
    """`value` when it looks like somebody's name, else None.

    Before an address has proved itself, whoever filled in the form may be writing to somebody else: what they typed
    into "first name" is then shown only if it can carry no message.
    """
    cleaned = answer(value)
    if not isinstance(cleaned, str) or len(cleaned) > 40 or len(cleaned.split()) > 4:
        return None
    return cleaned if _NAME.match(unicodedata.normalize("NFC", cleaned)) and not _DOMAIN.search(cleaned) else None
