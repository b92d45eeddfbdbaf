"""Events of many leads at once, numbered under wakes that are held; one event by itself is left to `leads.events`."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from base.clock import Moment
from storage.among import among
from storage.prepared import Prepared
from storage.schema import events, wakes


class NotAllMoved(Exception):
    """Some of many rows did not stand where they were expected: give the transaction up, and take each by itself."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A lead's wake as it stands in this transaction, what it wrote itself included."""

    seq: int
    folded_seq: int
    due_at: datetime | None
    survivor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event that nobody has numbered yet."""

    lead_id: int
    name: str
    subject: str | None
    data: Mapping[str, Any]
    now: Moment


# Built once: they run for every commit of the sender.
_WAKES = (
    select(wakes.c.lead_id, wakes.c.seq, wakes.c.folded_seq, wakes.c.due_at, wakes.c.survivor_id)
    .where(among(wakes.c.lead_id, "leads"))
    .order_by(wakes.c.lead_id)
)
_HELD, _FREE = Prepared(_WAKES.with_for_update()), Prepared(_WAKES.with_for_update(skip_locked=True))
_STIR = Prepared(
    update(wakes)
    .where(wakes.c.lead_id == bindparam("lead"), wakes.c.seq == bindparam("seen"))
    .values(seq=bindparam("newest"), due_at=bindparam("due"))
)
_WRITE = Prepared(insert(events))


def hold_wakes(conn: Connection, lead_ids: Sequence[int]) -> dict[int, Wake]:
    """The wakes of these leads, held until the commit, in one order for everybody. SQLite has one writer at a time."""
    return _held(conn, _HELD, lead_ids)


def hold_free_wakes(conn: Connection, lead_ids: Sequence[int]) -> dict[int, Wake]:
    """The same without a wait: raises NotAllMoved when somebody else holds one of them."""
    held = _held(conn, _FREE, lead_ids)
    if held.keys() != set(lead_ids):
        raise NotAllMoved("somebody else holds one of these leads")
    return held


def _held(conn: Connection, statement: Prepared, lead_ids: Sequence[int]) -> dict[int, Wake]:
    rows = statement.rows(conn, {"leads": sorted(set(lead_ids))})
    return {row[0]: Wake(*row[1:]) for row in rows}


def tell(conn: Connection, some: Sequence[Told], held: MutableMapping[int, Wake]) -> None:
    """Append `some` in their order and make their leads due; `held` is brought up to date.

    Raises LookupError for a lead without a wake, NotAllMoved when a wake was not held after all, or is another's turn.
    """
    if any(held[told.lead_id].survivor_id is not None for told in some):
        raise NotAllMoved("the events of a lead that was merged are numbered by another")
    seen = {told.lead_id: held[told.lead_id].seq for told in some}
    rows = [_numbered(told, held) for told in some]
    if not rows:
        return
    stirred = [
        {"lead": lead_id, "seen": seq, "newest": held[lead_id].seq, "due": held[lead_id].due_at}
        for lead_id, seq in seen.items()
    ]
    if _STIR.many(conn, stirred) != len(stirred):
        raise NotAllMoved("a wake was stirred by somebody else")
    _WRITE.many(conn, rows)


def _numbered(told: Told, held: MutableMapping[int, Wake]) -> dict[str, Any]:
    wake, calendar = held[told.lead_id], told.now.calendar
    due_at = calendar if wake.due_at is None else min(wake.due_at, calendar)
    held[told.lead_id] = replace(wake, seq=wake.seq + 1, due_at=due_at)
    return {
        "lead_id": told.lead_id,
        "seq": wake.seq + 1,
        "name": told.name,
        "at": calendar,
        "recorded_at": told.now.machine,
        "evidence": "engine",
        "subject": told.subject,
        "data": dict(told.data),
    }
