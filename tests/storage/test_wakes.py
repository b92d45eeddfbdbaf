from datetime import timedelta

import pytest
from sqlalchemy import select, update

from storage import holders, wakes
from storage.schema import wakes as table
from storage.wakes import Claimed

HOUR = timedelta(hours=1)


def wake_of(database, lead_id):
    with database.read() as conn:
        return conn.execute(select(table).where(table.c.lead_id == lead_id)).one()


@pytest.fixture
def holder(database, moment):
    return database.write(lambda conn: holders.register(conn, "ada:1", moment.machine))


def claim(database, holder, at, limit=10):
    return database.write(lambda conn: wakes.claim(conn, holder, at, limit))


def finish(database, claimed, holder, due_at):
    return database.write(lambda conn: wakes.finish(conn, claimed, holder, due_at))


def test_a_lead_without_a_wake_cannot_be_stirred(database, moment):
    with pytest.raises(LookupError, match="no wake"):
        database.write(lambda conn: wakes.stir(conn, 404, moment.calendar))


def test_events_are_numbered_one_by_one_for_each_lead(database, make_leads, moment):
    ada, bob = make_leads(2)

    def stir(lead):
        return database.write(lambda conn: wakes.stir(conn, lead, moment.calendar))

    assert [stir(lead) for lead in (ada, ada, bob)] == [1, 2, 1]


@pytest.mark.parametrize(
    ("due_in", "expected_in"), [(None, timedelta()), (HOUR, timedelta()), (-HOUR, -HOUR), (timedelta(), timedelta())]
)
def test_a_stirred_lead_is_due_now_or_earlier(database, make_leads, moment, due_in, expected_in):
    [ada] = make_leads(1)
    due_at = None if due_in is None else moment.calendar + due_in
    database.write(lambda conn: conn.execute(update(table).values(due_at=due_at)) and None)
    database.write(lambda conn: wakes.stir(conn, ada, moment.calendar))
    assert wake_of(database, ada).due_at == moment.calendar + expected_in


def test_a_number_that_was_rolled_back_is_given_again(database, make_leads, moment):
    [ada] = make_leads(1)

    def fail(conn):
        wakes.stir(conn, ada, moment.calendar)
        raise ValueError("the form was not right")

    with pytest.raises(ValueError, match="not right"):
        database.write(fail)
    assert database.write(lambda conn: wakes.stir(conn, ada, moment.calendar)) == 1


def test_due_leads_are_claimed_once_the_longest_due_first_and_given_by_id(database, make_leads, holder, moment):
    ada, bob, chloe, later = make_leads(4)
    late = {chloe: -3 * HOUR, bob: -2 * HOUR, ada: -HOUR, later: HOUR}
    for lead, ago in late.items():
        database.write(
            lambda conn, lead=lead, ago=ago: (
                conn.execute(update(table).where(table.c.lead_id == lead).values(due_at=moment.calendar + ago)) and None
            )
        )
    assert [claimed.lead_id for claimed in claim(database, holder, moment.calendar, limit=2)] == [bob, chloe]
    assert claim(database, holder, moment.calendar) == [Claimed(ada, 0, 0)]
    assert claim(database, holder, moment.calendar) == []
    assert [claimed.lead_id for claimed in claim(database, holder, moment.calendar + HOUR)] == [later]


def test_a_finished_lead_has_taken_everything_in_and_is_due_when_said(database, make_leads, holder, moment):
    [ada] = make_leads(1)
    database.write(lambda conn: wakes.stir(conn, ada, moment.calendar))
    [claimed] = claim(database, holder, moment.calendar)
    assert claimed == Claimed(ada, 1, 0)
    assert finish(database, claimed, holder, moment.calendar + HOUR)
    wake = wake_of(database, ada)
    assert (wake.seq, wake.folded_seq, wake.due_at) == (1, 1, moment.calendar + HOUR)
    assert (wake.holder, wake.fence) == (None, None)
    assert not finish(database, claimed, holder, None)  # once


def test_an_event_in_between_makes_the_work_count_for_nothing(database, make_leads, holder, moment):
    [ada] = make_leads(1)
    [claimed] = claim(database, holder, moment.calendar)
    database.write(lambda conn: wakes.stir(conn, ada, moment.calendar))
    assert not finish(database, claimed, holder, None)
    database.write(lambda conn: wakes.let_go(conn, [ada], holder))
    assert claim(database, holder, moment.calendar) == [Claimed(ada, 1, 0)]


def test_only_the_holder_lets_go_or_finishes(database, make_leads, holder, moment):
    [ada] = make_leads(1)
    other = database.write(lambda conn: holders.register(conn, "bob:2", moment.machine))
    [claimed] = claim(database, holder, moment.calendar)
    database.write(lambda conn: wakes.let_go(conn, [ada], other))
    assert not finish(database, claimed, other, None)
    assert wake_of(database, ada).holder == holder.id


def test_a_zombie_is_refused_by_its_fence(database, make_leads, holder, moment):
    """Stalled for more than a minute, declared dead, its leads given to another; then it wakes up and goes on."""
    make_leads(1)
    [claimed] = claim(database, holder, moment.calendar)
    later = moment.machine + holders.DEAD_AFTER + timedelta(seconds=1)
    assert database.write(lambda conn: holders.bury(conn, later)) == [holder.id]
    assert not finish(database, claimed, holder, None)
    assert claim(database, holder, moment.calendar) == []
    other = database.write(lambda conn: holders.register(conn, "bob:2", later))
    [again] = claim(database, other, moment.calendar)
    assert not finish(database, claimed, holder, None)
    assert finish(database, again, other, None)


def test_a_zombie_is_refused_before_its_leads_are_free(database, make_leads, holder, moment):
    [ada] = make_leads(1)
    [claimed] = claim(database, holder, moment.calendar)
    raised = update(holders.holders).values(fence=2)
    database.write(lambda conn: conn.execute(raised) and None)
    assert wake_of(database, ada).holder == holder.id
    assert not finish(database, claimed, holder, None)
