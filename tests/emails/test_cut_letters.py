"""Connections that break in the middle of a letter: what the dot has not left us, no server can have."""

import os
import socket
import ssl
import struct
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from base.config import Config
from emails.committer import Committer
from emails.replies import ChannelFault, NoReply, meaning
from emails.smtp import Smtp
from emails.talks import finish
from emails.transports import Envelope
from tests.emails.scripted import Script, listening

CERTIFICATE = Path(__file__).with_name("certificates") / "elsewhere.pem"
TO_ADA = Envelope("bounce@lumen.example", "ada@atelier.example")
LONG = b"Subject: x\r\n\r\n" + b"3D\r\n" * 4_000_000  # more than any system takes off our hands unread
SHORT = b"Subject: x\r\n\r\n3D\r\n"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: whoever closes tells the other side at once that all is lost


class Cut:
    """Resets the connection after some of the letter was read; `done` says that it is."""

    def __init__(self, after):
        self.after, self.done = after, threading.Event()

    def __call__(self, client):
        heard = b""
        while len(heard) < self.after:
            heard += client.recv(self.after)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        os.close(client.detach())
        self.done.set()
        return heard


@pytest.fixture(params=["plain", "TLS"])
def line_to(request):
    """An open line to a scripted server, in the clear and encrypted."""
    secure = request.param == "TLS"
    with ExitStack() as way_out:

        def connect(script, reply_timeout=10.0):
            if secure:
                script.ehlo, script.certificate = "250-hello\r\n250 STARTTLS", CERTIFICATE
            port = way_out.enter_context(listening(script))
            smtp = {"host": "127.0.0.1", "port": port, "security": "starttls" if secure else "none"}
            made = Smtp(Config.model_validate({"smtp": smtp, "mail": {"reply_timeout": reply_timeout}}))
            if secure:
                made._trust.check_hostname, made._trust.verify_mode = False, ssl.CERT_NONE
            line = made.connect()
            way_out.callback(line.close)
            assert finish(line.offer(TO_ADA))[0] == "go"
            return line

        yield connect


def test_a_connection_that_was_gone_before_the_first_byte_took_nothing(line_to):
    cut = Cut(0)
    line = line_to(Script(read=cut, end=None))
    assert cut.done.wait(5)
    with pytest.raises(ChannelFault, match="its end never left us"):
        finish(line.give(SHORT))


def test_a_long_letter_that_is_cut_in_the_middle_was_not_taken(line_to):
    line = line_to(Script(read=Cut(1000), end=None))
    with pytest.raises(ChannelFault, match="its end never left us"):
        finish(line.give(LONG))


def test_a_server_that_reads_no_further_has_not_taken_a_long_letter(line_to):
    enough = threading.Event()
    line = line_to(Script(read=lambda client: enough.wait(20) and b"", end=None), reply_timeout=0.5)
    try:
        with pytest.raises(ChannelFault, match="its end never left us"):
            finish(line.give(LONG))
    finally:
        enough.set()


def test_nothing_more_is_written_after_a_cut(line_to):
    """OpenSSL would first bring the rest of a record on its way, and with it a dot that was given up."""
    enough, said = threading.Event(), []
    line = line_to(Script(read=lambda client: enough.wait(20) and b"", end=None), reply_timeout=0.5)
    with pytest.raises(ChannelFault):
        finish(line.give(LONG))
    line._socket, true = Recorder(said), line._socket
    line.close()
    assert said == []
    true.close()
    enough.set()


class Recorder:
    def __init__(self, said):
        self.send = said.append


def test_a_letter_whose_dot_left_us_may_have_arrived(line_to):
    line = line_to(Script(read=Cut(5), end=None))
    with pytest.raises(NoReply):
        finish(line.give(SHORT))


def test_a_refusal_in_the_middle_of_a_long_letter_is_the_servers_word(line_to):
    def refuse(client):
        client.recv(10)
        client.sendall(b"552 5.3.4 too big\r\n")
        return line_is_done.wait(20) and b""

    line_is_done = threading.Event()
    line = line_to(Script(read=refuse, end=None), reply_timeout=0.5)
    assert meaning("end", finish(line.give(LONG))) == "refused"
    line_is_done.set()


def test_a_yes_to_a_letter_without_its_end_is_doubt(line_to):
    def agree(client):
        client.recv(10)
        client.sendall(b"250 kept\r\n")
        return line_is_done.wait(20) and b""

    line_is_done = threading.Event()
    line = line_to(Script(read=agree, end=None), reply_timeout=0.5)
    with pytest.raises(NoReply, match="250 kept"):
        finish(line.give(LONG))
    line_is_done.set()


def test_a_letter_that_was_cut_before_its_dot_is_sent_later_and_counts_no_try(
    house, sender_to, inbox, never, monkeypatch
):
    """The server resets the connection while the intent is written."""
    message, cut = house.owe(house.lead("Ada")), Cut(0)
    stand = Committer.stand

    def waiting(*given):
        answer = stand(*given)
        answer.add_done_callback(lambda _: cut.done.wait(5))
        return answer

    monkeypatch.setattr(Committer, "stand", waiting)
    with listening(Script(read=cut, end=None)) as port:
        sender = sender_to(port, connections=1)
        sender.drain(never)
    found = house.message(message)
    assert (found.state, found.attempts) == ("deferred", 0), found.reason
    assert "its end never left us" in found.reason
    assert sender.channel.pause
    assert timedelta(seconds=40) < found.due_at - house.now.machine < timedelta(seconds=80)

    house.clocks.advance(timedelta(minutes=2))
    sender_to(inbox[1]).drain(never)
    assert house.message(message).state == "sent"
    assert inbox[0].one().mail["Message-ID"] == found.message_id
