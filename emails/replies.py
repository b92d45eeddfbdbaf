"""What a mail server's word means at each moment of a transaction (RFC 5321; RELIABILITY, annex C).

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["mail", "rcpt", "data", "end"]
Meaning = Literal["go", "deferred", "refused", "policy", "channel", "unknown"]


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


class NoReply(Exception):
    """No whole reply came: the connection ended, was too slow, or spoke something else."""


def meaning(phase: Phase, reply: Reply) -> Meaning:
    """What `reply` says about the letter, or about the channel."""
    return _MEANINGS[phase](reply)


def is_nobody(reply: Reply) -> bool:
    """5.1.x (RFC 3463) to RCPT: there is no such mailbox."""
    return _is(5, reply) and reply.text.startswith("5.1.")


def _mail(reply: Reply) -> Meaning:
    """Whoever is refused as a sender is refused for every letter."""
    return "go" if _is(2, reply) else "channel"


def _rcpt(reply: Reply) -> Meaning:
    if _is(2, reply):
        return "go"
    if reply.code == 421:
        return "channel"
    if _is_policy(reply):
        return "policy"
    return "refused" if _is(5, reply) and reply.code != 552 else "deferred"  # 552: a full mailbox empties


def _data(reply: Reply) -> Meaning:
    """No byte of the letter was written: whatever it is, it may be tried again."""
    return "go" if reply.code == 354 else "deferred"


def _end(reply: Reply) -> Meaning:
    if _is(2, reply):
        return "go"
    if _is(4, reply):
        return "deferred"
    return "refused" if _is(5, reply) else "unknown"


def _is(hundred: int, reply: Reply) -> bool:
    return reply.code // 100 == hundred


def _is_policy(reply: Reply) -> bool:
    """5.7.x (RFC 3463): who we are or how we came is refused, not this recipient."""
    return _is(5, reply) and reply.text.startswith("5.7.")


_MEANINGS = {"mail": _mail, "rcpt": _rcpt, "data": _data, "end": _end}
