"""A pace that all sending processes keep together: one row for each, and one short write for each permission."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from emails.pace import HOUR, Pace
from storage.database import Database
from storage.prepared import Prepared
from storage.schema import paces
from storage.upsert import insert_or_ignore

_FULL_AT = Prepared(select(paces.c.full_at).where(paces.c.name == bindparam("this")).with_for_update())
_KEEP = Prepared(update(paces).where(paces.c.name == bindparam("this")).values(full_at=bindparam("full")))


class SharedPace:
    """Like the `pace` it is made of, for every process that names it alike."""

    def __init__(self, database: Database, name: str, pace: Pace) -> None:
        self._database, self._name, self._pace = database, name, pace

    @property
    def each(self) -> timedelta:
        return self._pace.each

    def next_at(self, now: datetime) -> datetime:
        """As far as this process knows: another may come first."""
        return self._pace.next_at(now)

    def take(self, now: datetime) -> bool:
        """Use one permission; False when there is none yet. Nobody is asked before one can be there again.

        Raises StorageUnavailable.
        """
        if self.next_at(now) > now:
            return False
        taken, self._pace = self._database.write(lambda conn: self._take(conn, now))
        return taken

    def _take(self, conn: Connection, now: datetime) -> tuple[bool, Pace]:
        there = {"this": self._name}
        if (full_at := _FULL_AT.value(conn, there)) is None:
            insert_or_ignore(conn, paces, {"name": self._name, "full_at": now})
            full_at = _FULL_AT.value(conn, there)
        pace = replace(self._pace, full_at=full_at)
        taken = pace.take(now)
        if taken:
            _KEEP.count(conn, {**there, "full": pace.full_at})
        return taken, pace


def forget(conn: Connection, machine_now: datetime) -> None:
    """Drop the paces that nobody has used for an hour: they are full, as one is of which nothing is kept."""
    conn.execute(delete(paces).where(paces.c.full_at < machine_now - HOUR))
