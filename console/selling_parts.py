"""The part of a lead's page that tells of deals and meetings."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g
from sqlalchemy import Connection

from authoring.site import Site
from base.calendars import local_day
from base.translations import msgid
from console.context import Viewer, day, money, say
from console.names import Names
from leads.groups import group
from reports import selling
from reports.selling import DealSeen

LENGTHS = (15, 30, 45, 60, 90, 120)  # minutes
STATES = {"won": msgid("won"), "lost": msgid("lost")}


@dataclass(frozen=True, slots=True)
class DealLine:
    """A deal in words; `expects`: its amount times its probability."""

    state: str
    amount: str
    written: str  # the amount, as it is typed in
    probability: int | None
    likely: int  # percent, the stage's where the rep gave none
    expects: str
    close_on: date
    told: str


def selling_parts(conn: Connection, lead_id: int, stage: str, site: Site, who: Viewer) -> dict[str, Any]:
    """The values of the section about deals and meetings."""
    found, names = selling.selling(conn, group(conn, lead_id)), Names(site, who)
    lost = site.definitions.lost_reasons
    now: datetime = g.moment.calendar
    return {
        "deal": _line(found.open_deal, stage, site, names) if found.open_deal else None,
        "deals_ended": [_line(one, stage, site, names) for one in found.ended],
        "meetings": [(one, one.starts_at >= now) for one in found.meetings],
        "lost_reasons": [(one.id, who.speech.text(one.label)) for one in lost],
        "currency": site.definitions.deals.currency,
        "lengths": [(str(length), say("%(minutes)s min", minutes=length)) for length in LENGTHS],
        "this_day": local_day(now, who.zone),
        "stage_probability": _of_stage(stage, site),
    }


def _line(deal: DealSeen, stage: str, site: Site, names: Names) -> DealLine:
    currency = site.definitions.deals.currency
    likely = deal.probability if deal.probability is not None else _of_stage(stage, site)
    return DealLine(
        state=deal.state,
        amount=money(deal.amount, currency),
        written=f"{deal.amount / 100:.2f}".removesuffix(".00"),
        probability=deal.probability,
        likely=likely,
        expects=money(deal.amount * likely // 100, currency),
        close_on=deal.close_on,
        told=_told(deal, names),
    )


def _told(deal: DealSeen, names: Names) -> str:
    if deal.state == "open":
        return say("hoped for on %(day)s, %(who)s", day=day(deal.close_on), who=deal.author)
    what = say("%(state)s on %(day)s, %(who)s", state=say(STATES[deal.state]), day=day(deal.close_on), who=deal.author)
    return f"{what}: {names('reason', deal.reason)}" if deal.reason else what


def _of_stage(stage: str, site: Site) -> int:
    return next((one.probability or 0 for one in site.definitions.stages if one.id == stage), 0)
