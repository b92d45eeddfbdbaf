"""What the outbox asks of a way to deliver; `emails.smtp` and `emails.maildir` are the two there are."""

from typing import Protocol

from emails.replies import Meaning, Reply


class Line(Protocol):
    """One kept connection: offers a letter, and writes it once it may."""

    @property
    def used(self) -> int:
        """How many letters it carried."""
        ...

    def offer(self, sender: str, recipient: str) -> tuple[Meaning, Reply]:
        """Go up to the point where the next byte is the letter's. Raises ChannelFault."""
        ...

    def give(self, data: bytes) -> Reply:
        """Write the letter and hear the answer. Raises NoReply when nobody knows whether it arrived."""
        ...

    def close(self) -> None: ...


class Transport(Protocol):
    def connect(self) -> Line:
        """Raises ChannelFault."""
        ...
