"""Whether the way to the mail server is open; after a fault everything waits, and nobody's attempts are spent.

Most faults pass, and the pause grows while they last. A certificate that does not hold, encryption that is no longer
offered and a sign-in that is refused do not pass by themselves: the channel is stopped, a person is told, and only the
door is tried from time to time, with no letter in hand.
"""

import threading
from dataclasses import dataclass

from base.clock import elapsed
from base.tokens import jitter
from emails.replies import Fault

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds
SIGN_INS = 3  # refused in a row until the channel is stopped: a provider may have a bad minute


@dataclass(frozen=True, slots=True)
class Trouble:
    """`reason` is for people · `stopped`: somebody has to do something · `pause`: seconds until the next try."""

    reason: str
    stopped: bool
    pause: float


class Channel:
    """Shared by all connections of a sender."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = self._sign_ins = 0
        self._open_at = 0.0
        self._stopped = False
        self._changed = False
        self.reason: str | None = None  # None while all is well

    @property
    def pause(self) -> float:
        """Seconds until the next try; 0 when open."""
        return max(0.0, self._open_at - elapsed())

    @property
    def stopped(self) -> bool:
        """No letter is taken in hand before the door was tried and found open."""
        return self._stopped

    def failed(self, reason: str, kind: Fault = "passing") -> float:
        """Pause, twice as long as last time, give or take a fifth; returns the pause. Faults met meanwhile add none."""
        with self._lock:
            if self._open_at > elapsed():
                return self.pause
            self._faults += 1
            self._sign_ins = self._sign_ins + 1 if kind == "sign_in" else 0
            self._stopped = self._stopped or kind == "trust" or self._sign_ins >= SIGN_INS
            self.reason, self._changed = reason, True
            wait = LONGEST_PAUSE if self._stopped else min(FIRST_PAUSE * 2.0 ** (self._faults - 1), LONGEST_PAUSE)
            pause = wait * jitter(0.8, 1.2)
            self._open_at = elapsed() + pause
            return pause

    def worked(self) -> None:
        """A letter was accepted, or the door of a stopped channel was found open."""
        if self._faults:
            with self._lock:
                self._faults = self._sign_ins = 0
                self._stopped, self.reason, self._changed = False, None, True

    def news(self) -> tuple[Trouble | None] | None:
        """How things stand, in a tuple, if that changed since this was asked last; else None."""
        with self._lock:
            if not self._changed:
                return None
            self._changed = False
            return (None if self.reason is None else Trouble(self.reason, self._stopped, self.pause),)

    def tell_again(self) -> None:
        """The news could not be written."""
        with self._lock:
            self._changed = True
