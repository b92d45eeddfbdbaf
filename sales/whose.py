"""To whom a lead was handed and given, when, and why to them; read-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from leads import events
from leads.facts import Event
from leads.groups import group
from sales.notebook import ASSIGNED as GIVEN
from sales.routing import ASSIGNED, LATE, Routed
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


@dataclass(frozen=True, slots=True)
class Given:
    """The lead went to another rep: `before`, whose it was ("" = nobody's, or not kept), `routed`, whose since then
    ("" = nobody's), and by whom and why."""

    at: datetime
    before: str
    routed: Routed

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "before": self.before or None, **self.routed.as_json()}


def given(conn: Connection, lead_id: int) -> list[Given]:
    """Every time somebody gave the lead away, or nobody answered in time, the newest first."""
    return [_given(event) for event in reversed(events.history(conn, [lead_id], [GIVEN])[lead_id])]


def _given(event: Event) -> Given:
    told = {name: str(event.data.get(name) or "") for name in ("before", "staff", "reason", "step")}
    by = LATE if told["step"] else ASSIGNED
    routed = Routed(event.subject or "", by, name=told["step"], author=told["staff"], reason=told["reason"])
    return Given(event.at, told["before"], routed)
