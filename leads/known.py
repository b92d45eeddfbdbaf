"""What rules may look at, for a few leads at once and within bounds: for pages, never for decisions; read-only."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from authoring.site import Site
from base.calendars import Zone
from leads import consent, events, standings
from leads.facts import Event, Facts, Standing
from leads.fold import named_events
from leads.identity import load_leads
from storage.schema import events as log

REMEMBERED = 200  # events of each name that suggestions and personas ask about


def facts_of(conn: Connection, site: Site, lead_ids: Collection[int], zone: Zone, now: datetime) -> dict[int, Facts]:
    """The facts of those leads, by id; their history goes back REMEMBERED events of each name that is asked about."""
    ids = sorted(set(lead_ids))
    known, stood, grounds = load_leads(conn, ids), standings.load(conn, ids), consent.grounds(conn, ids)
    asked_about = sorted(named_events(site))
    return {
        lead_id: Facts(
            lead=lead,
            standing=stood.get(lead_id) or Standing.fresh(site, now),
            granted=consent.agreed_to(grounds[lead_id]),
            history=_history(conn, lead_id, asked_about),
            zone=zone,
            informed=consent.told_of(grounds[lead_id]),
        )
        for lead_id, lead in known.items()
    }


def _history(conn: Connection, lead_id: int, names: Sequence[str]) -> tuple[Event, ...]:
    columns = (log.c.seq, log.c.name, log.c.at, log.c.evidence, log.c.subject, log.c.data)
    if story := events.stories(conn, [lead_id]):
        return tuple(event for event in story[lead_id] if event.name in names)
    found: list[Event] = []
    for name in names:
        newest = select(*columns).where(log.c.lead_id == lead_id, log.c.name == name)
        found += [Event(*row) for row in conn.execute(newest.order_by(log.c.at.desc()).limit(REMEMBERED))]
    return tuple(sorted(found, key=lambda event: event.seq))
