"""How long a client may take to say what it wants; who is slower is hung up on, so that no crowd of them keeps others
out. Waitress alone waits for as long as a byte comes now and then."""

from collections.abc import Iterable
from typing import Literal

from waitress.channel import HTTPChannel

Part = Literal["silence", "head", "body"]
# Seconds: between requests, for the head of one, and for its body.
SECONDS: dict[Part, float] = {"silence": 15.0, "head": 5.0, "body": 15.0}
LOOK_EVERY = 0.5


class Patience:
    """Knows since when each connection is in the same part of a request. Used by the one thread that reads them."""

    def __init__(self) -> None:
        self._since: dict[HTTPChannel, tuple[Part, float]] = {}
        self._look_at = 0.0

    def hurry(self, channels: Iterable[HTTPChannel], now: float) -> None:
        """Hang up on those who have been at it for too long; `now` in seconds of any clock that only goes on."""
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        before, self._since = self._since, {}
        for channel in channels:
            part = _part(channel)
            if part is None:
                continue
            known = before.get(channel)
            since = known[1] if known is not None and known[0] == part else now
            if now - since >= SECONDS[part]:
                channel.handle_close()
            else:
                self._since[channel] = part, since


def _part(channel: HTTPChannel) -> Part | None:
    """What we wait for; None while the client waits for us."""
    if channel.requests or channel.total_outbufs_len:
        return None
    if channel.request is None:
        return "silence"
    return "head" if channel.request.body_rcv is None else "body"
