"""Storms: servers that fail at random, senders side by side with a zombie among them, a database that is taken away.

The judge is the ledger of the mail server, on disk before it answers. `make chaos` runs the long form.
"""

import fcntl
import os
import random
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, make_url, select

from base.clock import system_clocks
from emails import channel
from storage.schema import messages
from storage.trouble import StorageUnavailable
from tests import forking
from tests.campaigns import wait_for_port
from tests.emails import faulty_server
from tests.emails.judging import kept, owe_many

FULL = os.environ.get("TERREAU_CHAOS") == "full"
OPEN = ("due", "claimed", "in_data", "deferred")
ARRIVED, UNSURE = {"sent", "settled_delivered", "settled_resent"}, {"unknown", "settled_delivered"}


@pytest.fixture
def failing(tmp_path):
    """`failing(share, seed)`: a mail server in a process of its own, some of whose transactions fail; ledger, port."""
    running = []

    def begin(share, seed):
        ledger = tmp_path / "faulty-ledger"
        ledger.touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        running.append(forking.begin(faulty_server.serve, port, ledger, share, seed))
        wait_for_port(port)
        return ledger, port

    yield begin
    for process in running:
        process.kill()
        process.join()


def ended(house):
    with house.database.read() as conn:
        return conn.execute(select(func.count()).where(messages.c.state.in_(OPEN))).scalar_one() == 0


def judge(house, ledger, sends):
    """Every mail came to an end; none was lost or doubled, and what nobody knows is said. Returns {state: count}."""
    with house.database.read() as conn:
        rows = conn.execute(select(messages.c.message_id, messages.c.state)).all()
    took, states = Counter(kept(ledger)), house.states()
    print(f"{states}, the server took {len(took)}")
    sure = {row.message_id for row in rows if row.state == "sent"}
    unsure = {row.message_id for row in rows if row.state in UNSURE}
    assert [one for one, times in took.items() if times > 1] == []  # doubled
    assert sure - took.keys() == set()  # said to be sent, and lost
    assert took.keys() - sure - unsure == set()  # arrived, and nobody knows
    assert sum(states.values()) == sends
    return states


