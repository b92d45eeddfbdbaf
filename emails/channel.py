"""Whether the way to the mail server is open; after a fault everything waits, and nobody's attempts are spent."""

import threading

from base.clock import elapsed
from base.tokens import jitter

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds


class Channel:
    """Shared by all connections of a sender. `reason` is for people, None while all is well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = 0
        self._open_at = 0.0
        self.reason: str | None = None

    @property
    def pause(self) -> float:
        """Seconds until the next try; 0 when open."""
        return max(0.0, self._open_at - elapsed())

    def failed(self, reason: str) -> float:
        """Pause, twice as long as last time, give or take a fifth; returns the pause. Faults met meanwhile add none."""
        with self._lock:
            if self._open_at > elapsed():
                return self.pause
            self._faults += 1
            self.reason = reason
            pause = min(FIRST_PAUSE * 2.0 ** (self._faults - 1), LONGEST_PAUSE) * jitter(0.8, 1.2)
            self._open_at = elapsed() + pause
            return pause

    def worked(self) -> None:
        if self._faults:
            with self._lock:
                self._faults, self.reason = 0, None
