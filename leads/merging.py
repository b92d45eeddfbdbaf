"""Making one lead of two: every row of the one goes to the other, in the order things happened; the stricter no holds.

What would be done is decided first and can be shown; it cannot be undone, as the two histories become one.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from authoring.site import Site
from base.calendars import Zone
from base.clock import Moment
from base.saying import said
from leads import events, joining
from leads.erasing import UnderWay
from leads.facts import COLUMNS
from leads.identity import survivor
from storage.schema import consents, leads, messages, wakes, webhooks
from storage.schema import events as log

MERGED = "leads_merged"


class NoMerge(ValueError):
    """These two cannot be made one; the sentence says why."""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """`kept` goes on and `gone` leads to it. `filled`: what was empty and is known now; `differ`: what both know, and
    differently: {column: (kept, gone)}; `consents`: {topic: state that holds afterwards}."""

    kept: int
    gone: int
    filled: Mapping[str, Any]
    differ: Mapping[str, tuple[Any, Any]]
    consents: Mapping[str, str]
    events: int


@dataclass(frozen=True, slots=True)
class House:
    """What a merge goes by: the content in force, the site's zone, the key of the suppressions."""

    site: Site
    zone: Zone
    key: str


def plan(conn: Connection, kept: int, gone: int) -> MergePlan:
    """Look, and change nothing. Raises NoMerge, LookupError."""
    ours, theirs = _row(conn, kept), _row(conn, gone)
    if survivor(conn, kept) == survivor(conn, gone):
        raise NoMerge(said("%(kept)s and %(gone)s are one lead already.", kept=kept, gone=gone))
    for one in (ours, theirs):
        if one.merged_into is not None:
            raise NoMerge(said("Lead %(lead)s was merged before: name the one that stands for it.", lead=one.id))
    counted = conn.execute(select(func.count()).where(log.c.lead_id.in_((kept, gone)))).scalar_one()
    held = strictest(_held(conn, kept), _held(conn, gone))
    return MergePlan(kept, gone, filled(ours, theirs), differing(ours, theirs), held, counted)


def merge(conn: Connection, kept: int, gone: int, house: House, now: Moment) -> MergePlan:
    """Do it. Raises as `plan`, and UnderWay while a mail or a call to another system is being delivered."""
    made = plan(conn, kept, gone)
    both = wakes.c.lead_id.in_((kept, gone))
    conn.execute(select(wakes.c.seq).where(both).order_by(wakes.c.lead_id).with_for_update())
    _insist_on_calm(conn, gone)
    pair = joining.Pair(kept, gone)
    told = joining.histories(conn, pair)
    numbers = joining.join_events(conn, pair, in_order(told.ours, told.theirs, told.folded), told.folded)
    joining.give_rows(conn, pair, numbers, now)
    joining.join_consents(conn, pair, made.consents, house.key, now)
    joining.join_standings(conn, pair, numbers, house.site, house.zone, now)
    joining.join_identities(conn, pair, made.filled)
    events.append(conn, kept, MERGED, now, evidence="engine", data={"lead": gone})
    return made


# ---------------------------------------------------------------- what is decided; pure


def filled(ours: Row[Any], theirs: Row[Any]) -> dict[str, Any]:
    """What only the other one knew."""
    names = (*COLUMNS, "timezone", "owner")
    return {name: theirs._mapping[name] for name in names if not ours._mapping[name] and theirs._mapping[name]}


def differing(ours: Row[Any], theirs: Row[Any]) -> dict[str, tuple[Any, Any]]:
    """What both know, and differently: the lead that goes on keeps its own."""
    pairs = {name: (ours._mapping[name], theirs._mapping[name]) for name in (*COLUMNS, "owner")}
    return {name: pair for name, pair in pairs.items() if all(pair) and pair[0] != pair[1]}


def strictest(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """The state of each topic for both: a no of either holds, and a yes only for the address that said it.

    What only the other one agreed to is to be asked again: the mail would go to another address.
    """
    held: dict[str, str] = {}
    for topic in sorted({*ours, *theirs}):
        said = {ours.get(topic), theirs.get(topic)}
        held[topic] = "withdrawn" if "withdrawn" in said else ours.get(topic, "asked")
    return held


def in_order(ours: Sequence[Row[Any]], theirs: Sequence[Row[Any]], folded: Mapping[int, int]) -> list[Row[Any]]:
    """Both histories as one, by the time each event was written down; what no engine has taken in yet comes last."""
    taken = [[row for row in rows if row.seq <= folded[row.lead_id]] for rows in (ours, theirs)]
    later = [[row for row in rows if row.seq > folded[row.lead_id]] for rows in (ours, theirs)]
    return [row for pair in (taken, later) for row in heapq.merge(*pair, key=lambda row: row.recorded_at)]


# ---------------------------------------------------------------- what is asked


def _row(conn: Connection, lead_id: int) -> Row[Any]:
    found = conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()
    if found is None:
        raise LookupError(f"there is no lead {lead_id}")
    return found


def _held(conn: Connection, lead_id: int) -> dict[str, str]:
    listed = select(consents.c.topic, consents.c.state).where(consents.c.lead_id == lead_id)
    return {row.topic: row.state for row in conn.execute(listed.order_by(consents.c.id))}


def _insist_on_calm(conn: Connection, gone: int) -> None:
    mail = select(messages.c.id).where(messages.c.lead_id == gone, messages.c.state.in_(("claimed", "in_data")))
    calls = select(webhooks.c.id).where(webhooks.c.lead_id == gone, webhooks.c.state == "claimed")
    if conn.execute(mail).first() or conn.execute(calls).first():
        raise UnderWay(said("Something is just being delivered for them: nothing was changed, try again."))
