"""The two clocks of the house, and the only module that reads the machine's; what a time means is left to calendars."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks, read together at a door and passed inward."""

    calendar: datetime
    machine: datetime


@dataclass(frozen=True, slots=True)
class Clocks:
    """`calendar` rules waits, windows, decay and stages, and may run ahead; `machine` rules leases, retries, tokens."""

    calendar: Clock
    machine: Clock

    def moment(self) -> Moment:
        return Moment(self.calendar(), self.machine())


def system_clocks() -> Clocks:
    """Both clocks on the machine's own time, aware, in UTC."""
    return Clocks(_machine_now, _machine_now)


def elapsed() -> float:
    """Seconds of a clock that never steps back, for measuring and time-outs only."""
    return time.monotonic()


class VirtualCalendar:
    """A calendar that can run ahead: `anchor + (machine - machine_anchor) * rate`. Safe to share between threads."""

    def __init__(self, machine: Clock, anchor: datetime, machine_anchor: datetime, rate: int = 1) -> None:
        if rate < 1:
            raise ValueError(f"a calendar's rate is at least 1, not {rate}")
        self._machine = machine
        self._anchor = anchor
        self._machine_anchor = machine_anchor
        self._rate = rate
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._at(self._machine())

    def jump_to(self, at: datetime) -> None:
        """Stand at `at` from now on; an instant that is past changes nothing, a calendar never goes back."""
        with self._lock:
            machine_now = self._machine()
            self._anchor = max(at, self._at(machine_now))
            self._machine_anchor = machine_now

    def declaration(self) -> tuple[datetime, datetime, int]:
        """(anchor, machine anchor, rate), as the row in `calendars` keeps them."""
        with self._lock:
            return self._anchor, self._machine_anchor, self._rate

    def _at(self, machine_now: datetime) -> datetime:
        return self._anchor + (machine_now - self._machine_anchor) * self._rate


def _machine_now() -> datetime:
    return datetime.now(UTC)
