"""A mail from outside, opened without trust: any bytes become headers and decoded parts, bounded, without an error.

What it means is left to `emails.returns`. The standard library reads each block of headers; the parts are taken
apart here, because its own parser recurses as deep as a mail says and does not decode the reports of RFC 6533.

Pure: no database, no clock, no network.
"""

import binascii
import codecs
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

LONGEST = 1 << 20  # bytes that are looked at: what says why a mail came back stands before the mail itself
DEEPEST, MOST_PARTS = 8, 64
MOST_HEADERS, LONGEST_HEADER, LONGEST_HEAD = 200, 4_000, 1 << 16
LONGEST_ADDRESS = 320  # characters of a header with addresses: its comments may nest
LONGEST_TEXT = 1 << 17  # characters of a part

# Python decodes these too; they are no charsets of a mail, and two of them are slow on purpose-made text.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7", "utf_16_u"})
_MAILS = frozenset({"message/rfc822", "message/global"})
_HEADS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_LOOKS_LIKE_PARTS = re.compile(
    rb"^--(\S[^\n]{0,200})\n(?:[A-Za-z-]{1,40}:[^\n]*\n)*?content-type:", re.MULTILINE | re.IGNORECASE
)
_BREAKS = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li)\b[^<>]{0,200}>")
_TAG = re.compile(r"<[^<>]{0,2000}>")

_BEFORE_PARTS = 400  # bytes: a later boundary is that of a mail sent back below the text

Headers = Mapping[str, tuple[str, ...]]  # names in lower case, every value decoded and on one line


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf. `original`: it lies in a mail that was sent back with this one, as a whole or its headers alone."""

    kind: str  # such as text/plain
    text: str
    original: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A mail: its own headers, those of mails within it from the outside in, the leaves in their order."""

    headers: Headers
    originals: tuple[Headers, ...]
    parts: tuple[Part, ...]

    def first(self, name: str) -> str:
        """The first value of a header; '' without one."""
        return first(self.headers, name)


def first(headers: Headers, name: str) -> str:
    """The first value of that header; '' without one."""
    return next(iter(headers.get(name, ())), "")


def addresses(*values: str) -> list[str]:
    """The addresses in such headers; of a huge header those at its beginning."""
    return [address for _name, address in getaddresses([value[:LONGEST_ADDRESS] for value in values]) if "@" in address]


def open_mail(raw: bytes) -> Received:
    """The mail in these bytes, of which at most LONGEST are read. Never raises."""
    opening = _Opening()
    data = _lines(raw[:LONGEST])
    head, body = _apart(data.lstrip(b"\n"))
    message = _parsed(head)
    opening.take(message, body, 0, inside=False)
    return Received(_headers(message), tuple(opening.originals), tuple(opening.parts))


def blocks(text: str) -> list[Headers]:
    """The groups of fields in a report (RFC 3464 2.1.2, RFC 5965 3.2), which blank lines part."""
    groups = (group for group in re.split(r"\n[ \t]*\n", text[:LONGEST_TEXT].strip()) if group.strip())
    return [
        _headers(_parsed(group.strip("\n").encode("utf-8", "replace")))
        for group, _ in zip(groups, range(MOST_PARTS), strict=False)
    ]


