"""What a mail server's word means at each moment of a transaction (RFC 5321; RELIABILITY, annex C).

Pure: no database, no clock, no network.
"""

import re
from dataclasses import dataclass
from typing import Literal

Phase = Literal["mail", "rcpt", "data", "end"]
# `deferred`, `refused`: about this recipient, for now or for good · `policy`: its domain does not want us · `sender`:
# who writes is refused · `channel`: the way is blocked for everybody. Only the first two count a try.
Meaning = Literal["go", "deferred", "refused", "policy", "sender", "channel", "unknown"]
# Of a channel: `passing` by itself · `sign_in` refused · `trust`: a certificate that does not hold, no encryption.
Fault = Literal["passing", "sign_in", "trust"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: three digits and the text of its last line."""

    code: int
    text: str

    @property
    def sentence(self) -> str:
        return f"{self.code} {self.text}".strip()


class ChannelFault(Exception):
    """The way to the server is at fault, not the letter: nobody's attempts are spent on it."""

    def __init__(self, sentence: str, kind: Fault = "passing") -> None:
        self.kind = kind
        super().__init__(sentence)


class NoReply(Exception):
    """No whole reply came: the connection ended, was too slow, or spoke something else."""


def meaning(phase: Phase, reply: Reply) -> Meaning:
    """What `reply` says about the letter, or about the channel."""
    return _MEANINGS[phase](reply)


def is_nobody(reply: Reply) -> bool:
    """There is no such mailbox, and it says so: a bare 550 may mean anything."""
    return _is(5, reply) and _enhanced(reply) in _NO_MAILBOX


def _mail(reply: Reply) -> Meaning:
    """A size that is too big is this letter's; 530 asks us all to sign in (RFC 4954)."""
    if _is(2, reply):
        return "go"
    if reply.code == 552 or _enhanced(reply) == "5.3.4":
        return "deferred"
    return "sender" if _is(5, reply) and reply.code != 530 else "channel"


def _rcpt(reply: Reply) -> Meaning:
    """Postfix keeps what it thinks of a sender until here."""
    if _is(2, reply):
        return "go"
    if reply.code == 421:
        return "channel"
    if _is(5, reply) and _enhanced(reply) in _ABOUT_THE_SENDER:
        return "sender"
    if _is_policy(reply):
        return "policy"
    return "refused" if _is(5, reply) and reply.code != 552 else "deferred"  # 552: a full mailbox empties


def _data(reply: Reply) -> Meaning:
    """No byte of the letter was written: whatever it is, it may be tried again."""
    if reply.code == 421:
        return "channel"
    return "go" if reply.code == 354 else "deferred"


def _end(reply: Reply) -> Meaning:
    """Any definite word but yes: the server has not got the letter."""
    if _is(2, reply):
        return "go"
    if reply.code == 421:
        return "channel"
    if _is_policy(reply):
        return "policy"
    if _is(4, reply):
        return "deferred"
    return "refused" if _is(5, reply) else "unknown"


def _is(hundred: int, reply: Reply) -> bool:
    return reply.code // 100 == hundred


def _is_policy(reply: Reply) -> bool:
    """Who we are or how we came is refused, not this recipient (RFC 3463, X.7.X)."""
    return _is(5, reply) and reply.text.startswith("5.7.")


def _enhanced(reply: Reply) -> str:
    """The code of RFC 3463 that the text begins with, if any."""
    found = _ENHANCED.match(reply.text)
    return found.group() if found else ""


_ENHANCED = re.compile(r"\d\.\d{1,3}\.\d{1,3}(?!\S)")
_NO_MAILBOX = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})  # bad mailbox, bad syntax, moved, null MX
_ABOUT_THE_SENDER = frozenset(
    {"5.1.0", "5.1.7", "5.1.8"}
)  # may be either's address, bad sender's syntax, bad sender's system

_MEANINGS = {"mail": _mail, "rcpt": _rcpt, "data": _data, "end": _end}
