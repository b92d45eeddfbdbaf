"""What staff noted of budget, authority, need and timeline of leads; whom a lead stands for counts to it."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from leads.facts import Noted
from leads.groups import owners
from storage.schema import bant


def noted(conn: Connection, lead_ids: Collection[int]) -> dict[int, dict[str, Noted]]:
    """{each of these leads: {item: what was noted of it last}}."""
    found: dict[int, dict[str, Noted]] = {lead_id: {} for lead_id in lead_ids}
    whose = owners(conn, lead_ids)
    rows = select(bant).where(bant.c.lead_id.in_(sorted(whose))).order_by(bant.c.at, bant.c.lead_id)
    for row in conn.execute(rows):
        found[whose[row.lead_id]][row.item] = Noted(row.value, row.note, row.author, row.at)
    return found


def noted_of(conn: Connection, lead_id: int) -> dict[str, Noted]:
    """The same for one lead."""
    return noted(conn, [lead_id])[lead_id]


def values(known: Mapping[str, Noted]) -> dict[str, str]:
    """{item: what staff say of it}, as gates ask."""
    return {item: one.value for item, one in known.items()}
