"""From a rendered mail to the bytes that go onto the wire; the same letter always gives the same bytes.

Pure: no database, no clock, no network.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from emails import cleaning, folding
from emails.envelope import checked, receiver
from emails.folding import UnfitHeader

_WIDE = bytes(range(128, 256))
_BASE64_FROM = 6  # one character in six outside ASCII makes quoted-printable the longer one


@dataclass(frozen=True, slots=True)
class Letter:
    """All of a mail. `unsubscribe_url` is for marketing only; `dated` and `message_id` never change on a retry."""

    author: tuple[str, str]  # name, address
    recipient: str
    subject: str
    html: str
    text: str
    language: str
    message_id: str  # with its angle brackets
    dated: datetime
    mark: str  # letters and digits that stand in no other letter: the boundary between the parts
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    list_id: str | None = None
    feedback_id: str | None = None
    automatic: bool = False  # RFC 3834: nobody should answer by machine


def compose(letter: Letter) -> bytes:
    """The letter with CRLF line ends, quoted-printable or base64 parts. Raises UnfitHeader, UnfitEnvelope."""
    boundary = f"=_{letter.mark}"  # neither encoding can write it
    parts = (("plain", letter.text), ("html", letter.html))
    data = b"".join(
        [
            _head(letter, boundary),
            b"\r\n",
            *(_part(boundary, subtype, content) for subtype, content in parts),
            f"--{boundary}--\r\n".encode("ascii"),
        ]
    )
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
        raise UnfitHeader("a line would not end in CRLF")
    return data


def _head(letter: Letter, boundary: str) -> bytes:
    way_out = letter.unsubscribe_url
    return b"".join(
        [
            _line("Date", format_datetime(letter.dated)),
            _line("Message-ID", letter.message_id),
            _author(*letter.author),
            _line("Reply-To", checked(letter.reply_to) if letter.reply_to else None),
            folding.whole("To", receiver(letter.recipient), "utf-8"),
            folding.text("Subject", cleaning.line(letter.subject)),
            _line("List-Id", letter.list_id),
            _line("List-Unsubscribe", f"<{way_out}>" if way_out else None),
            _line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if way_out else None),  # RFC 8058
            _line("Feedback-ID", letter.feedback_id),
            _line("Auto-Submitted", "auto-generated" if letter.automatic else None),
            _line("Content-Language", letter.language),
            _line("MIME-Version", "1.0"),
            _line("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        ]
    )


@lru_cache(maxsize=256)
def _author(name: str, address: str) -> bytes:
    return folding.mailbox("From", cleaning.line(name), checked(address))


def _line(name: str, value: str | None) -> bytes:
    return folding.whole(name, value) if value is not None else b""


def _part(boundary: str, subtype: str, content: str) -> bytes:
    encoding, encoded = _encoded(content)
    opening = (
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return opening.encode("ascii") + encoded + b"\r\n"


def _encoded(content: str) -> tuple[str, bytes]:
    data = "\n".join(content.splitlines()).encode("utf-8", "replace") + b"\n"
    wide = len(data) - len(data.translate(None, _WIDE))
    if wide * _BASE64_FROM > len(data):
        return "base64", base64.encodebytes(data.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return "quoted-printable", binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")
