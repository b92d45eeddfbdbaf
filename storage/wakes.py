"""The lead as a unit of work: stirred by doors, claimed and finished by the engine; what is done with it is theirs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, insert, or_, select, update

from storage.among import among
from storage.holders import Holder, alive
from storage.prepared import Prepared
from storage.schema import wakes


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lead in hand, as it was seen: its newest event, and the newest one taken in."""

    lead_id: int
    seq: int
    folded_seq: int


# Built once: every submission, hit and sent mail runs them, and building costs more than running.
_CREATE = Prepared(insert(wakes))
_NOW = bindparam("now", type_=wakes.c.due_at.type)
_STIRRED = (
    update(wakes)
    .where(wakes.c.lead_id == bindparam("lead"))
    .values(
        seq=wakes.c.seq + 1,
        due_at=case(
            (wakes.c.survivor_id.is_not(None), None),  # it has no turn of its own
            (or_(wakes.c.due_at.is_(None), wakes.c.due_at > _NOW), _NOW),
            else_=wakes.c.due_at,
        ),
    )
)
_STIR, _STIR_QUIETLY = Prepared(_STIRRED.returning(wakes.c.seq, wakes.c.survivor_id)), Prepared(_STIRRED)
_HOLD = Prepared(
    select(wakes.c.lead_id).where(among(wakes.c.lead_id, "leads")).order_by(wakes.c.lead_id).with_for_update()
)
_SEQS = Prepared(select(wakes.c.lead_id, wakes.c.seq, wakes.c.survivor_id).where(among(wakes.c.lead_id, "leads")))


def create(conn: Connection, lead_id: int, calendar_now: datetime, seq: int = 0) -> None:
    """The wake of a new lead, due at once: without an event, or with 1 as the `seq` of one that the caller appends."""
    _CREATE.count(conn, {"lead_id": lead_id, "seq": seq, "folded_seq": 0, "due_at": calendar_now})


def stir(conn: Connection, lead_id: int, calendar_now: datetime) -> int:
    """Number the event that the caller is about to append, and make the lead due.

    The first statement of a door's transaction: it holds the wake until the commit, so that numbers never appear out
    of order. The events of a lead that was merged are numbered by its survivor, whose turn it is; its own wake is
    held first, as whoever merges does. Raises LookupError for a lead without a wake.
    """
    seq, survivor_id = _stirred(conn, lead_id, calendar_now)
    if survivor_id is None:
        return seq
    seq, _ = _stirred(conn, survivor_id, calendar_now)
    conn.execute(update(wakes).where(wakes.c.lead_id == lead_id).values(seq=seq, folded_seq=seq))
    return seq


def _stirred(conn: Connection, lead_id: int, calendar_now: datetime) -> tuple[int, int | None]:
    found = _STIR.rows(conn, {"lead": lead_id, "now": calendar_now})
    if not found:
        raise LookupError(f"lead {lead_id} has no wake: it was not made through `create`")
    return found[0][0], found[0][1]


def hold(conn: Connection, lead_ids: Collection[int]) -> None:
    """Let nobody else number events of these leads before the commit: what is read of them now stays so."""
    _HOLD.rows(conn, {"leads": sorted(lead_ids)})


def stir_all(conn: Connection, due: Mapping[int, datetime]) -> dict[int, int]:
    """`stir` for many, `{lead id: when}`, each once, whose wakes are held: whoever comes meanwhile waits."""
    merged = {row.lead_id for row in _SEQS.rows(conn, {"leads": list(due)}) if row.survivor_id is not None}
    alone = sorted(due.keys() - merged)
    _STIR_QUIETLY.many(conn, [{"lead": lead_id, "now": due[lead_id]} for lead_id in alone])
    seqs = {row.lead_id: row.seq for row in _SEQS.rows(conn, {"leads": alone})}
    return seqs | {lead_id: stir(conn, lead_id, due[lead_id]) for lead_id in sorted(merged)}


def hasten(conn: Connection, lead_ids: Collection[int], calendar_now: datetime) -> None:
    """Let the engine look at these leads now, though nothing happened to them."""
    later = or_(wakes.c.due_at.is_(None), wakes.c.due_at > calendar_now)
    theirs = wakes.c.lead_id.in_(sorted(lead_ids)) & wakes.c.survivor_id.is_(None)
    conn.execute(update(wakes).where(theirs, later).values(due_at=calendar_now))


def claim(conn: Connection, holder: Holder, calendar_now: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` due leads that nobody holds, the longest due first; given in the order of their ids."""
    due = (
        select(wakes.c.lead_id)
        .where(wakes.c.due_at <= calendar_now, wakes.c.holder.is_(None))
        .order_by(wakes.c.due_at, wakes.c.lead_id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time and leaves this out
    )
    taken = (
        update(wakes)
        .where(wakes.c.lead_id.in_(conn.scalars(due).all()), wakes.c.holder.is_(None), alive(holder))
        .values(holder=holder.id, fence=holder.fence)
        .returning(wakes.c.lead_id, wakes.c.seq, wakes.c.folded_seq)
    )
    return sorted((Claimed(*row) for row in conn.execute(taken)), key=lambda claimed: claimed.lead_id)


def finish(conn: Connection, claimed: Claimed, holder: Holder, due_at: datetime | None) -> bool:
    """Take note that every event up to the seen one is taken in, and when the lead is due next; let the lead go.

    First statement of the transaction that writes the outcome, in the order of lead ids. False: an event came meanwhile
    or the holder was declared dead; then nothing may be written for this lead.
    """
    done = (
        update(wakes)
        .where(
            wakes.c.lead_id == claimed.lead_id,
            wakes.c.seq == claimed.seq,
            wakes.c.holder == holder.id,
            wakes.c.fence == holder.fence,
            alive(holder),
        )
        .values(folded_seq=wakes.c.seq, due_at=due_at, holder=None, fence=None)
    )
    return conn.execute(done).rowcount == 1


def in_hand(conn: Connection, lead_ids: Collection[int]) -> set[int]:
    """Those of these leads that somebody holds: whoever does writes when they are due next, from what was known when
    they were read. Nobody takes one of the others before this transaction ends.
    """
    these = select(wakes.c.lead_id, wakes.c.holder).where(wakes.c.lead_id.in_(sorted(lead_ids)))
    rows = conn.execute(these.order_by(wakes.c.lead_id).with_for_update()).all()
    return {row.lead_id for row in rows if row.holder is not None}


def let_go(conn: Connection, lead_ids: Collection[int], holder: Holder) -> None:
    """Leave these leads to whoever comes next, as they are."""
    held = update(wakes).where(wakes.c.lead_id.in_(sorted(lead_ids)), wakes.c.holder == holder.id)
    conn.execute(held.values(holder=None, fence=None))
