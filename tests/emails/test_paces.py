"""A limit of the settings holds for all sending processes together, whoever of them comes first."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from emails.pace import HOUR, Pace
from emails.paces import SharedPace, forget
from emails.recovery import recover
from storage.schema import paces
from tests.conftest import MONDAY

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("count", [1, 12, 200])
def test_several_processes_together_never_exceed_a_pace_in_any_hour(database, count):
    """Each of them as fast as it can, in any order; what one does not use is there for the others."""
    chance, processes = random.Random(count), [SharedPace(database, "*/hour", Pace.hourly(count)) for _ in range(3)]
    taken, now = [], MONDAY
    while now < MONDAY + 2.5 * HOUR:
        for process in chance.choices(processes, k=3):
            while process.take(now):
                taken.append(now)
        now = max(min(process.next_at(now) for process in processes), now + timedelta(seconds=15))
    for start in taken:
        assert sum(start <= one < start + HOUR for one in taken) <= count
    assert len(taken) >= 2 * count


def test_who_was_refused_asks_nobody_before_there_can_be_another_permission(database, monkeypatch):
    first, second = (SharedPace(database, "x.example", Pace.hourly(2)) for _ in range(2))
    assert first.take(MONDAY)
    assert not second.take(MONDAY)
    monkeypatch.setattr(database, "write", lambda job: pytest.fail("the database was asked"))
    assert not second.take(MONDAY + timedelta(seconds=1))
    assert second.next_at(MONDAY) == first.next_at(MONDAY) > MONDAY


def test_each_name_has_a_pace_of_its_own(database):
    assert [SharedPace(database, name, Pace.hourly(1)).take(MONDAY) for name in ("a", "b", "a")] == [True, True, False]


def test_what_is_full_again_is_forgotten(house, clocks):
    one = SharedPace(house.database, "a.example", Pace.hourly(1))
    assert one.take(house.now.machine)
    recover(house.database, house.now)
    assert not SharedPace(house.database, "a.example", Pace.hourly(1)).take(house.now.machine)
    clocks.advance(HOUR * 3)
    house.database.write(lambda conn: forget(conn, house.clocks.machine()))
    with house.database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(paces)) == 0
    assert one.take(house.clocks.machine())


def test_two_senders_give_the_mail_server_no_more_than_one_would(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    for number in range(30):
        house.owe(house.lead(f"Ada{number}"))
    senders = [sender_to(port, connections=2, per_hour=20) for _ in range(2)]
    for minute in range(60):
        senders[minute % 2].drain(never)
        senders[1 - minute % 2].drain(never)
        clocks.advance(MINUTE)
    assert 18 <= len(mailbox.arrived) <= 20
