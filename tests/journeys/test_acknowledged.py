"""Whoever was thanked is in the database (R7): the web process is killed again and again while forms come in.

Clients whose line breaks send the same form again, and so do one in ten who were thanked already: each form is there
once. `make chaos CHAOS=tests/journeys/test_acknowledged.py` sends a hundred thousand through two hundred deaths, on
each database.
"""

import os
import random
import re
import threading
import time
from collections import Counter

import httpx
import pytest
from sqlalchemy import func, select

from base.paths import data_path
from storage.database import open_database
from storage.schema import events, leads, submissions
from tests import forking

from .conftest import free_port

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
POSTS, KILLS = (100_000, 200) if FULL else (160, 4)
CLIENTS = 4
OPENS = 600 if FULL else 60  # seconds; two hundred starts meet every other load of a machine
LIFE = 1.5 if FULL else 0.3  # seconds that a process lives on, at most, once somebody was thanked
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
[database]
url = "{database}"
[content]
dir = "{content}"
"""

pytestmark = pytest.mark.timeout(0 if FULL else 300)


class Mortal:
    """A web process on one port, killed and born again."""

    def __init__(self, folder, database):
        self.folder, self.port = folder, free_port()
        settings = CONFIG.format(port=self.port, database=database, content=data_path("content"))
        (folder / "config.toml").write_text(settings)
        self.url, self.process = f"http://127.0.0.1:{self.port}", None
        migrating = self.terreau("migrate")
        migrating.join()
        assert migrating.exitcode == 0

    def terreau(self, *words):
        return forking.terreau(*words, folder=self.folder, said=self.folder / "said")

    def begins(self):
        self.process = self.terreau("serve", "--no-engine")
        deadline = time.monotonic() + OPENS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the house did not open within {OPENS} s")

    def dies(self):
        self.process.kill()
        self.process.join()


@pytest.fixture
def house(tmp_path, empty_url):
    mortal = Mortal(tmp_path, empty_url)
    mortal.begins()
    yield mortal
    mortal.dies()


class Client(threading.Thread):
    """Sends its forms one after the other, each until it is thanked for it."""

    def __init__(self, number, house, begun, seed):
        super().__init__(daemon=True)
        self.number, self.house, self.begun = number, house, begun
        self.chance = random.Random(seed + number)
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


def test_every_form_that_was_thanked_for_is_there_once(house, empty_url, seed):
    begun, chance, kills, since = threading.Event(), random.Random(seed), 0, time.monotonic()
    clients = [Client(number, house, begun, seed) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        begun.clear()
        begun.wait(5)  # somebody is at it: no death before anything happened
        time.sleep(chance.uniform(0, LIFE))
        if kills < KILLS:
            house.dies()
            house.begins()
            kills += 1
    assert [client.fault for client in clients if client.fault] == []
    thanked = [email for client in clients for email in client.thanked]
    assert len(thanked) == POSTS // CLIENTS * CLIENTS
    print(f"{len(thanked)} forms thanked for through {kills} deaths in {time.monotonic() - since:.0f} s")
    assert kills == KILLS
    there, sent = kept(empty_url)
    assert there == Counter(thanked)
    assert sent == len(thanked)


def kept(url):
    """How often each address is in the database with a form, and how many events say that a form was sent."""
    database = open_database(url)
    with database.read() as conn:
        query = select(leads.c.email).join(submissions, submissions.c.lead_id == leads.c.id)
        there = Counter(conn.execute(query).scalars())
        query = select(func.count()).select_from(events).where(events.c.name == "form_submitted")
        sent = conn.execute(query).scalar_one()
    database.close()
    return there, sent
