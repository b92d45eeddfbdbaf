"""RELIABILITY, annex C, row by row: a scripted server, one mail, and what becomes of mail, channel and lead."""

import socket
import ssl
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from emails import channel
from emails.obstacles import RELAY
from emails.smtp import Smtp
from storage.schema import obstacles, suppressions
from tests.emails.conftest import free_port
from tests.emails.scripted import EHLO, Script, listening

CERTIFICATES = Path(__file__).with_name("certificates")
STARTTLS, SIGN_IN = "250-hello\r\n250 STARTTLS", "250-hello\r\n250 AUTH PLAIN"
ACCOUNT = {"username": "ada", "password": "secret"}
SECURE = {"security": "starttls"}


@dataclass(frozen=True)
class Row:
    """`state` and `attempts` of the mail after one try · `way`: open, paused or stopped · `gone`: nobody there."""

    script: Script | None
    state: str
    attempts: int = 0
    way: str = "open"
    smtp: tuple[tuple[str, object], ...] = ()
    trusted: str | None = None
    gone: bool = False
    letters: int = 0  # that the server has read to the dot


def blocked(script: Script | None, way: str = "paused", trusted: str | None = None, **smtp: object) -> Row:
    """A fault of the channel: the mail is due as before, and nothing was counted."""
    return Row(script, "due", 0, way, tuple(smtp.items()), trusted)


def reset(at_least: int):
    """Reads a part of the letter, then ends the connection so that the other side is told of it at once."""

    def read(client):
        heard = b""
        while len(heard) < at_least:
            heard += client.recv(at_least)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        return heard

    return read


def early(client):
    client.recv(10)
    client.sendall(b"552 5.2.2 that is too much\r\n")
    return b""


