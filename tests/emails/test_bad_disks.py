"""Disks that are full, broken or closed to writers while mail leaves: no letter is lost, doubled or in doubt (R6).

The judge is the ledger of the mail server, which lies on another disk. `make chaos` runs the long form.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from base.clock import system_clocks
from storage.database import open_database
from storage.trouble import StorageUnavailable
from tests.emails.judging import kept, owe_many
from tests.emails.test_storms import ended_for_sure, judge
from tests.storage.disks import read_only, small_disk

FULL = os.environ.get("TERREAU_CHAOS") == "full"
SENDS = 10_000 if FULL else 600  # as many as a quick machine does not send before the disk was full twice
REASONS = {"is full: make room on it", "fails: look at it"}


@pytest.fixture
def clocks():
    """Those of the machine: what is laid behind for a moment comes again by itself."""
    return system_clocks()


@pytest.fixture(params=["full", "failing"])
def disk(request, tmp_path):
    with small_disk(tmp_path / "disk", request.param) as made:
        yield made


@pytest.fixture
def database_url(disk, tmp_path, sqlite_template):
    path = tmp_path / "disk" / "terreau.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


def fill_again_and_again(disk, dice, over, times, said):
    """The first time until somebody has run into it; then as the dice fall."""
    while not over.wait(dice.uniform(0.02, 0.15)):
        disk.fill()
        times["full"] += 1
        while not said and not over.wait(0.01):
            pass
        over.wait(dice.uniform(0.02, 0.15))
        disk.make_room()


@pytest.mark.timeout(3600 if FULL else 180)
def test_a_disk_that_is_full_again_and_again_costs_no_mail(house, server, sender_to, seed, never, disk):
    ledger, port = server
    owe_many(house, SENDS)
    sender, over, times, said = sender_to(port, connections=2), threading.Event(), Counter(), Counter()
    filling = threading.Thread(target=fill_again_and_again, args=(disk, random.Random(seed), over, times, said))
    filling.start()
    try:
        while not ended_for_sure(house):
            try:
                sender.drain(never)
            except StorageUnavailable as error:
                said[str(error)] += 1
            time.sleep(0.01)
    finally:
        over.set()
        filling.join()
    sender.drain(never)
    print(f"full {times['full']} times; {dict(said)}")
    assert judge(house, ledger, SENDS) == {"sent": SENDS}, "nothing of it is doubt: the sender lived"
    assert times["full"] > 2
    assert [words for words in said if any(reason in words for reason in REASONS)]


def opened_anew(house, wait_seconds=1.0):
    """As by a process that starts now."""
    house.database.close()
    house.database = open_database(house.database.url, wait_seconds=wait_seconds)
    return house.database


@pytest.mark.parametrize("disk", ["failing"], indirect=True)  # it is not
def test_no_mail_leaves_a_database_that_may_only_be_read_and_all_when_it_may_be_written(
    house, server, sender_to, never, tmp_path
):
    ledger, port = server
    owe_many(house, 20)
    house.database.close()
    with read_only(tmp_path / "disk"):
        opened_anew(house)
        sender = sender_to(port)
        for _ in range(3):
            with pytest.raises(StorageUnavailable, match="may only be read: give this account the right to write it"):
                sender.drain(never)
    assert kept(ledger) == []
    sender.drain(never)
    assert judge(house, ledger, 20) == {"sent": 20}
    house.database.close()


HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def locked(path):
    """Another process holds the lock of the database, and does nothing."""
    words = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


@pytest.mark.timeout(600 if FULL else 180)
@pytest.mark.parametrize("disk", ["failing"], indirect=True)  # it is not
def test_a_lock_that_outlasts_all_patience_costs_no_mail(house, server, sender_to, never, tmp_path):
    ledger, port = server
    sends, patience, held = (10_000, 5.0, 40.0) if FULL else (120, 0.5, 1.2)
    owe_many(house, sends)
    opened_anew(house, patience)
    sender, said, over = sender_to(port, connections=2), Counter(), threading.Event()

    def send():
        while not over.is_set():
            try:
                sender.drain(never)
            except StorageUnavailable as error:
                said[str(error)] += 1
            time.sleep(0.01)

    sending = threading.Thread(target=send)
    sending.start()
    while not kept(ledger):
        time.sleep(0.001)
    with locked(tmp_path / "disk" / "terreau.db"):
        time.sleep(held / 2)
        by_then = len(kept(ledger))
        time.sleep(held / 2)
        assert len(kept(ledger)) == by_then, "no letter without its intent"
    freed = time.monotonic()
    while not ended_for_sure(house):
        time.sleep(0.01)
    over.set()
    sending.join()
    print(f"{dict(said)}; all sent {time.monotonic() - freed:.1f} s after the lock")
    assert judge(house, ledger, sends) == {"sent": sends}
    assert [words for words in said if "took no write within" in words and "database is locked" in words]
    house.database.close()
