"""What ripens without a rep: who needs how many points more, as one reads it on Today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import local_day
from console.context import Viewer
from console.lead_filters import stage_name
from leads.conditions import parts
from leads.facts import DISQUALIFIED, RECYCLED
from leads.points import MILLI
from reports.ripening import Handing, ripening
from sales.wording import joined


@dataclass(frozen=True, slots=True)
class RipeLine:
    """A lead, and the whole points that it lacks."""

    lead_id: int
    name: str
    company: str
    missing: int


@dataclass(frozen=True, slots=True)
class Ripening:
    """The nearest first; at `limit` points they come to `stage`. No lines where nobody is near."""

    lines: tuple[RipeLine, ...] = ()
    limit: int = 0
    stage: str = ""


def ripening_of(
    conn: Connection, owners: Collection[str | None], site: Site, viewer: Viewer, now: datetime
) -> Ripening:
    """The leads of those owners that come to sales next."""
    handing = handing_of(site.definitions)
    if handing is None:
        return Ripening()
    found = ripening(conn, owners, site.definitions, handing, local_day(now, viewer.zone))
    lines = tuple(
        RipeLine(one.lead.id, one.lead.name, joined([one.lead.company or one.lead.job_title]), -(-one.missing // MILLI))
        for one in found
    )
    stage = next(one.id for one in site.definitions.stages if one.hand_off)
    return Ripening(lines, handing.engagement // MILLI, stage_name(site, viewer, stage))


def handing_of(definitions: Definitions) -> Handing | None:
    """What the first stage that is handed over asks for; None where it asks for no points."""
    ids = [stage.id for stage in definitions.stages]
    handed = next((stage for stage in definitions.stages if stage.hand_off), None)
    asked = list(parts(handed.enter)) if handed is not None and handed.enter is not None else []
    points = max((part.engagement_at_least or 0 for part in asked), default=0)
    if handed is None or not points:
        return None
    fit = max((part.fit_at_least or 0 for part in asked), default=0)
    below = tuple(name for name in ids[: ids.index(handed.id)] if name not in (RECYCLED, DISQUALIFIED))
    return Handing(points * MILLI, fit * MILLI, below)
