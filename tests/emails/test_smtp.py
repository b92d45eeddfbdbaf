"""Servers that misbehave at every moment of a transaction (RELIABILITY, annex C), and the class each must get."""

import socket
import threading
import time
from contextlib import ExitStack

import pytest

from base.config import Config
from emails.replies import ChannelFault, NoReply, Reply, is_nobody, meaning
from emails.smtp import Smtp
from emails.talks import finish
from emails.transports import Envelope
from tests.emails.scripted import EHLO, GO, OK, TAKEN, Script, listening

TO_ADA = Envelope("bounce@lumen.example", "ada@atelier.example")
LETTER = b"Subject: x\r\n\r\n.leading\r\nline\r\n"


@pytest.fixture
def line_to():
    """A line to a scripted server; raises what connecting raises. No server goes on beside the tests that follow."""
    before = set(threading.enumerate())
    with ExitStack() as way_out:

        def connect(script: Script, reply_timeout: float = 1.0, **smtp):
            port = way_out.enter_context(listening(script))
            settings = {"host": "127.0.0.1", "port": port, "security": "none", "connect_timeout": 1}
            config = Config.model_validate({"smtp": {**settings, **smtp}, "mail": {"reply_timeout": reply_timeout}})
            line = Smtp(config).connect()
            way_out.callback(line.close)
            return line

        yield connect
    for server in set(threading.enumerate()) - before:
        server.join(5)
        assert not server.is_alive()


def outcome(line) -> str:
    """The class that one letter gets."""
    try:
        said, _reply = finish(line.offer(TO_ADA))
    except ChannelFault:
        return "channel"
    if said != "go":
        return said
    try:
        return {"go": "sent"}.get(end := meaning("end", finish(line.give(LETTER))), end)
    except NoReply:
        return "unknown"


CHANNEL = {
    "greeted with 554": Script(greeting="554 no service"),
    "greeted with 421": Script(greeting="421 busy"),
    "hung up at once": Script(greeting=None),
    "hung up at EHLO": Script(ehlo=None),
    "garbage as a greeting": Script(greeting="\x00\x01 hello"),
}


@pytest.mark.parametrize("case", CHANNEL)
def test_a_server_that_does_not_let_us_in_is_a_fault_of_the_channel(line_to, case):
    with pytest.raises(ChannelFault):
        line_to(CHANNEL[case])


def test_a_server_without_the_encryption_we_ask_for_gets_no_letter(line_to):
    with pytest.raises(ChannelFault, match="does not offer STARTTLS"):
        line_to(Script(), security="starttls")


def test_a_server_that_does_not_know_us_gets_no_letter(line_to):
    script = Script(ehlo="250-hello\r\n250 AUTH PLAIN", auth="535 no")
    with pytest.raises(ChannelFault):
        line_to(script, username="ada", password="secret")


TO_ZOE = Envelope("bounce@lumen.example", "zoé@atelier.example")


def test_an_address_with_accents_travels_where_the_server_offers_it_and_nowhere_else(line_to):
    able = Script(ehlo="250-hello\r\n250 SMTPUTF8")
    said, _reply = finish(line_to(able).offer(TO_ZOE))
    assert said == "go"
    asked = "MAIL FROM:<bounce@lumen.example> SMTPUTF8", "RCPT TO:<zoé@atelier.example>"
    assert able.heard[1:3] == [line.encode() for line in asked]
    unable = Script()
    said, reply = finish(line_to(unable).offer(TO_ZOE))
    assert (said, reply.code) == ("refused", 553)
    assert "does not offer SMTPUTF8" in reply.text
    assert unable.heard[1:] == [], "nothing was asked of it"


def test_other_addresses_travel_as_ever_beside_it(line_to):
    able = Script(ehlo="250-hello\r\n250 SMTPUTF8")
    finish(line_to(able).offer(TO_ADA))
    assert able.heard[1] == b"MAIL FROM:<bounce@lumen.example>"


