"""Pauses of a sequence or of everything: begun and ended by people or by the house, kept for good; what they do to
the leads inside is decided in each lead's own turn, which the end of a pause makes due, a few leads at a time."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, insert, select, true, update

from base.clock import Moment
from storage import wakes
from storage.schema import enrolments, pauses, switches
from storage.upsert import upsert
from workflows.resting import EVERYTHING, MARKETING
from workflows.values import Pause

# So many leads are looked at in a minute after a pause: who was held back must not be written to all at once.
LEADS_PER_PORTION = 100
BETWEEN_PORTIONS = timedelta(minutes=1)


def begin(conn: Connection, name: str, reason: str, author: str, now: Moment) -> bool:
    """Pause a sequence, or EVERYTHING, from now on; False when it is paused already."""
    return begin_at(conn, name, reason, author, now, now)


def begin_at(conn: Connection, name: str, reason: str, author: str, since: Moment, now: Moment) -> bool:
    """The same as of an earlier instant of the calendar: nothing was sent meanwhile."""
    _switch(conn, name, True, reason, now)
    if conn.execute(select(pauses.c.id).where(pauses.c.name == name, pauses.c.ended_at.is_(None))).first():
        return False
    conn.execute(insert(pauses).values(name=name, began_at=since.calendar, reason=reason[:300], author=author))
    return True


def end(conn: Connection, name: str, now: Moment) -> datetime | None:
    """Go on; returns since when it was paused, None when it was not. The leads inside are told in portions
    (`carry_on`)."""
    _switch(conn, name, False, "", now)
    over = update(pauses).where(pauses.c.name == name, pauses.c.ended_at.is_(None))
    values = {"ended_at": now.calendar, "next_lead_id": 0, "next_at": now.calendar}
    return min(conn.scalars(over.values(values).returning(pauses.c.began_at)), default=None)


def note(conn: Connection, name: str, reason: str, author: str, since: Moment, now: Moment) -> None:
    """A pause that is over already: nobody was there between the two."""
    row = {"name": name, "began_at": since.calendar, "ended_at": now.calendar, "reason": reason[:300]}
    conn.execute(insert(pauses).values(**row, author=author, next_lead_id=0, next_at=now.calendar))


def every(conn: Connection) -> tuple[Pause, ...]:
    """All there ever were: a wait may have begun before any of them."""
    told = case((pauses.c.told_at.is_(None), pauses.c.next_lead_id), else_=None)
    rows = conn.execute(select(pauses.c.name, pauses.c.began_at, pauses.c.ended_at, pauses.c.reason, told))
    return tuple(Pause(*row) for row in rows)


def _switch(conn: Connection, name: str, off: bool, reason: str, now: Moment) -> None:
    row = {"name": name, "off": off, "reason": reason[:300], "since": now.machine}
    upsert(conn, switches, [row], key=["name"])


# ---------------------------------------------------------------- telling the leads inside that it is over


def unfinished(conn: Connection) -> list[tuple[int, datetime]]:
    """Pauses whose end not everybody inside was told of, each with when the next portion is due."""
    open_ones = pauses.c.ended_at.is_not(None) & pauses.c.told_at.is_(None)
    rows = conn.execute(select(pauses.c.id, pauses.c.next_at).where(open_ones).order_by(pauses.c.id))
    return [(row.id, row.next_at) for row in rows]


def carry_on(conn: Connection, pause_id: int, now: Moment) -> bool:
    """Make the next portion of the leads inside due; True when that got further. Safe to run in several processes."""
    this = and_(pauses.c.id == pause_id, pauses.c.told_at.is_(None), pauses.c.next_at <= now.calendar)
    row = conn.execute(select(pauses.c.name, pauses.c.next_lead_id).where(this).with_for_update()).one_or_none()
    if row is None:
        return False
    inside = select(enrolments.c.lead_id).where(
        enrolments.c.state == "active", enrolments.c.lead_id >= row.next_lead_id, _of(row.name)
    )
    ids = list(conn.scalars(inside.distinct().order_by(enrolments.c.lead_id).limit(LEADS_PER_PORTION)))
    wakes.hasten(conn, ids, now.calendar)
    further = {"next_lead_id": ids[-1] + 1, "next_at": now.calendar + BETWEEN_PORTIONS} if ids else {}
    over = {} if len(ids) == LEADS_PER_PORTION else {"told_at": now.calendar}
    conn.execute(update(pauses).where(pauses.c.id == pause_id).values({**further, **over}))
    return True


def _of(name: str) -> ColumnElement[bool]:
    return true() if name in (EVERYTHING, MARKETING) else enrolments.c.sequence == name
