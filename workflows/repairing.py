"""Reads what a lead's turn needs to put its standing right, once a hit of theirs is believed no longer."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from leads import events
from leads.facts import RECLASSED, Event
from leads.repair import Entered, Repair
from storage.schema import stage_changes
from storage.wakes import Claimed


def repairs_of(
    conn: Connection, claimed: Sequence[Claimed], new: Mapping[int, Sequence[Event]]
) -> Mapping[int, Repair]:
    """By lead: of those whose new events tell that something was counted which is believed no longer."""
    since = {lead_id: oldest for lead_id, those in new.items() if (oldest := _oldest(those)) is not None}
    if not since:
        return {}
    folded = {lead.lead_id: lead.folded_seq for lead in claimed if lead.lead_id in since}
    past = events.after(conn, dict.fromkeys(folded, 0))
    return {
        lead_id: Repair(
            past=tuple(event for event in past[lead_id] if event.seq <= seq),
            path=_path(conn, lead_id),
            since=since[lead_id],
        )
        for lead_id, seq in folded.items()
    }


def _oldest(those: Sequence[Event]) -> int | None:
    counted = (one["seq"] for event in those if event.name == RECLASSED for one in event.data["counted"])
    return min(counted, default=None)


def _path(conn: Connection, lead_id: int) -> tuple[Entered, ...]:
    rows = select(stage_changes).where(stage_changes.c.lead_id == lead_id).order_by(stage_changes.c.id.desc())
    return tuple(Entered(row.from_stage, row.to_stage, row.reason, row.event_seq, row.at) for row in conn.execute(rows))