CASES = {
    "all is well": (Script(), "sent"),
    "251 for the recipient": (Script(rcpt="251 will forward"), "sent"),
    "many lines in the last word": (Script(end="250-well\r\n250-then\r\n250 queued"), "sent"),
    "a last word in Latin-1": (Script(end="250 reçu".encode("latin-1") + b"\r\n"), "sent"),
    "MAIL 421": (Script(mail="421 closing"), "channel"),
    "MAIL 451": (Script(mail="451 later"), "channel"),
    "MAIL 530": (Script(mail="530 sign in"), "channel"),
    "MAIL 550": (Script(mail="550 who are you"), "sender"),
    "MAIL 552": (Script(mail="552 too big"), "deferred"),
    "MAIL 553 5.7.1": (Script(mail="553 5.7.1 not your address"), "sender"),
    "hung up at MAIL": (Script(mail=None), "channel"),
    "RCPT 450": (Script(rcpt="450 greylisted"), "deferred"),
    "RCPT 452": (Script(rcpt="452 too many"), "deferred"),
    "RCPT 552": (Script(rcpt="552 mailbox full"), "deferred"),
    "RCPT 550 5.1.1": (Script(rcpt="550 5.1.1 nobody here"), "refused"),
    "RCPT 553": (Script(rcpt="553 bad name"), "refused"),
    "RCPT 556": (Script(rcpt="556 null MX"), "refused"),
    "RCPT 550 5.7.1": (Script(rcpt="550 5.7.1 policy"), "policy"),
    "RCPT 550 5.1.8": (Script(rcpt="550 5.1.8 Sender address rejected: Domain not found"), "sender"),
    "RCPT 550 5.1.7": (Script(rcpt="550 5.1.7 bad sender"), "sender"),
    "RCPT 553 5.1.0": (Script(rcpt="553 5.1.0 address status"), "sender"),
    "RCPT 550 5.1.10": (Script(rcpt="550 5.1.10 null MX"), "refused"),
    "RCPT 421": (Script(rcpt="421 closing"), "channel"),
    "hung up at RCPT": (Script(rcpt=None), "channel"),
    "DATA 421": (Script(data="421 closing"), "channel"),
    "DATA 451": (Script(data="451 later"), "deferred"),
    "DATA 503": (Script(data="503 sender already specified"), "deferred"),
    "DATA 554": (Script(data="554 no valid recipients"), "deferred"),
    "hung up at DATA": (Script(data=None), "channel"),
    "malformed reply to RCPT": (Script(rcpt="okay"), "channel"),
    "451 after the dot": (Script(end="451 later"), "deferred"),
    "421 after the dot": (Script(end="421 closing"), "channel"),
    "550 5.7.1 after the dot": (Script(end="550 5.7.1 not from you"), "policy"),
    "552 after the dot": (Script(end="552 too big"), "refused"),
    "554 after the dot": (Script(end="554 spam"), "refused"),
    "hung up after the dot": (Script(end=None), "unknown"),
    "half a reply, then gone": (Script(end=b"250 que", read=None), "unknown"),
    "half a code, then gone": (Script(end=b"25"), "unknown"),
    "garbage after the dot": (Script(end="what"), "unknown"),
    "an endless line after the dot": (Script(end=b"250" + b"x" * 200_000), "unknown"),
    "a reply that never ends": (Script(end=b"250-more\r\n" * 20_000), "unknown"),
    "gone after the first bytes": (Script(read=lambda client: client.recv(3), end=None), "unknown"),
    "silence after the dot": (Script(end=b""), "unknown"),
    "354 to a letter it was given": (Script(end="354 go on"), "unknown"),
}


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_each_answer_gets_its_class(line_to, case, pipelining):
    script, expected = CASES[case]
    told = Script(**{name: getattr(script, name) for name in ("mail", "rcpt", "data", "end", "read")})
    told.ehlo = "250-hello\r\n250 PIPELINING" if pipelining else EHLO
    line = line_to(told)
    if case.startswith("half"):
        line._reply_seconds = 0.3
    assert outcome(line) == expected


NOBODY = {
    "550 5.1.1 no such user": True,
    "553 5.1.3 bad syntax": True,
    "551 5.1.6 has moved": True,
    "556 5.1.10 null MX": True,
    "550 no such user": False,  # it may mean anything
    "450 4.1.1 not now": False,
    "550 5.1.0 address status": False,
    "550 5.1.7 bad sender": False,
    "550 5.1.8 Sender address rejected: Domain not found": False,
    "550 5.1.18 nobody knows": False,
    "550 5.7.1 policy": False,
}


@pytest.mark.parametrize("words", NOBODY)
def test_only_a_word_about_the_mailbox_says_that_there_is_none(words):
    code, _, text = words.partition(" ")
    assert is_nobody(Reply(int(code), text)) is NOBODY[words]


