"""Where leads stand, as the engine last wrote it; what it means is left to the pure rules."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select

from leads.facts import Standing
from storage.schema import standings
from storage.upsert import upsert


def load(conn: Connection, lead_ids: Collection[int]) -> dict[int, Standing]:
    """The standings of those leads; a lead that was never folded has none."""
    rows = conn.execute(select(standings).where(standings.c.lead_id.in_(sorted(lead_ids))))
    return {row.lead_id: _standing(row) for row in rows}


def save(conn: Connection, stood: Mapping[int, Standing], release_id: int) -> None:
    """Write the standings of `{lead id: standing}`, as judged by that release."""
    rows = [_row(lead_id, standing, release_id) for lead_id, standing in sorted(stood.items())]
    upsert(conn, standings, rows, key=["lead_id"])


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
        as_of=row.as_of,
    )


def _row(lead_id: int, standing: Standing, release_id: int) -> dict[str, Any]:
    return {**asdict(standing), "segments": list(standing.segments), "lead_id": lead_id, "release_id": release_id}
