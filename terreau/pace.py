"""The pace of a demo: moves the virtual calendar to what is due, and waits until the house has done it."""

import re
from collections.abc import Callable
from datetime import datetime
from threading import Event, RLock

from sqlalchemy import func, select

from base.clock import VirtualCalendar, elapsed
from base.saying import said
from storage.schema import stage_changes
from terreau.house import House
from terreau.rest import busy_with, wait_for_rest
from terreau.running import Running
from terreau.virtual import declare

DAY = 86_400.0
SPEED = re.compile(r"1d=(\d+(?:\.\d+)?)s")
JUMPS = 40  # at most so many silent instants (a temperature that falls) are passed over at one press
REST_SECONDS = 30.0


class UnknownSpeed(ValueError):
    """What stands after `--speed` is no speed."""


def seconds_of_a_day(speed: str | None) -> float | None:
    """`1d=2s` -> 2.0. Raises UnknownSpeed."""
    if speed is None:
        return None
    written = SPEED.fullmatch(speed.replace(" ", ""))
    if written is None or float(written[1]) <= 0:
        raise UnknownSpeed(said("'%(speed)s' is not a speed: write 1d=2s for a day in two seconds", speed=speed))
    return float(written[1])


class Pace:
    """`arrived` counts what a reader would notice: mails, webhooks. One press at a time."""

    def __init__(
        self, house: House, running: Running, calendar: VirtualCalendar, arrived: Callable[[], int], stop: Event
    ) -> None:
        self._house = house
        self._running = running
        self._calendar = calendar
        self._arrived = arrived
        self._stop = stop
        self._lock = RLock()

    def now(self) -> datetime:
        return self._calendar.now()

    def next_due(self) -> datetime | None:
        return self._house.next_due()

    def press(self) -> datetime | None:
        """Jump to the next due instant, and on, until something can be noticed. None: nothing was due, nothing moved.

        Raises Restless when the house does not come to rest.
        """
        with self._lock:
            self.rest()
            before, moved = self._noticeable(), None
            for _ in range(JUMPS):
                due = self.next_due()
                if due is None or self._noticeable() > before or self._stop.is_set():
                    break
                moved = self._jump(due)
                self.rest()
            return moved

    def rest(self) -> None:
        """Waits until nothing is due. Raises Restless."""
        wait_for_rest(self._look, self._running.nudge, REST_SECONDS, self._stop)

    def keep_pressing(self, day_seconds: float) -> None:
        """A press each time the way to the next instant has passed, at so many seconds a day, until the stop."""
        begun = elapsed()
        while not self._stop.wait(0.1):
            due = self.next_due()
            if due is None:
                begun = elapsed()
            elif (elapsed() - begun) * DAY >= (due - self.now()).total_seconds() * day_seconds:
                self.press()
                begun = elapsed()

    def _jump(self, due: datetime) -> datetime:
        self._calendar.jump_to(due)
        self._house.database.write(lambda conn: declare(conn, self._calendar))
        return self._calendar.now()

    def _look(self) -> list[str]:
        with self._house.database.read() as conn:
            return busy_with(conn, self._house.clocks.moment())

    def _noticeable(self) -> int:
        with self._house.database.read() as conn:
            passages = conn.scalar(select(func.count()).select_from(stage_changes)) or 0
        return self._arrived() + passages
