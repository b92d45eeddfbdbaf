"""One kept connection to the server: opened when needed, replaced when it went stale, ended after enough letters."""

from emails.replies import ChannelFault, Meaning, Reply
from emails.talks import Errands, Talk
from emails.transports import Envelope, Line, Transport

LETTERS_PER_LINE = 100  # some servers end a connection after so many
_STALE = frozenset({421, 503})  # it is closing, or thinks that it stands in the middle of another transaction


class KeptLine:
    """Connecting is an errand: it may take long, and waits in its own way."""

    def __init__(self, transport: Transport, errands: Errands) -> None:
        self._transport, self._errands = transport, errands
        self._line: Line | None = None
        self._ahead = False  # an envelope went out with the letter before
        self._in_one_breath = True  # until a server loses the first one: it would lose them all, 5 minutes each
        self._proven = False

    def knock(self) -> Talk[None]:
        """Only connect, unless that is done. Raises ChannelFault."""
        yield from self._open()

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        """Up to the 354. A kept line that meanwhile died is replaced, once. Raises ChannelFault."""
        kept = self._line is not None
        try:
            line = yield from self._open()
            said, reply = yield from line.offer(envelope)
        except ChannelFault:
            self._in_one_breath = self._in_one_breath and (self._proven or not self._ahead)
            self.close()
            if not kept:
                raise
            return (yield from self._anew(envelope))
        self._proven = self._proven or self._ahead
        if said != "go":
            self.close()
        if kept and reply.code in _STALE:
            return (yield from self._anew(envelope))
        return said, reply

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        """The letter; the line is closed when anything but acceptance comes of it. Raises NoReply, ChannelFault.

        `ahead` is the envelope that will be offered next.
        """
        if self._line is None:
            raise ChannelFault("nothing was offered on this line")
        line, accepted = self._line, False
        try:
            self._ahead = self._in_one_breath and ahead is not None and line.used + 1 < LETTERS_PER_LINE
            reply = yield from line.give(data, ahead if self._ahead else None)
            accepted = reply.code // 100 == 2
            return reply
        finally:
            if not accepted or line.used >= LETTERS_PER_LINE:
                self.close()

    def close(self) -> None:
        """What was offered and not given is withdrawn by that."""
        if self._line is not None:
            self._line.close()
            self._line = None
        self._ahead = False

    def _open(self) -> Talk[Line]:
        if self._line is None:
            connecting = self._errands.send(self._transport.connect)
            yield connecting
            self._line = connecting.result()
        return self._line

    def _anew(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        try:
            line = yield from self._open()
            said, reply = yield from line.offer(envelope)
        except ChannelFault:
            self.close()
            raise
        if said != "go":
            self.close()
        return said, reply
