"""What other systems call a lead: a CRM's number, the number of an advertisement's click; one lead for each of them.

Ids of leads who turned out to be one are all theirs, by the pointer; none is written anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from leads.groups import group, members
from leads.touches import CLICK_IDS, without_click_ids
from storage.among import among
from storage.schema import leads, outside_ids, submissions
from storage.upsert import insert_missing

LONGEST = 250


@dataclass(frozen=True, slots=True)
class OutsideId:
    """`system` as the house calls it (`hubspot`, `gclid`), `value` as that system writes it."""

    system: str
    value: str


def note(conn: Connection, ids: Mapping[int, Mapping[str, str]], now: datetime) -> None:
    """Note `{lead id: {system: value}}`; what is another lead's already stays theirs."""
    some = [row_of(lead_id, OutsideId(*one), now) for lead_id, those in ids.items() for one in those.items()]
    insert_missing(conn, outside_ids, sorted(some, key=lambda row: (row["system"], row["value"])))


def clicks_of(touch: Mapping[str, Any]) -> dict[str, str]:
    """{system: value} of the advertisements that a touch names; a door keeps them only where that was agreed to."""
    return {name: str(touch[name])[:LONGEST] for name in CLICK_IDS if touch.get(name)}


def forget_clicks(conn: Connection, lead_ids: Collection[int]) -> None:
    """They do not want to be measured: no advertiser's number stays, neither as an id nor in how they came. The channel
    does: it is known of whoever never agreed as well."""
    theirs = outside_ids.c.lead_id.in_(sorted(lead_ids))
    conn.execute(delete(outside_ids).where(theirs, outside_ids.c.system.in_(sorted(CLICK_IDS))))
    _blank_touches(conn, leads, leads.c.id.in_(sorted(lead_ids)), "first_touch", "last_touch")
    _blank_touches(conn, submissions, submissions.c.lead_id.in_(sorted(lead_ids)), "touch")


def _blank_touches(conn: Connection, table: Table, theirs: ColumnElement[bool], *names: str) -> None:
    for row in conn.execute(select(table.c.id, *(table.c[name] for name in names)).where(theirs)).mappings().all():
        kept = {name: without_click_ids(row[name]) for name in names if row[name]}
        if any(kept[name] != row[name] for name in kept):
            conn.execute(update(table).where(table.c.id == row["id"]).values(kept))


def find(conn: Connection, one: OutsideId) -> int | None:
    """The lead whose id it is, as it was given; who stands for them is not looked up."""
    named = (outside_ids.c.system == one.system) & (outside_ids.c.value == one.value)
    found: int | None = conn.execute(select(outside_ids.c.lead_id).where(named)).scalar_one_or_none()
    return found


def of_lead(conn: Connection, lead_id: int) -> tuple[OutsideId, ...]:
    """Every id of that lead and of those it stands for, by system."""
    return of_leads(conn, {lead_id: group(conn, lead_id)}).get(lead_id, ())


def named_by_systems(conn: Connection, lead_ids: Collection[int]) -> dict[int, dict[str, list[str]]]:
    """For each of these leads what CRMs and their like call them, `{system: ids}`; the numbers of advertisements'
    clicks are left out: whoever agreed to be measured by us did not agree to be known elsewhere."""
    found: dict[int, dict[str, list[str]]] = {lead_id: {} for lead_id in lead_ids}
    if not found:
        return found
    joined = members(conn, lead_ids)
    groups = {lead_id: [lead_id, *(one.lead_id for one in joined.get(lead_id, ()))] for lead_id in lead_ids}
    for lead_id, those in of_leads(conn, groups).items():
        for one in those:
            if one.system not in CLICK_IDS:
                found[lead_id].setdefault(one.system, []).append(one.value)
    return found


def of_leads(conn: Connection, groups: Mapping[int, Collection[int]]) -> dict[int, tuple[OutsideId, ...]]:
    """The same for many leads, each given with whom it stands for."""
    whose = {one: lead_id for lead_id, those in groups.items() for one in those}
    order = (outside_ids.c.system, outside_ids.c.at, outside_ids.c.value)
    found: dict[int, tuple[OutsideId, ...]] = {}
    theirs = select(outside_ids).where(among(outside_ids.c.lead_id, "those")).order_by(*order)
    for row in conn.execute(theirs, {"those": sorted(whose)}):
        lead_id = whose[row.lead_id]
        found[lead_id] = (*found.get(lead_id, ()), OutsideId(row.system, row.value))
    return found


def row_of(lead_id: int, one: OutsideId, now: datetime) -> dict[str, Any]:
    return {"system": one.system, "value": one.value, "lead_id": lead_id, "at": now}