ROWS: dict[str, Row] = {
    # TCP and TLS
    "connection refused": blocked(None),
    "reset at once": blocked(Script(greeting=None)),
    "a black hole": blocked(Script(greeting=""), connect_timeout=0.3),
    "a banner that drips": blocked(Script(drip=0.05, greeting="220 " + "x" * 500), connect_timeout=0.2),
    "banner 554": blocked(Script(greeting="554 no service here")),
    "banner 421": blocked(Script(greeting="421 too busy")),
    "garbage for a banner": blocked(Script(greeting="\x00\x01hello")),
    "EHLO and HELO refused": blocked(Script(ehlo="502 what")),
    "a certificate nobody vouches for": blocked(
        Script(ehlo=STARTTLS, certificate=CERTIFICATES / "elsewhere.pem"), "stopped", **SECURE
    ),
    "a certificate of another host": blocked(
        Script(ehlo=STARTTLS, certificate=CERTIFICATES / "elsewhere.pem"), "stopped", "elsewhere.pem", **SECURE
    ),
    "an expired certificate": blocked(
        Script(ehlo=STARTTLS, certificate=CERTIFICATES / "expired.pem"), "stopped", "expired.pem", **SECURE
    ),
    "STARTTLS is not offered": blocked(Script(), "stopped", **SECURE),
    "STARTTLS is refused": blocked(Script(ehlo=STARTTLS, starttls="502 no"), "stopped", **SECURE),
    "STARTTLS is put off": blocked(Script(ehlo=STARTTLS, starttls="454 not now"), **SECURE),
    "gone at STARTTLS": blocked(Script(ehlo=STARTTLS, starttls=None), **SECURE),
    # AUTH
    "AUTH 535": blocked(Script(ehlo=SIGN_IN, auth="535 5.7.8 no"), **ACCOUNT),
    "AUTH 454": blocked(Script(ehlo=SIGN_IN, auth="454 4.7.0 not now"), **ACCOUNT),
    "AUTH is not offered any more": blocked(Script(), **ACCOUNT),
    "AUTH offers another mechanism": blocked(Script(ehlo="250-hello\r\n250 AUTH GSSAPI"), **ACCOUNT),
    "gone at AUTH": blocked(Script(ehlo=SIGN_IN, auth=None), **ACCOUNT),
    # MAIL
    "MAIL 421": blocked(Script(mail="421 closing")),
    "MAIL 451": blocked(Script(mail="451 4.3.0 not now")),
    "MAIL 452": blocked(Script(mail="452 4.3.1 no room")),
    "MAIL 530": blocked(Script(mail="530 5.7.0 sign in first")),
    "MAIL 550": Row(Script(mail="550 who are you"), "deferred"),
    "MAIL 552": Row(Script(mail="552 5.3.4 too big"), "deferred", 1),
    "silence at MAIL": blocked(Script(mail="")),
    "gone at MAIL": blocked(Script(mail=None)),
    # RCPT
    "RCPT 250": Row(Script(), "sent", letters=1),
    "RCPT 251": Row(Script(rcpt="251 I will forward"), "sent", letters=1),
    "RCPT 252": Row(Script(rcpt="252 I shall see"), "sent", letters=1),
    "RCPT 421": blocked(Script(rcpt="421 closing")),
    "RCPT 450": Row(Script(rcpt="450 4.2.0 greylisted"), "deferred", 1),
    "RCPT 451": Row(Script(rcpt="451 4.3.0 not now"), "deferred", 1),
    "RCPT 452": Row(Script(rcpt="452 4.5.3 too many"), "deferred", 1),
    "RCPT 550 5.1.1": Row(Script(rcpt="550 5.1.1 nobody here"), "refused", 1, gone=True),
    "RCPT 550": Row(Script(rcpt="550 no"), "refused", 1),
    "RCPT 550 5.7.1": Row(Script(rcpt="550 5.7.1 we do not want you"), "deferred"),
    "RCPT 550 5.1.8": Row(Script(rcpt="550 5.1.8 sender unknown"), "deferred"),
    "RCPT 551": Row(Script(rcpt="551 5.1.6 has moved"), "refused", 1, gone=True),
    "RCPT 552": Row(Script(rcpt="552 5.2.2 mailbox full"), "deferred", 1),
    "RCPT 553": Row(Script(rcpt="553 5.1.3 bad name"), "refused", 1, gone=True),
    "RCPT 556": Row(Script(rcpt="556 5.1.10 null MX"), "refused", 1, gone=True),
    "silence at RCPT": blocked(Script(rcpt="")),
    "gone at RCPT": blocked(Script(rcpt=None)),
    "a reply to RCPT that is none": blocked(Script(rcpt="okay")),
    # DATA
    "DATA 421": blocked(Script(data="421 closing")),
    "DATA 451": Row(Script(data="451 4.3.0 not now"), "deferred", 1),
    "DATA 503": Row(Script(data="503 sender already specified"), "deferred", 1),
    "DATA 554": Row(Script(data="554 no valid recipients"), "deferred", 1),
    "silence at DATA": blocked(Script(data="")),
    "gone at DATA": blocked(Script(data=None)),
    # body, all of which had left us when it was cut: nobody knows; what had not is in test_cut_letters
    "reset at the first byte": Row(Script(read=reset(1), end=None), "unknown", letters=1),
    "reset at half": Row(Script(read=reset(2_000), end=None), "unknown", letters=1),
    "552 while the letter is written": Row(Script(read=early, end=""), "refused", 1, letters=1),
    # after the dot
    "250 in many lines": Row(Script(end="250-well\r\n250-then\r\n250 queued"), "sent", letters=1),
    "250 in Latin-1": Row(Script(end="250 reçu".encode("latin-1") + b"\r\n"), "sent", letters=1),
    "250, then gone": Row(Script(end="250 queued", quit=None), "sent", letters=1),
    "250, then QUIT is ignored": Row(Script(end="250 queued", quit=""), "sent", letters=1),
    "421 after the dot": replace(blocked(Script(end="421 closing")), letters=1),
    "451 after the dot": Row(Script(end="451 4.3.0 not now"), "deferred", 1, letters=1),
    "552 after the dot": Row(Script(end="552 5.3.4 too big"), "refused", 1, letters=1),
    "554 after the dot": Row(Script(end="554 5.6.0 not this"), "refused", 1, letters=1),
    "550 5.7.1 after the dot": Row(Script(end="550 5.7.1 not from you"), "deferred", letters=1),
    "gone after the dot, with it or without": Row(Script(end=None), "unknown", letters=1),
    "half a reply line": Row(Script(end=b"250 que"), "unknown", letters=1),
    "silence after the dot": Row(Script(end=""), "unknown", letters=1),
    "a reply that is none": Row(Script(end="what"), "unknown", letters=1),
}


@pytest.fixture
def sender_for(sender_to):
    """A sender with one line that waits for no word for long, to `port`, as a row wants it."""

    def make(row: Row, port: int):
        def transport(config):
            made = Smtp(config.model_copy(update={"smtp": config.smtp.model_copy(update=dict(row.smtp))}))
            if row.trusted is not None:
                made._trust.load_verify_locations(CERTIFICATES / row.trusted)
            return made

        return sender_to(port, transport, connections=1, reply_timeout=0.4)

    return make


