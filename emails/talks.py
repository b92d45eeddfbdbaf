"""Talks that wait without a thread: generators that yield what they wait for. One thread runs as many as there are.

Thread by thread, a letter was handed over six times, and each time the processor's caches went to somebody else. What
can only wait in a thread, a name that is looked up or a commit, is an errand.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from concurrent.futures import wait as await_all
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from base.clock import elapsed

T = TypeVar("T")


class Wire(Protocol):
    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """Until `wire` has something to read, or room to write; `until` (elapsed) at the latest."""

    wire: Wire
    until: float
    to_write: bool = False


@dataclass(frozen=True, slots=True)
class Lull:
    """Until it is `over`, which is asked whenever another talk has gone on; `until` (elapsed) at the latest."""

    until: float
    over: Callable[[], bool] = lambda: False


NEXT_TURN = Lull(0.0)  # until all others have gone on who can
Wait = Ready | Lull | Future[Any]
Talk = Generator[Wait, None, T]


def finish(talk: Talk[T]) -> T:
    """Run one talk by itself, in this thread: what it returns. Raises what it raises."""
    while True:
        try:
            wait = next(talk)
        except StopIteration as over:
            result: T = over.value
            return result
        _sit_out(wait)


def _sit_out(wait: Wait) -> None:
    match wait:
        case Ready(wire, until, to_write):
            poll = select.poll()
            poll.register(wire, _event(to_write))
            poll.poll(_milliseconds(until - elapsed()))
        case Lull(until, over):
            while elapsed() < until and not over():
                time.sleep(0.001)
        case errand:
            await_all([errand])


class Errands:
    """Jobs in threads beside, as many as are needed at once. Daemons: none of them keeps the process from ending."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def send(self, job: Callable[[], T]) -> Future[T]:
        done: Future[T] = Future()
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._work, name="sender-errand", daemon=True).start()
        self._jobs.put((done, job))
        return done

    def close(self) -> None:
        """Let the threads go that have nothing to do; the others do it to its end."""
        while self._idle.acquire(blocking=False):
            self._jobs.put(None)

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            done, job = given
            try:
                outcome = job()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(outcome)
            del given, done, job  # else the last one is kept for as long as there is no other
            self._idle.release()


class Switchboard:
    """Runs talks side by side, in the thread that calls `run`."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._on_wires: dict[int, tuple[Talk[None], float]] = {}  # by file number, until when
        self._in_lulls: list[tuple[Talk[None], Lull]] = []
        self._returned: SimpleQueue[Talk[None]] = SimpleQueue()  # from their errands
        self._bell, self._rope = os.pipe()
        self._rung = False
        self._poll.register(self._bell, select.POLLIN)

    def run(self, talks: Iterable[Talk[None]], between: Callable[[], float]) -> None:
        """Until all are over; raises then the first error that one of them raised.

        `between` is called whenever all have gone on who can; it says in how many seconds it wants to be called again.
        """
        errors: list[Exception] = []
        going = list(talks)
        running = len(going)
        while running:
            running -= sum([self._is_over(talk, errors) for talk in going])
            going = self._who_can_go_on(between())
        if errors:
            raise errors[0]

    def close(self) -> None:
        os.close(self._bell)
        os.close(self._rope)

    def _is_over(self, talk: Talk[None], errors: list[Exception]) -> bool:
        try:
            wait = next(talk)
        except StopIteration:
            return True
        except Exception as error:
            errors.append(error)
            return True
        match wait:
            case Ready(wire, until, to_write):
                self._poll.register(wire, _event(to_write))
                self._on_wires[wire.fileno()] = talk, until
            case Lull():
                self._in_lulls.append((talk, wait))
            case errand:
                errand.add_done_callback(lambda _done: self._ring(talk))
        return False

    def _ring(self, talk: Talk[None]) -> None:
        """From any thread: its errand is done."""
        self._returned.put(talk)
        if not self._rung:
            self._rung = True
            os.write(self._rope, b"!")

    def _who_can_go_on(self, seconds: float) -> list[Talk[None]]:
        """Waits until somebody can; `seconds` at most."""
        found = self._poll.poll(_milliseconds(min(seconds, self._seconds_left())))
        going = [self._off_the_wire(number) for number, _event in found if number != self._bell]
        if len(going) < len(found):
            os.read(self._bell, 64)
            self._rung = False
        going += [self._returned.get() for _ in range(self._returned.qsize())]
        now = elapsed()
        late = [number for number, (_talk, until) in self._on_wires.items() if until <= now]
        going += [self._off_the_wire(number) for number in late]
        return going + self._out_of_lulls(now)

    def _seconds_left(self) -> float:
        """Until the first wait is over by itself."""
        if any(lull.over() for _talk, lull in self._in_lulls):
            return 0.0
        ends = [until for _talk, until in self._on_wires.values()] + [lull.until for _talk, lull in self._in_lulls]
        return max(0.0, min(ends, default=float("inf")) - elapsed())

    def _off_the_wire(self, number: int) -> Talk[None]:
        self._poll.unregister(number)
        return self._on_wires.pop(number)[0]

    def _out_of_lulls(self, now: float) -> list[Talk[None]]:
        over = [(talk, lull) for talk, lull in self._in_lulls if lull.until <= now or lull.over()]
        self._in_lulls = [one for one in self._in_lulls if one not in over] if over else self._in_lulls
        return [talk for talk, _lull in over]


def _event(to_write: bool) -> int:
    return select.POLLOUT if to_write else select.POLLIN


def _milliseconds(seconds: float) -> float:
    return min(max(seconds, 0.0), 60.0) * 1000
