"""Coming into a segment and leaving it, as events: told once for each change, and never round in circles at once.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leads.facts import Event, Standing

ENTERED, LEFT = "segment_entered", "segment_left"
CHAIN = 20  # changes of segment that lead to one another: more within REST is a circle of rules
REST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Passage:
    """A change of segment. `chain`: the how manyth it is of those that led to one another within REST."""

    event: str
    segment: str
    chain: int

    @property
    def circles(self) -> bool:
        return self.chain >= CHAIN

    @property
    def data(self) -> dict[str, Any]:
        return {"chain": self.chain}

    def due_at(self, now: datetime) -> datetime:
        """When the lead is to take it in: at once, or a while later where rules seem to go in a circle."""
        return now + REST if self.circles else now


def passages(before: Standing, after: Standing, chain: int) -> Iterator[Passage]:
    """What changed between two standings, the segments left first; `chain` is the place of the changes in theirs."""
    yield from (Passage(LEFT, name, chain) for name in before.segments if name not in after.segments)
    yield from (Passage(ENTERED, name, chain) for name in after.segments if name not in before.segments)


def next_in_chain(taken_in: Sequence[Event], now: datetime) -> int:
    """The place of a change that these events lead to: 1, or one more than the changes among them."""
    return 1 + max(_places(taken_in, now), default=0)


def _places(taken_in: Iterable[Event], now: datetime) -> Iterator[int]:
    for event in taken_in:
        if event.name in (ENTERED, LEFT) and now - event.at < REST:
            yield int(event.data.get("chain", 0))
