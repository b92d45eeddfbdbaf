"""Who comes to sales next: leads just below the score from which they are handed over; read-only.

`owners` are the reps whose leads are meant, None among them for nobody's; one range of one index is read per owner.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select

from authoring.models.definitions import Definitions
from leads import standings
from leads.facts import Lead
from leads.identity import load_leads
from leads.points import engagement
from storage.schema import leads
from storage.schema import standings as stood

SHOWN = 4
LOOKED_AT = 40  # leads of an owner, the readiest first


@dataclass(frozen=True, slots=True)
class Handing:
    """What a lead must reach to be handed over, in milli-points, and the stages from which it does."""

    engagement: int
    fit: int
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ripe:
    """A lead on its way, and the milli-points that it lacks."""

    lead: Lead
    missing: int


def ripening(
    conn: Connection, owners: Collection[str | None], definitions: Definitions, handing: Handing, today: date
) -> tuple[Ripe, ...]:
    """Leads of those owners who lack nothing but points, the nearest first; at most SHOWN."""
    below = [row for owner in owners for row in conn.execute(_below(owner, handing))]
    ids = [row.lead_id for row in sorted(below, key=lambda row: (-row.engagement, row.lead_id))[:LOOKED_AT]]
    standing, known = standings.load(conn, ids), load_leads(conn, ids)
    ripe = (Ripe(known[id], handing.engagement - engagement(standing[id].buckets, definitions, today)) for id in ids)
    return tuple(sorted((one for one in ripe if one.missing > 0), key=lambda one: (one.missing, one.lead.id))[:SHOWN])


def _below(owner: str | None, handing: Handing) -> Select[Any]:
    """What is looked at is bounded, whatever else the readiest lack."""
    theirs = stood.c.owner.is_(None) if owner is None else stood.c.owner == owner
    readiest = (
        select(stood.c.engagement, stood.c.lead_id, stood.c.stage, stood.c.fit)
        .where(theirs, stood.c.engagement < handing.engagement, stood.c.engagement > 0)
        .order_by(stood.c.engagement.desc(), stood.c.lead_id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    living = select(readiest.c.engagement, readiest.c.lead_id).join(leads, leads.c.id == readiest.c.lead_id)
    return living.where(
        readiest.c.stage.in_(handing.stages), readiest.c.fit >= handing.fit, leads.c.merged_into.is_(None)
    )
