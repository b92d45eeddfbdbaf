"""Whom somebody may qualify by a call: leads before sales, colder than the call list; read-only.

The warmest first; those whom nothing but a call reaches are on that list already. `owners` are those of
`reports.calls`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from leads.bant import noted, values
from reports import calls
from reports.calls import LOOKED_AT, Asking, Call, by_calls_alone, can_be_called
from storage.schema import leads
from storage.schema import standings as stood

READ = 400  # leads of an owner, the warmest first, of whom few may have left a number


@dataclass(frozen=True, slots=True)
class ToQualify:
    """A lead to qualify. `noted`: {item of BANT: what staff say of it}."""

    call: Call
    noted: Mapping[str, str]


def to_qualify(conn: Connection, asking: Asking, stages: Collection[str], below_milli: int) -> tuple[ToQualify, ...]:
    """Leads in those stages with a number; `below_milli`: the engagement from which they stand on the call list."""
    warm: list[tuple[int, int]] = []
    for owner in asking.owners:
        warm += [(row.engagement, row.lead_id) for row in conn.execute(_warmest(owner, stages, below_milli, asking))]
    found = calls.listed(conn, [lead_id for _, lead_id in sorted(warm, reverse=True)], asking)
    known = noted(conn, [call.lead.id for call in found])
    return tuple(ToQualify(call, values(known[call.lead.id])) for call in found)


def _warmest(owner: str | None, stages: Collection[str], below_milli: int, asking: Asking) -> Select[Any]:
    theirs = stood.c.owner.is_(None) if owner is None else stood.c.owner == owner
    read = (
        select(stood.c.lead_id)
        .where(theirs, stood.c.engagement < below_milli)
        .order_by(stood.c.engagement.desc(), stood.c.lead_id.desc())
        .limit(READ)
    )
    those = stood.c.lead_id.in_(read) & (leads.c.status == "lead") & stood.c.stage.in_(sorted(stages))
    asked = select(stood.c.engagement, stood.c.lead_id).join(leads, leads.c.id == stood.c.lead_id)
    return (
        asked.where(those, ~by_calls_alone(), can_be_called(owner, asking))
        .order_by(stood.c.engagement.desc(), stood.c.lead_id.desc())
        .limit(LOOKED_AT)
    )
