"""The dossier of a hand-off that stands already, for whoever is told of it later; what is said of it is brief's."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from authoring.site import Site
from base.calendars import Zone
from leads import events
from leads.bant import noted_of
from leads.groups import survivor
from leads.known import facts_of
from leads.points import MILLI
from sales.brief import Dossier
from sales.handoff import LOOKED_BACK, submitted
from sales.routing import Routed
from storage.schema import stage_changes


def dossier_of(conn: Connection, hand_off: Row[Any], site: Site, zone: Zone, now: datetime) -> Dossier:
    """As it stands at `now`, with the points that were reached when it was opened. `hand_off`: its whole row."""
    lead_id = survivor(conn, hand_off.lead_id)
    facts = facts_of(conn, site, [lead_id], zone, now)[lead_id]
    reached = replace(facts.standing, engagement=int(hand_off.brief.get("total") or 0) * MILLI)
    return Dossier(
        facts=replace(facts, standing=reached),
        stage=hand_off.stage,
        cycle=hand_off.cycle,
        event_seq=hand_off.event_seq,
        reason=_reason(conn, hand_off),
        recent=events.newest(conn, lead_id, LOOKED_BACK),
        submitted=submitted(conn, lead_id),
        answer_by=hand_off.answer_by or hand_off.opened_at,
        now=now,
        noted=noted_of(conn, lead_id),
        routed=Routed.read(hand_off.routed) if hand_off.routed else None,
    )


def _reason(conn: Connection, hand_off: Row[Any]) -> str:
    """Why the lead came to the stage that was handed over."""
    moved = select(stage_changes.c.reason).where(
        stage_changes.c.lead_id == hand_off.lead_id,
        stage_changes.c.cycle == hand_off.cycle,
        stage_changes.c.to_stage == hand_off.stage,
    )
    return conn.execute(moved.order_by(stage_changes.c.id.desc()).limit(1)).scalar_one_or_none() or ""
