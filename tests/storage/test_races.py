"""The two races that the wakes exist for (DESIGN §4.2): shown with a naive engine, then gone."""

import threading
from collections import Counter

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select

from storage import holders, wakes
from storage.schema import events
from storage.schema import wakes as wakes_table

naive = MetaData()
naive_events = Table(
    "naive_events", naive, Column("id", Integer, primary_key=True, autoincrement=False), Column("lead_id", Integer)
)
naive_enrolments = Table(
    "naive_enrolments",
    naive,
    Column("id", Integer, primary_key=True),
    Column("lead_id", Integer),
    Column("holder", Integer),
)
mails = Table("mails_of_today", naive, Column("enrolment_id", Integer, primary_key=True), Column("lead_id", Integer))

A_MAIL_A_DAY = 1


@pytest.fixture(autouse=True)
def _naive_tables(database):
    database.write(naive.create_all)


@pytest.fixture
def register(database, moment):
    return lambda name: database.write(lambda conn: holders.register(conn, name, moment.machine))


def together(*jobs):
    """Run every job in a thread of its own; an error in one is the test's."""
    errors = []

    def run(job):
        try:
            job()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


# ---------------------------------------------------------------- a slow door


class Sequence:
    """Numbers as a database's sequence gives them: outside the transaction, so that a slow one commits late."""

    def __init__(self):
        self._last = 0

    def next(self):
        self._last += 1
        return self._last


def test_an_engine_with_an_id_cursor_loses_the_event_of_a_slow_door(database):
    ids, cursor, seen = Sequence(), 0, []
    slow, fast = ids.next(), ids.next()

    def commit(number):
        database.write(lambda conn: conn.execute(insert(naive_events).values(id=number, lead_id=number)) and None)

    for number in (fast, slow):
        commit(number)
        with database.read() as conn:
            new = conn.scalars(select(naive_events.c.id).where(naive_events.c.id > cursor)).all()
        seen += new
        cursor = max([cursor, *new])
    with database.read() as conn:
        there = conn.scalars(select(naive_events.c.id).order_by(naive_events.c.id)).all()
    assert there == [slow, fast]
    assert seen == [fast]  # the slow one lies below the cursor, for ever unseen


def append(conn, lead_id, moment, pause=None):
    """A door's transaction: the wake first, then the event under its number."""
    seq = wakes.stir(conn, lead_id, moment.calendar)
    if pause:
        pause()
    conn.execute(
        insert(events).values(
            lead_id=lead_id, seq=seq, name="form_submitted", at=moment.calendar, recorded_at=moment.machine,
            evidence="human", data={},
        )
    )  # fmt: skip


def fold(database, holder, moment, taken):
    """One pass of an engine: claim, read what is after the fold, finish; returns how many leads were due."""
    claims = database.write(lambda conn: wakes.claim(conn, holder, moment.calendar, 10))
    for claimed in claims:
        new = select(events.c.seq).where(events.c.lead_id == claimed.lead_id, events.c.seq > claimed.folded_seq)
        with database.read() as conn:
            seqs = conn.execute(new.where(events.c.seq <= claimed.seq).order_by(events.c.seq)).scalars().all()
        if database.write(lambda conn, claimed=claimed: wakes.finish(conn, claimed, holder, None)):
            taken += [(claimed.lead_id, seq) for seq in seqs]
        else:
            database.write(lambda conn, claimed=claimed: wakes.let_go(conn, [claimed.lead_id], holder))
    return len(claims)


@pytest.mark.parametrize("fast_lead", [0, 1], ids=["same lead", "another lead"])
def test_with_wakes_the_event_of_a_slow_door_is_taken_in(database, make_leads, register, moment, fast_lead):
    leads = make_leads(2)
    holder, taken, begun, end = register("engine"), [], threading.Event(), threading.Event()

    def pause():
        begun.set()
        end.wait(1)

    def slow_door():
        database.write(lambda conn: append(conn, leads[0], moment, pause))

    def fast_door():
        begun.wait(5)
        threading.Timer(0.2, end.set).start()
        database.write(lambda conn: append(conn, leads[fast_lead], moment))

    def engine():
        begun.wait(5)
        while not end.is_set():
            fold(database, holder, moment, taken)

    together(slow_door, fast_door, engine)
    while fold(database, holder, moment, taken):
        pass
    assert sorted(taken) == sorted([(leads[0], 1), (leads[fast_lead], 2 if fast_lead == 0 else 1)])


