"""What a sender has in hand: taken from the table by the batch, given to its lines one by one, and one to go behind.

A server may be long about a letter: what was to go behind it is then taken over by a line that has nothing to do. The
next one is the first whose domain may have a line: who is slow, or has limits, keeps nobody else waiting.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from base.clock import Clock, elapsed
from emails.claiming import InHand
from emails.courier import Ready
from emails.domains import Domains, domain_of
from emails.pace import Paced
from emails.talks import Errands, Lull
from storage.trouble import StorageUnavailable

Take = Callable[[], list[InHand] | None]
FULL = 3  # batches in hand, of which none may have a line, until they step back for others
AHEAD = 4  # the next batch is taken while this part of the one before is left: it takes as long as those take to leave
SOON = timedelta(seconds=2)  # a permission that is further away is not waited for with letters in hand
LULL_SECONDS = 0.2  # between two looks for work while a line is busy, and until what waits behind it is taken over

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Behind:
    ready: Ready
    since: float = field(default_factory=elapsed)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds a letter back although it is due: the pace of the mail server, the room of its domain.

    `aside` is told of a letter that steps back for others, and when to look again.
    """

    lines: int
    domains: Domains
    paces: Sequence[Paced]
    machine: Clock
    aside: Callable[[InHand, datetime], None]

    def wait(self) -> timedelta:
        """Until the mail server may be given the next letter."""
        now = self.machine()
        return max((timedelta(0), *(pace.next_at(now) - now for pace in self.paces)))


