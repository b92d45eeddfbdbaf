"""What a sender has in hand: taken from the table by the batch, given to its lines one by one, and one to go behind.

A server may be long about a letter: what was to go behind it is then taken over by a line that has nothing to do.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from base.clock import elapsed
from emails.claiming import InHand
from emails.courier import Ready

LULL_SECONDS = 0.2  # between two looks for work while a line is busy, and until what waits behind it is taken over


@dataclass(frozen=True, slots=True)
class _Behind:
    ready: Ready
    since: float = field(default_factory=elapsed)


class Hand:
    """Safe to share between lines. `take` gives the next batch: empty when it went elsewhere, None when nothing is due.

    `more`: the table may have more right now.
    """

    def __init__(self, take: Callable[[], list[InHand] | None]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._waiting: deque[InHand] = deque()
        self._behind: dict[int, _Behind] = {}
        self._busy = 0
        self._look_at = 0.0
        self.more = False
        self.handled = 0

    def __bool__(self) -> bool:
        """Somebody may still have something to do, now or when a line gives something back."""
        return bool(self._waiting or self._busy or self.more)

    def begin(self) -> None:
        """A new round: nothing was handled yet, and the table is looked at."""
        self.handled, self.more, self._look_at = 0, False, 0.0

    def next(self, behind: bool = False) -> InHand | None:
        """The next message; None when there is none now. `behind` another letter goes only what nobody waits for."""
        with self._lock:
            if not self._waiting and elapsed() >= self._look_at:
                taken = self._take()
                self.more = taken is not None
                self._waiting.extend(taken or ())
                self._look_at = 0.0 if self.more else elapsed() + LULL_SECONDS
            if not self._waiting or (behind and self._waiting[0].message.klass != "marketing"):
                return None
            self._busy += 1
            return self._waiting.popleft()

    def put_behind(self, line: int, ready: Ready) -> None:
        """`ready` is what `line` comes to after the letter that it gives now."""
        with self._lock:
            self._behind[line] = _Behind(ready)

    def take_behind(self, line: int) -> Ready | None:
        """What `line` comes to now; None when there is nothing, or another line has taken it over."""
        with self._lock:
            found = self._behind.pop(line, None)
            return found.ready if found else None

    def take_over(self) -> Ready | None:
        """What has waited behind the letter of some line for too long."""
        with self._lock:
            for line, behind in self._behind.items():
                if elapsed() - behind.since >= LULL_SECONDS:
                    return self._behind.pop(line).ready
            return None

    def done(self) -> None:
        """A message that was handed out has come to its end, or to its next try."""
        with self._lock:
            self._busy -= 1
            self.handled += 1

    def give_back(self, one: InHand) -> None:
        """A message that was handed out was not begun."""
        with self._lock:
            self._busy -= 1
            self._waiting.appendleft(one)

    def empty(self) -> list[InHand]:
        """Everything that nobody came to."""
        with self._lock:
            left, self._waiting = list(self._waiting), deque()
            return left
