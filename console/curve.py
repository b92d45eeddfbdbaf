"""Engagement over time as a drawing: what it was, what it becomes if nothing more happens, where the thresholds are.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from authoring.models.definitions import Definitions
from leads.facts import Buckets
from leads.points import MILLI, engagement

BACK, AHEAD = 120, 60  # days shown at most
STEPS = 40  # points of the line besides the days on which something happened
LEFT, RIGHT, TOP, BOTTOM = 24.0, 312.0, 14.0, 128.0  # of a drawing 320 wide and 156 high
MARKS = 4  # days named below


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    day: date


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold: where it lies, what it is in points; `name_y` is where its name is in nobody's way."""

    y: float
    points: int
    name_y: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Paths of an SVG of 320 by 156: `past` with the `area` under it, `ahead` dashed; `at` is today."""

    past: str
    area: str
    ahead: str
    at: tuple[float, float]
    milli: int
    zero: float
    levels: tuple[Level, ...]
    marks: tuple[Mark, ...]


def curve(buckets: Buckets, definitions: Definitions, today: date, levels: Iterable[int]) -> Curve | None:
    """The drawing at `today`; None while nothing was earned. `levels` are thresholds in points."""
    earned = sorted(
        {date.fromisoformat(day) for rule in definitions.scoring.engagement for day in buckets.get(rule.id, {})}
    )
    earned = [day for day in earned if day <= today]
    if not earned:
        return None
    first = max(earned[0] - timedelta(days=3), today - timedelta(days=BACK))
    last = today + timedelta(days=max(14, min(AHEAD, (today - first).days)))
    then = [(day, _at(buckets, definitions, day)) for day in _days(first, today, earned[-STEPS:])]
    later = [(day, engagement(buckets, definitions, day)) for day in _days(today, last, [])]
    wanted = [level for level in levels]
    high = max([MILLI, *(milli for _, milli in then), *(level * MILLI for level in wanted)]) * 1.08

    def x(day: date) -> float:
        return LEFT + (day - first).days / max((last - first).days, 1) * (RIGHT - LEFT)

    def y(milli: float) -> float:
        return BOTTOM - max(milli, 0) / high * (BOTTOM - TOP)

    past = "M" + "L".join(f"{x(day):.1f} {y(milli):.1f}" for day, milli in then)
    return Curve(
        past=past,
        area=f"{past}V{BOTTOM:.1f}H{x(then[0][0]):.1f}Z",
        ahead="M" + "L".join(f"{x(day):.1f} {y(milli):.1f}" for day, milli in later),
        at=(round(x(today), 1), round(y(then[-1][1]), 1)),
        milli=then[-1][1],
        zero=BOTTOM,
        levels=tuple(_level(level, y(level * MILLI), later[-1][1]) for level in wanted),
        marks=tuple(Mark(round(x(day), 1), day) for day in _spread(first, last)),
    )


def _level(points: int, y: float, at_the_end: int) -> Level:
    """Its name stands at the end of the drawing: above the line, or below it where the curve is above."""
    return Level(round(y, 1), points, round(y + (14 if at_the_end > points * MILLI else -5), 1))


def _at(buckets: Buckets, definitions: Definitions, day: date) -> int:
    """The engagement on that day, as it was: of what was earned until then."""
    until = day.isoformat()
    known = {rule: {at: milli for at, milli in days.items() if at <= until} for rule, days in buckets.items()}
    return engagement(known, definitions, day)


def _days(first: date, last: date, events: Iterable[date]) -> list[date]:
    """Both ends, days spread evenly, and each day of an event with the one before it, where the line rises."""
    span = (last - first).days
    even = {first + timedelta(days=span * step // STEPS) for step in range(STEPS + 1)}
    rises = {day for event in events for day in (event - timedelta(days=1), event)}
    return sorted({first, last, *even, *(day for day in rises if first <= day <= last)})


def _spread(first: date, last: date) -> list[date]:
    span = (last - first).days
    return [first + timedelta(days=span * (2 * step + 1) // (2 * MARKS)) for step in range(MARKS)]
