"""Who stands in line: what is read there is what the one before has written."""

import threading

from sqlalchemy import insert, select, update

from storage.lines import stand_in_line
from storage.schema import facts

THREADS, ROUNDS = 4, 10


def one_more(conn):
    stand_in_line(conn, ["counting", "ada"])
    known = int(conn.scalar(select(facts.c.value).where(facts.c.key == "count")))
    conn.execute(update(facts).where(facts.c.key == "count").values(value=str(known + 1)))


def test_nobody_counts_what_another_one_counts_at_that_time(database):
    database.write(lambda conn: conn.execute(insert(facts).values(key="count", value="0")) and None)
    threads = [
        threading.Thread(target=lambda: [database.write(one_more) for _ in range(ROUNDS)]) for _ in range(THREADS)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with database.read() as conn:
        assert conn.scalar(select(facts.c.value).where(facts.c.key == "count")) == str(THREADS * ROUNDS)


def test_nobody_in_no_line_waits(database):
    database.write(lambda conn: stand_in_line(conn, []))
