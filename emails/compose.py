"""From a rendered mail to the bytes that go onto the wire; the same letter always gives the same bytes.

Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from emails import cleaning, folding
from emails.encoding import encoded
from emails.envelope import checked, receiver
from emails.folding import UnfitHeader
from emails.images import Inline, part_of


@dataclass(frozen=True, slots=True)
class Letter:
    """All of a mail. `unsubscribe_url` is for marketing only; `dated` and `message_id` never change on a retry.

    `html` and `text` come in pieces: what many letters share is encoded once.
    """

    author: tuple[str, str]  # name, address
    recipient: str
    subject: str
    html: tuple[str, ...]
    text: tuple[str, ...]
    language: str
    message_id: str  # with its angle brackets
    dated: datetime
    mark: str  # letters and digits that stand in no other letter: the boundary between the parts
    reply_to: str | None = None
    unsubscribe_url: str | None = None
    list_id: str | None = None
    feedback_id: str | None = None
    automatic: bool = False  # RFC 3834: nobody should answer by machine
    images: tuple[Inline, ...] = ()  # what the HTML shows of its own


def compose(letter: Letter) -> bytes:
    """The letter with CRLF line ends, quoted-printable or base64 parts. Raises UnfitHeader, UnfitEnvelope."""
    boundary = f"=_{letter.mark}"  # neither encoding can write it, nor does the one of `_related` begin like it
    head = _head(letter, boundary)
    if not head.count(b"\r") == head.count(b"\n") == head.count(b"\r\n"):
        raise UnfitHeader("a line would not end in CRLF")
    opening = f"--{boundary}\r\n".encode("ascii")
    html = _text("html", letter.html)
    return b"".join(
        [
            head,
            b"\r\n",
            opening,
            _text("plain", letter.text),
            opening,
            _related(html, letter.images, f"=r_{letter.mark}") if letter.images else html,
            f"--{boundary}--\r\n".encode("ascii"),
        ]
    )


def _head(letter: Letter, boundary: str) -> bytes:
    way_out = letter.unsubscribe_url
    return b"".join(
        [
            _dated(letter.dated),
            _line("Message-ID", letter.message_id),
            _author(*letter.author),
            _answers(letter.reply_to),
            folding.whole("To", receiver(letter.recipient), "utf-8"),
            _subject(letter.subject),
            _shared("List-Id", letter.list_id),
            _line("List-Unsubscribe", f"<{way_out}>" if way_out else None),
            _shared("List-Unsubscribe-Post", "List-Unsubscribe=One-Click" if way_out else None),  # RFC 8058
            _shared("Feedback-ID", letter.feedback_id),
            _shared("Auto-Submitted", "auto-generated" if letter.automatic else None),
            _shared("Content-Language", letter.language),
            _shared("MIME-Version", "1.0"),
            _line("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        ]
    )


@lru_cache(maxsize=256)
def _dated(at: datetime) -> bytes:
    return _line("Date", format_datetime(at))


@lru_cache(maxsize=256)
def _author(name: str, address: str) -> bytes:
    return folding.mailbox("From", cleaning.line(name), checked(address))


@lru_cache(maxsize=256)
def _subject(subject: str) -> bytes:
    return folding.text("Subject", cleaning.line(subject))


@lru_cache(maxsize=256)
def _answers(address: str | None) -> bytes:
    return _line("Reply-To", checked(address) if address else None)


def _line(name: str, value: str | None) -> bytes:
    return folding.whole(name, value) if value is not None else b""


_shared = lru_cache(maxsize=256)(_line)  # what many letters say alike


def _related(html: bytes, images: tuple[Inline, ...], boundary: str) -> bytes:
    """The HTML with the images that it alone shows (RFC 2387): who reads the text form is offered none of them."""
    opening = f"--{boundary}\r\n".encode("ascii")
    head = f'Content-Type: multipart/related; type="text/html";\r\n boundary="{boundary}"\r\n\r\n'
    parts = [html, *(part_of(image) + b"\r\n" for image in images)]
    return head.encode("ascii") + b"".join(opening + part for part in parts) + f"--{boundary}--\r\n".encode("ascii")


def _text(subtype: str, pieces: Sequence[str]) -> bytes:
    encoding, lines = encoded(pieces)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode("ascii") + lines + b"\r\n"
