"""Who came in some days, and how far each of them has come since: the same people at every step; read-only.

A lead is in one cohort for ever, that of the day on which it became known, however late it goes on, and nameless or
not. Bought contacts are in none. Leads who are one count once, from the day on which the first of them became known.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, case, exists, literal, or_, select

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day
from leads.conditions import place
from leads.groups import owners
from reports.days import instants, month_of
from reports.tallies import Days
from storage.schema import enrolments, leads, stage_changes, wakes


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
    start, end = instants(days, zone)
    told = (leads.c.id, leads.c.status, leads.c.created_at, *columns)
    taken_in = wakes.alias()
    goes_on = case(
        (wakes.c.survivor_id.is_not(None), wakes.c.survivor_id),
        (exists(literal(1)).where(taken_in.c.survivor_id == leads.c.id), leads.c.id),
    )  # of whoever is one with others
    asked = select(*told, goes_on.label("goes_on")).outerjoin(wakes, wakes.c.lead_id == leads.c.id)
    within = and_(leads.c.created_at >= start, leads.c.created_at < end)
    rows = connection.execute(asked.where(within, or_(leads.c.status == "lead", goes_on.is_not(None)))).all()
    found = {row.id: (row.created_at, [row]) for row in rows if row.goes_on is None}
    for lead_id, those in _together(connection, {row.goes_on for row in rows} - {None}, told):
        since = min(row.created_at for row in those)
        if start <= since < end and any(row.status == "lead" for row in those):
            found[lead_id] = (since, sorted(those, key=lambda row: (row.id != lead_id, row.created_at, row.id)))
    return found


def _together(connection: Connection, lead_ids: Iterable[int], columns: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """(lead, the rows of all that are one with it, its own among them)."""
    for some in portions(lead_ids):
        whose = owners(connection, some)
        rows: dict[int, list[Any]] = {}
        for row in connection.execute(select(*columns).where(leads.c.id.in_(whose))):
            rows.setdefault(whose[row.id], []).append(row)
        yield from rows.items()


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
