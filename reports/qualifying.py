"""Whom somebody may qualify by a call: leads before sales, colder than the call list; read-only.

The warmest first, a page at a time; those whom nothing but a call reaches are on that list already. `owners` are those
of `reports.calls`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from leads.bant import noted, values
from reports import calls
from reports.calls import SHOWN, Asking, Call, by_calls_alone, can_be_called
from reports.lead_few import Place
from reports.leads import Count
from storage.schema import leads
from storage.schema import standings as stood

READ = 1_000  # leads of an owner, the warmest first, of whom few may have left a number


@dataclass(frozen=True, slots=True)
class ToQualify:
    """A lead to qualify. `noted`: {item of BANT: what staff say of it}."""

    call: Call
    noted: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of it. `total`: how many are in it; `after`: the place behind which the next page begins, None at the
    end."""

    lines: tuple[ToQualify, ...]
    total: Count
    after: Place | None


def to_qualify(
    conn: Connection, asking: Asking, stages: Collection[str], below_milli: int, after: Place | None = None
) -> Queue:
    """Leads in those stages with a number; `below_milli`: the engagement from which they stand on the call list."""
    cold, more = list[int](), False
    for owner in asking.owners:
        cold += conn.scalars(_cold(owner, stages, below_milli, asking))
        more |= conn.execute(_read(owner, below_milli).offset(READ).limit(1)).first() is not None
    allowed = calls.who_may_be_called(conn, cold, asking)
    queue = [Place(*one) for one in calls.warmest(conn, allowed, asking)]
    behind = [one for one in queue if after is None or _order(one) < _order(after)]
    shown = calls.lines_of(conn, [one.lead_id for one in behind[:SHOWN]], asking.zone)
    known = noted(conn, [call.lead.id for call in shown])
    lines = tuple(ToQualify(call, values(known[call.lead.id])) for call in shown)
    return Queue(lines, Count(len(queue), more), behind[SHOWN - 1] if behind[SHOWN:] else None)


def _order(place: Place) -> tuple[int, int]:
    return place.engagement, place.lead_id


def _read(owner: str | None, below_milli: int) -> Select[Any]:
    """An owner's leads, the warmest first."""
    theirs = stood.c.owner.is_(None) if owner is None else stood.c.owner == owner
    colder = select(stood.c.lead_id).where(theirs, stood.c.engagement < below_milli)
    return colder.order_by(stood.c.engagement.desc(), stood.c.lead_id.desc())


def _cold(owner: str | None, stages: Collection[str], below_milli: int, asking: Asking) -> Select[Any]:
    read = stood.c.lead_id.in_(_read(owner, below_milli).limit(READ))
    those = read & (leads.c.status == "lead") & stood.c.stage.in_(sorted(stages))
    asked = select(stood.c.lead_id).join(leads, leads.c.id == stood.c.lead_id)
    return asked.where(those, ~by_calls_alone(), can_be_called(owner, asking))
