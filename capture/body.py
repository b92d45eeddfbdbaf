"""The body of a POST, read strictly: its size, its encoding, the number and length of its fields.

Whatever a browser sends from our own forms passes; the rest is refused before anything looks at it.
"""

from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

MOST_FIELDS = 50
LONGEST_VALUE = 2048  # characters; line ends count as one, as they do for `maxlength`
LONGEST_SEAL = 16 * 1024  # what the page itself put into the form, signed

NOT_TEXT = "The form holds characters that are not text."
TOO_MANY_FIELDS = "The form holds more answers than it has questions."
TOO_LONG_ANSWER = "One of the answers is far longer than the form allows."
SENT_TWICE = "The form holds two answers to one question."


def read_body(
    request: Request, limit: int, sealed: frozenset[str] = frozenset(), several: frozenset[str] = frozenset()
) -> MultiDict[str, str]:
    """The fields of a form, by name; values of the `sealed` names may be longer, `several` may come more than once.

    Raises RequestEntityTooLarge over `limit` bytes, UnsupportedMediaType for what is no form, BadRequest for text that
    is not UTF-8, NUL, files, more than 50 fields, the same field twice, a value over 2,048 characters.
    """
    request.max_content_length = limit
    raw = request.get_data(cache=True)
    if len(raw) > limit:
        raise RequestEntityTooLarge
    fields = MultiDict(_pairs(request, _text(raw)))
    if any(len(values) > 1 and name not in several for name, values in fields.lists()):
        raise BadRequest(SENT_TWICE)
    for name, value in fields.items(multi=True):
        _check(name, value, LONGEST_SEAL if name in sealed else LONGEST_VALUE)
    return fields


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadRequest(NOT_TEXT) from None


def _pairs(request: Request, text: str) -> list[tuple[str, str]]:
    if request.mimetype == "multipart/form-data":
        pairs = list(request.form.items(multi=True))
        if request.files or len(pairs) > MOST_FIELDS:
            raise BadRequest(TOO_MANY_FIELDS)
        if not all(isinstance(name, str) for name, _value in pairs):  # a name that nobody can read is none
            raise BadRequest(NOT_TEXT)
        return pairs
    if request.mimetype != "application/x-www-form-urlencoded" and text:
        raise UnsupportedMediaType
    if text.count("&") >= MOST_FIELDS:
        raise BadRequest(TOO_MANY_FIELDS)
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest(NOT_TEXT) from None


def _check(name: str, value: str, longest: int) -> None:
    if "\x00" in name or "\x00" in value:
        raise BadRequest(NOT_TEXT)
    if len(name) > LONGEST_VALUE or len(value.replace("\r\n", "\n")) > longest:
        raise BadRequest(TOO_LONG_ANSWER)
