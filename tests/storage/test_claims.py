from datetime import timedelta

import pytest
from sqlalchemy import select, update

from storage import claims, holders
from storage.schema import webhooks

MINUTE = timedelta(minutes=1)


@pytest.fixture
def holder(database, moment):
    return database.write(lambda conn: holders.register(conn, "ada:1", moment.machine))


def claim(database, holder, at, limit=10):
    return database.write(lambda conn: claims.claim(conn, webhooks, holder, at, limit))


def settle(database, holder, id, from_state, **values):
    return database.write(lambda conn: claims.settle(conn, webhooks, id, holder, from_state, **values))


def row(database, id):
    with database.read() as conn:
        return conn.execute(select(webhooks).where(webhooks.c.id == id)).one()


def test_due_rows_are_claimed_once_the_longest_due_first(database, make_webhooks, holder, moment):
    first, second, third = make_webhooks(3)
    late = update(webhooks).where(webhooks.c.id == third).values(due_at=moment.machine - MINUTE)
    database.write(lambda conn: conn.execute(late) and None)
    assert [taken.id for taken in claim(database, holder, moment.machine, limit=2)] == [third, first]
    [taken] = claim(database, holder, moment.machine)
    assert (taken.id, taken.state, taken.holder, taken.fence) == (second, "claimed", holder.id, holder.fence)
    assert claim(database, holder, moment.machine) == []


def test_nothing_is_claimed_before_it_is_due(database, make_webhooks, holder, moment):
    make_webhooks(1)
    assert claim(database, holder, moment.machine - MINUTE) == []


def test_a_row_is_settled_from_the_state_it_was_seen_in(database, make_webhooks, holder, moment):
    [id] = make_webhooks(1)
    claim(database, holder, moment.machine)
    assert not settle(database, holder, id, "sent", state="failed")
    assert settle(database, holder, id, "claimed", state="sent", ended_at=moment.machine)
    assert not settle(database, holder, id, "claimed", state="failed")
    assert (row(database, id).state, row(database, id).ended_at) == ("sent", moment.machine)


def test_a_row_that_is_due_again_is_anybodys(database, make_webhooks, holder, moment):
    [id] = make_webhooks(1)
    claim(database, holder, moment.machine)
    assert settle(database, holder, id, "claimed", state="due", due_at=moment.machine + MINUTE, attempts=1)
    assert row(database, id).holder is None
    other = database.write(lambda conn: holders.register(conn, "bob:2", moment.machine))
    assert claim(database, other, moment.machine) == []
    assert [taken.attempts for taken in claim(database, other, moment.machine + MINUTE)] == [1]


def test_the_dead_settle_nothing_and_what_they_left_is_taken_back(database, make_webhooks, holder, moment):
    [id] = make_webhooks(1)
    claim(database, holder, moment.machine)
    assert database.write(lambda conn: claims.take_back(conn, webhooks)) == 0
    database.write(lambda conn: holders.bury(conn, moment.machine + 2 * MINUTE))
    assert not settle(database, holder, id, "claimed", state="sent")
    assert database.write(lambda conn: claims.take_back(conn, webhooks)) == 1
    assert (row(database, id).state, row(database, id).holder) == ("due", None)
    assert claim(database, holder, moment.machine) == []


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 1), (2, 5), (3, 15), (4, 60), (5, 180), (6, 360), (7, 720), (8, 1440), (9, 1440), (0, 1)],
)
def test_each_try_waits_longer_give_or_take_a_fifth(moment, attempts, minutes):
    pauses = [claims.retry_at(attempts, moment.machine) - moment.machine for _ in range(50)]
    assert 0.8 * minutes * MINUTE <= min(pauses) < max(pauses) <= 1.2 * minutes * MINUTE
