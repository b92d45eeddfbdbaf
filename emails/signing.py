"""A way to deliver whose letters are signed on their way out (DKIM)."""

from dataclasses import dataclass

from emails.dkim import Signature
from emails.replies import Meaning, Reply
from emails.talks import Talk
from emails.transports import Envelope, Line, Transport


@dataclass(frozen=True, slots=True)
class SignedTransport:
    """Delivers as `inner` does."""

    inner: Transport
    signature: Signature

    def connect(self) -> "SignedLine":
        return SignedLine(self.inner.connect(), self.signature)


@dataclass(frozen=True, slots=True)
class SignedLine:
    inner: Line
    signature: Signature

    @property
    def used(self) -> int:
        return self.inner.used

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        return self.inner.offer(envelope)

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        return self.inner.give(self.signature.sign(data), ahead)

    def close(self) -> None:
        self.inner.close()