class Hand:
    """Safe to share between lines. `take` gives the next batch: empty when it went elsewhere, None when nothing is due;
    it is called from any thread, one at a time.

    `more`: the table may have more right now.
    """

    def __init__(self, take: Take, batch: int, bounds: Bounds, errands: Errands) -> None:
        self._take, self._batch, self._bounds, self._errands = take, batch, bounds, errands
        self._lock = threading.Lock()
        self._waiting: deque[InHand] = deque()
        self._behind: dict[int, _Behind] = {}
        self._coming: Future[list[InHand] | None] | None = None  # the next batch, on its way
        self._busy = 0
        self._look_at = 0.0
        self.more = False
        self.handled = self.ends = 0  # `ends`: of letters, ever

    def __bool__(self) -> bool:
        """Somebody may still have something to do, now or when a line gives something back."""
        return bool(self._waiting or self._busy or self.more)

    @property
    def is_held(self) -> bool:
        """Nothing may leave now, nor soon."""
        return self._bounds.wait() > SOON

    def rest(self, ends: int) -> Lull:
        """Until another look is worth it: a lull, or a letter has come to its end since `ends` was read."""
        return Lull(elapsed() + self.lull(), lambda: self.ends != ends)

    def lull(self) -> float:
        """Seconds until there may be something new although nothing came to its end."""
        if wait := self._bounds.wait().total_seconds():
            return min(wait, LULL_SECONDS)
        return 0 if self.more and not self._waiting else LULL_SECONDS

    def begin(self) -> None:
        """A new round: nothing was handled yet, and the table is looked at."""
        self.handled, self.more, self._look_at = 0, False, 0.0

    def next(self, behind: bool = False) -> InHand | None:
        """The next message; None when there is none now. `behind` another letter goes only what nobody waits for, and
        it has no line of its own before `take_behind`."""
        with self._lock:
            if self._bounds.wait():
                return None
            one = self._draw(behind)
            if one is None and elapsed() >= self._look_at and not (behind and self._waiting):
                if self._waiting and (not self._busy or len(self._waiting) >= FULL * self._batch):
                    self._step_back()
                taken = self._next_batch()
                self.more = taken is not None
                self._receive(taken or ())
                self._look_at = 0.0 if self.more else elapsed() + LULL_SECONDS
                one = self._draw(behind)
            self._look_ahead()
            self._busy += one is not None
            return one

    def _receive(self, taken: Sequence[InHand]) -> None:
        """What somebody waits for leaves before the marketing of an earlier batch; else each in its turn."""
        self._waiting = deque(sorted((*self._waiting, *taken), key=lambda one: one.message.klass == "marketing"))

    def _look_ahead(self) -> None:
        if self.more and self._coming is None and len(self._waiting) <= self._batch // AHEAD:
            self._coming = self._errands.send(self._take)

    def _next_batch(self) -> list[InHand] | None:
        """What was taken ahead; where that was nothing, what is due by now."""
        coming, self._coming = self._coming, None
        return (coming.result() if coming else None) or self._take()

    def _draw(self, behind: bool) -> InHand | None:
        """The first whose domain may have a line."""
        domains, now = self._bounds.domains, self._bounds.machine()
        for place, one in enumerate(self._waiting):
            if behind and one.message.klass != "marketing":
                return None
            domain = domain_of(one.message.recipient)
            if domains.follow(domain, now) if behind else domains.begin(domain, now):
                if not self._permitted(domain, behind, now):
                    return None
                del self._waiting[place]
                return one
        return None

    def _permitted(self, domain: str, behind: bool, now: datetime) -> bool:
        """The mail server may be given one more; else the line that was taken for it is given back."""
        granted = False
        try:
            granted = all(pace.take(now) for pace in self._bounds.paces)
        finally:
            if not granted and not behind:
                self._bounds.domains.end(domain, judged=False)
        return granted

    def _step_back(self) -> None:
        """Who finds no line waits in the table, but for a few who follow at once."""
        now, kept, staying = self._bounds.machine(), Counter[str](), deque[InHand]()
        for one in self._waiting:
            domain = domain_of(one.message.recipient)
            at = self._bounds.domains.ready_at(domain, now)
            if at - now <= SOON and kept[domain] < self._bounds.lines:
                kept[domain] += 1
                staying.append(one)
            else:
                self._bounds.aside(one, at)
        self._waiting = staying

    def put_behind(self, line: int, ready: Ready) -> None:
        """`ready` is what `line` comes to after the letter that it gives now."""
        with self._lock:
            self._behind[line] = _Behind(ready)

    def take_behind(self, line: int) -> Ready | None:
        """What `line` comes to now; None when there is nothing, or another line has taken it over."""
        with self._lock:
            found = self._behind.pop(line, None)
            return self._begun(found.ready) if found else None

    def take_over(self) -> Ready | None:
        """What has waited behind the letter of some line for too long."""
        with self._lock:
            for line, behind in self._behind.items():
                if elapsed() - behind.since >= LULL_SECONDS:
                    return self._begun(self._behind.pop(line).ready)
            return None

    def _begun(self, ready: Ready) -> Ready:
        self._bounds.domains.take_line(domain_of(ready.one.message.recipient))
        return ready

    def done(self, one: InHand, had_line: bool = True) -> None:
        """A message that was handed out has come to its end, or to its next try."""
        with self._lock:
            self.handled += 1
            if had_line:
                self._bounds.domains.end(domain_of(one.message.recipient))
            self._end()

    def give_back(self, one: InHand) -> None:
        """A message that was handed out was not begun."""
        with self._lock:
            self._bounds.domains.end(domain_of(one.message.recipient), judged=False)
            self._waiting.appendleft(one)
            self._end()

    def _end(self) -> None:
        self._busy -= 1
        self.ends += 1

    def empty(self) -> list[InHand]:
        """Everything that nobody came to, the batch that was taken ahead included."""
        with self._lock:
            coming, self._coming = self._coming, None
            left, self._waiting = list(self._waiting), deque()
            try:
                left += (coming.result() if coming else None) or ()
            except StorageUnavailable:
                pass  # then it was given back already
            except Exception:  # so it was, too: what is in hand beside it must not be lost
                log.exception("the batch that was taken ahead met a fault")
            return left
