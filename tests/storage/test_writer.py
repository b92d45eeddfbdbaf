"""The fair writer by itself: order, groups, neighbours, and a SQLite file that is locked, full or gone."""

import os
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import pytest
from sqlalchemy import event, insert

from base.clock import elapsed
from storage import sqlite
from storage.database import StorageUnavailable
from storage.schema import facts
from storage.writer import GROUP_JOBS, Writer


@pytest.fixture
def path(sqlite_template, tmp_path):
    return shutil.copyfile(sqlite_template, tmp_path / "terreau.db")


@pytest.fixture
def engine(path):
    engine = sqlite.writing_engine(path, 0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine):
    writer = Writer(engine)
    yield writer
    writer.close()


@pytest.fixture
def commits(engine):
    counted = []
    event.listen(engine, "commit", lambda conn: counted.append(elapsed()))
    return counted


def save(key, value="terreau"):
    return lambda conn: conn.execute(insert(facts).values(key=str(key), value=value)) and None


def saved(path):
    with sqlite3.connect(path) as conn:
        found = [key for (key,) in conn.execute("SELECT key FROM facts ORDER BY rowid")]
    conn.close()
    return found


class Busy:
    """A job that holds the pen until told; meanwhile others queue up behind it."""

    def __init__(self, writer):
        self.begun, self.end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=writer.write, args=(self._job, 10))
        self._thread.start()
        assert self.begun.wait(5)

    def _job(self, conn):
        self.begun.set()
        self.end.wait(5)

    def release(self):
        self.end.set()
        self._thread.join()


def queue_up(writer, jobs, timeout=10.0):
    """Queue `jobs` one after the other, each from a thread of its own; returns the threads and what they were told."""
    told = {}

    def ask(number, job):
        try:
            told[number] = writer.write(job, timeout)
        except BaseException as error:
            told[number] = error

    threads = []
    for number, job in enumerate(jobs):
        threads.append(threading.Thread(target=ask, args=(number, job)))
        threads[-1].start()
        wait_until(lambda count=number + 1: writer._tickets.qsize() >= count)
    return threads, told


def wait_until(condition):
    end = elapsed() + 5
    while not condition():
        assert elapsed() < end, "it never came to pass"
        threading.Event().wait(0.001)


def join(threads):
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_first_come_first_served_and_many_to_a_commit(writer, path, commits):
    busy = Busy(writer)
    threads, told = queue_up(writer, [save(number) for number in range(20)])
    busy.release()
    join(threads)
    assert saved(path) == [str(number) for number in range(20)]
    assert set(told.values()) == {None}
    assert len(commits) <= 3


def test_a_group_has_its_bounds(writer, commits):
    busy = Busy(writer)
    slow = [lambda conn: threading.Event().wait(0.03) for _ in range(6)]
    threads, _ = queue_up(writer, slow)
    busy.release()
    join(threads)
    assert len(commits) >= 3  # 50 ms hold at most two of them
    assert GROUP_JOBS == 500


def test_a_failing_job_does_not_hurt_its_neighbours(writer, path, commits):
    def fail(conn):
        save("half")(conn)
        raise LookupError("chloé is not here")

    busy = Busy(writer)
    threads, told = queue_up(writer, [save("ada"), fail, save("ada"), lambda conn: 1 / 0, save("bob")])
    busy.release()
    join(threads)
    assert saved(path) == ["ada", "bob"]
    assert [type(told[number]).__name__ for number in range(5)] == [
        "NoneType", "LookupError", "IntegrityError", "ZeroDivisionError", "NoneType",
    ]  # fmt: skip
    assert len(commits) <= 3


def test_even_a_job_that_wants_to_leave_leaves_the_writer_alive(writer, path):
    def leave(conn):
        raise SystemExit

    with pytest.raises(SystemExit):
        writer.write(leave, 5)
    writer.write(save("after"), 5)
    assert saved(path) == ["after"]


def test_a_job_that_ends_the_transaction_is_found_out(writer, path):
    with pytest.raises(RuntimeError, match="ended inside a job"):
        writer.write(lambda conn: conn.connection.dbapi_connection.execute("ROLLBACK"), 5)
    writer.write(save("after"), 5)
    assert saved(path) == ["after"]


def test_an_answer_comes_after_the_commit(writer, path):
    for number in range(30):
        writer.write(save(number), 5)
        assert saved(path)[-1] == str(number)


def test_a_flood_of_the_engine_does_not_starve_the_door(writer, path):
    """Eight threads write without a pause; each write of the door passes after at most one job of each."""
    stop, done = threading.Event(), []

    def flood():
        while not stop.is_set():
            writer.write(lambda conn: done.append(threading.Event().wait(0.002)), 10)

    threads = [threading.Thread(target=flood) for _ in range(8)]
    [thread.start() for thread in threads]
    wait_until(lambda: len(done) > 20)
    passed = []
    for number in range(20):
        before = len(done)
        writer.write(lambda conn, key=number, before=before: passed.append(len(done) - before) or save(key)(conn), 10)
    stop.set()
    join(threads)
    assert saved(path) == [str(number) for number in range(20)]
    assert max(passed) <= 2 * len(threads)


def test_who_waited_too_long_is_told_and_nothing_of_it_is_written(writer, path):
    busy = Busy(writer)
    with pytest.raises(StorageUnavailable, match=r"within 0\.1 s: nothing was saved"):
        writer.write(save("late"), 0.1)
    busy.release()
    writer.write(save("after"), 5)
    assert saved(path) == ["after"]


