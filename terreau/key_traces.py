"""What a database without a mark tells of the suppression key it was worked with: the audit, and whoever is left alone.

Reads only.
"""

from sqlalchemy import Connection, select

from leads.callable import number_hash
from leads.consent import address_hash, suppressed
from storage.chain import was_written_with
from storage.schema import leads, suppressions

_AT_A_TIME = 1_000


def was_worked_with(conn: Connection) -> bool:
    """Whether there was ever a key: somebody is left alone under it."""
    return conn.execute(select(suppressions.c.scope).limit(1)).one_or_none() is not None


def may_be_of(conn: Connection, key: str) -> bool:
    """False where somebody is left alone, and neither the audit nor anybody known here is so under that key.

    Everybody is looked at, not some: of a million, three may be left alone. It is asked until the first start alone.
    """
    return not was_worked_with(conn) or was_written_with(conn, key) or _knows_somebody(conn, key)


def _knows_somebody(conn: Connection, key: str) -> bool:
    """Whether any lead is left alone under that key; true where there are none to look at."""
    last = 0
    people = select(leads.c.id, leads.c.email, leads.c.phone).order_by(leads.c.id).limit(_AT_A_TIME)
    while rows := conn.execute(people.where(leads.c.id > last)).all():
        hashes = {address_hash(key, row.email) for row in rows if row.email}
        hashes |= {number_hash(key, row.phone) for row in rows if row.phone}
        if suppressed(conn, hashes):
            return True
        last = rows[-1].id
    return last == 0
