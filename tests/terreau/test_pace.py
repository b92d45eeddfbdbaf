"""Next moves the calendar to what is due, passes over silent instants, and never moves it for nothing."""

from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from base.clock import Clocks, VirtualCalendar
from storage.schema import leads, releases, stage_changes
from terreau.pace import Pace, UnknownSpeed, seconds_of_a_day
from terreau.virtual import declared

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Due:
    """An engine that knows when things are due; reaching an instant takes it away."""

    def __init__(self, calendar: VirtualCalendar, *ahead: datetime) -> None:
        self.calendar, self.ahead = calendar, list(ahead)

    def next_due(self) -> datetime | None:
        self.ahead = [at for at in self.ahead if at > self.calendar.now()]
        return min(self.ahead, default=None)


@pytest.fixture
def made(database, clocks):
    """`made(due instants, instants at which a mail arrives)` -> (pace, calendar)."""

    def make(due=(), noticed=()):
        calendar = VirtualCalendar(clocks.machine, TUESDAY, clocks.machine())
        house = SimpleNamespace(
            database=database, clocks=Clocks(calendar.now, clocks.machine), engine=Due(calendar, *due)
        )
        house.next_due = lambda: house.engine.next_due()
        running = SimpleNamespace(nudge=lambda: None)
        arrived = lambda: sum(at <= calendar.now() for at in noticed)  # noqa: E731
        return Pace(house, running, calendar, arrived, Event()), calendar

    return make


def test_a_press_moves_to_the_next_due_instant_and_declares_it(made, database, clocks):
    pace, calendar = made([TUESDAY + 7 * DAY, TUESDAY + 14 * DAY], [TUESDAY + 7 * DAY, TUESDAY + 14 * DAY])
    assert pace.press() == calendar.now() == TUESDAY + 7 * DAY
    with database.read() as conn:
        assert declared(conn, clocks).now() == TUESDAY + 7 * DAY
    assert pace.press() == TUESDAY + 14 * DAY
    assert pace.press() is None


def test_silent_instants_are_passed_over_to_the_next_that_can_be_noticed(made):
    pace, _ = made([TUESDAY + n * DAY for n in range(1, 10)], [TUESDAY + 5 * DAY])
    assert pace.press() == TUESDAY + 5 * DAY
    assert pace.press() == TUESDAY + 9 * DAY


def test_nothing_due_moves_nothing(made):
    pace, calendar = made()
    assert pace.press() is None
    assert calendar.now() == TUESDAY


def test_a_change_of_stage_is_noticed(made, database, clocks):
    pace, calendar = made([TUESDAY + DAY, TUESDAY + 2 * DAY])

    def cooled(conn):
        row = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": TUESDAY}
        lead = conn.execute(insert(leads).values(row).returning(leads.c.id)).scalar_one()
        change = {"lead_id": lead, "to_stage": "iql", "reason": "cooled", "cycle": 2, "at": TUESDAY, "release_id": 1}
        conn.execute(insert(releases).values(id=1, hash="h", tree={}, author="ada", created_at=TUESDAY))
        conn.execute(insert(stage_changes).values(change))

    due = pace._house.engine.next_due
    changed = []

    def next_due():
        if calendar.now() > TUESDAY and not changed:
            changed.append(database.write(cooled))
        return due()

    pace._house.engine.next_due = next_due
    assert pace.press() == TUESDAY + DAY


def test_days_pass_by_themselves_at_the_speed_asked_for(made):
    pace, calendar = made([TUESDAY + n * DAY for n in (1, 2, 3)], [TUESDAY + n * DAY for n in (1, 2, 3)])
    stop = pace._stop
    waited = []
    stop.wait = lambda seconds: waited.append(seconds) or calendar.now() >= TUESDAY + 3 * DAY
    pace.keep_pressing(0.01)
    assert calendar.now() == TUESDAY + 3 * DAY


@pytest.mark.parametrize(("written", "seconds"), [(None, None), ("1d=2s", 2.0), ("1d=0.5s", 0.5), ("1d = 2s", 2.0)])
def test_a_speed_is_seconds_for_a_day(written, seconds):
    assert seconds_of_a_day(written) == seconds


@pytest.mark.parametrize("written", ["", "2s", "1d=0s", "1h=2s", "1d=2", "1d=-1s"])
def test_what_is_no_speed_is_refused(written):
    with pytest.raises(UnknownSpeed, match="write 1d=2s"):
        seconds_of_a_day(written)
