"""How far the visitors of a demo are from an alert: points against the threshold, and what brings the next ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from authoring.models.conditions import Condition
from authoring.site import Site
from base.calendars import Zone, local_day
from leads import consent, standings
from leads.identity import load_leads
from leads.points import MILLI
from leads.scoring import engagement
from storage.schema import hand_offs, leads

SHOWN = 3

# What comes next for a lead, by what is known of them: English, translated where it is shown.
CONFIRM = "the address is to be confirmed from the mail"
ALERTED = "sales was alerted"
FIT = "the answers of the form fit too little for an alert"
ACT = "press Next, then follow the link of the mail that arrives: each kind of act counts once a day"


@dataclass(frozen=True, slots=True)
class Progress:
    """Whole points, rounded down: 79.9 of 80 is no alert."""

    name: str
    points: int
    threshold: int
    next: str


def progress(conn: Connection, site: Site, since: datetime, now: datetime, zone: Zone) -> tuple[Progress, ...]:
    """The newest leads that came in after `since`, newest first; nothing where no stage alerts by points."""
    threshold = next(iter(_thresholds(site, "engagement_at_least")), None)
    if threshold is None:
        return ()
    query = select(leads.c.id).where(leads.c.created_at >= since).order_by(leads.c.id.desc()).limit(SHOWN)
    ids = list(conn.execute(query).scalars())
    known, stood, granted = load_leads(conn, ids), standings.load(conn, ids), consent.granted(conn, ids)
    alerted = set(conn.execute(select(hand_offs.c.lead_id).where(hand_offs.c.lead_id.in_(ids))).scalars())
    fit = next(iter(_thresholds(site, "fit_at_least")), 0)
    found = []
    for lead_id in ids:
        if lead_id not in stood:
            continue
        points = engagement(stood[lead_id].buckets, site.definitions, local_day(now, zone)) // MILLI
        is_unconfirmed = not granted[lead_id] and bool(consent.pending(conn, lead_id))
        is_unfit = points >= threshold and stood[lead_id].fit < fit * MILLI
        what = ALERTED if lead_id in alerted else CONFIRM if is_unconfirmed else FIT if is_unfit else ACT
        found.append(Progress(known[lead_id].name, points, threshold, what))
    return tuple(found)


def _thresholds(site: Site, subject: str) -> Iterator[int]:
    """The points asked for by the stages that hand over to sales."""
    for stage in site.definitions.stages:
        if stage.hand_off and stage.enter is not None:
            yield from _asked(stage.enter, subject)


def _asked(condition: Condition, subject: str) -> Iterator[int]:
    points = getattr(condition, subject)
    if points is not None:
        yield points
    for part in (*(condition.all or ()), *(condition.any or ())):
        yield from _asked(part, subject)