class _Opening:
    """Collects what a mail holds."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.originals: list[Headers] = []

    def take(self, message: Message, body: bytes, depth: int, inside: bool) -> None:
        kind = _kind(message)
        if depth < DEEPEST and (pieces := _pieces_of(message, kind, body)):
            for piece in pieces:
                if len(self.parts) < MOST_PARTS:
                    head, rest = _apart(piece)
                    self.take(_parsed(head), rest, depth + 1, inside)
            return
        data = _decoded(message, body)
        if kind in _MAILS and depth < DEEPEST:
            head, rest = _apart(data.lstrip(b"\n"))
            within = _parsed(head)
            self.originals.append(_headers(within))
            self.take(within, rest, depth + 1, inside=True)
        elif kind in _HEADS:
            self.originals.append(_headers(_parsed(data.lstrip(b"\n"))))
            self.parts.append(Part(kind, _text(data, message), original=True))
        else:
            text = _text(data, message)
            self.parts.append(Part(kind, readable(text) if kind == "text/html" else text, inside))


def readable(markup: str) -> str:
    """What a page of HTML says, roughly: enough to find an answer of a server in it."""
    seen = _without("style", _without("script", markup))
    return html.unescape(_TAG.sub("", _BREAKS.sub("\n", seen)))


def _without(element: str, markup: str) -> str:
    """`markup` without what stands between such tags; each piece is looked at once, however many there are."""
    before, *after = re.split(rf"(?i)<{element}\b", markup)
    return before + "".join(re.split(rf"(?i)</{element}\b", piece, maxsplit=1)[-1] for piece in after)


def _lines(data: bytes) -> bytes:
    """Line ends of every kind as a bare LF; what some relays double counts as one."""
    return data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _apart(data: bytes) -> tuple[bytes, bytes]:
    """Head and body. What begins with a blank line has no head."""
    if data.startswith(b"\n"):
        return b"", data[1:]
    head, _, body = data.partition(b"\n\n")
    return head, body


def _parsed(head: bytes) -> Message:
    return BytesHeaderParser(policy=compat32).parsebytes(head[:LONGEST_HEAD] + b"\n\n")


def _headers(message: Message) -> Headers:
    found: dict[str, tuple[str, ...]] = {}
    for (name, value), _ in zip(message.raw_items(), range(MOST_HEADERS), strict=False):
        found[name.lower()] = (*found.get(name.lower(), ()), decoded(str(value)))
    return found


def decoded(value: str) -> str:
    """A header's value on one line, encoded words (RFC 2047) read, raw bytes taken as UTF-8 or else Latin-1."""
    whole = value[:LONGEST_HEADER].encode("utf-8", "surrogateescape")
    line = " ".join(_in_charset(whole, "utf-8").split())
    if "=?" not in line:
        return line
    try:
        return "".join(
            piece if isinstance(piece, str) else _in_charset(piece, charset or "utf-8")
            for piece, charset in decode_header(line)
        )
    except (HeaderParseError, ValueError):
        return line


def _kind(message: Message) -> str:
    try:
        return message.get_content_type()
    except (ValueError, LookupError, AttributeError):
        return "text/plain"


def _boundary(message: Message) -> bytes:
    try:
        found = message.get_boundary() or ""
    except (ValueError, LookupError, AttributeError):
        found = ""
    return str(found).encode("utf-8", "surrogateescape")


def _pieces_of(message: Message, kind: str, body: bytes) -> list[bytes]:
    """The parts of a mail that has some; also of one whose head forgot to say so, or says it wrongly."""
    if kind.startswith("multipart/") and (pieces := _pieces(body, _boundary(message))):
        return pieces
    if kind.startswith("multipart/") or "content-type" not in message:
        guessed = _LOOKS_LIKE_PARTS.search(body[:_BEFORE_PARTS])
        return _pieces(body, guessed[1]) if guessed else []
    return []


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the lines of that boundary (RFC 2046 5.1.1); none where it does not occur."""
    if not boundary.strip():
        return []
    lines = re.split(rb"(?m)^--" + re.escape(boundary) + rb"(?:--)?[ \t]*$\n?", body, maxsplit=MOST_PARTS)
    return [piece for piece in lines[1:] if piece.strip()]


def _decoded(message: Message, body: bytes) -> bytes:
    """The body without its transfer encoding; as it stands where that cannot be."""
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    try:
        if encoding == "base64":
            return _lines(binascii.a2b_base64(body))
        if encoding == "quoted-printable":
            return _lines(binascii.a2b_qp(body))
    except (binascii.Error, ValueError):
        return body
    return body


def _text(data: bytes, message: Message) -> str:
    try:
        charset = str(message.get_content_charset() or "utf-8")
    except (ValueError, LookupError, AttributeError):
        charset = "utf-8"
    return _in_charset(data[: 4 * LONGEST_TEXT], charset)[:LONGEST_TEXT]


def _in_charset(data: bytes, charset: str) -> str:
    for name in _charsets(charset):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _charsets(named: str) -> Iterator[str]:
    try:
        known = codecs.lookup(named).name.replace("-", "_")
    except (LookupError, ValueError):  # ValueError: a name with a NUL in it
        known = "utf_8"
    if known not in _NO_CHARSETS:
        yield known
    yield "utf_8"
