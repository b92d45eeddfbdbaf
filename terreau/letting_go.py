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
        no = NOES.get(recipient.rpartition("@")[2])
        return ("refused", no) if no else ("go", Reply(354, "go on"))

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        yield from ()
        """Raises NoReply."""
        if self._recipient.endswith(f"@{SILENT}") and MARKETING in data:
            raise NoReply("the connection ended before the last word")
        return Reply(250, "taken")

    def close(self) -> None:
        """Nothing is kept open."""
