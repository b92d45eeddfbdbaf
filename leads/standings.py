"""Where leads stand, as the engine last wrote it; what it means is left to the pure rules."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from base.calendars import Zone, local_day
from leads.facts import Lead, Standing
from storage.schema import lead_segments, leads, standings
from storage.upsert import insert_missing, upsert

_LEFT_SEGMENT = delete(lead_segments).where(
    lead_segments.c.segment == bindparam("left"), lead_segments.c.lead_id == bindparam("whose")
)


def load(conn: Connection, lead_ids: Collection[int]) -> dict[int, Standing]:
    """The standings of those leads; a lead that was never folded has none."""
    rows = conn.execute(select(standings).where(standings.c.lead_id.in_(sorted(lead_ids))))
    return {row.lead_id: _standing(row) for row in rows}


def save(
    conn: Connection, stood: Mapping[int, Standing], known: Mapping[int, Lead], release_id: int, zone: Zone
) -> None:
    """Write the standings of `{lead id: standing}`, as judged by that release, with what lists copy from the leads.
    `zone`: the site's, whose days points fade in."""
    rows = [_row(standing, known[lead_id], release_id, zone) for lead_id, standing in sorted(stood.items())]
    upsert(conn, standings, rows, key=["lead_id"])


def move_segments(conn: Connection, moved: Mapping[int, tuple[Collection[str], Collection[str]]]) -> None:
    """Keep who is in which segment, for `{lead id: (segments before, segments now)}`."""
    entered = [(name, lead_id) for lead_id, (before, now) in sorted(moved.items()) for name in {*now} - {*before}]
    left = [(name, lead_id) for lead_id, (before, now) in sorted(moved.items()) for name in {*before} - {*now}]
    insert_missing(conn, lead_segments, [{"segment": name, "lead_id": lead_id} for name, lead_id in entered])
    if left:
        conn.execute(_LEFT_SEGMENT, [{"left": name, "whose": lead_id} for name, lead_id in left])


def copy_owners(conn: Connection, lead_ids: Collection[int]) -> None:
    """Copy the leads' owners again: whoever gives a lead to a rep calls this in the same transaction."""
    owner = select(leads.c.owner).where(leads.c.id == standings.c.lead_id).scalar_subquery()
    conn.execute(update(standings).where(standings.c.lead_id.in_(sorted(lead_ids))).values(owner=owner))


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        stage=row.stage,
        stage_since=row.stage_since,
        cycle=row.cycle,
        engagement=row.engagement,
        fit=row.fit,
        persona=row.persona,
        temperature=row.temperature,
        interests=row.interests,
        segments=tuple(row.segments),
        buckets=row.buckets,
        verdict_seq=row.verdict_seq,
        human_seq=row.human_seq,
        bare_seq=row.bare_seq,
        as_of=row.as_of,
        dates=row.dates or {},
    )


def _row(standing: Standing, lead: Lead, release_id: int, zone: Zone) -> dict[str, Any]:
    copied = {"lead_id": lead.id, "owner": lead.owner, "source": lead.source}
    tomorrow = local_day(standing.as_of, zone) + timedelta(days=1)
    fades_on = tomorrow if standing.buckets else None  # nothing fades before; `leads.recounting` knows when
    judged = {"segments": list(standing.segments), "fades_on": fades_on, "release_id": release_id}
    return {**asdict(standing), **copied, **judged}
