"""From a rendered mail to the bytes that go onto the wire; the same letter always gives the same bytes.

Headers are folded by `email`'s own policy and then distrusted: they are parsed back and compared, because some Pythons
let an encoded word in a value become a header of its own (CVE-2024-6923). Pure: no database, no clock, no network.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy, compat32
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from emails import cleaning
from emails.envelope import checked

LONGEST_LINE = 998  # RFC 5322 2.1.1
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WIDE = bytes(range(128, 256))
_BASE64_FROM = 6  # one character in six outside ASCII makes quoted-printable the longer one


class UnfitHeader(ValueError):
    """A header would say something that was not asked of it; the letter is not made."""


class MailPolicy(EmailPolicy):
    """Folds like SMTP's policy, but leaves addresses for machines on one line.

    The stock policy turns a List-Unsubscribe longer than a line into an encoded word, and one-click dies silently.
    """

    WHOLE = frozenset({"message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"})

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() not in self.WHOLE:
            return super().fold_binary(name, value)
        line = f"{name}: {value}"
        if len(line) > LONGEST_LINE or not line.isascii():
            raise UnfitHeader(f"{name} is too long, or not ASCII")
        return line.encode("ascii") + b"\r\n"


_POLICY_LINE = 78
_POLICY = MailPolicy(linesep="\r\n", max_line_length=_POLICY_LINE, cte_type="7bit")


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
            head(_headers(letter, boundary)),
            b"\r\n",
            *(_part(boundary, subtype, content) for subtype, content in parts),
            f"--{boundary}--\r\n".encode("ascii"),
        ]
    )
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
        raise UnfitHeader("a line would not end in CRLF")
    return data


def head(headers: list[tuple[str, str]]) -> bytes:
    """The headers, folded, and each proved to be that one and no other. Raises UnfitHeader."""
    return b"".join(_folded(name, value) for name, value in headers)


def _headers(letter: Letter, boundary: str) -> list[tuple[str, str]]:
    name, address = letter.author
    headers = [
        ("Date", format_datetime(letter.dated)),
        ("Message-ID", letter.message_id),
        ("From", _author(name, address)),
        ("Reply-To", checked(letter.reply_to) if letter.reply_to else None),
        ("To", checked(letter.recipient)),
        ("Subject", cleaning.line(letter.subject)),
        ("List-Id", letter.list_id),
        ("List-Unsubscribe", f"<{letter.unsubscribe_url}>" if letter.unsubscribe_url else None),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if letter.unsubscribe_url else None),  # RFC 8058
        ("Feedback-ID", letter.feedback_id),
        ("Auto-Submitted", "auto-generated" if letter.automatic else None),
        ("Content-Language", letter.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    return [(name, value) for name, value in headers if value is not None]


@lru_cache(maxsize=256)
def _author(name: str, address: str) -> str:
    return str(Address(cleaning.line(name), addr_spec=checked(address)))


@lru_cache(maxsize=2048)
def _folded(name: str, value: str) -> bytes:
    """One header on its lines. Most of a mailing's headers are alike, and folding is the slowest part of a letter."""
    if _CONTROL.search(value):
        raise UnfitHeader(f"{name} has a control character")
    if value.isascii() and "=?" not in value and len(name) + len(value) + 2 <= _POLICY_LINE:
        return f"{name}: {value}\r\n".encode("ascii")
    try:
        _name, parsed = _POLICY.header_store_parse(name, value)
        folded = _POLICY.fold_binary(name, parsed)
    except (ValueError, IndexError, UnicodeError) as error:
        raise UnfitHeader(f"{name} cannot be written: {error}") from error
    if _CONTROL.search(str(parsed)):
        raise UnfitHeader(f"{name} spells a control character")
    _insist_on_one(name, folded)
    return folded


def _insist_on_one(name: str, folded: bytes) -> None:
    """Headers that each read back as one, whole lines and no more, also do so in a row."""
    read_back = BytesHeaderParser(policy=compat32).parsebytes(folded + b"\r\n")
    if read_back.keys() != [name] or read_back.defects or read_back.get_payload() or not folded.endswith(b"\r\n"):
        raise UnfitHeader(f"{name} does not read back as it was written")


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
