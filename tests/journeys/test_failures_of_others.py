"""What is away is said to be away; nothing is promised that was not saved, and everything resumes by itself."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, select

from storage.schema import leads, messages, submissions
from terreau.visitor import Visitor

GUIDE = {"first_name": "Ada", "company": "Marlow", "profession": "interior", "practice": "slow"}


@pytest.fixture
def away(request: pytest.FixtureRequest, database_url: str) -> Callable[[], object]:
    """The database goes away, as a context: its file is moved, or its server refuses and hangs up."""
    address = make_url(database_url)
    if address.get_backend_name() == "sqlite":
        return lambda: moved_away(Path(str(address.database)))
    server = request.getfixturevalue("postgres_server")
    return lambda: refused(server, str(address.database))


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    hidden = path.with_suffix(".hidden")
    path.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(path)


@contextmanager
def refused(server, name: str) -> Iterator[None]:
    server._do(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    server._do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        server._do(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")


def until(found, seconds=30):
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return answer


def count(play, table):
    with play.stage.house.database.read() as conn:
        return len(conn.execute(select(table)).all())


def test_without_its_database_a_form_says_so_keeps_the_answers_and_thanks_nobody(play, away):
    with Visitor(play.url, "en") as ada, Visitor(play.url, "en") as bob:
        bob.send(open_form(bob), {"email": "bob@x.example", **GUIDE})
        until(lambda: play.mails_to("bob@x.example"))
        page = open_form(ada)
        with away():
            refused = ada.send(page, {"email": "ada@x.example", **GUIDE})
            assert refused.status == 503
            assert "/thanks/" not in refused.url
            assert refused.form("email").fields["email"] == "ada@x.example"
            assert ada.open("/en/p/guide-3d").status == 200, "pages stay up"
            assert httpx.get(play.url + "/readyz", timeout=20).status_code == 503
        taken = until(lambda: ada.send(refused, {}) if httpx.get(play.url + "/readyz").status_code == 200 else None)
        assert taken.status == 200, taken.heading
        assert "/thanks/" in taken.url
    until(lambda: play.mails_to("ada@x.example"))
    assert count(play, submissions) == count(play, leads) == 2


def open_form(visitor):
    page = visitor.open("/en/p/guide-3d")
    time.sleep(0.1)
    return page


def test_the_engine_resumes_by_itself_when_the_database_comes_back(play, away):
    with away():
        time.sleep(1.5)
    with Visitor(play.url, "en") as ada:
        until(lambda: httpx.get(play.url + "/readyz").status_code == 200)
        assert ada.send(open_form(ada), {"email": "ada@x.example", **GUIDE}).status == 200
    until(lambda: play.mails_to("ada@x.example"))
    assert all(worker.alive for worker in play.running.workers)


def test_without_a_mail_server_the_web_is_unaffected_and_mails_wait(play):
    play.mail.stop()
    with Visitor(play.url, "en") as ada:
        thanks = ada.send(open_form(ada), {"email": "ada@x.example", **GUIDE})
        assert "/thanks/" in thanks.url
    until(lambda: count(play, messages) == 1)
    time.sleep(0.5)
    with play.stage.house.database.read() as conn:
        waiting = conn.execute(select(messages.c.state, messages.c.attempts)).one()
    assert waiting.state == "due"
    assert waiting.attempts == 0, "a channel that is away is nobody's failed attempt"
    assert play.mails_to("ada@x.example") == []
    play.mail.start()
    until(lambda: play.mails_to("ada@x.example"), 30)
    play.stage.pace.rest()
    assert len(play.mails_to("ada@x.example")) == 1


def test_unsubscribing_works_with_the_engine_stopped(play):
    with Visitor(play.url, "en") as ada:
        ada.send(open_form(ada), {"email": "ada@x.example", "consent_conseils": True, **GUIDE})
        delivery = until(lambda: play.stage.mailbox.all())[0]
        (confirm,) = set(re.findall(r"https?://\S+/confirm/[^\s>)]+", delivery.body("plain")))
        ada.send(ada.open(confirm), {"clicks": False})
    play.stage.pace.rest()
    play.stage.pace.press()
    advice = until(lambda: [mail for mail in play.stage.mailbox.all() if mail.message["List-Unsubscribe"]])[0]
    assert play.running.stop(10) == []
    (leave,) = re.findall(r"<(https?://[^>]+/u/[^>]+)>", str(advice.message["List-Unsubscribe"]))
    assert "<button" in httpx.get(leave).text
    assert httpx.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert httpx.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200, "twice is once"
    with play.stage.house.database.read() as conn:
        from leads import consent

        assert "conseils-3d" not in consent.granted(conn, [1])[1]


def test_a_full_folder_of_blobs_gone_is_an_honest_error(play):
    """The bytes of a magnet are gone: the page says so, and the rest of the house answers."""
    with Visitor(play.url, "en") as ada:
        ada.send(open_form(ada), {"email": "ada@x.example", **GUIDE})
        delivery = until(lambda: play.stage.mailbox.all())[0]
        shelf = ada.open(re.findall(r"https?://\S+/m/[^\s>)]+", delivery.body("plain"))[0])
        blobs = play.stage.house.config.data.dir / "blobs"
        if not blobs.exists():
            pytest.skip("magnets lie in the database here")
        shutil.rmtree(blobs)
        assert httpx.get(shelf.downloads()[0]).status_code == 500
        assert httpx.get(play.url + "/p/guide-3d").status_code == 200
