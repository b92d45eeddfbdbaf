"""Who came in some days, and how far each of them has come since: the same people at every step; read-only.

A lead is in one cohort for ever, that of the day on which it became known, however late it goes on, and nameless or
not. Bought contacts are in none. Leads who are one count once, from the day on which the first of them became known.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, literal, or_, select

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day
from leads.conditions import place
from leads.groups import owners
from reports.days import instants, month_of
from reports.tallies import Days
from storage.schema import enrolments, leads, stage_changes, wakes

_TOLD = (leads.c.id, leads.c.status, leads.c.created_at)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`source`, `page`: of the first touch, "" where nothing is known of it · `rank`: of the furthest stage they ever
    came to, 0 where they began · `sequences`: those they ever entered."""

    month: date
    source: str
    page: str
    rank: int
    sequences: frozenset[str]


def newcomers(connection: Connection, definitions: Definitions, days: Days, zone: Zone) -> list[Newcomer]:
    """Those who became known in these days, with everything that has become of them up to now."""
    page = leads.c.first_touch["page"].as_string().label("page")
    rows = came(connection, days, zone, leads.c.source, page)
    ranks, entered = furthest(connection, rows, definitions), _entered(connection, rows)
    return [
        Newcomer(
            month_of(local_day(since, zone)),
            row.source or "",
            row.page or "",
            ranks.get(lead_id, 0),
            frozenset(entered.get(lead_id, ())),
        )
        for lead_id, (since, (row, *_)) in rows.items()
    ]


def came(connection: Connection, days: Days, zone: Zone, *columns: Any) -> dict[int, tuple[datetime, list[Any]]]:
    """{lead who became known in these days: (when, rows with these `columns`)}; of leads who are one, the one that goes
    on. Its own row is the first, then come those of whoever is one with it, the oldest first.
    """
    rows = connection.execute(select(*_TOLD, *columns).where(alone(days, zone)))
    found: dict[int, tuple[datetime, list[Any]]] = {row.id: (row.created_at, [row]) for row in rows}
    for some in together(connection, days, zone, *columns):
        found |= some
    return found


def alone(days: Days, zone: Zone) -> ColumnElement[bool]:
    """Condition on `leads`: became known in these days, and is one with nobody."""
    joined, taken_in = wakes.alias(), wakes.alias()
    goes_on = exists(literal(1)).where(joined.c.lead_id == leads.c.id, joined.c.survivor_id.is_not(None))
    stands = exists(literal(1)).where(taken_in.c.survivor_id == leads.c.id)
    return and_(_within(leads.c.created_at, days, zone), leads.c.status == "lead", ~goes_on, ~stands)


def together(
    connection: Connection, days: Days, zone: Zone, *columns: Any
) -> Iterator[dict[int, tuple[datetime, list[Any]]]]:
    """Those of `came` who are one with others, a portion at a time."""
    start, end = instants(days, zone)
    for some in _survivors(connection, days, zone):
        found = {}
        for lead_id, those in _rows_of(connection, some, columns).items():
            since = min(row.created_at for row in those)
            if start <= since < end and any(row.status == "lead" for row in those):
                found[lead_id] = (since, sorted(those, key=lambda row: (row.id != lead_id, row.created_at, row.id)))
        yield found


def _survivors(connection: Connection, days: Days, zone: Zone, size: int = 500) -> Iterator[Sequence[int]]:
    """Who goes on for themselves and others, one of whom came in these days; as many as one statement asks about."""
    own, theirs, last = leads.alias(), leads.alias(), 0
    pointer = wakes.c.survivor_id
    one_of_them = or_(_within(own.c.created_at, days, zone), _within(theirs.c.created_at, days, zone))
    both = wakes.join(own, own.c.id == pointer).join(theirs, theirs.c.id == wakes.c.lead_id)
    asked = select(pointer).distinct().select_from(both).where(one_of_them).order_by(pointer).limit(size)
    while some := connection.scalars(asked.where(pointer > last)).all():
        yield some
        last = some[-1]


def _rows_of(connection: Connection, lead_ids: Sequence[int], columns: Sequence[Any]) -> dict[int, list[Any]]:
    """{lead: the rows of all that are one with it, its own among them}."""
    whose, rows = owners(connection, lead_ids), dict[int, list[Any]]()
    for row in connection.execute(select(*_TOLD, *columns).where(leads.c.id.in_(whose))):
        rows.setdefault(whose[row.id], []).append(row)
    return rows


def _within(at: ColumnElement[datetime], days: Days, zone: Zone) -> ColumnElement[bool]:
    start, end = instants(days, zone)
    return and_(at >= start, at < end)


def as_far(those: Iterable[Newcomer], rank: int) -> int:
    """How many of them came to the stage of that rank, or passed it over."""
    return sum(one.rank >= rank for one in those)


def grouped(those: Sequence[Newcomer], names: Callable[[Newcomer], Iterable[str]]) -> list[tuple[str, list[Newcomer]]]:
    """[(name, who has it)], the most first; somebody with two names is in both."""
    found: dict[str, list[Newcomer]] = {}
    for one in those:
        for name in names(one):
            found.setdefault(name, []).append(one)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def furthest(connection: Connection, lead_ids: Collection[int], definitions: Definitions) -> dict[int, int]:
    """{lead: the rank of the furthest stage they ever came to, under whichever of their addresses}."""
    found: dict[int, int] = {}
    for some in portions(lead_ids):
        whose = owners(connection, some)
        moved = select(stage_changes.c.lead_id, stage_changes.c.to_stage).where(stage_changes.c.lead_id.in_(whose))
        for row in connection.execute(moved):
            lead_id = whose[row.lead_id]
            found[lead_id] = max(found.get(lead_id, 0), place(definitions, row.to_stage))
    return found


def _entered(connection: Connection, lead_ids: Collection[int]) -> dict[int, set[str]]:
    """{lead: the sequences that they entered}."""
    found: dict[int, set[str]] = {}
    for some in portions(lead_ids):
        whose = owners(connection, some)
        began = select(enrolments.c.lead_id, enrolments.c.sequence).where(enrolments.c.lead_id.in_(whose)).distinct()
        for row in connection.execute(began):
            found.setdefault(whose[row.lead_id], set()).add(row.sequence)
    return found


def portions(lead_ids: Iterable[int], size: int = 500) -> Iterable[list[int]]:
    """As many as one statement asks about, in order."""
    listed = sorted(lead_ids)
    return (listed[start : start + size] for start in range(0, len(listed), size))
