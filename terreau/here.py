"""The database that a backup is made of, or that a restore would put aside: how much is in it, and who was erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, inspect, select

from base.clock import Moment
from base.saying import said
from base.translations import msgid
from storage.holders import at_work
from storage.schema import erasures, holders, leads, messages
from terreau.archive import NoRestore
from workflows import gaps

BUSY = msgid("somebody worked with %(target)s within the last minute: stop the house, wait a minute")
UNSENT = ("due", "claimed", "in_data", "deferred")


@dataclass(frozen=True, slots=True)
class Here:
    """A database in the place of a restored one: its leads; `marks`: who was erased from it and when, if it tells;
    `name`: what it is known by, if it was ever watched.
    """

    leads: int
    marks: Mapping[str, datetime] | None
    name: str | None = None


def counts(conn: Connection) -> tuple[int, int, int]:
    """(leads, messages, messages that wait to be sent)"""
    everything = [conn.scalar(select(func.count()).select_from(table)) or 0 for table in (leads, messages)]
    waiting = conn.scalar(select(func.count()).where(messages.c.state.in_(UNSENT))) or 0
    return everything[0], everything[1], waiting


def look(conn: Connection, target: str, now: Moment) -> Here:
    """Raises NoRestore while somebody works with it."""
    tables = set(inspect(conn).get_table_names())
    if leads.name not in tables:
        return Here(0, {})
    if conn.scalar(select(func.count()).select_from(holders).where(at_work(now.machine))):
        raise NoRestore(said(BUSY, target=target))
    count = conn.scalar(select(func.count()).select_from(leads)) or 0
    could_erase = erasures.name in tables  # the first versions could not
    rows = conn.execute(select(erasures.c.mark, erasures.c.at)).all() if could_erase else []
    return Here(count, {row.mark: row.at for row in rows}, gaps.name_of(conn))
