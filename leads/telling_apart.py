"""Two leads that look like one and are two, as somebody said who knows: they are not suggested again."""

from sqlalchemy import Connection

from base.clock import Moment
from leads.forgetting import Clerk, note
from storage.schema import told_apart
from storage.upsert import insert_or_ignore

APART = "leads_told_apart"


def tell_apart(conn: Connection, one: int, other: int, key: str, clerk: Clerk, now: Moment) -> bool:
    """Note that they are two, in the audit chain too; whether that is news. Raises IntegrityError for nobody."""
    lower, higher = sorted((one, other))
    row = {"lead_id": lower, "other_id": higher, "author": clerk.by[:200], "at": now.machine}
    if not insert_or_ignore(conn, told_apart, row):
        return False
    note(conn, key, APART, lower, clerk, now, other=higher)
    return True
