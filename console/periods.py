"""The period of a report: the last 7, 30 or 90 days of the site's calendar, chosen in the address."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, request, url_for

from base.calendars import local_day
from console.context import day, number, percent, say, viewer
from reports.shares import ENOUGH
from reports.tallies import Days

CHOICES = (7, 30, 90)
USUAL = 30
MOST = 10  # times as many as before: the house was not the same then


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the periods, with the address of the same page over it."""

    count: int
    address: str
    chosen: bool


def today() -> date:
    """The site's day, on the house's calendar."""
    return local_day(g.moment.calendar, viewer().zone)


def chosen_days() -> Days:
    """The days asked for in the address; 30 where it asks for no period that is offered."""
    asked = request.args.get("days", USUAL, type=int)
    return Days.up_to(today(), asked if asked in CHOICES else USUAL)


def choices(endpoint: str, days: Days, **arguments: Any) -> Iterator[Choice]:
    for count in CHOICES:
        yield Choice(count, url_for(f"console.{endpoint}", days=count, **arguments), count == days.count)


def span_of(days: Days) -> str:
    """`6 Aug – 3 Nov 2026`."""
    return say("%(first)s – %(last)s", first=day(days.first, "brief"), last=day(days.last))


@dataclass(frozen=True, slots=True)
class Movement:
    """How a figure moved against the period before; `kind` is up, down or "" (too little to tell)."""

    text: str
    kind: str = ""


def movement(now: int, before: int) -> Movement:
    """`▲ 18 %`; against too few there is nothing to compare."""
    if before < ENOUGH or now > MOST * before:
        return Movement("")
    if now == before:
        return Movement(say("as before"))
    sign = "▲" if now > before else "▼"
    return Movement(f"{sign}\u00a0{percent(abs(now - before), before)}", "up" if now > before else "down")


def points_moved(now: tuple[int, int], before: tuple[int, int]) -> Movement:
    """How a share moved, in points; both as part and whole, of enough to tell."""
    if min(now[1], before[1]) < ENOUGH:
        return Movement("")
    moved = round(100 * (now[0] / now[1] - before[0] / before[1]), 1)
    if not moved:
        return Movement(say("as before"))
    words = say("%(points)s pt", points=number(abs(moved)))
    return Movement(f"{'▲' if moved > 0 else '▼'}\u00a0{words}", "up" if moved > 0 else "down")