@pytest.mark.timeout(3600 if FULL else 240)
def test_when_one_transaction_in_five_fails_every_mail_ends_and_none_twice(
    house, sender_to, failing, never, clocks, seed, monkeypatch
):
    monkeypatch.setattr(channel, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(channel, "LONGEST_PAUSE", 0.01)
    sends = 10_000 if FULL else 100
    owe_many(house, sends)
    ledger, port = failing(0.2, seed)
    sender = sender_to(port, connections=4)
    for _ in range(100 * sends):
        sender.drain(never)
        if ended(house):
            break
        time.sleep(sender.channel.pause)
        clocks.advance(next_due(house, clocks))
    states = judge(house, ledger, sends)
    assert states.keys() <= ARRIVED | {"unknown", "refused"}
    assert states["sent"] > 0.8 * sends


def next_due(house, clocks):
    """How far the clock has to go until something is due."""
    with house.database.read() as conn:
        due = conn.execute(select(func.min(messages.c.due_at)).where(messages.c.state.in_(OPEN))).scalar_one()
    return max(due - clocks.machine(), timedelta(0)) if due is not None else timedelta(0)


@pytest.mark.timeout(3600 if FULL else 240)
@pytest.mark.parametrize("side_by_side", [2, 4, 8] if FULL else [3])
def test_senders_side_by_side_and_one_that_wakes_from_the_dead(house, server, start, seed, side_by_side):
    """One is stopped in the middle of its letters, declared dead by another, and wakes: it may not write one more."""
    ledger, port = server
    sends = 10_000 if FULL else 200
    owe_many(house, sends)
    senders = [start(house.database.url, port) for _ in range(side_by_side)]
    pids = [begin(one, 0) for one in senders]
    dice, zombie = random.Random(seed), pids[0]
    target = dice.randrange(sends // 10, sends // 2)
    while len(kept(ledger)) < target:
        time.sleep(0.002)
    stop_between_writes(house.database, zombie)
    try:
        heir = start(house.database.url, port)
        begin(heir, 1)  # it lives two minutes later: whoever was not seen by then is dead
        assert heir.recv() == "done"
        assert ended(house)
        in_doubt = house.states().get("unknown", 0)
    finally:
        os.kill(zombie, signal.SIGCONT)
    for one in senders:
        assert one.recv() == "done"
    states = judge(house, ledger, sends)
    assert states.keys() <= {"sent", "unknown", "settled_delivered"}
    assert in_doubt <= 2 * side_by_side
    assert states.get("unknown", 0) <= in_doubt, "a late answer is evidence"


def stop_between_writes(database, pid):
    """Who is stopped with the pen in hand keeps it: no fence helps, and everybody waits for the operator."""
    for _ in range(200):
        os.kill(pid, signal.SIGSTOP)
        if not any_writer_at_rest(database):
            return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)
    pytest.fail("it always held something")


def any_writer_at_rest(database):
    """Somebody has held a lock for as long as nobody should."""
    if database.dialect == "sqlite":
        path = make_url(database.url).database
        if turn_is_held(path):
            return True
        other = sqlite3.connect(path, isolation_level=None, timeout=2)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            other.close()
        return False
    # One that only waits for its turn yet is none the better: it gets the lock while it is stopped, and keeps it.
    begun = "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL"
    with psycopg.connect(admin(database), autocommit=True) as conn:
        name = make_url(database.url).database
        seen = [set(conn.execute(begun, (name,)).fetchall()) for _ in range(10) if time.sleep(0.05) is None]
    return bool(set.intersection(*seen))


def turn_is_held(path):
    """Nobody else got a turn to ask for the lock (`storage.turns`) in two seconds."""
    with open(f"{path}-turn", "a") as handle:
        for _ in range(400):
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
            time.sleep(0.005)
    return True


def admin(database):
    url = make_url(database.url).set(drivername="postgresql", database="postgres")
    return url.render_as_string(hide_password=False)


def begin(sender, life):
    sender.send((life,))
    return sender.recv()


@pytest.mark.timeout(3600 if FULL else 240)
def test_a_database_that_is_taken_away_again_and_again_costs_no_mail(house, server, sender_to, seed, never):
    """Locked (SQLite) or with all its connections ended (PostgreSQL), every moment or two while mail leaves."""
    ledger, port = server
    sends = 4_000 if FULL else 400  # a quick machine sends a hundred between two looks
    owe_many(house, sends)
    house.clocks = system_clocks()  # what is laid behind for a moment comes again by itself
    sender, over, trouble = sender_to(port, connections=2), threading.Event(), Counter()
    taking = threading.Thread(target=take_away, args=(house.database, ledger, random.Random(seed), over, trouble))
    taking.start()
    try:
        while not ended_for_sure(house):
            with suppress(StorageUnavailable):
                sender.drain(never)
            time.sleep(0.01)
    finally:
        over.set()
        taking.join()
    with suppress(StorageUnavailable):  # a session that was ended last may not have known it yet
        sender.drain(never)
    sender.drain(never)
    states = judge(house, ledger, sends)
    print(f"taken away {trouble['times']} times")
    assert trouble["times"] > 2
    assert states == {"sent": sends}, "nothing of it is doubt: the sender lived"


def ended_for_sure(house):
    try:
        return ended(house)
    except StorageUnavailable:
        return False


def take_away(database, ledger, dice, over, trouble):
    """Again once another mail has left: a machine that is busy otherwise would do nothing but connect anew."""
    seen = -1
    while not over.wait(dice.uniform(0.02, 0.1)):
        if len(kept(ledger)) == seen:
            continue
        seen = len(kept(ledger))
        trouble["times"] += 1
        if database.dialect == "sqlite":
            lock(database, dice.uniform(0.05, 0.3))
        else:
            end_connections(database)


def lock(database, seconds):
    path = make_url(database.url).database
    other = sqlite3.connect(path, isolation_level=None, timeout=5)
    with suppress(sqlite3.OperationalError):
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")
    other.close()


def end_connections(database):
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(admin(database), autocommit=True) as conn:
        conn.execute(ours, (make_url(database.url).database,))
