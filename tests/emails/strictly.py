"""Reads a letter as the strictest of receivers would: whatever a standard forbids is an error here, not a defect."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage

STRICT = policy.default.clone(raise_on_defect=True)
WHOLE = {"message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id"}  # for machines: one line
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # but tab and line feed


def read(data: bytes) -> EmailMessage:
    """The letter, once lines, headers, encoded words and every part have been held against their standards."""
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data), "a line ends in something else than CRLF"
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data), "there is a control character"
    head, _, body = data.partition(b"\r\n\r\n")
    look_at_head(head)
    assert body.isascii(), "RFC 2045: this body is not 7bit"
    assert max(map(len, body.split(b"\r\n"))) <= 78, "RFC 2045: an encoded line is longer than 76"
    mail = message_from_bytes(data, policy=STRICT)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        for name, value in part.items():
            assert not value.defects or name == "To", f"{name}: {value.defects}"  # `email` reads no RFC 6532
            assert not re.search(_CONTROL, str(value)), f"{name} spells a control character"
        if not part.is_multipart() and part.get_content_maintype() == "text":
            assert not _CONTROL.search(part.get_content().replace("\r\n", "\n")), "a text has a control character"
    return mail


def look_at_head(head: bytes) -> None:
    """Each header is folded, and its encoded words are whole."""
    for name, lines in fields(head):
        assert max(map(len, lines)) <= (998 if name.lower() in WHOLE else 78), f"{name} is not folded"
        assert all(line.strip() for line in lines), f"{name} has an empty line (RFC 5322 3.2.2)"
        for line in lines:
            assert "=?" not in line or len(line) <= 76, f"{name}: RFC 2047 2 allows 76 characters on this line"
            for word in _ENCODED_WORD.findall(line):
                assert len(word) <= 75, f"{name}: RFC 2047 2 allows 75 characters in a word"
                ((raw, charset),) = decode_header(word)
                raw.decode(charset)  # RFC 2047 5: a word holds whole characters


def fields(head: bytes) -> Iterator[tuple[str, list[str]]]:
    """(name, its lines as written) of each header; raw UTF-8 where the letter travels by SMTPUTF8."""
    for field in re.split(rb"\r\n(?![ \t])", head):
        name, colon, _ = field.partition(b":")
        assert colon, "a line of the head is no header"
        assert re.fullmatch(rb"[!-9;-~]+", name), "a line of the head is no header"
        yield name.decode("ascii"), field.decode("utf-8").split("\r\n")


def recipient(data: bytes) -> str:
    """The one address of the header To."""
    (lines,) = [lines for name, lines in fields(data.partition(b"\r\n\r\n")[0]) if name == "To"]
    (line,) = lines
    return line.removeprefix("To: ")


def texts(mail: EmailMessage) -> tuple[str, str]:
    """The two forms of a letter: text, HTML, with \\n at their line ends."""
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = (part for part in mail.walk() if part.get_content_maintype() == "text")
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return plain.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")
