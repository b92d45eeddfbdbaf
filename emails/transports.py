"""What the outbox asks of a way to deliver; `emails.smtp` and `emails.maildir` are the two there are."""

from typing import NamedTuple, Protocol

from emails.replies import Meaning, Reply
from emails.talks import Talk


class Envelope(NamedTuple):
    """Who a letter is from, where its bounces go, and whom it is for: as MAIL FROM and RCPT TO say it."""

    sender: str
    recipient: str


class Line(Protocol):
    """One kept connection: offers a letter, and writes it once it may."""

    @property
    def used(self) -> int:
        """How many letters it carried."""
        ...

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        """Go up to the point where the next byte is the letter's. Raises ChannelFault."""
        ...

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        """Write the letter and hear the answer. Raises NoReply when nobody knows whether it arrived,
        ChannelFault when it surely did not.

        `ahead` is the envelope that will be offered next: a line that can offers it in the same breath.
        """
        ...

    def close(self) -> None: ...


class Transport(Protocol):
    def connect(self) -> Line:
        """Raises ChannelFault."""
        ...
