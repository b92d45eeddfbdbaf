"""To whom a lead was handed, when, and why to them; read-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from leads.groups import group
from sales.routing import Routed
from storage.schema import hand_offs


@dataclass(frozen=True, slots=True)
class Handed:
    """A hand-off that was opened `at`; `routed` says who has it now, or had it when it was answered."""

    id: int
    cycle: int
    at: datetime
    routed: Routed

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "cycle": self.cycle, "at": self.at.isoformat(), **self.routed.as_json()}


def handed(conn: Connection, lead_id: int) -> list[Handed]:
    """Every hand-off of the lead that says why, the newest first; those of before this was kept are left out."""
    theirs = hand_offs.c.lead_id.in_(group(conn, lead_id)) & hand_offs.c.routed.is_not(None)
    columns = (hand_offs.c.id, hand_offs.c.cycle, hand_offs.c.opened_at, hand_offs.c.routed)
    rows = conn.execute(select(*columns).where(theirs).order_by(hand_offs.c.id.desc()))
    return [Handed(row.id, row.cycle, row.opened_at, Routed.read(row.routed)) for row in rows]
