"""The beat only sets events; one test in real time is enough, the rest is what it was told."""

from threading import Event, Thread

from scheduler.beat import Beat


def test_the_beat_sets_its_event_again_and_again_until_stopped():
    wake = Event()
    beat = Beat({"engine": (0.05, wake)})
    beat.start()
    ticks = 0
    for _ in range(3):
        assert wake.wait(5)
        wake.clear()
        ticks += 1
    beat.stop()
    wake.clear()
    assert ticks == 3
    assert not wake.wait(0.2), "a stopped beat is silent"


def test_a_tick_missed_is_run_once_and_never_beside_itself():
    beat = Beat({"engine": (3600, Event()), "sender": (3600, Event())})
    beat._scheduler.start(paused=True)
    jobs = beat._scheduler.get_jobs()
    beat._scheduler.shutdown(wait=False)
    assert {job.id for job in jobs} == {"engine", "sender"}
    for job in jobs:
        assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
        assert str(job.trigger.timezone) == "UTC"
        assert type(job.trigger).__name__ == "IntervalTrigger"


def test_a_beat_that_never_started_can_be_stopped():
    runner = Thread(target=Beat({"engine": (1, Event())}).stop)
    runner.start()
    runner.join(5)
    assert not runner.is_alive()
