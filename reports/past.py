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
from leads.answering import in_force
from leads.facts import Event, Facts, Standing
from leads.fold import fold
from leads.identity import load_leads
from storage.schema import consents, stage_changes


class Past:
    """One lead's past: its events are read once, however many instants are asked about."""

    def __init__(self, conn: Connection, lead_id: int, zone: Zone) -> None:
        self._conn, self._lead_id, self._zone = conn, lead_id, zone
        self._events: list[Event] | None = None

    def facts_at(self, site: Site, at: datetime) -> Facts:
        """The facts at `at` under the rules of `site`. Raises KeyError for a lead that is not there."""
        if self._events is None:
            self._events = events.all_of(self._conn, self._lead_id)
        happened = tuple(event for event in self._events if event.at <= at)
        fresh = Standing.fresh(site, happened[0].at if happened else at)
        lead = load_leads(self._conn, [self._lead_id])[self._lead_id]
        facts = Facts(lead, fresh, self._granted(at), happened, self._zone)
        standing = fold(facts, happened, site, at).standing
        stage = _stage_at(self._conn, self._lead_id, at) or fresh.stage
        return replace(facts, standing=replace(standing, stage=stage))

    def consents_at(self, at: datetime) -> dict[str, str]:
        """What held for each topic: {topic: asked, granted, informed or withdrawn}."""
        theirs = select(consents.c.topic, consents.c.state, consents.c.proof).where(consents.c.lead_id == self._lead_id)
        rows = self._conn.execute(theirs.where(consents.c.at <= at).order_by(consents.c.id))
        return {row.topic: in_force(row.state, row.proof) for row in rows}

    def _granted(self, at: datetime) -> frozenset[str]:
        return frozenset(topic for topic, state in self.consents_at(at).items() if state == "granted")


def _stage_at(conn: Connection, lead_id: int, at: datetime) -> str | None:
    made = select(stage_changes.c.to_stage).where(stage_changes.c.lead_id == lead_id, stage_changes.c.at <= at)
    return conn.execute(made.order_by(stage_changes.c.id.desc()).limit(1)).scalar_one_or_none()
