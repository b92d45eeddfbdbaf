"""Threads that drain: each waits to be woken, empties its table, wakes its neighbours, and waits again.

What there is to drain, and what a step or a mail means, is the business of the rooms that hand in `drain`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event, Thread

import structlog

from base.clock import elapsed
from base.discretion import words_of

log = structlog.get_logger(__name__)

FIRST_PAUSE = 0.5  # seconds after the first failure; doubled after each further one
LONGEST_PAUSE = 10.0


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2, ... up to 10."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE)


@dataclass(slots=True)
class Worker:
    """One thread around `drain(stop) -> how many were done`.

    It drains when `wake` is set or `patience` seconds have passed, survives whatever `drain` raises, and pauses longer
    the more often it failed in a row. When something was done, the events in `then` are set: the sender follows the
    engine.
    """

    name: str
    drain: Callable[[Event], int]
    patience: float = 5.0
    then: tuple[Event, ...] = ()
    advice: str = "check that the database and the network are there: `terreau doctor` looks at both"
    wake: Event = field(default_factory=Event)
    stopping: Event = field(default_factory=Event)
    failures: int = 0
    _thread: Thread | None = None

    def start(self) -> None:
        self.wake.set()  # what was left from before is looked at once, at once
        self._thread = Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def begin_stop(self) -> None:
        """Asks to stop: nothing new is claimed, what was begun is finished."""
        self.stopping.set()
        self.wake.set()

    def join(self, seconds: float) -> bool:
        """Waits at most so long; True when the thread is over."""
        if self._thread is not None:
            self._thread.join(max(seconds, 0.0))
        return not self.alive

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self.stopping.is_set():
            self.wake.wait(self.patience)
            self.wake.clear()
            if not self.stopping.is_set():
                self._drain_once()

    def _drain_once(self) -> None:
        try:
            done = self.drain(self.stopping)
        except Exception as error:
            self._failed(error)
            return
        if self.failures:
            log.info("works again", worker=self.name, after_failures=self.failures)
        self.failures = 0
        if done:
            self._wake_neighbours()

    def _wake_neighbours(self) -> None:
        for neighbour in self.then:
            neighbour.set()

    def _failed(self, error: Exception) -> None:
        """Nothing is lost: what was claimed stays in the tables. The trace is told once, then only its sentence."""
        self.failures += 1
        pause = pause_after(self.failures)
        log.error(
            f"the {self.name} stopped at an error and tries again in {pause:g} s; {self.advice}",
            worker=self.name,
            failures=self.failures,
            error=words_of(error),
            exc_info=error if self.failures == 1 else None,
        )
        self.stopping.wait(pause)
        self.wake.set()


def stop_all(workers: Iterable[Worker], seconds: float) -> list[str]:
    """Stops them together within `seconds`; the names of those still busy, whose claims the next holder will find."""
    asked = list(workers)
    for worker in asked:
        worker.begin_stop()
    deadline = elapsed() + seconds
    return [worker.name for worker in asked if not worker.join(deadline - elapsed())]


def until_empty(work: Callable[[], int]) -> Callable[[Event], int]:
    """A `drain` from a `work` that does one batch: repeated until it has nothing left or the thread is to stop."""

    def drain(stop: Event) -> int:
        total = 0
        while not stop.is_set() and (done := work()):
            total += done
        return total

    return drain
