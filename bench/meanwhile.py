"""How long a visitor waits for a form while a list is taken in: by the house itself, and by the command beside it."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import select

from base.clock import elapsed, system_clocks
from bench import postgresql, scene, sending
from bench.captures import ROUNDS, sent_in, server
from bench.imports import write_list
from bench.load import Answered
from bench.results import Result
from leads.imports import ledger
from leads.imports.mapping import Targets
from leads.imports.reading import Wishes, survey
from leads.imports.settings import Policy, Settings
from storage.database import Database, open_database
from storage.schema import imports

ROWS = 400_000  # more than are taken in while the forms are sent, and less than the 50 MB of the console
PATIENCE = 60.0  # seconds until the first rows are in


def measure() -> list[Result]:
    """The 99th percentile of a form in milliseconds, on both databases, whoever takes the list in."""
    return [_of(kind, who) for kind in ("SQLite", "PostgreSQL") for who in WAYS]


def _of(kind: str, who: str) -> Result:
    with tempfile.TemporaryDirectory() as name, sending.sink() as sink, postgresql.server() as url:
        where = f"sqlite:///{name}/terreau.db" if kind == "SQLite" else url
        scene.set_up(Path(name), where).close()
        write_list(Path(name) / "list.csv", ROWS)
        with closing(open_database(where)) as database, WAYS[who](Path(name), database, sink) as port:
            rounds, taken = _forms(database, port)
    slow = statistics.median(one.percentile(0.99) for one in rounds)
    rate = statistics.median(one.per_second for one in rounds)
    detail = f"{rate:,.0f} forms/s beside {taken:,.0f} rows/s"
    return Result(f"p99 of a form while {who} takes in a list, {kind}", slow, 250, "ms", True, detail)


def _forms(database: Database, port: int) -> tuple[list[Answered], float]:
    """Rounds of forms, and how many rows a second were taken in meanwhile; there are more after the last."""
    _wait_for_rows(database)
    began, before = elapsed(), _rows(database)
    rounds = [sent_in(port, f"meanwhile{number}") for number in range(ROUNDS)]
    after = _rows(database)
    if after >= ROWS:
        raise SystemExit("the list was in before the forms were: the measurement means nothing")
    return rounds, (after - before) / (elapsed() - began)


@contextmanager
def _by_the_house(folder: Path, database: Database, sink: int) -> Iterator[int]:
    """The list was sent to the console, and somebody has asked for it."""
    path, now = folder / "list.csv", system_clocks().machine()
    with path.open("rb") as file:
        found = survey(file, Wishes(), Targets())
        settings = Settings.of(found, Policy(), ("fr", "en"))
        made = database.write(lambda conn: ledger.draft(conn, path.name, found.hash, found.size, "bench", now))
        file.seek(0)
        for part, piece in enumerate(iter(lambda: file.read(ledger.PART), b"")):
            database.write(partial(ledger.keep_part, import_id=made, part=part, piece=piece))
    database.write(lambda conn: ledger.settle(conn, made, settings, ledger.ASKED))
    with server("captures-while-sending", folder, sink, database.url) as port:
        yield port


@contextmanager
def _by_the_command(folder: Path, database: Database, sink: int) -> Iterator[int]:
    with server("captures-while-sending", folder, sink, database.url) as port:
        command = [sys.executable, "-m", "bench.imports", str(folder / "list.csv"), database.url]
        beside = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield port
        finally:
            beside.kill()
            beside.wait()


WAYS = {"the house": _by_the_house, "the command": _by_the_command}


def _wait_for_rows(database: Database) -> None:
    begun = elapsed()
    while not _rows(database):
        if elapsed() - begun > PATIENCE:
            raise SystemExit("the list was not begun")
        time.sleep(0.1)


def _rows(database: Database) -> int:
    """How many rows are in."""
    with database.read() as conn:
        counts = conn.execute(select(imports.c.counts)).scalars().all()
    return sum(one["rows"] for one in counts)
