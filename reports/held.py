"""Submissions that came over a limit and wait for somebody to look at them; read-only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from reports.messages import COUNTED, Count
from storage.schema import held_submissions, leads, submissions

LISTED = 100


@dataclass(frozen=True, slots=True)
class Held:
    """`who`: what was typed as name or address; `reason`: the kind of limit; `at`: machine."""

    submission_id: int
    lead_id: int
    who: str
    form: str
    reason: str
    at: datetime


def held(connection: Connection) -> tuple[Held, ...]:
    """The first that came, first; at most LISTED."""
    columns = (leads.c.email, leads.c.phone, submissions.c.form, held_submissions)
    joined = held_submissions.join(submissions, submissions.c.id == held_submissions.c.submission_id).join(
        leads, leads.c.id == held_submissions.c.lead_id
    )
    rows = select(*columns).select_from(joined).order_by(held_submissions.c.submission_id).limit(LISTED)
    return tuple(
        Held(row.submission_id, row.lead_id, row.email or row.phone or "", row.form, row.reason, row.at)
        for row in connection.execute(rows)
    )


def held_count(connection: Connection) -> Count:
    some = select(text("1")).select_from(held_submissions).limit(COUNTED + 1).subquery()
    number: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return Count(min(number, COUNTED), number > COUNTED)
