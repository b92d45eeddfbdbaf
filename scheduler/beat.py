"""The beat of the house: interval jobs that set events and do nothing else; what is due is read from the database.

APScheduler keeps the rhythm and never the work: its jobs live in memory, count in UTC and touch no table, because its
own stores must not be shared by two processes and its cron triggers are wrong around a change of clocks.
"""

from collections.abc import Mapping
from datetime import UTC
from threading import Event

from apscheduler.schedulers.background import BackgroundScheduler


class Beat:
    """Sets each event every so many seconds: `Beat({"engine": (1.0, engine.wake)})`."""

    def __init__(self, rhythm: Mapping[str, tuple[float, Event]]) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for name, (seconds, event) in rhythm.items():
            self._scheduler.add_job(event.set, "interval", seconds=seconds, id=name, name=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No further tick; a beat that never started is none to stop."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
