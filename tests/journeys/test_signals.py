"""What an operator's signals do to a real process: begun dots are finished, nothing is lost, doubled or in doubt."""

import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller

from base.clock import system_clocks
from base.paths import data_path
from terreau.mailbox import Mailbox
from terreau.visitor import Visitor
from tests import forking

from .conftest import free_port

CONFIG = """\
[site]
base_url = "http://127.0.0.1:{port}"
[server]
port = {port}
form_min_seconds = 0
[content]
dir = "{content}"
[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
[engine]
tick_seconds = 0.1
"""


LIVING = "SELECT name FROM holders WHERE fence = 1"


class SlowJudge:
    """Takes its time between the dot and the answer."""

    def __init__(self, seconds: float) -> None:
        self.mailbox = Mailbox(system_clocks().machine)
        self.seconds = seconds
        self.begun = threading.Event()

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        self.begun.set()
        await asyncio.sleep(self.seconds)
        self.mailbox.put(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content)
        return "250 taken"


@pytest.fixture
def slow_mail():
    servers = []

    def start(seconds: float) -> tuple[SlowJudge, int]:
        judge, port = SlowJudge(seconds), free_port()
        server = Controller(judge, hostname="127.0.0.1", port=port)
        server.start()
        servers.append(server)
        return judge, port

    yield start
    for server in servers:
        server.stop()


class Process:
    """`terreau serve` in a process of its own."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        self.port = free_port()
        (folder / "config.toml").write_text(CONFIG.format(port=self.port, smtp=smtp_port, content=data_path("content")))
        self.url = f"http://127.0.0.1:{self.port}"
        self.said = folder / f"said-{self.port}"
        self.process = forking.terreau("serve", folder=folder, said=self.said)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            assert self.process.is_alive(), self.said.read_text()
            try:
                if httpx.get(self.url + "/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.process.kill()
        raise AssertionError("the house did not open within 40 s")

    def signal(self, number: int = signal.SIGTERM) -> None:
        os.kill(self.process.pid, number)

    def waits_until_it_says(self, word: str) -> None:
        deadline = time.monotonic() + 20
        while word not in self.said.read_text():
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.05)

    def ended(self, seconds: float) -> tuple[int, str, float]:
        """(exit code, what it said, how long it took)."""
        begun = time.monotonic()
        self.process.join(seconds)
        took, code, said = time.monotonic() - begun, self.process.exitcode, self.said.read_text()
        if code is None:
            self.process.kill()
            raise AssertionError(f"it did not end: {said}")
        return code, said, took


def submit(url: str, number: int) -> None:
    with Visitor(url, "en") as visitor:
        answers = {"email": f"ada{number}@x.example", "first_name": "Ada", "company": "Marlow"}
        sent = visitor.send(visitor.open("/en/p/variantes"), answers)
        assert sent.status == 200, sent.heading


def rows(folder: Path, query: str) -> list[tuple]:
    with sqlite3.connect(folder / "data" / "terreau.db") as conn:
        found = conn.execute(query).fetchall()
    conn.close()
    return found


def test_sigterm_finishes_the_dots_begun_and_the_next_start_sends_the_rest_once(tmp_path, slow_mail):
    judge, smtp = slow_mail(1.0)
    first = Process(tmp_path, smtp)
    for number in range(8):
        submit(first.url, number)
    assert judge.begun.wait(10)
    first.signal()
    code, said, seconds = first.ended(20)
    assert (code, seconds < 15) == (0, True), said
    assert "Stopped." in said
    assert not (tmp_path / "data" / "terreau.db-wal").exists(), "the log was folded into the file"
    states = dict(rows(tmp_path, "SELECT state, count(*) FROM messages GROUP BY state"))
    assert set(states) <= {"sent", "due"}, states
    assert states["sent"] == len(judge.mailbox.all()) < 8
    assert rows(tmp_path, "SELECT lead_id FROM wakes WHERE holder IS NOT NULL") == []
    assert rows(tmp_path, LIVING) == [], "whoever restores a backup, or takes over, need not wait"
    judge.seconds = 0
    second = Process(tmp_path, smtp)
    assert judge.mailbox.wait_for(lambda mail: len(judge.mailbox.all()) >= 8, 20)
    second.signal(signal.SIGINT)
    assert second.ended(20)[0] == 0
    recipients = [mail.recipients for mail in judge.mailbox.all()]
    assert sorted(recipients) == sorted({(f"ada{number}@x.example",) for number in range(8)})


def test_a_mail_server_that_never_answers_does_not_hold_the_end_up(tmp_path, slow_mail):
    judge, smtp = slow_mail(60)
    process = Process(tmp_path, smtp)
    submit(process.url, 1)
    assert judge.begun.wait(10)
    process.signal()
    code, said, seconds = process.ended(20)
    assert (code, seconds < 15) == (0, True), (said, seconds)
    assert "stopped before it was done" in said
    assert rows(tmp_path, LIVING) != [], "its letter is in doubt when it is dead, and not before"


def test_a_second_signal_ends_at_once(tmp_path, slow_mail):
    judge, smtp = slow_mail(60)
    process = Process(tmp_path, smtp)
    submit(process.url, 1)
    assert judge.begun.wait(10)
    process.signal()
    process.waits_until_it_says("Stopping")  # two signals that nobody has seen yet are one
    process.signal()
    code, _, seconds = process.ended(20)
    assert (code, seconds < 2) == (130, True)


def test_nobody_is_told_no_by_a_house_that_is_idle_and_asked_to_end(tmp_path, slow_mail):
    _, smtp = slow_mail(0)
    process = Process(tmp_path, smtp)
    process.signal()
    code, said, seconds = process.ended(20)
    assert (code, seconds < 5) == (0, True), said
    assert "Traceback" not in said
