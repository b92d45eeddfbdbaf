"""What this process knows about the servers behind recipient domains: who is slow, who turns us away, who has enough.

One that is slow or turns us away costs no other a line: it gets fewer, or rests. No network, no database; `now` is the
machine's. What rests is kept for everybody by `emails.obstacles`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from base.clock import elapsed
from base.mail_settings import Limit
from emails.pace import Pace, Paced
from storage.claims import RETRY_AFTER

SLOW_SECONDS = 1.0  # a letter that takes longer makes its domain a slow one
PUT_OFFS = 5  # letters, none accepted in between, until the whole domain rests
STRANGERS = 3  # as many domains that refuse us by policy within WITHIN: then it is about us, not about them
WITHIN = timedelta(minutes=10)
LONGEST_REST = timedelta(hours=1)
REMEMBERED = 10_000  # domains; those without work are forgotten first


@dataclass(frozen=True, slots=True)
class Rest:
    """Mail for `domain` waits until `until`. `faults`: rests in a row."""

    domain: str
    since: datetime
    until: datetime
    reason: str
    faults: int


@dataclass(slots=True)
class _Known:
    under_way: list[float] = field(default_factory=list)  # when each letter to it began (elapsed)
    took: float | None = None  # seconds, the last one
    put_offs: set[int] = field(default_factory=set)  # letters that were asked to come again, none accepted since
    faults: int = 0
    rest: Rest | None = None
    pace: Paced | None = None


def domain_of(address: str) -> str:
    """The part behind the @, in small letters."""
    return address.rpartition("@")[2].lower()


class Domains:
    """Shared by all lines of a sender. `hourly` makes the pace of a domain that gets so many an hour."""

    def __init__(
        self,
        lines: int,
        limits: Mapping[str, Limit],
        default: Limit,
        hourly: Callable[[str, int], Paced] = lambda domain, count: Pace.hourly(count),
    ) -> None:
        self._lines, self._limits, self._default, self._hourly = lines, limits, default, hourly
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._at_work: dict[str, _Known] = {}
        self._policies: list[tuple[datetime, str]] = []
        self._senders = 0  # refusals of who writes, in a row
        self._news: dict[str, Rest | None] = {}

    # ---------------------------------------------------------------- who may have a line

    def begin(self, domain: str, now: datetime) -> bool:
        """Take a line for a letter to `domain`; False when it has as many as it may. `end` gives it back."""
        with self._lock:
            known, limit = self._of(domain), self._limit(domain)
            if not self._has_room(known, limit) or not self._permits(domain, known, limit, now):
                return False
            self._take_line(domain, known)
            return True

    def follow(self, domain: str, now: datetime) -> bool:
        """May a letter to `domain` be offered behind another on the same line? Not to one that is slow, and of one that
        nobody knows yet only the first."""
        with self._lock:
            known = self._of(domain)
            if self._is_slow(known) or (known.took is None and known.under_way):
                return False
            return self._permits(domain, known, self._limit(domain), now)

    def take_line(self, domain: str) -> None:
        """The turn of a letter that followed has come."""
        with self._lock:
            self._take_line(domain, self._of(domain))

    def end(self, domain: str, judged: bool = True) -> None:
        """A letter to `domain` is through; `judged`: it tells how quick the domain is."""
        with self._lock:
            known = self._at_work[domain]
            began = known.under_way.pop(0)
            known.took = elapsed() - began if judged else known.took
            if not known.under_way:
                del self._at_work[domain]

    def _take_line(self, domain: str, known: _Known) -> None:
        known.under_way.append(elapsed())
        self._at_work[domain] = known

    def _permits(self, domain: str, known: _Known, limit: Limit, now: datetime) -> bool:
        if known.pace is None and limit.per_hour is not None:
            known.pace = self._hourly(domain, limit.per_hour)
        return known.pace is None or known.pace.take(now)

    def ready_at(self, domain: str, now: datetime) -> datetime:
        """When a letter that finds no room is worth another look."""
        with self._lock:
            known = self._of(domain)
            if known.pace is not None and (at := known.pace.next_at(now)) > now:
                return at
            return now + timedelta(seconds=max(1.0, known.took or SLOW_SECONDS))

    def each(self, domain: str) -> timedelta:
        """How long one letter of many to `domain` takes, as it goes now."""
        with self._lock:
            known = self._of(domain)
            if known.pace is not None:
                return known.pace.each
            return timedelta(seconds=(known.took or SLOW_SECONDS) / self._lines)

    def _has_room(self, known: _Known, limit: Limit) -> bool:
        """One line at least is left to others by whoever is not known to be quick, and by all the slow together."""
        but_one = max(1, self._lines - 1)
        quick = known.took is not None and not self._is_slow(known)
        most = limit.connections or (self._lines if quick else but_one)
        if len(known.under_way) >= min(most, self._lines):
            return False
        if not self._is_slow(known):
            return True
        return sum(len(one.under_way) for one in self._at_work.values() if self._is_slow(one)) < but_one

    def _is_slow(self, known: _Known) -> bool:
        if known.under_way and elapsed() - known.under_way[0] > SLOW_SECONDS:
            return True
        return known.took is not None and known.took > SLOW_SECONDS

    # ---------------------------------------------------------------- who turns us away

    def accepted(self, domain: str) -> None:
        """It took a letter: all is well again."""
        with self._lock:
            self._policies.clear()
            self._senders = 0
            known = self._of(domain)
            if known.rest is not None:
                self._news[domain] = None
            known.faults, known.rest = 0, None
            known.put_offs.clear()

    def put_off(self, domain: str, letter: int, reason: str, now: datetime) -> None:
        """It asked one letter to come again; when so many were asked, it rests."""
        with self._lock:
            known = self._of(domain)
            known.put_offs.add(letter)
            if len(known.put_offs) >= PUT_OFFS or known.faults:
                known.put_offs.clear()
                self._rest(domain, known, reason, now)

    def turned_away(self, domain: str, reason: str, now: datetime) -> tuple[datetime, bool]:
        """It refuses us by its policy: it rests, until the moment given back. True: so did several others just now."""
        with self._lock:
            self._policies = [one for one in self._policies if now - one[0] < WITHIN]
            self._policies.append((now, domain))
            rest = self._rest(domain, self._of(domain), reason, now)
            return rest.until, len({name for _, name in self._policies}) >= STRANGERS

    def sender_refused(self) -> bool:
        """Who writes was refused. True: so often in a row that it is about all of us."""
        with self._lock:
            self._senders += 1
            return self._senders >= STRANGERS

    def rests_until(self, domain: str, now: datetime) -> datetime | None:
        """None: it does not rest."""
        with self._lock:
            known = self._known.get(domain)
            rest = known.rest if known is not None else None
            return rest.until if rest is not None and rest.until > now else None

    def news(self) -> dict[str, Rest | None]:
        """What changed since this was asked last; None = rests no more."""
        with self._lock:
            news, self._news = self._news, {}
            return news

    def put_back(self, news: Mapping[str, Rest | None]) -> None:
        """They could not be told; what happened since is newer."""
        with self._lock:
            self._news = {**news, **self._news}

    def _rest(self, domain: str, known: _Known, reason: str, now: datetime) -> Rest:
        """As long as a mail would wait, up to an hour. Letters that were under way meanwhile make it no longer."""
        if known.rest is not None and known.rest.until > now:
            return known.rest
        since = known.rest.since if known.rest is not None else now
        known.faults += 1
        pause = min(RETRY_AFTER[min(known.faults, len(RETRY_AFTER)) - 1], LONGEST_REST)
        known.rest = self._news[domain] = Rest(domain, since, now + pause, reason, known.faults)
        return known.rest

    # ---------------------------------------------------------------- what is known

    def _of(self, domain: str) -> _Known:
        known = self._known.setdefault(domain, _Known())
        self._known.move_to_end(domain)
        if len(self._known) > REMEMBERED:
            idle = [name for name, one in self._known.items() if not (one.under_way or one.rest or one.pace)]
            for name in idle[: REMEMBERED // 10]:
                if name != domain:
                    del self._known[name]
        return known

    def _limit(self, domain: str) -> Limit:
        return self._limits.get(domain, self._default)
