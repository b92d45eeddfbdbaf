"""Sessions of staff: rows on the server, found by the hash of the browser's token; machine clock."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from base.tokens import digest, new_token
from storage.schema import staff, staff_factors, staff_sessions

IDLE = timedelta(hours=12)
TOTAL = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=5)  # how stale `seen_at` may get: a write at every page would be one too many


def begin(conn: Connection, staff_id: int, machine_now: datetime) -> str:
    """A new session's token, which only the browser keeps. Sessions that are over go away."""
    over = or_(staff_sessions.c.seen_at <= machine_now - IDLE, staff_sessions.c.created_at <= machine_now - TOTAL)
    conn.execute(delete(staff_sessions).where(over))
    token = new_token()
    conn.execute(
        insert(staff_sessions).values(
            token_hash=digest(token), staff_id=staff_id, created_at=machine_now, seen_at=machine_now
        )
    )
    return token


def begin_anew(conn: Connection, staff_id: int, machine_now: datetime) -> str:
    """The same, where every other session of theirs ends."""
    end_all(conn, staff_id)
    return begin(conn, staff_id, machine_now)


def find(conn: Connection, token: str, machine_now: datetime) -> Row[tuple[object, ...]] | None:
    """The staff row of a session that still holds, with its `seen_at` and `factor_since` (None = no second factor);
    None when it is over or they are disabled."""
    return conn.execute(
        select(staff, staff_sessions.c.seen_at, staff_factors.c.set_at.label("factor_since"))
        .join(staff_sessions, staff_sessions.c.staff_id == staff.c.id)
        .outerjoin(staff_factors, staff_factors.c.staff_id == staff.c.id)
        .where(
            staff_sessions.c.token_hash == digest(token),
            staff_sessions.c.seen_at > machine_now - IDLE,
            staff_sessions.c.created_at > machine_now - TOTAL,
            staff.c.disabled_at.is_(None),
        )
    ).one_or_none()


def is_stale(seen_at: datetime, machine_now: datetime) -> bool:
    return machine_now - seen_at >= TOUCH_EVERY


def touch(conn: Connection, token: str, machine_now: datetime) -> None:
    ours = staff_sessions.c.token_hash == digest(token)
    conn.execute(update(staff_sessions).where(ours).values(seen_at=machine_now))


def end(conn: Connection, token: str) -> None:
    conn.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == digest(token)))


def of(conn: Connection, staff_id: int, machine_now: datetime) -> list[Row[Any]]:
    """The sessions of somebody that still hold, the one seen last first."""
    held = (staff_sessions.c.seen_at > machine_now - IDLE) & (staff_sessions.c.created_at > machine_now - TOTAL)
    query = select(staff_sessions).where(staff_sessions.c.staff_id == staff_id, held)
    return list(conn.execute(query.order_by(staff_sessions.c.seen_at.desc())))


def end_others(conn: Connection, staff_id: int, token: str) -> None:
    """Every browser of theirs but the one that holds `token` signs in again."""
    others = staff_sessions.c.token_hash != digest(token)
    conn.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id, others))


def end_all(conn: Connection, staff_id: int) -> None:
    """After a new password, another role, a disabled account: every browser signs in again."""
    conn.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))
