"""Durations as marketers write them: a count and a unit; what a unit means on a calendar is left to calendars.

Pure: no database, no clock, no network.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

Unit = Literal["minute", "hour", "day", "business day", "week", "month"]

_WRITTEN = re.compile(r"(-?[0-9]{1,9}) (minute|hour|day|business day|week|month)s?")
_LONGEST: dict[Unit, int] = {  # a hundred years: farther is a slip of the pen, and no calendar goes much farther
    "minute": 52_596_000,
    "hour": 876_600,
    "day": 36_525,
    "business day": 26_089,
    "week": 5_218,
    "month": 1_200,
}


@dataclass(frozen=True, slots=True)
class Duration:
    """`count` may be negative: before instead of after."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("" if abs(self.count) == 1 else "s")

    def __neg__(self) -> "Duration":
        return Duration(-self.count, self.unit)


def parse_duration(text: str) -> Duration:
    """Read `"2 days"`, `"36 hours"`, `"3 business days"`, `"-1 week"`. Raises ValueError with a sentence."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text!r} is not a duration: write a whole number and a unit, such as '2 days' or '36 hours'")
    duration = Duration(int(written[1]), cast(Unit, written[2]))
    if abs(duration.count) > _LONGEST[duration.unit]:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return duration
