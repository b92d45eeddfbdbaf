"""Work that can wait gives way to people, and never waits for long."""

from threading import Event, Thread

import pytest

from base import traffic
from base.clock import elapsed
from base.traffic import Traffic


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(traffic, "PATIENCE_SECONDS", 20)


@pytest.mark.usefixtures("patient")
def test_work_that_can_wait_goes_on_at_once_when_nobody_is_under_way():
    began = elapsed()
    Traffic().give_way()
    assert elapsed() - began < 10


@pytest.mark.usefixtures("patient")
def test_it_goes_on_when_the_last_request_has_its_answer_even_one_that_failed():
    here, inside, may_end, order = Traffic(), Event(), Event(), []

    def app(environ, start_response):
        inside.set()
        may_end.wait(10)
        order.append("answered")
        raise RuntimeError("a page that fails")

    def visit():
        with pytest.raises(RuntimeError):
            here.counted(app)({}, None)

    visitor = Thread(target=visit)
    visitor.start()
    assert inside.wait(10)
    waiting = Thread(target=lambda: (here.give_way(), order.append("went on")))
    waiting.start()
    may_end.set()
    waiting.join(10)
    visitor.join(10)
    assert order == ["answered", "went on"]


def test_people_who_come_without_a_pause_do_not_stop_it():
    here = Traffic()
    seen = here.counted(lambda environ, start_response: here.give_way() or "answered")
    assert seen({}, None) == "answered"
