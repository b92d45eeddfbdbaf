"""Who of sales is not there on which days: by the definitions, and as was noted since; what follows is routing's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from authoring.models.hand_off import HandOff
from base.clock import Moment
from leads.forgetting import Clerk, note
from storage.schema import absences

NOTED, TAKEN_BACK = "absence_noted", "absence_taken_back"  # what the audit chain calls it


@dataclass(frozen=True, slots=True)
class Away:
    """`first` and `last` included. `id`: None where the definitions say it, and only they can take it back."""

    rep: str
    first: date
    last: date
    id: int | None = None
    author: str = ""


def away_on(conn: Connection, chosen: HandOff, day: date) -> frozenset[str]:
    """The reps who are not there on that day of the site's."""
    return frozenset(one.rep for one in every(conn, chosen, day) if one.first <= day)


def every(conn: Connection, chosen: HandOff, since: date) -> list[Away]:
    """The absences that are not over on that day, in their order."""
    noted = select(absences).where(absences.c.last_day >= since)
    known = [*_written(chosen), *(_of(row) for row in conn.execute(noted))]
    return sorted((one for one in known if one.last >= since), key=lambda one: (one.first, one.rep, one.last))


def add(conn: Connection, rep: str, first: date, last: date, key: str, clerk: Clerk, now: Moment) -> int:
    """Note an absence, in the audit chain too; returns its number. Raises ValueError for days in the wrong order."""
    if last < first:
        raise ValueError(f"an absence ends on {last}, before it begins")
    row = insert(absences).values(rep=rep, first_day=first, last_day=last, author=clerk.by, at=now.machine)
    made: int = conn.execute(row.returning(absences.c.id)).scalar_one()
    days = {"first": first.isoformat(), "last": last.isoformat()}
    note(conn, key, NOTED, None, clerk, now, rep=rep, absence=made, **days)
    return made


def found(conn: Connection, absence_id: int) -> Away | None:
    """That absence, if it was noted and not taken back."""
    row = conn.execute(select(absences).where(absences.c.id == absence_id)).one_or_none()
    return None if row is None else _of(row)


def remove(conn: Connection, absence_id: int, key: str, clerk: Clerk, now: Moment) -> bool:
    """Take an absence back, in the audit chain too; returns whether it was there."""
    if not conn.execute(delete(absences).where(absences.c.id == absence_id)).rowcount:
        return False
    note(conn, key, TAKEN_BACK, None, clerk, now, absence=absence_id)
    return True


def _written(chosen: HandOff) -> Iterator[Away]:
    for rep in chosen.reps:
        for one in rep.away:
            yield Away(rep.id, date.fromisoformat(one.from_), date.fromisoformat(one.to))


def _of(row: Row[Any]) -> Away:
    return Away(row.rep, row.first_day, row.last_day, row.id, row.author)
