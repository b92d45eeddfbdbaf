"""What a release changes for those inside and for every lead: read for their turns, and told to them in batches.

A batch only makes leads due; the change is carried out in their own turn, before anything else. What one turn read too
early, the next one does: a lead that somebody holds is told once it is free, and those after it are told after it, or
they would be woken again and again meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, update

from authoring.editing import Move
from base.clock import Moment
from leads import events
from storage import wakes
from storage.schema import adoptions, enrolments, refolds, standings
from storage.schema import wakes as wakes_table
from storage.wakes import Claimed
from workflows.values import Edit, Refold

IDS_PER_JOB = 200
# For so long after the flip an engine that has not looked again may still let leads into the former version.
LINGER = timedelta(minutes=1)


# ---------------------------------------------------------------- read for a turn


def edits_on(conn: Connection, versions: Collection[str]) -> tuple[Edit, ...]:
    """Every edit of those versions; whether it was carried out on an enrolment is the enrolment's to say."""
    wanted = select(adoptions).where(adoptions.c.version.in_(sorted(versions)))
    return tuple(_edit(row) for row in conn.execute(wanted.order_by(adoptions.c.release_id)))


def _edit(row: Row[Any]) -> Edit:
    moves = {step: Move(how, to) for step, (how, to) in row.moves.items()}
    return Edit(row.release_id, row.sequence, row.version, row.to_version, moves)


@dataclass(frozen=True, slots=True)
class Change:
    """A release that changed the rules for everybody."""

    release_id: int
    announce: bool


def changes(conn: Connection) -> tuple[Change, ...]:
    """Every release that changed how leads are judged, the newest last."""
    rows = conn.execute(select(refolds.c.release_id, refolds.c.announce).order_by(refolds.c.release_id))
    return tuple(Change(row.release_id, row.announce) for row in rows)


def refolds_of(conn: Connection, claimed: Sequence[Claimed], made: Sequence[Change]) -> Mapping[int, Refold]:
    """By lead: what is still to be judged again, of those last judged under an earlier release."""
    if not made:
        return {}
    ids = [lead.lead_id for lead in claimed]
    judged = select(standings.c.lead_id, standings.c.release_id).where(
        standings.c.lead_id.in_(ids), standings.c.release_id < made[-1].release_id
    )
    behind = {row.lead_id: row.release_id for row in conn.execute(judged)}
    folded = {lead.lead_id: lead.folded_seq for lead in claimed if lead.lead_id in behind}
    past = events.after(conn, dict.fromkeys(folded, 0))
    return {
        lead_id: Refold(
            made[-1].release_id,
            any(change.announce for change in made if change.release_id > behind[lead_id]),
            tuple(event for event in past[lead_id] if event.seq <= seq),
        )
        for lead_id, seq in folded.items()
    }


# ---------------------------------------------------------------- told in batches


@dataclass(frozen=True, slots=True)
class Telling:
    """A change that leads are being told of; `version` None stands for changed rules, which concern everybody."""

    release_id: int
    version: str | None


def unfinished(conn: Connection) -> list[Telling]:
    """Every change that somebody may not have been told of yet, the oldest first."""
    rules = conn.execute(select(refolds.c.release_id).where(refolds.c.done_at.is_(None))).scalars()
    inside = conn.execute(select(adoptions.c.release_id, adoptions.c.version).where(adoptions.c.done_at.is_(None)))
    found = [Telling(number, None) for number in rules] + [Telling(row.release_id, row.version) for row in inside]
    return sorted(found, key=lambda one: (one.release_id, one.version or ""))


def carry_on(conn: Connection, telling: Telling, now: Moment) -> bool:
    """Tell the next ones; True while that got further. The place reached moves in the same transaction.

    Safe to run in several processes: whoever holds the row tells the next ones, and the others wait for them.
    """
    return _tell_everybody(conn, telling, now) if telling.version is None else _tell_those_inside(conn, telling, now)


def _tell_those_inside(conn: Connection, telling: Telling, now: Moment) -> bool:
    this = and_(adoptions.c.release_id == telling.release_id, adoptions.c.version == telling.version)
    row = conn.execute(select(adoptions).where(this, adoptions.c.done_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        return False
    first: int = row.next_enrolment_id
    last = conn.scalar(select(func.max(enrolments.c.id))) or 0
    # Read by number alone, whatever the planner thinks of the other columns' indexes.
    columns = (enrolments.c.id, enrolments.c.lead_id, enrolments.c.state, enrolments.c.sequence_version)
    within = select(*columns).where(enrolments.c.id >= first, enrolments.c.id < first + IDS_PER_JOB)
    inside = {
        one.id: one.lead_id
        for one in conn.execute(within)
        if one.state == "active" and one.sequence_version == telling.version
    }
    held = wakes.in_hand(conn, set(inside.values()))
    waiting = [number for number, lead_id in inside.items() if lead_id in held]
    reached = min(waiting, default=max(first, min(first + IDS_PER_JOB, last + 1)))
    wakes.hasten(conn, {lead_id for number, lead_id in inside.items() if number < reached}, now.calendar)
    over = first > last and now.machine - row.since >= LINGER
    if over or reached > first:
        done_at = now.machine if over else None
        conn.execute(update(adoptions).where(this).values(next_enrolment_id=reached, done_at=done_at))
    return reached > first


def _tell_everybody(conn: Connection, telling: Telling, now: Moment) -> bool:
    this = refolds.c.release_id == telling.release_id
    row = conn.execute(select(refolds).where(this, refolds.c.done_at.is_(None)).with_for_update()).one_or_none()
    if row is None:
        return False
    first: int = row.next_lead_id
    last = conn.scalar(select(func.max(wakes_table.c.lead_id))) or 0
    held = wakes.in_hand(conn, range(first, min(first + IDS_PER_JOB, last + 1)))
    reached = min(held, default=max(first, min(first + IDS_PER_JOB, last + 1)))
    wakes.hasten(conn, range(first, reached), now.calendar)
    over = first > last and now.machine - row.since >= LINGER
    if over or reached > first:
        done_at = now.machine if over else None
        conn.execute(update(refolds).where(this).values(next_lead_id=reached, done_at=done_at))
    return reached > first