def test_an_early_refusal_while_the_letter_is_written_is_believed(line_to):
    def refuse(client):
        client.recv(10)
        client.sendall(b"552 too big\r\n")
        client.shutdown(socket.SHUT_WR)
        return client.recv(10)

    line = line_to(Script(read=refuse, end=None))
    assert finish(line.offer(TO_ADA))[0] == "go"
    assert meaning("end", finish(line.give(b"x" * 200 + b"\r\n"))) == "refused"


def test_a_letter_arrives_byte_for_byte_with_its_dots_doubled(line_to):
    script = Script()
    assert outcome(line_to(script)) == "sent"
    assert script.letter == b"Subject: x\r\n\r\n..leading\r\nline\r\n.\r\n"
    assert script.heard[1:] == [b"MAIL FROM:<bounce@lumen.example>", b"RCPT TO:<ada@atelier.example>", b"DATA"]


def test_commands_go_together_where_the_server_allows_it(line_to):
    line = line_to(Script(ehlo="250-hello\r\n250 PIPELINING"))
    assert [outcome(line) for _ in range(3)] == ["sent"] * 3
    assert line.used == 3


def test_an_address_with_accents_does_not_go_ahead_to_a_server_that_takes_none(line_to):
    script = Script(ehlo="250-hello\r\n250 PIPELINING")
    line = line_to(script)
    assert finish(line.offer(TO_ADA))[0] == "go"
    assert finish(line.give(LETTER, TO_ZOE)) == Reply(250, "queued")
    assert finish(line.offer(TO_ZOE))[0] == "refused"
    assert not any(b"zo" in heard for heard in script.heard)


TO_BOB = Envelope("bounce@lumen.example", "bob@atelier.example")


def with_what_follows(client):
    """What arrives up to the DATA that came along with a letter."""
    heard = b""
    while not heard.endswith(b"DATA\r\n"):
        heard += client.recv(1000)
    return heard


def in_one_breath(*answers):
    return Script(ehlo="250-hello\r\n250 PIPELINING", read=with_what_follows, end="\r\n".join(answers))


def test_the_next_envelope_goes_out_with_the_letter_where_the_server_allows_it(line_to):
    line = line_to(script := in_one_breath(TAKEN, OK, OK, GO))
    assert finish(line.offer(TO_ADA))[0] == "go"
    assert finish(line.give(LETTER, TO_BOB)) == Reply(
        250, "queued"
    )  # the server said nothing before it heard all of it
    assert finish(line.offer(TO_BOB))[0] == "go"
    assert script.letter.endswith(
        b"\r\n.\r\n" + f"MAIL FROM:<{TO_BOB.sender}>\r\n".encode() + b"RCPT TO:<bob@atelier.example>\r\nDATA\r\n"
    )


def test_each_of_two_letters_in_one_breath_gets_its_own_answer(line_to):
    line = line_to(in_one_breath("452 4.3.1 full", OK, "550 5.1.1 nobody", "503 no"))
    assert finish(line.offer(TO_ADA))[0] == "go"
    assert meaning("end", finish(line.give(LETTER, TO_BOB))) == "deferred"
    assert finish(line.offer(TO_BOB)) == ("refused", Reply(550, "5.1.1 nobody"))


def test_an_envelope_that_did_not_go_along_is_not_taken_for_the_one_that_did(line_to):
    line = line_to(in_one_breath(TAKEN, OK, OK, GO))
    finish(line.offer(TO_ADA))
    finish(line.give(LETTER, TO_BOB))
    with pytest.raises(ChannelFault, match="same letter"):
        finish(line.offer(TO_ADA))


def test_a_server_that_does_not_pipeline_hears_one_thing_at_a_time(line_to):
    line = line_to(script := Script())
    finish(line.offer(TO_ADA))
    assert finish(line.give(LETTER, TO_BOB)) == Reply(250, "queued")
    assert script.heard[-1] == b"DATA"
    assert finish(line.offer(TO_BOB))[0] == "go"


def test_a_word_out_of_turn_is_not_taken_for_the_answer_to_a_letter(line_to):
    line = line_to(Script(data=f"{GO}\r\n250 queued"))
    assert finish(line.offer(TO_ADA))[0] == "go"
    time.sleep(0.05)
    assert meaning("end", finish(line.give(LETTER))) == "deferred"
