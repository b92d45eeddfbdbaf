"""Taking a merge back: the pointer is cleared, and each of the two is judged by its own events again.

What came for the one that was merged was always its own. What was sent, told and decided meanwhile stays as it is.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from base.clock import Moment
from base.saying import said
from leads import events
from leads.facts import MERGED, PARTED, Event
from leads.merging import ENDED, NoMerge, hold, name_again, row_of
from storage.schema import enrolments, leads, wakes
from storage.schema import events as log


@dataclass(frozen=True, slots=True)
class PartPlan:
    """`lead` would be apart from `kept` again, with the `events` that came for it since; `ended`: the sequences that
    the merge took it out of, and that it stays out of."""

    lead: int
    kept: int
    events: int
    ended: tuple[str, ...]


def part_plan(conn: Connection, lead_id: int) -> PartPlan:
    """Look at what taking the newest merge of that lead back would do. Raises NoMerge, LookupError."""
    row = row_of(conn, lead_id)
    if row.merged_into in (None, lead_id):
        raise NoMerge(said("Lead %(lead)s was not merged into another.", lead=lead_id))
    kept = row.merged_into
    if row_of(conn, kept).merged_into is not None:
        raise NoMerge(said("Lead %(kept)s was merged since: take that back first.", kept=kept))
    since = _merge_event(conn, kept, lead_id).seq
    below = everyone_below(conn, lead_id)
    counted = select(func.count()).where(log.c.lead_id.in_(below), log.c.seq > since)
    return PartPlan(
        lead_id,
        kept,
        conn.execute(counted).scalar_one(),
        tuple(sorted({one.sequence for one in _ended(conn, lead_id)})),
    )


def unmerge(conn: Connection, lead_id: int, now: Moment) -> PartPlan:
    """Take it back: each is judged by its own events again. Raises as `part_plan`."""
    kept, below = part_plan(conn, lead_id).kept, everyone_below(conn, lead_id)
    held = hold(conn, [*sorted(set(below) - {lead_id}), lead_id, kept])
    made = part_plan(conn, lead_id)
    merged = _merge_event(conn, kept, lead_id)
    ours = held[kept]
    numbers = {"seq": ours.seq, "folded_seq": ours.folded_seq}
    apart = {"survivor_id": None, "joined_seq": None, **numbers}
    conn.execute(update(wakes).where(wakes.c.lead_id == lead_id).values(apart))
    _join_again(conn, lead_id)
    conn.execute(update(leads).where(leads.c.id == lead_id).values(merged_into=None, merged_at=None))
    for one, other, name in ((kept, lead_id, "ours"), (lead_id, kept, "theirs")):
        told = {"lead": other, "stood": merged.data[name], "joined": merged.seq, "at": merged.at.isoformat()}
        events.append(conn, one, PARTED, now, evidence="engine", subject=str(other), data=told)
        name_again(conn, one)
    return made


def merged_of(conn: Connection, lead_id: int) -> list[int]:
    """Who was merged into that very lead, the newest first: those of whom it can be taken back now."""
    rows = select(leads.c.id).where(leads.c.merged_into == lead_id, leads.c.id != lead_id)
    return list(conn.scalars(rows.order_by(leads.c.merged_at.desc(), leads.c.id.desc())))


# ---------------------------------------------------------------- what is asked


def everyone_below(conn: Connection, lead_id: int) -> list[int]:
    """The lead, and all who were merged into it before it was merged itself."""
    found, below = [lead_id], [lead_id]
    while found:
        merged = select(leads.c.id).where(leads.c.merged_into.in_(found), leads.c.id.not_in(below))
        found = list(conn.scalars(merged.order_by(leads.c.id)))
        below += found
    return below


def _merge_event(conn: Connection, kept: int, gone: int) -> Event:
    """What tells of the newest merge of the two. Raises NoMerge where it was made before it could be taken back."""
    told = events.written(conn, kept, MERGED)
    newest = next((event for event in reversed(told) if event.data.get("lead") == gone), None)
    if newest is None or "theirs" not in newest.data:
        raise NoMerge(said("This merge was made when it could not be taken back: its rows are the other lead's."))
    return newest


def _ended(conn: Connection, lead_id: int) -> list[Row[Any]]:
    return list(
        conn.execute(select(enrolments).where(enrolments.c.lead_id == lead_id, enrolments.c.exit_reason == ENDED))
    )


# ---------------------------------------------------------------- what is written


def _join_again(conn: Connection, lead_id: int) -> None:
    """Those merged into the lead before are numbered by it again, from where they joined it."""
    for one in merged_of(conn, lead_id):
        seq = conn.execute(select(wakes.c.seq).where(wakes.c.lead_id == lead_id)).scalar_one()
        joined = _merge_event(conn, lead_id, one).seq
        turn = {"survivor_id": lead_id, "joined_seq": joined, "seq": seq, "folded_seq": seq}
        conn.execute(update(wakes).where(wakes.c.lead_id.in_(everyone_below(conn, one))).values(turn))
