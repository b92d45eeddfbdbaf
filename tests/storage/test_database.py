import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from base.clock import elapsed
from storage.database import StorageUnavailable, open_database
from storage.schema import facts, switches

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SAVED = {"key": "motto", "value": "terreau"}


def save(conn, key="motto"):
    conn.execute(insert(facts).values(key=key, value="terreau"))
    return key


def saved(database):
    with database.read() as conn:
        return conn.execute(select(facts.c.key).order_by(facts.c.key)).scalars().all()


def test_what_was_written_is_there_when_the_answer_comes(database):
    assert database.write(save) == "motto"
    assert saved(database) == ["motto"]


def test_what_a_failing_job_wrote_is_not_there_and_its_error_comes_back(database):
    def job(conn):
        save(conn)
        raise LookupError("no such lead")

    with pytest.raises(LookupError, match="no such lead"):
        database.write(job)
    assert saved(database) == []


def test_a_broken_rule_of_the_tables_is_the_jobs_own_fault(database):
    database.write(save)
    with pytest.raises(IntegrityError):
        database.write(save)
    with pytest.raises(IntegrityError):  # foreign keys hold on SQLite too
        database.write(
            lambda conn: conn.execute(text("INSERT INTO wakes (lead_id, seq, folded_seq) VALUES (404, 0, 0)"))
        )


def test_a_fault_in_a_statement_is_no_trouble_of_the_database(database):
    with pytest.raises(DBAPIError):
        database.write(lambda conn: conn.execute(text("SELECT nothing FROM nowhere")))
    with pytest.raises(DBAPIError), database.read() as conn:
        conn.execute(text("SELECT nothing FROM nowhere"))


def test_a_read_sees_one_moment(database):
    with database.read() as conn:
        before = conn.execute(select(func.count()).select_from(facts)).scalar_one()
        database.write(save)
        assert conn.execute(select(func.count()).select_from(facts)).scalar_one() == before == 0
    assert saved(database) == ["motto"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_reads_alone_reads_from_the_one_connection_whose_cache_is_warm(database):
    with database.read(), database.read(), database.read():
        pass
    used = set()
    for _ in range(6):
        with database.read() as conn:
            used.add(id(conn.connection.driver_connection))
    assert len(used) == 1


def test_a_read_does_not_write(database):
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), database.read() as conn:
        save(conn)
    database.write(save)  # and the connection does not stay spoilt for others


def test_an_error_of_the_reader_comes_through_as_it_is(database):
    with pytest.raises(KeyError), database.read():
        raise KeyError("ada")


def test_a_job_does_not_wait_for_another(database):
    with pytest.raises(RuntimeError, match="must not wait for another job"):
        database.write(lambda conn: database.write(save))
    database.write(save)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_every_instant_comes_back_aware_and_in_utc(database, zone):
    at = MONDAY.replace(microsecond=123456)
    row = {"name": "all", "off": True, "reason": "test", "since": at.astimezone(zone)}
    database.write(lambda conn: conn.execute(insert(switches).values(row)))
    with database.read() as conn:
        read = conn.execute(select(switches.c.since)).scalar_one()
    assert (read, read.tzinfo) == (at, UTC)


def test_a_naive_instant_is_refused(database):
    row = {"name": "all", "off": True, "reason": "test", "since": MONDAY.replace(tzinfo=None)}
    with pytest.raises(StatementError, match="naive datetime"):
        database.write(lambda conn: conn.execute(insert(switches).values(row)))


def test_jobs_of_many_threads_are_all_kept(database):
    counter = Table("counter", MetaData(), Column("n", Integer))
    database.write(counter.create)
    database.write(lambda conn: conn.execute(insert(counter).values(n=0)) and None)

    def many():
        for _ in range(40):
            database.write(lambda conn: conn.execute(update(counter).values(n=counter.c.n + 1)) and None)

    threads = [threading.Thread(target=many) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with database.read() as conn:
        assert conn.execute(select(counter.c.n)).scalar_one() == 200


def test_a_database_held_by_another_is_unavailable_in_time_and_resumes(database, database_url):
    database.write(lambda conn: save(conn, "held"))
    other = open_database(database_url)
    begun, end = threading.Event(), threading.Event()

    def hold(conn):
        conn.execute(update(facts).where(facts.c.key == "held").values(value="mine"))
        begun.set()
        end.wait(10)

    holder = threading.Thread(target=other.write, args=(hold,))
    holder.start()
    assert begun.wait(10)
    started = elapsed()
    with pytest.raises(StorageUnavailable, match="nothing was saved"):
        database.write(
            lambda conn: conn.execute(update(facts).values(value="late")) and save(conn, "late"), timeout=0.4
        )
    assert 0.3 < elapsed() - started < 3
    assert saved(database) == ["held"]  # reading goes on meanwhile
    end.set()
    holder.join()
    other.close()
    assert database.write(lambda conn: save(conn, "after")) == "after"
    assert saved(database) == ["after", "held"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://root@localhost/terreau", "choose sqlite or postgresql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("terreau.db", "is not a database address"),
    ],
)
def test_an_address_of_another_kind_is_refused(url, sentence):
    with pytest.raises(ValueError, match=sentence):
        open_database(url)


def test_work_that_can_wait_gives_way_before_each_write_and_writes_the_same_database(database):
    asked = []
    behind = database.behind(lambda: asked.append("may I"))
    assert behind.write(lambda conn: asked.append("written")) is None
    with behind.read() as conn:
        assert conn.execute(select(1)).scalar() == 1
    assert asked == ["may I", "written"]
