"""Whoever was thanked is in the database (R7): the web process is killed again and again while forms come in.

Clients whose line breaks send the same form again, and so do one in ten who were thanked already: each form is there
once. `make chaos CHAOS=tests/journeys/test_acknowledged.py` sends a hundred thousand through two hundred deaths.
"""

import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from base.paths import data_path

from .conftest import free_port

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
POSTS, KILLS = (100_000, 200) if FULL else (160, 4)
CLIENTS = 4
SEED = 20261128
CHECKOUT = Path(__file__).parents[2]
CONFIG = """\
[site]
base_url = "http://127.0.0.1:{port}"
[server]
port = {port}
form_min_seconds = 0
[limits]
address_per_hour = 0
form_per_hour = 0
site_per_hour = 0
[content]
dir = "{content}"
"""

pytestmark = pytest.mark.timeout(0 if FULL else 300)


class Mortal:
    """A web process on one port, killed and born again."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        (folder / "config.toml").write_text(CONFIG.format(port=self.port, content=data_path("content")))
        self.url, self.process = f"http://127.0.0.1:{self.port}", None

    def begins(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "terreau.cli", "serve", "--no-engine"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the house did not open within 60 s")

    def dies(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def house(tmp_path):
    mortal = Mortal(tmp_path)
    mortal.begins()
    yield mortal
    mortal.dies()


class Client(threading.Thread):
    """Sends its forms one after the other, each until it is thanked for it."""

    def __init__(self, number, house, begun):
        super().__init__(daemon=True)
        self.number, self.house, self.begun = number, house, begun
        self.chance = random.Random(SEED + number)
        self.thanked, self.fault = [], None

    def run(self):
        try:
            with httpx.Client(base_url=self.house.url, timeout=10) as line:
                hidden = self.opened(line)
                for post in range(POSTS // CLIENTS):
                    self.sends(line, {**hidden, "email": f"ada{self.number}-{post}@atelier.fr"})
        except Exception as error:
            self.fault = error

    def opened(self, line):
        page = line.get("/p/variantes").text
        tags = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page)
        return {found["name"]: found.get("value", "") for found in map(_attributes, tags)} | {
            "first_name": "Ada",
            "company": "T",
        }

    def sends(self, line, form):
        while self.posts(line, form) != 303:
            self.begun.set()
            time.sleep(0.02)
        self.begun.set()
        self.thanked.append(form["email"])
        if self.chance.random() < 0.1:
            self.posts(line, form)

    def posts(self, line, form):
        """The status; 0 when the line broke, and nobody knows whether it arrived."""
        try:
            status = line.post("/p/variantes", data=form).status_code
        except httpx.TransportError:
            return 0
        assert status in (303, 503), f"a visitor was answered {status}"
        return status


def _attributes(tag):
    return dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))


def test_every_form_that_was_thanked_for_is_there_once(house):
    begun, chance, kills = threading.Event(), random.Random(SEED), 0
    clients = [Client(number, house, begun) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        begun.clear()
        begun.wait(5)  # somebody is at it: no death before anything happened
        time.sleep(chance.uniform(0, 0.3))
        if kills < KILLS:
            house.dies()
            house.begins()
            kills += 1
    assert [client.fault for client in clients if client.fault] == []
    thanked = [email for client in clients for email in client.thanked]
    assert len(thanked) == POSTS // CLIENTS * CLIENTS
    print(f"seed {SEED}: {len(thanked)} forms thanked for through {kills} deaths")
    assert kills == KILLS
    with sqlite3.connect(house.folder / "data" / "terreau.db") as conn:
        there = Counter(email for (email,) in conn.execute(QUERY))
        sent = conn.execute("SELECT count(*) FROM events WHERE name = 'form_submitted'").fetchone()[0]
    conn.close()
    assert there == Counter(thanked)
    assert sent == len(thanked)


QUERY = "SELECT leads.email FROM submissions JOIN leads ON leads.id = submissions.lead_id"
