"""How long was worked on a form tells nobody who is known: whatever becomes of it, its answer leaves after the same
time."""

from dataclasses import replace

import pytest

from capture.even import LEAST, held_back
from capture.forms import trap_name
from tests.capture.conftest import Browser, app_of, config_of

ADA = {"email": "ada@atelier.fr"}


class Hands:
    """A clock that stands still but for `each` second that it is looked at, and what was waited by it."""

    def __init__(self):
        self.now, self.each, self.waited = 100.0, 0.0, []

    def clock(self):
        self.now += self.each
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def held(door, clocks, hands):
    limits = {"address_per_hour": 1}
    app = app_of(replace(door, config=config_of(limits=limits)))
    app.wsgi_app = held_back(app.wsgi_app, hands.clock, hands.waited.append)
    return Browser(app, clocks)


def test_somebody_new_known_and_held_wait_as_long_for_their_answer(held, hands):
    statuses = [held.send("/p/lettre", {"email": email}).status_code for email in ("ada@b.fr", "ada@b.fr")]
    statuses.append(held.send("/en/p/lettre", {"email": "bob@b.fr"}).status_code)
    assert statuses == [303, 303, 303]
    assert hands.waited == pytest.approx([LEAST] * 3)


def test_what_is_refused_before_anybody_is_looked_up_holds_no_thread(held, hands):
    statuses = [
        held.send("/p/lettre", {"email": "nobody"}).status_code,
        held.send("/p/lettre", {"email": "bob@b.fr"}, after=0).status_code,
        held.post("/p/lettre", {"stamp": "made up", "email": "bob@b.fr"}).status_code,
        held.post("/p/made-up", ADA).status_code,
    ]
    assert statuses == [422, 422, 400, 404]
    assert hands.waited == []


def test_who_fell_into_the_trap_learns_nothing_of_it_by_the_time_either(door, held, hands):
    hidden = held.hidden("/p/lettre")
    trap = trap_name(door.site().forms["lettre"])
    assert held.post("/p/lettre", {**hidden, **ADA, trap: "https://buy.example"}).status_code == 303
    assert hands.waited == pytest.approx([LEAST])


def test_an_answer_that_took_longer_leaves_when_it_is_made(held, hands):
    hands.each = 2 * LEAST
    held.send("/p/lettre", ADA)
    assert hands.waited == [0]


def test_pages_that_are_only_looked_at_leave_at_once(held, hands):
    for path in ("/p/lettre", "/thanks/lettre", "/healthz", "/confirm/made-up"):
        held.open(path)
    assert hands.waited == []
