"""What every room is asked before a release replaces the one in force: what would it change for those you know?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from authoring.guard import Guard
from authoring.models.sequences import Sequence
from authoring.site import Site
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Question:
    """`former` is in force, `site` would be, under the number that it would get. `at_most`: so many leads are looked at
    one by one, for each thing that has to be worked out for each; of more, every so-manieth."""

    database: Database
    former: Site
    site: Site
    guard: Guard
    sequence: Callable[[str], Sequence]  # any version, by hash
    zone: str
    now: datetime
    at_most: int
    announce: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """How many were looked at one by one, of how many."""

    looked_at: int
    of: int

    @property
    def whole(self) -> bool:
        return self.looked_at == self.of

    def as_json(self) -> dict[str, int]:
        return {"looked_at": self.looked_at, "of": self.of}


def every(numbers: list[int], at_most: int) -> list[int]:
    """All of the numbers, or `at_most` of them, evenly spread."""
    if len(numbers) <= at_most:
        return numbers
    return [numbers[place * len(numbers) // at_most] for place in range(at_most)]
