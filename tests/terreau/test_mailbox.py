"""The demo's mailbox takes what a real SMTP client sends, byte for byte."""

import smtplib
import socket
from datetime import UTC, datetime

import pytest

from terreau import mailbox as room
from terreau.mailbox import Mailbox, MailReceiver

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def receiver():
    receiver = MailReceiver(Mailbox(lambda: TUESDAY))
    receiver.start()
    yield receiver
    receiver.stop()


def mail(subject: str, body: str) -> bytes:
    return f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode()


def test_a_mail_arrives_byte_for_byte_dots_and_accents_included(receiver):
    raw = mail("Votre guide", "Bonjour Chloé\r\n.\r\n..deux points\r\nfin")
    with smtplib.SMTP("127.0.0.1", receiver.port) as client:
        client.ehlo()
        assert client.has_extn("pipelining")
        client.sendmail("bounce@lumen.example", ["chloe@example.org"], raw, mail_options=["BODY=8BITMIME"])
    received = receiver.mailbox.find(1)
    assert received.raw == raw
    assert (received.sender, received.recipients, received.at) == (
        "bounce@lumen.example", ("chloe@example.org",), TUESDAY,
    )  # fmt: skip
    assert received.subject == "Votre guide"
    assert "Bonjour Chloé" in received.body("plain")
    assert received.body("html") == ""


def test_one_connection_carries_many_mails_in_one_write(receiver):
    """A body, its dot and the next MAIL, RCPT and DATA written together (RFC 2920)."""
    with socket.create_connection(("127.0.0.1", receiver.port), 5) as connection:
        stream = connection.makefile("rb")
        assert stream.readline().startswith(b"220 ")
        envelope = b"MAIL FROM:<a@x.example>\r\nRCPT TO:<%s@x.example>\r\nDATA\r\n"
        connection.sendall(b"EHLO here\r\n" + envelope % b"ada")
        replies = [stream.readline()[:4] for _ in range(len(room.EXTENSIONS) + 1 + 3)]
        assert replies[-3:] == [b"250 ", b"250 ", b"354 "]
        connection.sendall(mail("one", "1") + b".\r\n" + envelope % b"bob")
        assert [stream.readline()[:4] for _ in range(4)] == [b"250 ", b"250 ", b"250 ", b"354 "]
        connection.sendall(mail("two", "2") + b".\r\nQUIT\r\n")
        assert [stream.readline()[:4] for _ in range(2)] == [b"250 ", b"221 "]
    assert [received.recipients for received in receiver.mailbox.all()] == [("ada@x.example",), ("bob@x.example",)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"RCPT TO:<ada@x.example>", b"503"),
        (b"DATA", b"503"),
        (b"MAIL TO:<ada@x.example>", b"501"),
        (b"VRFY ada", b"502"),
        (b"NOOP", b"250"),
    ],
)
def test_words_out_of_place_are_answered_not_obeyed(receiver, line, code):
    with socket.create_connection(("127.0.0.1", receiver.port), 5) as connection:
        stream = connection.makefile("rb")
        stream.readline()
        connection.sendall(line + b"\r\n")
        assert stream.readline()[:3] == code


def test_a_connection_cut_before_the_dot_delivers_nothing(receiver):
    with socket.create_connection(("127.0.0.1", receiver.port), 5) as connection:
        stream = connection.makefile("rb")
        stream.readline()
        connection.sendall(b"MAIL FROM:<a@x.example>\r\nRCPT TO:<ada@x.example>\r\nDATA\r\nSubject: half\r\n")
        for _ in range(3):
            stream.readline()
        connection.shutdown(socket.SHUT_WR)
        assert stream.read() == b""
    assert receiver.mailbox.all() == ()


def test_a_mail_that_is_too_long_is_refused_and_the_next_one_taken(receiver, monkeypatch):
    monkeypatch.setattr(room, "LONGEST_MAIL", 2000)
    with smtplib.SMTP("127.0.0.1", receiver.port) as client:
        with pytest.raises(smtplib.SMTPDataError, match="too long"):
            client.sendmail("a@x.example", ["ada@x.example"], mail("long", "x" * 70 + "\r\n" + "y" * 3000))
        client.sendmail("a@x.example", ["ada@x.example"], mail("short", "x"))
    assert [received.subject for received in receiver.mailbox.all()] == ["short"]


def test_one_can_wait_for_a_mail_that_is_still_on_its_way(receiver):
    assert receiver.mailbox.wait_for(lambda received: received.subject == "late", 0.05) is None
    with smtplib.SMTP("127.0.0.1", receiver.port) as client:
        client.sendmail("a@x.example", ["ada@x.example"], mail("early", "x"))
        client.sendmail("a@x.example", ["ada@x.example"], mail("late", "x"))
    assert receiver.mailbox.wait_for(lambda received: received.subject == "late", 5).number == 2
    assert receiver.mailbox.wait_for(lambda received: received.subject == "late", 0.05, after=2) is None
