"""A virtual calendar is what the database says it is."""

from datetime import UTC, datetime, timedelta

from base.clock import VirtualCalendar
from storage.schema import calendars
from terreau.virtual import clocks_of, declare, declared

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_database_without_a_calendar_keeps_the_machines_time(database):
    clocks = clocks_of(database)
    assert abs(clocks.calendar() - clocks.machine()) < timedelta(seconds=5)


def test_another_process_counts_the_same_days_and_jumps_are_seen(database, clocks):
    calendar = VirtualCalendar(clocks.machine, TUESDAY, clocks.machine(), rate=2)
    for jump in (TUESDAY, TUESDAY + 7 * DAY):
        calendar.jump_to(jump)
        database.write(lambda conn: declare(conn, calendar))
        clocks.advance(timedelta(hours=1))
        with database.read() as conn:
            other = declared(conn, clocks)
        assert other.now() == calendar.now() == jump + timedelta(hours=2)
    with database.read() as conn:
        assert len(conn.execute(calendars.select()).all()) == 1
