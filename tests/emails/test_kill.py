"""kill -9 of the sending process, again and again, against a mail server whose fsynced ledger is the judge."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from base.paths import data_path
from storage.schema import messages

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
CAMPAIGNS = (
    {"sqlite": (10_000, 100), "postgresql": (10_000, 100)} if FULL else {"sqlite": (2_000, 20), "postgresql": (600, 6)}
)  # sends, kills
CONNECTIONS = 2
CHILD = Path(__file__).with_name("kill_child.py")


@pytest.fixture
def seed():
    chosen = int(os.environ.get("TERREAU_SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"TERREAU_SEED={chosen}")
    return chosen


@pytest.fixture
def start():
    """Starts a child process that ends with the test."""
    running = []

    def begin(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(data_path())}
        child = subprocess.Popen(
            [sys.executable, str(CHILD), *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        running.append(child)
        return child

    yield begin
    for child in running:
        child.stdin.close()
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.fixture
def server(start, tmp_path):
    ledger = tmp_path / "ledger"
    ledger.touch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start("serve", port, ledger)
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return ledger, port
        time.sleep(0.05)
    pytest.fail("the mail server did not start")


def _owe_many(house, count):
    def some(conn):
        for _ in range(100):
            lead = house._lead(conn, "Ada", f"a{random.randrange(10**12)}@atelier.example", ("conseils-3d",), {})
            house._owe(conn, lead, "conseils-3d/niveaux", {})

    for _ in range(count // 100):
        house.run(some)


def _kept(ledger):
    return ledger.read_text().split()


@pytest.mark.timeout(3600 if FULL else 180)
def test_no_mail_is_lost_or_doubled_by_kills_and_what_is_in_doubt_is_listed(house, database, server, start, seed):
    ledger, port = server
    dice = random.Random(seed)
    sends, kills = CAMPAIGNS[database.dialect]
    _owe_many(house, sends)
    sender = start("send", database.url, port)

    for life in range(kills):
        already = len(_kept(ledger))
        sender.stdin.write(f"{life}\n")
        sender.stdin.flush()
        pid = int(sender.stdout.readline())
        target = already + dice.randrange(1, 2 * (sends - already) // (kills - life + 2))
        while len(_kept(ledger)) < target:
            time.sleep(0.002)
        time.sleep(dice.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        assert sender.stdout.readline() == "over\n"

    sender.stdin.write(f"{kills}\n")
    sender.stdin.flush()
    sender.stdout.readline()
    assert sender.stdout.readline() == "over\n"

    with database.read() as conn:
        rows = conn.execute(select(messages.c.message_id, messages.c.state, messages.c.reason)).all()
    judged = Counter(_kept(ledger))
    sent = {row.message_id for row in rows if row.state == "sent"}
    unknown = {row.message_id for row in rows if row.state == "unknown"}
    print(f"sent {len(sent)}, in doubt {len(unknown)}, of which arrived {len(unknown & judged.keys())}")
    assert house.states().keys() <= {"sent", "unknown"}
    assert [one for one, times in judged.items() if times > 1] == []  # doubled
    assert sent - judged.keys() == set()  # said to be sent, and lost
    assert judged.keys() - sent - unknown == set()  # arrived, and nobody knows
    assert len(sent) + len(unknown) == sends
    assert len(unknown) <= kills * CONNECTIONS
    assert all("died while the server was taking it" in row.reason for row in rows if row.state == "unknown")
