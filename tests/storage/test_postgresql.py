"""What only PostgreSQL can do to us: deadlocks, a server that goes away, a network that says nothing."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.errors import DataError
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import OperationalError

from base.clock import elapsed
from leads import limits
from leads.limits import SITE, Limit
from storage.among import among
from storage.database import StorageUnavailable, open_database
from storage.prepared import Prepared
from storage.schema import companies, facts
from storage.upsert import hold, insert_missing

LONGEST = 60  # characters of a key

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_server):
    url = postgres_server.fresh()
    opened = open_database(url, wait_seconds=2)
    yield opened
    opened.close()
    postgres_server.drop(url)


@pytest.fixture
def two_facts(database):
    rows = [{"key": "ada", "value": ""}, {"key": "bob", "value": ""}]
    database.write(lambda conn: conn.execute(insert(facts), rows) and None)


def test_two_jobs_in_a_deadlock_both_pass(database, two_facts):
    both_hold_one = threading.Barrier(2)
    tries = []

    def job(conn, first, second):
        conn.execute(update(facts).where(facts.c.key == first).values(value=facts.c.value + first[0]))
        tries.append(first)
        if len(tries) <= 2:
            both_hold_one.wait(5)
        conn.execute(update(facts).where(facts.c.key == second).values(value=facts.c.value + first[0]))

    threads = [
        threading.Thread(target=database.write, args=(lambda conn, pair=pair: job(conn, *pair),))
        for pair in (("ada", "bob"), ("bob", "ada"))
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with database.read() as conn:
        values = conn.execute(select(facts.c.value)).scalars().all()
    assert len(tries) == 3
    assert [sorted(value) for value in values] == [["a", "b"], ["a", "b"]]


def test_connections_that_the_server_closed_are_replaced(database, two_facts):
    with database.read() as conn, database.read() as other:
        assert conn.scalar(text("SELECT pg_backend_pid()")) != other.scalar(text("SELECT pg_backend_pid()"))

    def kill_others(conn):
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        conn.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"))

    database.write(kill_others)
    with database.read() as conn, database.read() as other:
        assert len(conn.execute(select(facts)).all()) == len(other.execute(select(facts)).all()) == 2


def test_a_connection_lost_on_the_way_saves_nothing_and_says_so(database, two_facts):
    def job(conn):
        conn.execute(update(facts).values(value="half"))
        conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageUnavailable):
        database.write(job)
    with database.read() as conn:
        assert set(conn.execute(select(facts.c.value)).scalars()) == {""}


def test_a_connection_lost_before_a_statement_of_the_hot_paths_saves_nothing_and_says_so(database, two_facts):
    def job(conn):
        conn.execute(update(facts).values(value="half"))
        mine = conn.scalar(text("SELECT pg_backend_pid()"))
        with database.read() as other:
            other.execute(text(f"SELECT pg_terminate_backend({mine}, 5000)"))
        Prepared(insert(facts)).count(conn, {"key": "chloé", "value": ""})

    with pytest.raises(StorageUnavailable):
        database.write(job)
    with database.read() as conn:
        assert [tuple(row) for row in conn.execute(select(facts).order_by(facts.c.key))] == [("ada", ""), ("bob", "")]


def test_a_server_that_is_not_there_is_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://ada@127.0.0.1:{unused.getsockname()[1]}/terreau"
        away = open_database(url, wait_seconds=2)
        with pytest.raises(StorageUnavailable, match=r"(?i)nothing was saved"):
            away.write(lambda conn: None)
        with pytest.raises(StorageUnavailable), away.read():
            pass
        away.close()


def test_a_server_that_says_nothing_is_unavailable_in_time():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        away = open_database(f"postgresql://ada@127.0.0.1:{silent.getsockname()[1]}/terreau", wait_seconds=2)
        started = elapsed()
        with pytest.raises(StorageUnavailable):
            away.write(lambda conn: None)
        assert elapsed() - started < 6
        away.close()


def test_a_statement_without_end_is_cut_off(database):
    started = elapsed()
    with pytest.raises(StorageUnavailable):
        database.write(lambda conn: conn.execute(text("SELECT pg_sleep(30)")), timeout=0.3)
    assert elapsed() - started < 3


def test_a_job_with_a_time_of_its_own_is_cut_off_by_that_and_any_other_by_the_house_s(database):
    def limits(conn):
        return [conn.scalar(text(f"SHOW {name}_timeout")) for name in ("statement", "lock")]

    assert database.write(limits) == ["2s", "2s"]
    assert database.write(limits, timeout=0.3) == ["300ms", "300ms"]
    assert database.write(limits) == ["2s", "2s"]


def test_a_statement_of_the_hot_paths_is_planned_once_for_each_session(database):
    hot = Prepared(insert(facts))

    def job(conn):
        for key in ("ada", "bob", "chloé"):
            hot.count(conn, {"key": key, "value": ""})
        return conn.execute(text("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%facts%'")).all()

    assert [row.statement.split(" (")[0] for row in database.write(job)] == ["INSERT INTO facts"]


def test_two_at_once_hold_the_same_row_and_whoever_deletes_it_waits_for_both(database, moment):
    row = {"domain": "lumen.example", "name": None, "made_at": moment.calendar}
    database.write(lambda conn: hold(conn, companies, [row]))
    ours = delete(companies).where(companies.c.domain == "lumen.example")

    def job(conn):
        hold(conn, companies, [row])
        with ThreadPoolExecutor(1) as aside:
            aside.submit(database.write, lambda other: hold(other, companies, [row])).result()
            with pytest.raises(StorageUnavailable):
                aside.submit(database.write, lambda other: other.execute(ours).rowcount, 0.3).result()

    database.write(job)
    assert database.write(lambda conn: conn.execute(ours).rowcount) == 1


def test_a_fault_of_ours_is_not_tried_again(database):
    tries = []

    def job(conn):
        tries.append(1)
        conn.execute(text("SELECT 1 / 0"))

    with pytest.raises(Exception, match="division by zero") as caught:
        database.write(job)
    assert len(tries) == 1
    assert not isinstance(caught.value, (StorageUnavailable, OperationalError))


def test_what_is_too_long_for_its_column_is_refused_and_never_cut(database, moment):
    row = {"key": "k" * 5_000, "value": ""}
    with pytest.raises(DataError):
        database.write(lambda conn: insert_missing(conn, facts, [row, {"key": "short", "value": ""}]))
    database.write(lambda conn: insert_missing(conn, facts, [{"key": "k" * LONGEST, "value": ""}]))
    with database.read() as conn:
        known = Prepared(select(facts.c.key).where(among(facts.c.key, "keys")))
        assert known.rows(conn, {"keys": ["k" * (LONGEST + 1)]}) == []
        assert len(known.rows(conn, {"keys": ["k" * LONGEST]})) == 1


def test_only_what_counts_for_the_whole_site_stands_in_the_line_of_forms(database, moment):
    """A visit counts its network alone: it holds up no form, and waits for none."""
    counted, done = threading.Event(), threading.Event()
    whole, network = Limit("site", SITE, None), Limit("network", "visits of one network", 600)

    def form(conn):
        limits.over(conn, [whole], False, moment.machine)
        counted.set()
        assert done.wait(10)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(database.write, form)
        assert counted.wait(10)
        database.write(lambda conn: limits.over(conn, [network], False, moment.machine))
        done.set()
        under_way.result()
