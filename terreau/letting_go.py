"""A way to deliver for the demo's past: every letter is taken and none is kept, but for a few houses in trouble."""

from emails.replies import Meaning, NoReply, Reply
from emails.talks import Talk
from emails.transports import Envelope
from terreau.crowd import CLOSED, NOBODY_THERE, SILENT

NOES = {
    NOBODY_THERE: Reply(550, "5.1.1 no such mailbox here"),
    CLOSED: Reply(550, "5.2.1 this mailbox is closed"),
}

MARKETING = b"\r\nList-Unsubscribe-Post:"  # RFC 8058: what nobody asked for this minute


def host_of(recipient: str) -> str:
    """The name of the server that a mailbox of the crowd is at: what stands before its house's domain."""
    return recipient.rpartition("@")[2].partition(".")[0]


class Post:
    """The silent house takes what was asked for, and leaves everybody in doubt about the rest."""

    def __init__(self) -> None:
        self.used = 0
        self._recipient = ""

    def connect(self) -> "Post":
        return self

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        yield from ()
        self._recipient = recipient = envelope.recipient
        no = NOES.get(host_of(recipient))
        return ("refused", no) if no else ("go", Reply(354, "go on"))

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        yield from ()
        """Raises NoReply."""
        if host_of(self._recipient) == SILENT and MARKETING in data:
            raise NoReply("the connection ended before the last word")
        return Reply(250, "taken")

    def close(self) -> None:
        """Nothing is kept open."""
