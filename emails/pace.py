"""So many a second, so many an hour: a small store of permissions that fills evenly.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

HOUR = timedelta(hours=1)


class Paced(Protocol):
    """What is asked of a pace, whoever keeps it (`emails.paces` keeps one for several processes)."""

    @property
    def each(self) -> timedelta: ...

    def take(self, now: datetime) -> bool: ...

    def next_at(self, now: datetime) -> datetime: ...


@dataclass(slots=True)
class Pace:
    """`each`: between two permissions · `most`: how many may be used at once after a lull.

    The generic cell rate algorithm: `full_at` is when the store would be full again if nobody took anything.
    """

    each: timedelta
    most: int
    full_at: datetime | None = None

    @classmethod
    def hourly(cls, count: int) -> Self:
        """Never more than `count` in any hour: a tenth at once, the rest evenly."""
        most = max(1, count // 10)
        return cls(HOUR / (count - most + 1) + timedelta(microseconds=1), most)

    @classmethod
    def secondly(cls, count: float) -> Self:
        """So many a second, give or take one."""
        return cls(timedelta(seconds=1 / count), 1)

    def take(self, now: datetime) -> bool:
        """Use one permission; False when there is none yet."""
        if self.next_at(now) > now:
            return False
        self.full_at = max(self.full_at or now, now) + self.each
        return True

    def next_at(self, now: datetime) -> datetime:
        """When the next permission is there; `now` or earlier: it is."""
        return now if self.full_at is None else self.full_at - self.each * (self.most - 1)
