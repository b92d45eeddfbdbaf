"""Workers drain when woken, survive failures, wake their neighbours and stop in time."""

from threading import Event

import pytest
import structlog

from scheduler.threads import Worker, pause_after, stop_all, until_empty


class Table:
    """Things to do, with a memory of the drains that were asked."""

    def __init__(self, *batches: int | Exception) -> None:
        self.batches = list(batches)
        self.drained = Event()
        self.calls = 0

    def drain(self, stop: Event) -> int:
        self.calls += 1
        batch = self.batches.pop(0) if self.batches else 0
        if not self.batches:
            self.drained.set()
        if isinstance(batch, Exception):
            raise batch
        return batch


def test_a_worker_looks_once_at_the_start_and_again_when_woken():
    table = Table(3, 2)
    worker = Worker("engine", table.drain, patience=60)
    worker.start()
    worker.wake.set()
    for _ in range(100):
        if table.drained.wait(0.05):
            break
        worker.wake.set()
    assert stop_all([worker], 5) == []
    assert table.calls >= 2


def test_work_done_wakes_the_neighbours_and_none_leaves_them_asleep():
    neighbour = Event()
    worker = Worker("engine", Table(1).drain, then=(neighbour,))
    worker._drain_once()
    assert neighbour.is_set()
    neighbour.clear()
    worker._drain_once()
    assert not neighbour.is_set()


def test_a_failing_drain_is_told_with_what_to_do_and_tried_again(monkeypatch):
    monkeypatch.setattr("scheduler.threads.FIRST_PAUSE", 0.01)
    table = Table(OSError("no route"), OSError("no route"), 4)
    worker = Worker("sender", table.drain, patience=60)
    with structlog.testing.capture_logs() as lines:
        worker.start()
        assert table.drained.wait(5)
        assert stop_all([worker], 5) == []
    failures = [line for line in lines if line["log_level"] == "error"]
    assert [line["failures"] for line in failures] == [1, 2]
    assert "tries again in" in failures[0]["event"]
    assert "terreau doctor" in failures[0]["event"]
    assert failures[0]["error"] == "OSError: no route"
    assert failures[0]["exc_info"] is not None
    assert failures[1]["exc_info"] is None
    assert [line["after_failures"] for line in lines if line["event"] == "works again"] == [2]


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1), (3, 2), (7, 10), (1000, 10)])
def test_pauses_double_up_to_ten_seconds(failures, seconds):
    assert pause_after(failures) == seconds


def test_a_worker_in_its_pause_stops_at_once():
    table = Table(OSError("away"))
    worker = Worker("engine", table.drain, patience=60)
    worker.start()
    assert table.drained.wait(5)
    assert stop_all([worker], 2) == []


def test_those_who_do_not_stop_in_time_are_named():
    begun, release = Event(), Event()

    def stubborn(stop: Event) -> int:
        begun.set()
        release.wait(10)
        return 0

    worker = Worker("sender", stubborn)
    worker.start()
    assert begun.wait(5)
    assert stop_all([worker], 0.1) == ["sender"]
    release.set()
    assert worker.join(5)


def test_until_empty_repeats_one_batch_until_none_is_left_or_the_stop():
    batches = [200, 200, 7, 0, 5]
    assert until_empty(lambda: batches.pop(0))(Event()) == 407
    stop = Event()
    stop.set()
    assert until_empty(lambda: batches.pop(0))(stop) == 0
    assert batches == [5]
