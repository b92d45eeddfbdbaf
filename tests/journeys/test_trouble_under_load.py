"""Forms come in and mail leaves while the database is in trouble: whoever was thanked is kept, and written to once.

Each trouble comes and goes at random (R6), for minutes by `make chaos`. The judge is the ledger of the mail server.
"""

import os
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from base.clock import system_clocks
from storage.schema import leads, messages, submissions
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.running import in_motion
from terreau.visitor import Visitor
from terreau.web import WebServer, listen
from tests.conftest import PostgresServer, running_postgres
from tests.emails.test_bad_disks import locked
from tests.storage.disks import read_only, small_disk

FULL = os.environ.get("TERREAU_CHAOS") == "full"
SECONDS = 120.0 if FULL else 1.5
VISITORS = 3
GUIDE = {"first_name": "Ada", "company": "Marlow", "profession": "interior", "practice": "slow"}


@contextmanager
def filling(folder, sqlite_template):
    """A disk, and how it is filled for a while."""
    with small_disk(folder, "full") as disk:
        path = copied(folder, sqlite_template)

        @contextmanager
        def full():
            disk.fill()
            yield
            disk.make_room()

        yield f"sqlite:///{path}", full


@contextmanager
def locking(folder, sqlite_template):
    folder.mkdir()
    path = copied(folder, sqlite_template)
    yield f"sqlite:///{path}", lambda: locked(path)


@contextmanager
def closing_to_writers(folder, sqlite_template):
    """What is open stays so, for these mounts; what is opened meanwhile may only read."""
    folder.mkdir()
    path = copied(folder, sqlite_template)
    yield f"sqlite:///{path}", lambda: read_only(folder)


@contextmanager
def stopping(folder, sqlite_template):
    """A PostgreSQL that crashes and starts again."""
    with tempfile.TemporaryDirectory(prefix="terreau-pg-") as here, running_postgres(Path(here)) as running:

        @contextmanager
        def stopped():
            running.stop("immediate")
            yield
            running.start()

        yield PostgresServer(running.url).lend(), stopped


def copied(folder, sqlite_template):
    path = folder / "terreau.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


ON_SQLITE = {"a full disk": filling, "a lock": locking, "a folder closed to writers": closing_to_writers}
ON_POSTGRESQL = "a PostgreSQL that crashes"
TROUBLES = ON_SQLITE | {ON_POSTGRESQL: stopping}


class Crowd:
    """Visitors who send forms until it is over; whoever is not thanked tries again."""

    def __init__(self, url):
        self._url, self._over, self._threads = url, threading.Event(), []
        self.thanked, self.answers, self.errors = [], Counter(), []

    def comes(self):
        for name in range(VISITORS):
            self._threads.append(threading.Thread(target=self._visit, args=(name,)))
            self._threads[-1].start()

    def leaves(self):
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert self.errors == []

    def _visit(self, name):
        try:
            with Visitor(self._url, "en") as visitor:
                number = 0
                while not self._over.is_set():
                    self._ask(visitor, f"ada{name}-{number}@x.example")
                    number += 1
        except Exception as error:
            self.errors.append(error)

    def _ask(self, visitor, address):
        page = visitor.open("/en/p/guide-3d")
        assert page.status == 200, page.text
        time.sleep(0.06)
        answers = {"email": address, **GUIDE}
        while True:
            answer = visitor.send(page, answers)
            self.answers[answer.status] += 1
            assert answer.status in (200, 503), answer.text
            assert "Traceback" not in answer.text
            if answer.status == 200:
                assert "/thanks/" in answer.url
                self.thanked.append(address)
                return
            assert answer.form("email").fields["email"] == address
            page, answers = answer, {}
            time.sleep(0.2)


@pytest.mark.timeout(1800 if FULL else 240)
@pytest.mark.parametrize("name", [*ON_SQLITE, pytest.param(ON_POSTGRESQL, marks=pytest.mark.postgres)])
def test_whoever_was_thanked_is_kept_and_written_to_once(name, settings, server, seed, tmp_path, sqlite_template):
    (ledger, port), dice = server, random.Random(seed)
    with ExitStack() as way_out:
        url, trouble = way_out.enter_context(TROUBLES[name](tmp_path / "place", sqlite_template))
        held = listen("127.0.0.1", 0)  # from now on, so that nobody else takes the port meanwhile
        config = settings(url, port, port=held.getsockname()[1])
        house = way_out.enter_context(closing(House.build(config, system_clocks())))
        content_in_force(house)
        way_out.enter_context(in_motion(house))
        web = WebServer(create_app(house), held, threads=config.server.threads)
        web.start()
        way_out.callback(web.stop)
        crowd = Crowd(house.config.site.base_url)
        crowd.comes()
        times = come_and_go(trouble, dice)
        healthy = until(lambda: httpx.get(f"{house.config.site.base_url}/readyz", timeout=20).status_code == 200)
        time.sleep(1)
        crowd.leaves()
        until(lambda: states(house).keys() == {"sent"} and len(rows(house, select(messages))) >= len(crowd.thanked))
        print(f"{name}, {times} times: {len(crowd.thanked)} thanked, {dict(crowd.answers)}, well after {healthy:.1f} s")
        judge(house, ledger, crowd)
    assert healthy < 30


def come_and_go(trouble, dice):
    """How often."""
    over, times = time.monotonic() + SECONDS, 0
    while time.monotonic() < over:
        time.sleep(dice.uniform(0.2, 8.0 if FULL else 1.0))
        with trouble():
            time.sleep(dice.uniform(0.1, 8.0 if FULL else 1.5))
        times += 1
    return times


def judge(house, ledger, crowd):
    """Everybody who was thanked is there once and has what they asked for; the ledger has no letter twice."""
    kept = Counter(ledger.read_text().split())
    owed = dict(rows(house, select(leads.c.email, messages.c.message_id).join(messages)))
    assert len(crowd.thanked) > VISITORS
    assert [address for address in crowd.thanked if kept[owed[address]] != 1] == []
    assert [one for one, times in kept.items() if times > 1] == []
    assert len(rows(house, select(leads))) == len(set(crowd.thanked))
    per_lead = select(submissions.c.lead_id).group_by(submissions.c.lead_id).having(func.count() > 1)
    assert rows(house, per_lead) == []


def states(house):
    return Counter(row.state for row in rows(house, select(messages.c.state)))


def rows(house, query):
    with house.database.read() as conn:
        return conn.execute(query).all()


def until(true, seconds=90):
    """How long it took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, "it did not come about"
        time.sleep(0.1)
    return time.monotonic() - begun
