"""Engagement as it is on a day, faded since the engine last wrote it; what lists show of each lead, read-only.

What is stored is right about every threshold of the definitions, and to the whole point once `leads.recounting` has
counted a new day; what is left to the last milli-point is worked out here.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection

from authoring.models.definitions import Definitions
from leads import standings
from leads.points import engagement


def faded(conn: Connection, lead_ids: Collection[int], definitions: Definitions, day: date) -> dict[int, int]:
    """{lead: milli-points on that day}; a lead that the engine has not seen has none."""
    if not lead_ids:
        return {}
    stood = standings.load(conn, lead_ids)
    return {lead_id: engagement(one.buckets, definitions, day) for lead_id, one in stood.items()}
