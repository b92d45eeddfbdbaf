"""The house in motion: engine, sender, notifier and service level in threads, woken by the beat and by each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event

import structlog

from leads.forgetting import Desk
from leads.recounting import Recounter
from scheduler.beat import Beat
from scheduler.threads import Worker, stop_all, until_empty
from terreau.house import House
from terreau.keeping import Keeper
from terreau.watching import watch

log = structlog.get_logger(__name__)

VIEWS_SECONDS = 5.0  # between two writes of what pages were opened
IMPORTS_SECONDS = 2.0  # between two looks for a list that somebody wants taken in
POINTS_SECONDS = 5.0  # between two looks for points that have faded
KEEPING_SECONDS = 60.0  # between two batches of leads whose time may be up
BOUNCES_SECONDS = 10.0  # between two looks into the mailbox of bounces
STOP_SECONDS = 8.0  # with the web server's 5, well inside the 15 that a stop may take


@dataclass(frozen=True, slots=True)
class Running:
    """Started by `start`; `stop` finishes what was begun and lets go of what was claimed."""

    workers: tuple[Worker, ...]
    beat: Beat

    def nudge(self) -> None:
        """Look now: somebody has just written something."""
        for worker in self.workers:
            worker.wake.set()

    def start(self) -> None:
        for worker in self.workers:
            worker.start()
        self.beat.start()

    def stop(self, seconds: float = STOP_SECONDS) -> list[str]:
        """Names of those still busy after `seconds`."""
        self.beat.stop()
        late = stop_all(self.workers, seconds)
        if late:
            log.warning("stopped before it was done; what it held is found again in a minute", workers=late)
        return late


def motion(house: House) -> Running:
    """The threads of this house, not yet started."""
    sender_wake, notifier_wake, engine_wake = Event(), Event(), Event()
    house.engine.watched_by(partial(watch, house))
    engine = Worker("engine", until_empty(house.engine.work), then=(sender_wake, notifier_wake), wake=engine_wake)
    sender = Worker(
        "sender", house.sender.drain, then=(engine_wake,), wake=sender_wake,
        advice="mails wait and are not lost; check [smtp] with `terreau doctor`",
    )  # fmt: skip
    notifier = Worker("notifier", house.notifier.drain, wake=notifier_wake, advice="webhooks wait and are not lost")
    service = Worker(
        "service level", house.service.drain, then=(sender_wake, engine_wake),
        advice="alerts that nobody answers wait, and are seen to later",
    )  # fmt: skip
    views = _counting(house)
    tick = house.config.engine.tick_seconds
    rhythm = {worker.name: (tick, worker.wake) for worker in (engine, sender, notifier, service)}
    imports = Worker(
        "imports", house.importer.drain, then=(engine_wake,), advice="lists go on where they were, and are not lost"
    )
    seldom = [
        (views, VIEWS_SECONDS),
        (imports, IMPORTS_SECONDS),
        (_recounting(house), POINTS_SECONDS),
        (_keeping(house), KEEPING_SECONDS),
        *((one, BOUNCES_SECONDS) for one in _reading(house, engine_wake)),
    ]
    rhythm |= {worker.name: (seconds, worker.wake) for worker, seconds in seldom}
    return Running((engine, sender, notifier, service, *(worker for worker, _ in seldom)), Beat(rhythm))


def still(house: House) -> Running:
    """Beside pages whose engine runs elsewhere: only what they count is written down."""
    views = _counting(house)
    return Running((views,), Beat({views.name: (VIEWS_SECONDS, views.wake)}))


def _reading(house: House, engine_wake: Event) -> list[Worker]:
    """Whoever looks into the mailbox of bounces, where there is one; the engine takes in what they find."""
    if house.bounce_box is None:
        return []
    advice = "bounces wait in their mailbox and are not lost"
    return [Worker("bounces", house.bounce_box.drain, then=(engine_wake,), patience=60.0, advice=advice)]


def _keeping(house: House) -> Worker:
    """Whoever sees to it that nobody is kept longer than needed."""
    desk = Desk(house.database, house.keys.suppression, house.config.data.dir, house.config.told_of_erasures)
    keeper = Keeper(desk, house.config.retention, house.clocks, house.config.site.timezone, house.releases)
    return Worker("keeper", keeper.drain, patience=600.0, advice="leads whose time is up wait and stay as they are")


def _recounting(house: House) -> Worker:
    """Whoever counts points again as they fade; forms and pages first."""
    behind = house.database.behind(house.traffic.give_way)
    recounter = Recounter(behind, house.releases, house.clocks, house.config.site.timezone)
    return Worker("points", recounter.drain, advice="lists stand in the order of earlier points meanwhile")


def _counting(house: House) -> Worker:
    return Worker(
        "views", lambda stop: house.views.flush(house.database), advice="openings of pages wait to be written"
    )


@contextmanager
def in_motion(house: House) -> Iterator[Running]:
    running = motion(house)
    running.start()
    try:
        yield running
    finally:
        running.stop()
