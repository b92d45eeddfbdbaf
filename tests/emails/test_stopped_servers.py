"""A PostgreSQL of its own that is stopped and started while mail leaves: no letter is lost, doubled or in doubt (R6).

The judge is the ledger of the mail server. `make chaos` runs the long form.
"""

import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from base.clock import system_clocks
from storage.trouble import StorageUnavailable
from tests.conftest import PostgresServer, running_postgres
from tests.emails.judging import kept, owe_many
from tests.emails.test_storms import ended_for_sure, judge

FULL = os.environ.get("TERREAU_CHAOS") == "full"
SENDS, STOPS = (10_000, 60) if FULL else (200, 2)
MODES = ("immediate", "fast")  # a crash, and an end to every transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
def clocks():
    """Those of the machine: what is laid behind for a moment comes again by itself."""
    return system_clocks()


@pytest.fixture
def postgres():
    """A server that nobody else uses, with its commits on the disk."""
    with tempfile.TemporaryDirectory(prefix="terreau-pg-") as folder, running_postgres(Path(folder)) as running:
        yield running


@pytest.fixture
def database_url(postgres):
    return PostgresServer(postgres.url).lend()


@pytest.mark.timeout(3600 if FULL else 240)
def test_a_postgresql_that_is_stopped_again_and_again_costs_no_mail(house, server, sender_to, seed, never, postgres):
    ledger, port = server
    owe_many(house, SENDS)
    sender, over, said = sender_to(port, connections=2), threading.Event(), Counter()

    def send():
        while not over.is_set():
            try:
                sender.drain(never)
            except StorageUnavailable as error:
                said[str(error).partition("(")[0]] += 1
            time.sleep(0.01)

    sending, dice = threading.Thread(target=send), random.Random(seed)
    sending.start()
    stop_while_mail_leaves(postgres, ledger, dice)
    while not ended_for_sure(house):
        time.sleep(0.02)
    over.set()
    sending.join()
    print(f"stopped {STOPS} times; {dict(said)}")
    assert judge(house, ledger, SENDS) == {"sent": SENDS}, "nothing of it is doubt: the sender lived"
    assert said


def stop_while_mail_leaves(postgres, ledger, dice):
    """Each time when some letters more have left."""
    for stop in range(STOPS):
        already = len(kept(ledger))
        until = already + dice.randrange(1, max(2, (SENDS - already) // (STOPS - stop + 1)))
        while len(kept(ledger)) < until:
            time.sleep(0.002)
        postgres.stop(MODES[stop % len(MODES)])
        time.sleep(dice.uniform(0, 3.0 if FULL else 0.5))
        postgres.start()
