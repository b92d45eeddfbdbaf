"""Leads who turned out to be one: who stands for whom, by pointers that can be taken back; no row of theirs moves."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, and_, bindparam, exists, literal, or_, select

from storage.among import among
from storage.prepared import Prepared
from storage.schema import leads, wakes

# Built once: every batch of the engine and of the sender asks, mostly to learn that there is nobody.
_MEMBERS = Prepared(
    select(wakes.c.lead_id, wakes.c.survivor_id, wakes.c.joined_seq)
    .where(among(wakes.c.survivor_id, "leads"))
    .order_by(wakes.c.joined_seq, wakes.c.lead_id)
)
_SURVIVORS = Prepared(
    select(wakes.c.lead_id, wakes.c.survivor_id).where(
        among(wakes.c.lead_id, "leads"), wakes.c.survivor_id.is_not(None)
    )
)
_ANY = Prepared(
    select(wakes.c.lead_id)
    .where(
        or_(
            among(wakes.c.survivor_id, "leads"),
            and_(among(wakes.c.lead_id, "leads"), wakes.c.survivor_id.is_not(None)),
        )
    )
    .limit(1)
)
_INTO = Prepared(select(leads.c.merged_into).where(leads.c.id == bindparam("lead")))


@dataclass(frozen=True, slots=True)
class Member:
    """A lead whom another stands for, since that one's event `joined_seq`."""

    lead_id: int
    joined_seq: int


def members(conn: Connection, lead_ids: Collection[int]) -> dict[int, tuple[Member, ...]]:
    """Whom these leads stand for, in the order they joined; a lead who stands for nobody else is left out."""
    found: dict[int, list[Member]] = defaultdict(list)
    for lead_id, survivor_id, joined_seq in _MEMBERS.rows(conn, {"leads": sorted(lead_ids)}):
        found[survivor_id].append(Member(lead_id, joined_seq or 0))
    return {lead_id: tuple(those) for lead_id, those in found.items()}


def group(conn: Connection, lead_id: int) -> list[int]:
    """The lead, then whom it stands for: whose rows its story is made of."""
    return [lead_id, *(one.lead_id for one in members(conn, [lead_id]).get(lead_id, ()))]


def owners(conn: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """{each lead of these groups: the one of `lead_ids` whose row it counts to}."""
    joined = members(conn, lead_ids)
    return {lead_id: lead_id for lead_id in lead_ids} | {
        one.lead_id: lead_id for lead_id, those in joined.items() for one in those
    }


def others(conn: Connection, lead_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """For each of these that is one with others, whoever they are: the others."""
    if not lead_ids or not _ANY.rows(conn, {"leads": sorted(lead_ids)}):
        return {}  # so it is nearly always, and one question finds out
    ends = {row.lead_id: row.survivor_id for row in _SURVIVORS.rows(conn, {"leads": sorted(lead_ids)})}
    joined = members(conn, {*lead_ids, *ends.values()})
    found = {}
    for lead_id in lead_ids:
        end = ends.get(lead_id, lead_id)
        if those := joined.get(end):
            found[lead_id] = tuple(one for one in (end, *(each.lead_id for each in those)) if one != lead_id)
    return found


def survivors(conn: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """{each of these: the lead that stands for it, itself where it was not merged}."""
    ends = {row.lead_id: row.survivor_id for row in _SURVIVORS.rows(conn, {"leads": sorted(lead_ids)})}
    return {lead_id: ends.get(lead_id, lead_id) for lead_id in lead_ids}


def has(table: FromClause, lead_id: ColumnElement[int], *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Condition: `table` has such a row of the lead in `lead_id`, or of one whom it stands for. It may stand within
    another such condition."""
    own = exists(literal(1)).where(table.c.lead_id == lead_id, *where)
    joined = table.join(wakes, wakes.c.lead_id == table.c.lead_id)
    theirs = exists(literal(1)).select_from(joined).where(wakes.c.survivor_id == lead_id, *where)
    return own.correlate_except(table) | theirs.correlate_except(table, wakes)


def survivor(conn: Connection, lead_id: int) -> int:
    """The lead that this one was merged into, at the end of the pointers; itself when it was not."""
    seen = {lead_id}
    while True:
        into = _INTO.value(conn, {"lead": lead_id})
        if into is None or into in seen:
            return lead_id
        seen.add(into)
        lead_id = into


def everyone_in(conn: Connection, lead_id: int) -> list[int]:
    """The lead that stands for this one, then all who were merged into it. Raises LookupError for nobody."""
    ids = [survivor(conn, lead_id)]
    if conn.execute(select(leads.c.id).where(leads.c.id == ids[0])).one_or_none() is None:
        raise LookupError(f"there is no lead {lead_id}")
    found = ids
    while found:
        merged = select(leads.c.id).where(leads.c.merged_into.in_(found), leads.c.id.not_in(ids))
        found = list(conn.scalars(merged.order_by(leads.c.id)))
        ids = ids + found
    return ids
