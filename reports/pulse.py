"""Whether the engine lives: one question, read-only."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.schema import holders


def engine_seen(conn: Connection) -> datetime | None:
    """When any process that works on leads and mails was last seen, on the machine's clock; None: never."""
    return conn.execute(select(func.max(holders.c.seen_at))).scalar_one_or_none()