def test_with_wakes_many_doors_and_engines_take_in_every_event_once_and_in_order(
    database, make_leads, register, moment
):
    leads, each, doors = make_leads(3), 15, 4
    done, takings = threading.Event(), [[], []]
    left = threading.Semaphore(0)

    def door():
        for number in range(each):
            database.write(lambda conn, number=number: append(conn, leads[number % 3], moment))
        left.release()

    def engine(taken):
        holder = register("engine")
        while not done.is_set():
            fold(database, holder, moment, taken)
        while fold(database, holder, moment, taken):
            pass

    def wait_for_doors():
        for _ in range(doors):
            left.acquire(timeout=25)
        done.set()

    together(*[door] * doors, wait_for_doors, *[lambda taken=taken: engine(taken) for taken in takings])
    holder = register("last")
    while fold(database, holder, moment, takings[0]):
        pass
    counted = Counter(takings[0] + takings[1])
    assert counted == Counter((lead, seq) for lead in leads for seq in range(1, doors * each // 3 + 1))
    for taken in takings:
        for lead in leads:
            seqs = [seq for taken_lead, seq in taken if taken_lead == lead]
            assert seqs == sorted(seqs)


# ---------------------------------------------------------------- two workers and a cap


def sent_today(conn, lead_id):
    return conn.execute(select(func.count()).select_from(mails).where(mails.c.lead_id == lead_id)).scalar_one()


def test_workers_that_claim_enrolments_break_the_cap(database, make_leads):
    [ada] = make_leads(1)
    rows = [{"id": 1, "lead_id": ada, "holder": None}, {"id": 2, "lead_id": ada, "holder": None}]
    database.write(lambda conn: conn.execute(insert(naive_enrolments), rows) and None)
    both_have_looked = threading.Barrier(2)

    def worker(name):
        table = naive_enrolments
        free = select(func.min(table.c.id)).where(table.c.holder.is_(None)).scalar_subquery()
        mine = table.update().where(table.c.id == free, table.c.holder.is_(None)).values(holder=name)
        claimed = database.write(lambda conn: conn.execute(mine.returning(table.c.id)).scalar_one())
        with database.read() as conn:
            may = sent_today(conn, ada) < A_MAIL_A_DAY
        both_have_looked.wait(5)
        if may:
            mail = insert(mails).values(enrolment_id=claimed, lead_id=ada)
            database.write(lambda conn: conn.execute(mail) and None)

    claim_one_after_the_other(worker)
    with database.read() as conn:
        assert sent_today(conn, ada) == 2  # each looked before the other wrote


def claim_one_after_the_other(worker):
    """On PostgreSQL two that claim at the same instant may meet on one row; here each gets its own."""
    first = threading.Thread(target=worker, args=(1,))
    first.start()
    threading.Event().wait(0.1)
    worker(2)
    first.join()


def test_with_wakes_two_workers_keep_the_cap(database, make_leads, register, moment):
    [ada] = make_leads(1)
    both_ready, worked = threading.Barrier(2), []

    def worker(name):
        holder = register(name)
        both_ready.wait(5)
        for claimed in database.write(lambda conn: wakes.claim(conn, holder, moment.calendar, 10)):
            worked.append(name)
            database.write(lambda conn, claimed=claimed: tick(conn, claimed, holder))

    together(lambda: worker("one"), lambda: worker("two"))
    with database.read() as conn:
        assert sent_today(conn, ada) == 1
        assert conn.execute(select(wakes_table.c.due_at)).scalar_one() is None
    assert len(worked) == 1


def tick(conn, claimed, holder):
    """Both due enrolments of the lead in one transaction that holds its wake."""
    if not wakes.finish(conn, claimed, holder, None):
        return
    for enrolment_id in (1, 2):
        if sent_today(conn, claimed.lead_id) < A_MAIL_A_DAY:
            conn.execute(insert(mails).values(enrolment_id=enrolment_id, lead_id=claimed.lead_id))


def test_with_wakes_a_worker_that_was_given_up_does_not_break_the_cap_either(database, make_leads, register, moment):
    [ada] = make_leads(1)
    zombie = register("zombie")
    [seen] = database.write(lambda conn: wakes.claim(conn, zombie, moment.calendar, 10))
    database.write(lambda conn: holders.bury(conn, moment.machine + 2 * holders.DEAD_AFTER))
    heir = register("heir")
    [again] = database.write(lambda conn: wakes.claim(conn, heir, moment.calendar, 10))
    together(
        lambda: database.write(lambda conn: tick(conn, seen, zombie)),
        lambda: database.write(lambda conn: tick(conn, again, heir)),
    )
    with database.read() as conn:
        assert sent_today(conn, ada) == 1
