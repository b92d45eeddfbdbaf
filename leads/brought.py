"""Who brought a lead that did not come alone: by hand or with a list, from where, on which ground; read-only."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from leads import events
from leads.facts import ADDED, IMPORTED, Event


@dataclass(frozen=True, slots=True)
class Brought:
    """`by` entered them; `source` as `leads.adding.source_of` writes it, or the word that a list gave. `line` of the
    list, None for whoever was added by hand; `ground` a key of `leads.adding.GROUNDS`, "" for lists."""

    at: datetime
    by: str
    origin: str
    source: str
    line: int | None
    ground: str
    note: str
    interest: str

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


def brought(conn: Connection, lead_id: int) -> list[Brought]:
    """Every time somebody brought them, or said more of them in a list; oldest first."""
    return [_brought(event) for event in events.history(conn, [lead_id], (ADDED, IMPORTED))[lead_id]]


def _brought(event: Event) -> Brought:
    told = event.data
    return Brought(
        at=event.at,
        by=str(told.get("staff") or told.get("by") or ""),
        origin=str(told.get("origin") or ""),
        source=event.subject or "",
        line=told.get("line"),
        ground=str(told.get("ground") or ""),
        note=str(told.get("note") or ""),
        interest=str(told.get("interest") or ""),
    )
