"""What Next will really do: the engine lives on in a copy of the demo's database until something can be noticed."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection, func, make_url, select, update

from base.clock import Clocks
from sales.escalating import ServiceLevel
from sales.handoff import open_hand_off
from storage.database import Database, open_database
from storage.schema import messages, stage_changes, wakes
from terreau.house import House, office_of
from workflows.engine import Engine

NEVER = Event()  # that would stop it
NOTICED = (messages, stage_changes)  # a mail about to leave, a lead that has moved


@dataclass(slots=True)
class Foresight:
    """Asks the copy again only when something has changed since."""

    house: House
    jumps: int
    _seen: tuple[Any, ...] | None = None
    _answer: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def next_notice(self) -> datetime | None:
        """The calendar's instant to which Next will move; None when it would stay."""
        with self._lock:
            seen = self._state()
            if seen != self._seen:
                self._answer = foresee(self.house, self.jumps)
                self._seen = seen
            return self._answer

    def _state(self) -> tuple[Any, ...]:
        sums = select(func.sum(wakes.c.seq), func.sum(wakes.c.folded_seq), func.min(wakes.c.due_at))
        with self.house.database.read() as conn:
            return (*conn.execute(sums).one(), _noticeable(conn), self.house.releases.in_force().release_id)


def foresee(house: House, jumps: int) -> datetime | None:
    """The same jumps as a press of Next, in a copy that is thrown away: nothing is sent, nothing is written down."""
    with TemporaryDirectory(prefix="terreau-foresight-") as folder:
        copy = Path(folder) / "terreau.db"
        _copy(Path(str(make_url(house.database.url).database)), copy)
        with closing(open_database(f"sqlite:///{copy}", durable=False)) as database:
            return _live(database, house, jumps)


def _copy(source: Path, copy: Path) -> None:
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(copy)) as theirs:
        ours.backup(theirs)


def _live(database: Database, house: House, jumps: int) -> datetime | None:
    at = house.clocks.calendar()
    clocks = Clocks(lambda: at, house.clocks.machine)
    engine, service = _engine(database, house, clocks), _service(database, house, clocks)
    database.write(lambda conn: conn.execute(update(wakes).values(holder=None)) and None)
    _work(engine, service)
    before, moved = _count(database), None
    for _ in range(jumps):
        due = min((one for one in (engine.next_due(), service.next_due()) if one is not None), default=None)
        if due is None or _count(database) > before:
            break
        at = moved = max(due, at)
        _work(engine, service)
    return moved


def _engine(database: Database, house: House, clocks: Clocks) -> Engine:
    hand_off = partial(open_hand_off, base_url=house.config.site.base_url, zone=house.config.site.timezone)
    zone, key = house.config.site.timezone, house.keys.suppression
    return Engine(database, house.releases, clocks, zone, "foresight", hand_off, suppression_key=key)


def _service(database: Database, house: House, clocks: Clocks) -> ServiceLevel:
    return ServiceLevel(database, lambda: office_of(house.config, house.keys, house.releases), clocks)


def _work(engine: Engine, service: ServiceLevel) -> None:
    while engine.work() + service.drain(NEVER):
        pass


def _count(database: Database) -> int:
    with database.read() as conn:
        return _noticeable(conn)


def _noticeable(conn: Connection) -> int:
    return sum(conn.scalar(select(func.count()).select_from(table)) or 0 for table in NOTICED)
