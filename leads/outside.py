"""What other systems call a lead: a CRM's number, the number of an advertisement's click; one lead for each of them.

Ids of leads who turned out to be one are all theirs, by the pointer; none is written anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from base.clock import Moment
from base.saying import said
from leads import forgetting
from leads.forgetting import Clerk
from leads.groups import group, survivor
from leads.naming import SYSTEM
from leads.touches import CLICK_IDS
from storage.schema import outside_ids
from storage.upsert import insert_missing, insert_or_ignore

LONGEST = 250
GIVEN, TAKEN = "outside_id_given", "outside_id_taken"  # what the audit chain calls it


class NoId(ValueError):
    """The id was not given; the sentence says why."""


@dataclass(frozen=True, slots=True)
class OutsideId:
    """`system` as the house calls it (`hubspot`, `gclid`), `value` as that system writes it."""

    system: str
    value: str


def give(conn: Connection, lead_id: int, one: OutsideId, key: str, clerk: Clerk, now: Moment) -> bool:
    """Note that `one` is that lead's, in the audit chain too; whether that is news. Raises NoId: it cannot be an id, or
    is another lead's."""
    if not SYSTEM.fullmatch(one.system):
        raise NoId(said("`%(name)s` is no name of a system: small letters, digits, - and _.", name=one.system[:60]))
    if not one.value or len(one.value) > LONGEST or not one.value.isprintable():
        raise NoId(said("An id has 1 to %(longest)s signs that can be printed.", longest=LONGEST))
    if insert_or_ignore(conn, outside_ids, _row(lead_id, one, now.machine)):
        forgetting.note(conn, key, GIVEN, lead_id, clerk, now, system=one.system)
        return True
    whose = survivor(conn, find(conn, one) or lead_id)
    if whose != survivor(conn, lead_id):
        sentence = "%(system)s %(value)s is lead %(lead)s: merge the two if they are one."
        raise NoId(said(sentence, system=one.system, value=one.value, lead=whose))
    return False


def take(conn: Connection, lead_id: int, one: OutsideId, key: str, clerk: Clerk, now: Moment) -> bool:
    """It is not that lead's any more, and the audit chain says so; whether it was."""
    theirs = outside_ids.c.lead_id.in_(group(conn, lead_id))
    named = (outside_ids.c.system == one.system) & (outside_ids.c.value == one.value)
    if not conn.execute(delete(outside_ids).where(theirs, named)).rowcount:
        return False
    forgetting.note(conn, key, TAKEN, lead_id, clerk, now, system=one.system)
    return True


def note(conn: Connection, ids: Mapping[int, Mapping[str, str]], now: datetime) -> None:
    """Note `{lead id: {system: value}}`; what is another lead's already stays theirs."""
    some = [_row(lead_id, OutsideId(*one), now) for lead_id, those in ids.items() for one in those.items()]
    insert_missing(conn, outside_ids, sorted(some, key=lambda row: (row["system"], row["value"])))


def clicks_of(touch: Mapping[str, Any]) -> dict[str, str]:
    """{system: value} of the advertisements that a touch names; a door keeps them only where that was agreed to."""
    return {name: str(touch[name])[:LONGEST] for name in CLICK_IDS if touch.get(name)}


def forget_clicks(conn: Connection, lead_id: int) -> None:
    """They do not want to be measured: no advertiser's number stays, nor one of those whom they stand for."""
    theirs = outside_ids.c.lead_id.in_(group(conn, lead_id))
    conn.execute(delete(outside_ids).where(theirs, outside_ids.c.system.in_(sorted(CLICK_IDS))))


def find(conn: Connection, one: OutsideId) -> int | None:
    """The lead whose id it is, as it was given; who stands for them is not looked up."""
    named = (outside_ids.c.system == one.system) & (outside_ids.c.value == one.value)
    found: int | None = conn.execute(select(outside_ids.c.lead_id).where(named)).scalar_one_or_none()
    return found


def of_lead(conn: Connection, lead_id: int) -> tuple[OutsideId, ...]:
    """Every id of that lead and of those it stands for, by system."""
    return of_leads(conn, {lead_id: group(conn, lead_id)}).get(lead_id, ())


def of_leads(conn: Connection, groups: Mapping[int, Collection[int]]) -> dict[int, tuple[OutsideId, ...]]:
    """The same for many leads, each given with whom it stands for."""
    whose = {one: lead_id for lead_id, those in groups.items() for one in those}
    order = (outside_ids.c.system, outside_ids.c.at, outside_ids.c.value)
    found: dict[int, tuple[OutsideId, ...]] = {}
    for row in conn.execute(select(outside_ids).where(outside_ids.c.lead_id.in_(sorted(whose))).order_by(*order)):
        lead_id = whose[row.lead_id]
        found[lead_id] = (*found.get(lead_id, ()), OutsideId(row.system, row.value))
    return found


def _row(lead_id: int, one: OutsideId, now: datetime) -> dict[str, Any]:
    return {"system": one.system, "value": one.value, "lead_id": lead_id, "at": now}
