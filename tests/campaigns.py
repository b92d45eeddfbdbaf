"""What the campaigns of several rooms share: the number that repeats them, and a mail server whose ledger judges."""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests import forking
from tests.emails import kill_child


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The number that repeats a random campaign: TERREAU_SEED, else the parameter, else any."""
    otherwise = getattr(request, "param", None) or random.SystemRandom().randrange(1_000_000)
    chosen = int(os.environ.get("TERREAU_SEED", otherwise))
    print(f"TERREAU_SEED={chosen}")
    return chosen


@pytest.fixture
def start(example: Any) -> Iterator[Callable[[str, int], Connection]]:
    """`start(database url, mail server's port)`: the line to a process that lives as one sender after the other (see
    `kill_child.send`), and ends with the test."""
    running = []

    def begin(url: str, port: int) -> Connection:
        ours, theirs = Pipe()
        running.append((forking.begin(kill_child.send, theirs, url, port, example[1]), ours))
        theirs.close()
        return ours

    yield begin
    for process, line in running:
        line.close()
        process.kill()
        process.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A mail server in a process of its own: its ledger, and its port."""
    ledger = tmp_path / "ledger"
    ledger.touch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = forking.begin(kill_child.serve, port, ledger)
    wait_for_port(port)
    yield ledger, port
    process.kill()
    process.join()


def wait_for_port(port: int) -> None:
    for _ in range(1000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("the mail server did not start")