def way(sender) -> str:
    if sender.channel.stopped:
        return "stopped"
    return "paused" if sender.channel.reason else "open"  # the pause itself may be over on a slow machine


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ROWS)
def test_each_behaviour_of_a_server_gets_its_class(house, sender_for, never, name):
    row = ROWS[name]
    script = replace(row.script, heard=[]) if row.script is not None else None
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    with listening(script) if script is not None else nullcontext(free_port()) as port:
        sender = sender_for(row, port)
        sender.drain(never)
    found = house.message(message)
    assert (found.state, found.attempts, way(sender)) == (row.state, row.attempts, row.way), found.reason
    assert script is None or script.letters == row.letters
    with house.database.read() as conn:
        marked = conn.scalars(select(suppressions.c.reason)).all()
    assert marked == (["hard_bounce"] if row.gone else [])
    assert row.way == "open" or sender.channel.reason
    if row.state == "due":
        assert found.due_at > house.now.machine, "it waits as long as the channel does"


PIPELINED = [name for name, row in ROWS.items() if row.script is not None and row.script.ehlo == EHLO]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [name for name in PIPELINED if name.startswith(("RCPT", "DATA", "MAIL"))])
def test_a_server_that_hears_all_commands_at_once_gets_the_same_class(house, sender_for, never, name):
    row = ROWS[name]
    script = replace(row.script, heard=[], ehlo="250-hello\r\n250 PIPELINING")
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    with listening(script) as port:
        sender = sender_for(row, port)
        sender.drain(never)
    found = house.message(message)
    assert (found.state, found.attempts, way(sender)) == (row.state, row.attempts, row.way), found.reason


def test_a_sign_in_that_is_refused_three_times_stops_the_channel(house, sender_for, never, monkeypatch):
    monkeypatch.setattr(channel, "FIRST_PAUSE", 0.2)  # longer than a drain: its lines meet one fault together
    row = ROWS["AUTH 535"]
    for _ in range(5):
        house.owe(house.lead("Ada"))
    script = replace(row.script, heard=[])
    with listening(script) as port:
        sender = sender_for(row, port)
        ways = []
        for _ in range(3):
            wait_until(lambda: not sender.channel.pause)
            house.clocks.advance(timedelta(minutes=1))
            sender.drain(never)
            ways.append(sender.channel.stopped)
    assert ways == [False, False, True]
    assert house.states() == {"due": 5}
    assert sender.channel.pause > 60


def test_a_stopped_channel_tries_its_door_alone_and_goes_on_when_it_is_open(house, sender_for, never, monkeypatch):
    monkeypatch.setattr(channel, "LONGEST_PAUSE", 0.01)
    row = ROWS["STARTTLS is not offered"]
    message = house.owe(house.lead("Ada"))
    script = replace(row.script, heard=[])
    with listening(script) as port:
        sender = sender_for(row, port)
        sender.drain(never)
        assert sender.channel.stopped
        assert obstacle(house).stopped is True
        assert "STARTTLS" in obstacle(house).reason
        house.clocks.advance(timedelta(minutes=10))
        wait_until(lambda: not sender.channel.pause)
        assert sender.drain(never) == 0, "nothing is taken in hand"
        assert house.message(message).holder is None

        script.ehlo, script.certificate = STARTTLS, CERTIFICATES / "elsewhere.pem"
        monkeypatch.setattr(Smtp, "_open", lambda self, true=Smtp._open: _unchecked(self, true))
        wait_until(lambda: not sender.channel.pause)
        assert sender.drain(never) == 1
        house.clocks.advance(timedelta(seconds=1))
        sender.drain(never)
    assert house.message(message).state == "sent"
    assert obstacle(house) is None


def test_the_channel_tells_every_process_how_it_is(house, sender_to, never):
    house.owe(house.lead("Ada"))
    sender_to(free_port()).drain(never)
    kept = obstacle(house)
    assert (kept.stopped, kept.since) == (False, house.now.machine)
    assert "no connection to the mail server" in kept.reason


def _unchecked(smtp, true):
    smtp._trust.check_hostname, smtp._trust.verify_mode = False, ssl.CERT_NONE
    return true(smtp)


def obstacle(house, name=RELAY):
    with house.database.read() as conn:
        return conn.execute(select(obstacles).where(obstacles.c.name == name)).one_or_none()


def wait_until(true, seconds=5.0):
    for _ in range(int(seconds / 0.005)):
        if true():
            return
        threading.Event().wait(0.005)
    pytest.fail("it did not come")
