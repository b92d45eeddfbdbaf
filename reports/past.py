"""What rules could look at when a decision was made: the facts of a lead as of an instant; read-only.

Score, interests and segments are computed again from the events, the stage is the recorded one. A lead's own fields
keep no history: they are today's.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from authoring.site import Site
from base.calendars import Zone
from leads import events
from leads.facts import Facts, Standing
from leads.fold import fold
from leads.identity import load_leads
from storage.schema import consents, stage_changes


def facts_at(conn: Connection, site: Site, lead_id: int, zone: Zone, at: datetime) -> Facts:
    """The facts at `at` under the rules of `site`. Raises KeyError for a lead that is not there."""
    happened = tuple(event for event in events.all_of(conn, lead_id) if event.at <= at)
    fresh = Standing.fresh(site, happened[0].at if happened else at)
    facts = Facts(load_leads(conn, [lead_id])[lead_id], fresh, granted_at(conn, lead_id, at), happened, zone)
    standing = fold(facts, happened, site, at).standing
    return replace(facts, standing=replace(standing, stage=_stage_at(conn, lead_id, at) or fresh.stage))


def granted_at(conn: Connection, lead_id: int, at: datetime) -> frozenset[str]:
    return frozenset(topic for topic, state in consents_at(conn, lead_id, at).items() if state == "granted")


def consents_at(conn: Connection, lead_id: int, at: datetime) -> dict[str, str]:
    """What held for each topic: {topic: asked, granted or withdrawn}."""
    rows = select(consents.c.topic, consents.c.state).where(consents.c.lead_id == lead_id, consents.c.at <= at)
    return {row.topic: row.state for row in conn.execute(rows.order_by(consents.c.id))}


def _stage_at(conn: Connection, lead_id: int, at: datetime) -> str | None:
    made = select(stage_changes.c.to_stage).where(stage_changes.c.lead_id == lead_id, stage_changes.c.at <= at)
    return conn.execute(made.order_by(stage_changes.c.id.desc()).limit(1)).scalar_one_or_none()
