"""Who a lead is and how they came this far: identity, touches, stages, BANT, notes, calls; read-only.

Their score is `reports.score`'s, their story `reports.timeline`'s, what the house does with them `reports.dealings`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from leads import events
from leads.bant import noted_of
from leads.facts import Lead, Noted
from leads.groups import group, survivor
from leads.identity import load_leads
from reports.touches import Touched, touches
from storage.schema import calls, leads, notes, stage_changes, wakes

SHOWN = 20  # notes, calls
PASSAGES = 40


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Called:
    """A call that was made; `reason` and `back_at` as `sales.calling` keeps them."""

    outcome: str
    note: str | None
    reason: str | None
    back_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A recorded change of stage."""

    stage: str
    came_from: str | None
    reason: str
    cycle: int
    at: datetime
    release: int


@dataclass(frozen=True, slots=True)
class Portrait:
    """`first` and `last` are touches: utm_*, click ids, referrer, page, at; `touches` are all of them. `events` counts
    all that ever happened. `passages`, `notes` and `calls` are the newest, newest first."""

    lead: Lead
    origin: str
    created_at: datetime
    first: Mapping[str, Any]
    last: Mapping[str, Any]
    touches: tuple[Touched, ...]
    events: int
    passages: tuple[Passage, ...]
    bant: Mapping[str, Noted]
    notes: tuple[Note, ...]
    calls: tuple[Called, ...]


def portrait(conn: Connection, lead_id: int) -> Portrait | None:
    """The lead, or whom they were merged into; None when there is nobody."""
    lead_id = survivor(conn, lead_id)
    row = conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()
    if row is None:
        return None
    return Portrait(
        lead=load_leads(conn, [lead_id])[lead_id],
        origin=row.origin,
        created_at=row.created_at,
        first=row.first_touch or {},
        last=row.last_touch or {},
        touches=touches(conn, lead_id),
        events=_events(conn, lead_id),
        passages=_passages(conn, lead_id),
        bant=noted_of(conn, lead_id),
        notes=newest_notes(conn, lead_id),
        calls=_calls(conn, lead_id),
    )


def _events(conn: Connection, lead_id: int) -> int:
    """How many there are; a lead's own are numbered without a gap until it is one with another."""
    if story := events.stories(conn, [lead_id]):
        return len(story[lead_id])
    return conn.execute(select(wakes.c.seq).where(wakes.c.lead_id == lead_id)).scalar_one_or_none() or 0


def newest_notes(conn: Connection, lead_id: int) -> tuple[Note, ...]:
    columns = (notes.c.id, notes.c.author, notes.c.text, notes.c.at)
    newest = select(*columns).where(notes.c.lead_id.in_(group(conn, lead_id))).order_by(notes.c.id.desc())
    return tuple(Note(*row) for row in conn.execute(newest.limit(SHOWN)))


def _passages(conn: Connection, lead_id: int) -> tuple[Passage, ...]:
    made = (
        select(stage_changes)
        .where(stage_changes.c.lead_id.in_(group(conn, lead_id)))
        .order_by(stage_changes.c.id.desc())
    )
    return tuple(
        Passage(row.to_stage, row.from_stage, row.reason, row.cycle, row.at, row.release_id)
        for row in conn.execute(made.limit(PASSAGES))
    )


def _calls(conn: Connection, lead_id: int) -> tuple[Called, ...]:
    columns = (calls.c.outcome, calls.c.note, calls.c.reason, calls.c.back_at, calls.c.at)
    newest = select(*columns).where(calls.c.lead_id.in_(group(conn, lead_id))).order_by(calls.c.id.desc())
    return tuple(Called(*row) for row in conn.execute(newest.limit(SHOWN)))
