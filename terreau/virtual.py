"""A virtual calendar, declared by a row in the database so that every process of a demo counts the same days."""

from sqlalchemy import Connection, delete, insert, select

from base.clock import Clocks, VirtualCalendar, system_clocks
from storage.database import Database
from storage.schema import calendars


def declared(conn: Connection, clocks: Clocks) -> VirtualCalendar | None:
    """The calendar of this database, running on the machine clock of `clocks`; None = the machine's own time."""
    row = conn.execute(select(calendars.c.anchor, calendars.c.machine_anchor, calendars.c.rate)).one_or_none()
    return None if row is None else VirtualCalendar(clocks.machine, row.anchor, row.machine_anchor, row.rate)


def declare(conn: Connection, calendar: VirtualCalendar) -> None:
    """Writes where `calendar` stands, in place of what stood there."""
    anchor, machine_anchor, rate = calendar.declaration()
    conn.execute(delete(calendars))
    conn.execute(insert(calendars).values(id=1, anchor=anchor, machine_anchor=machine_anchor, rate=rate))


def clocks_of(database: Database) -> Clocks:
    """The machine's clocks, with the calendar that the database declares, if it does."""
    machine = system_clocks()
    with database.read() as conn:
        calendar = declared(conn, machine)
    return machine if calendar is None else Clocks(calendar.now, machine.machine)
