"""The pages that somebody opened before and after they named themselves, where their browser may be known again.

A browser is known by a hash of what its cookie holds; only after its owner agreed is there one. What a visit means is
left to `leads.touches`, what a page makes of it to the door.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from leads.touches import channel
from storage.prepared import Prepared
from storage.schema import visitors, visits

# Built once: every submission with a cookie and every visit runs them.
_KNOWN = Prepared(select(visitors.c.lead_id).where(visitors.c.visitor == bindparam("of")))
_WRITE = Prepared(insert(visits))
_FIRST = Prepared(
    select(visits.c.touch)
    .where(visits.c.visitor == bindparam("of"), visits.c.lead_id.is_(None), visits.c.channel != "")
    .order_by(visits.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One page opened: `page` a name of ours, or host and path; `inner`: from another of our own pages, no touch."""

    visitor: str
    page: str
    touch: Mapping[str, Any]
    inner: bool = False


class Stranger(LookupError):
    """Nobody agreed with that cookie, or not any more: the browser is to forget it."""


def agree(conn: Connection, visitor: str, wording: str, now: datetime) -> None:
    """Somebody agrees to be known again by that browser; `wording`: the question they said yes to."""
    conn.execute(insert(visitors).values(visitor=visitor, lead_id=None, agreed_at=now, wording=wording))


def note(conn: Connection, visit: Visit, now: datetime) -> int | None:
    """Keep the visit; the lead whose browser it is, None while nobody knows. Raises Stranger."""
    known = _KNOWN.rows(conn, {"of": visit.visitor})
    if not known:
        raise Stranger
    through = "" if visit.inner else channel(visit.touch)
    row = {
        "visitor": visit.visitor, "lead_id": known[0].lead_id, "page": visit.page, "channel": through,
        "touch": dict(visit.touch), "at": now,
    }  # fmt: skip
    _WRITE.count(conn, row)
    lead_id: int | None = known[0].lead_id
    return lead_id


def first_touch(conn: Connection, visitor: str | None) -> Mapping[str, Any] | None:
    """How the browser came for the first time, of what belongs to no lead yet."""
    found = _FIRST.rows(conn, {"of": visitor}) if visitor else []
    return found[0].touch if found else None


def join(conn: Connection, visitor: str | None, lead_id: int) -> None:
    """They named themselves: what the browser did before is theirs, unless it is somebody else's; later visits are."""
    if not visitor:
        return
    theirs = update(visitors).where(visitors.c.visitor == visitor).values(lead_id=lead_id)
    if conn.execute(theirs).rowcount:
        before = update(visits).where(visits.c.visitor == visitor, visits.c.lead_id.is_(None))
        conn.execute(before.values(lead_id=lead_id))


def leave(conn: Connection, visitor: str) -> None:
    """That browser is not to be known any more: what nobody named themselves for is gone at once."""
    conn.execute(delete(visits).where(visits.c.visitor == visitor, visits.c.lead_id.is_(None)))
    conn.execute(delete(visitors).where(visitors.c.visitor == visitor))


def forget(conn: Connection, lead_ids: Collection[int]) -> None:
    """These leads do not want to be measured: every visit, and that their browsers are known."""
    conn.execute(delete(visits).where(visits.c.lead_id.in_(sorted(lead_ids))))
    conn.execute(delete(visitors).where(visitors.c.lead_id.in_(sorted(lead_ids))))