def test_a_job_that_has_begun_is_waited_for(writer, path):
    def slow(conn):
        threading.Event().wait(0.3)
        save("slow")(conn)

    writer.write(slow, 0.1)  # withdrawing now would say "nothing was saved" of what is saved
    assert saved(path) == ["slow"]


def test_a_locked_file_is_unavailable_then_served_again(writer, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    patient = threading.Thread(target=writer.write, args=(save("patient"), 5))
    patient.start()
    with pytest.raises(StorageUnavailable):
        writer.write(save("hasty"), 0.2)
    other.execute("ROLLBACK")
    other.close()
    join([patient])
    writer.write(save("after"), 5)
    assert saved(path) == ["patient", "after"]


def test_the_pen_is_taken_in_the_first_pause_after_another_process_laid_it_down(engine, path, monkeypatch):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    def meanwhile(seconds):
        pauses.append(seconds)
        other.execute("ROLLBACK")

    monkeypatch.setattr(sqlite, "time", SimpleNamespace(sleep=meanwhile))
    with engine.begin() as conn:
        save("soon")(conn)
    other.close()
    assert saved(path) == ["soon"]
    assert pauses == [sqlite._PAUSE_SECONDS]


def test_a_file_that_another_process_holds_for_itself_is_opened_once_it_lets_go(path):
    """As the last one who closes it does, to bring the log into it."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    other.execute("BEGIN EXCLUSIVE")
    engine = sqlite.writing_engine(path, 10)

    def write():
        with engine.begin() as conn:
            save("patient")(conn)

    with ThreadPoolExecutor(1) as aside:
        written = aside.submit(write)
        wait([written], timeout=0.2)  # whoever does not wait has failed by then
        other.execute("ROLLBACK")
        other.close()
        written.result(10)
    engine.dispose()
    assert saved(path) == ["patient"]


def test_a_log_that_vanishes_while_it_is_looked_at_is_not_taken_for_one_that_may_only_be_read(path, monkeypatch):
    log = path.with_name(f"{path.name}-wal")
    log.touch()

    def cleared_away(file, mode):
        log.unlink(missing_ok=True)
        return file != log

    monkeypatch.setattr(os, "access", cleared_away)
    engine = sqlite.writing_engine(path, 1)
    with engine.begin() as conn:
        save("ada")(conn)
    engine.dispose()
    assert saved(path) == ["ada"]


def test_a_full_disk_is_unavailable_and_nothing_is_falsely_acknowledged(writer, engine, path):
    with engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    busy = Busy(writer)
    jobs = [save("small one"), save("big", "x" * 200_000), save("small two"), save("bigger", "x" * 400_000)]
    threads, told = queue_up(writer, jobs)
    busy.release()
    join(threads)
    assert [type(told[number]).__name__ for number in range(4)] == [
        "NoneType", "StorageUnavailable", "NoneType", "StorageUnavailable",
    ]  # fmt: skip
    assert saved(path) == ["small one", "small two"]
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    writer.write(save("big", "x" * 200_000), 5)
    assert saved(path) == ["small one", "small two", "big"]


def test_everyone_who_was_told_yes_is_saved_while_the_disk_fills(writer, engine, path):
    with engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
    told = {}

    def fill(name):
        for number in range(40):
            key = f"{name}{number}"
            try:
                writer.write(save(key, "x" * 1500), 5)
            except StorageUnavailable:
                told[key] = False
            else:
                told[key] = True

    threads = [threading.Thread(target=fill, args=(name,)) for name in "abcd"]
    [thread.start() for thread in threads]
    join(threads)
    assert {key for key, kept in told.items() if kept} == set(saved(path))
    assert 0 < len(saved(path)) < len(told) == 160


def test_a_file_that_was_taken_away_is_unavailable_and_not_made_anew(writer, path):
    writer.write(save("before"), 5)
    os.rename(path, path.with_name("elsewhere.db"))
    with pytest.raises(StorageUnavailable):
        writer.write(save("lost"), 0.3)
    assert not path.exists()


def test_a_file_that_was_replaced_is_the_one_written_to(writer, path, sqlite_template):
    writer.write(save("before"), 5)
    path.unlink()
    path.with_name("terreau.db-wal").unlink(missing_ok=True)
    path.with_name("terreau.db-shm").unlink(missing_ok=True)
    shutil.copyfile(sqlite_template, path)
    writer.write(save("after"), 5)
    assert saved(path) == ["after"]


def test_every_commit_reaches_the_disk_and_foreign_keys_hold(engine):
    with engine.connect() as conn:
        read = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_closing_finishes_what_is_queued_and_takes_nothing_more(engine, path):
    writer = Writer(engine)
    busy = Busy(writer)
    threads, told = queue_up(writer, [save("queued")])
    closing = threading.Thread(target=writer.close)
    closing.start()
    busy.release()
    join([closing, *threads])
    assert (told, saved(path)) == ({0: None}, ["queued"])
    with pytest.raises(StorageUnavailable, match="closed"):
        writer.write(save("late"), 5)
    writer.close()


def test_who_waited_in_vain_is_told_why(writer, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match=r"took no write within 0\.5 s: .*database is locked"):
        writer.write(save("hasty"), 0.5)
    other.execute("ROLLBACK")
    other.close()
