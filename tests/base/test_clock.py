from datetime import UTC, datetime, timedelta

import pytest

from base.clock import Clocks, VirtualCalendar, elapsed, system_clocks

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def test_a_moment_is_both_clocks_read_together():
    clocks = Clocks(lambda: MONDAY + DAY, lambda: MONDAY)
    assert clocks.moment().calendar == MONDAY + DAY
    assert clocks.moment().machine == MONDAY


def test_the_system_clocks_are_aware_and_agree():
    moment = system_clocks().moment()
    assert moment.calendar.tzinfo is UTC
    assert timedelta() <= moment.machine - moment.calendar < timedelta(seconds=1)
    assert elapsed() <= elapsed()


@pytest.mark.parametrize("rate", [1, 60, 86_400])
def test_a_virtual_calendar_runs_at_its_rate(rate):
    machine = Machine(MONDAY)
    calendar = VirtualCalendar(machine, MONDAY + 30 * DAY, MONDAY, rate)
    machine.now += timedelta(seconds=2)
    assert calendar.now() == MONDAY + 30 * DAY + timedelta(seconds=2 * rate)


def test_a_jump_lands_on_the_instant_and_runs_on_from_there():
    machine = Machine(MONDAY)
    calendar = VirtualCalendar(machine, MONDAY, MONDAY)
    calendar.jump_to(MONDAY + 3 * DAY)
    machine.now += timedelta(minutes=1)
    assert calendar.now() == MONDAY + 3 * DAY + timedelta(minutes=1)
    assert calendar.declaration() == (MONDAY + 3 * DAY, MONDAY, 1)


def test_a_calendar_never_goes_back():
    machine = Machine(MONDAY)
    calendar = VirtualCalendar(machine, MONDAY, MONDAY)
    machine.now += DAY
    calendar.jump_to(MONDAY)
    assert calendar.now() == MONDAY + DAY


def test_a_calendar_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        VirtualCalendar(Machine(MONDAY), MONDAY, MONDAY, rate=0)
