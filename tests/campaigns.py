"""What the campaigns of several rooms share: the number that repeats them, and a mail server whose ledger judges."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from base.paths import data_path

_CHILD = Path(__file__).with_name("emails") / "kill_child.py"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The number that repeats a random campaign: TERREAU_SEED, else the parameter, else any."""
    otherwise = getattr(request, "param", None) or random.SystemRandom().randrange(1_000_000)
    chosen = int(os.environ.get("TERREAU_SEED", otherwise))
    print(f"TERREAU_SEED={chosen}")
    return chosen


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a child process that ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(data_path())}
        child = subprocess.Popen(
            [sys.executable, str(_CHILD), *map(str, arguments)],
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
def server(start: Callable[..., Any], tmp_path: Path) -> tuple[Path, int]:
    """A mail server in a process of its own: its ledger, and its port."""
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
