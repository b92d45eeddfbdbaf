"""Reads what a lead's turn needs once it came to be one with another, or once that was taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from authoring.site import Site
from leads import events
from leads.facts import MERGED, PARTED, Event
from leads.regroup import Regroup, Stood
from storage.wakes import Claimed


def regroups_of(
    conn: Connection, claimed: Sequence[Claimed], new: Mapping[int, Sequence[Event]], site: Site
) -> Mapping[int, Regroup]:
    """By lead: of those whose new events tell of a merge, or of one taken back."""
    told = {lead_id for lead_id, those in new.items() if any(event.name in (MERGED, PARTED) for event in those)}
    if not told:
        return {}
    folded = {lead.lead_id: lead.folded_seq for lead in claimed if lead.lead_id in told}
    stories = events.after(conn, dict.fromkeys(folded, 0))
    return {
        lead_id: Regroup(
            past=tuple(event for event in in_force(stories[lead_id]) if event.seq <= seq),
            stood=_stood(new[lead_id], site),
        )
        for lead_id, seq in folded.items()
    }


def in_force(story: Sequence[Event]) -> list[Event]:
    """Without the merges that were taken back."""
    undone = {event.data["joined"] for event in story if event.name == PARTED}
    return [event for event in story if event.name != MERGED or event.seq not in undone]


def _stood(new: Sequence[Event], site: Site) -> Stood | None:
    """Where the lead stood before the oldest merge that is taken back; on the first stage, if it never stood."""
    parted = [event for event in new if event.name == PARTED]
    if not parted:
        return None
    oldest: Mapping[str, Any] = min((event.data for event in parted), key=lambda data: int(data["joined"]))
    at, stood = datetime.fromisoformat(oldest["at"]), oldest["stood"]
    if stood is None:
        return Stood(site.definitions.stages[0].id, at, 1, oldest["joined"], at)
    since = datetime.fromisoformat(stood["since"])
    return Stood(stood["stage"], since, stood["cycle"], oldest["joined"], at)
