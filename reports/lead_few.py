"""Leads that are few enough to be read all at once: those that a question means, those of a small segment."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from reports.lead_ranges import Asked, rest_of
from reports.lead_search import MATCHES, meant
from storage.schema import lead_segments, standings


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A lead's place in a list: its engagement (milli-points) and its number."""

    engagement: int
    lead_id: int


@dataclass(frozen=True, slots=True)
class Few:
    """Their places, in no order; a lead that the engine has not seen yet may be among them, without a score.

    `more`: a question so common that only some of those it means were looked at.
    """

    places: tuple[Place, ...]
    more: bool = False


def few(connection: Connection, asked: Asked) -> Few | None:
    """Whoever is asked for; None where the words and the segment do not make them few."""
    if asked.words:
        found = meant(connection, asked.words)
        lead_ids, more = found.lead_ids, found.more
    elif asked.segment is not None:
        inside = select(lead_segments.c.lead_id).where(lead_segments.c.segment == asked.segment)
        lead_ids, more = inside.limit(MATCHES + 1), False
    else:
        return None
    those = lead_ids.subquery("those")
    rest = and_(True, *rest_of(asked, "", those.c.lead_id)).label("asked")
    columns = those.c.lead_id, func.coalesce(standings.c.engagement, 0).label("engagement"), rest
    joined = those.outerjoin(standings, standings.c.lead_id == those.c.lead_id)
    rows = connection.execute(select(*columns).select_from(joined)).all()
    if len(rows) > MATCHES and not asked.words:
        return None
    places = tuple(Place(row.engagement, row.lead_id) for row in rows[:MATCHES] if row.asked)
    return Few(places, more or len(rows) > MATCHES)
