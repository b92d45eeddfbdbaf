from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import claims, holders, wakes
from storage.schema import holders as holders_table
from storage.schema import wakes as wakes_table
from storage.schema import webhooks

SECOND = timedelta(seconds=1)


@pytest.fixture
def register(database, moment):
    return lambda name, at=moment.machine: database.write(lambda conn: holders.register(conn, name, at))


def test_each_process_is_a_holder_of_its_own(register):
    ada, bob = register("host:1"), register("host:1")
    assert ada.id != bob.id


@pytest.mark.parametrize(("unseen", "dead"), [(60 * SECOND, False), (61 * SECOND, True)])
def test_dead_is_who_was_unseen_for_a_minute(database, register, moment, unseen, dead):
    ada = register("ada")
    assert database.write(lambda conn: holders.bury(conn, moment.machine + unseen)) == ([ada.id] if dead else [])
    assert database.write(lambda conn: holders.beat(conn, ada, moment.machine + unseen)) is not dead


def test_a_heartbeat_keeps_alive_and_the_dead_are_buried_once(database, register, moment):
    ada, bob = register("ada"), register("bob")
    database.write(lambda conn: holders.beat(conn, bob, moment.machine + 50 * SECOND))
    assert database.write(lambda conn: holders.bury(conn, moment.machine + 90 * SECOND)) == [ada.id]
    assert database.write(lambda conn: holders.bury(conn, moment.machine + 95 * SECOND)) == []


def test_whoever_goes_in_good_order_is_waited_for_by_nobody(database, register, moment):
    ada, bob = register("ada"), register("bob")
    database.write(lambda conn: wakes.claim(conn, ada, moment.calendar, 10))
    database.write(lambda conn: holders.leave(conn, ada))
    with database.read() as conn:
        living = conn.scalars(select(holders_table.c.id).where(holders.at_work(moment.machine))).all()
        assert set(conn.execute(select(wakes_table.c.holder)).scalars()) <= {None}
    assert living == [bob.id]
    assert database.write(lambda conn: holders.beat(conn, ada, moment.machine)) is False


def test_burial_frees_the_leads_and_leaves_what_outboxes_must_judge(database, register, make_webhooks, moment):
    ada, bob = register("ada"), register("bob", moment.machine + 60 * SECOND)
    make_webhooks(2)
    database.write(lambda conn: wakes.claim(conn, ada, moment.calendar, 10))
    [hers] = database.write(lambda conn: claims.claim(conn, webhooks, ada, moment.machine, 1))
    [his] = database.write(lambda conn: claims.claim(conn, webhooks, bob, moment.machine, 1))
    database.write(lambda conn: holders.bury(conn, moment.machine + 61 * SECOND))
    with database.read() as conn:
        assert set(conn.execute(select(wakes_table.c.holder)).scalars()) == {None}
        orphans = conn.execute(select(webhooks.c.id, webhooks.c.state).where(holders.orphaned(webhooks))).all()
    assert orphans == [(hers.id, "claimed")]
    assert his.id != hers.id
