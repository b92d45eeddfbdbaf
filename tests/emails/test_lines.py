"""A kept line: replaced when it died, and given what follows along with a letter as long as nothing gets lost by it."""

import pytest

from emails.lines import LETTERS_PER_LINE, KeptLine
from emails.replies import ChannelFault, Reply
from emails.talks import Errands, finish
from emails.transports import Envelope

ADA, BOB = (Envelope("bounce@lumen.example", f"{who}@atelier.example") for who in ("ada", "bob"))


class Relay:
    """Lines that take everything; those that `forget` hang up on an envelope that came along with such a letter."""

    def __init__(self, forget=()):
        self.forget, self.heard, self.opened = forget, [], 0

    def connect(self):
        self.opened += 1
        self.used, self.along = 0, None
        return self

    def offer(self, envelope):
        yield from ()
        if self.along and len(self.heard) in self.forget:
            raise ChannelFault("no answer")
        return "go", Reply(354, "go on")

    def give(self, data, ahead=None):
        yield from ()
        self.heard.append(ahead)
        self.used, self.along = self.used + 1, ahead
        return Reply(250, "taken")

    def close(self):
        """Nothing to hang up."""


def send(line, letters):
    for number in range(letters):
        who, ahead = (ADA, BOB) if number % 2 == 0 else (BOB, ADA)
        assert finish(line.offer(who))[0] == "go"
        finish(line.give(b"", ahead))


def test_what_follows_goes_along_until_the_line_is_full():
    relay = Relay()
    send(KeptLine(relay, Errands()), LETTERS_PER_LINE + 1)
    assert relay.heard[:3] == [BOB, ADA, BOB]
    assert relay.heard[LETTERS_PER_LINE - 1 :] == [None, BOB]  # the last letter of a line promises no other
    assert relay.opened == 2


def test_a_server_that_loses_what_went_along_is_asked_one_letter_at_a_time_from_then_on():
    relay = Relay(forget=range(100))
    send(KeptLine(relay, Errands()), 4)
    assert relay.heard == [BOB, None, None, None]
    assert relay.opened == 2


def test_a_server_that_hangs_up_now_and_then_is_still_told_what_follows():
    relay = Relay(forget=[2])
    send(KeptLine(relay, Errands()), 4)
    assert relay.heard == [BOB, ADA, BOB, ADA]
    assert relay.opened == 2


def test_a_letter_that_was_never_offered_is_not_given():
    with pytest.raises(ChannelFault):
        finish(KeptLine(Relay(), Errands()).give(b""))
