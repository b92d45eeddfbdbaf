"""Rows of a list per second, taken in whole, against a bare `csv.reader` and `executemany`; and the memory it takes.

On SQLite and on PostgreSQL. `TERREAU_BENCH_ROWS` makes the list shorter.
"""

import csv
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from base.clock import elapsed, system_clocks
from bench import postgresql
from bench.results import Result
from leads.imports import ledger
from leads.imports.mapping import Targets
from leads.imports.reading import Wishes, survey
from leads.imports.running import take_in
from leads.imports.settings import Policy, Settings
from leads.imports.writing import Source
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import leads

ROWS = int(os.environ.get("TERREAU_BENCH_ROWS", "1000000"))
KEY = "suppression-key-of-the-benchmark-01"
HEADER = ("Prénom", "Nom", "Adresse e-mail", "Téléphone", "Société", "Fonction")


def measure() -> list[Result]:
    """The ratio to the floor, and the highest memory of the process that reads and writes."""
    with tempfile.TemporaryDirectory() as name, postgresql.server() as url:
        folder = Path(name)
        write_list(folder / "list.csv", ROWS)
        floor = _floor(folder)
        both = {"SQLite": f"sqlite:///{folder}/terreau.db", "PostgreSQL": url}
        return [one for kind, where in both.items() for one in _on(kind, where, folder / "list.csv", floor)]


def _on(kind: str, url: str, path: Path, floor: float) -> list[Result]:
    seconds, megabytes = _in_a_process(path, url)
    detail = f"{ROWS / seconds:,.0f}/s of {ROWS:,} against {floor:,.0f}/s"
    ratio = ROWS / seconds / floor
    return [
        Result(f"rows of a list, {kind}, against a bare insert", ratio, 0.004, "x", detail=detail),
        Result(f"memory of an import, {kind}", megabytes, 200, "MB", True),
    ]


def write_list(path: Path, several: int) -> None:
    """A list of as many contacts, as a spreadsheet of a French office writes it."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for number in range(several):
            phone = f"06 39 98 {number // 100 % 100:02} {number % 100:02}"
            name = f"Prénom{number % 997}", f"Nom{number}", f"lead{number}@atelier-{number % 5000}.example.org"
            writer.writerow((*name, phone, f"Atelier {number % 5000}", "Architecte"))


def _floor(folder: Path) -> float:
    """Rows per second into one table without an index, in one transaction: nothing is looked at."""
    conn = sqlite3.connect(folder / "floor.db")
    conn.execute("CREATE TABLE rows (a, b, c, d, e, f)")
    started = elapsed()
    with (folder / "list.csv").open(encoding="cp1252", newline="") as file, conn:
        conn.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", csv.reader(file, delimiter=";"))
    took = elapsed() - started
    conn.close()
    return ROWS / took


def _in_a_process(path: Path, url: str) -> tuple[float, float]:
    """(seconds, megabytes): memory is that of a process that did nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", str(path), url], capture_output=True, text=True, check=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def _take_in(path: Path, url: str) -> None:
    migrate(url)
    database, clocks = open_database(url), system_clocks()
    with path.open("rb") as file:
        started = elapsed()
        found = survey(file, Wishes(), Targets())
        settings = Settings.of(found, Policy(), ("fr", "en"))
        now = clocks.machine()
        run = database.write(lambda conn: ledger.begin(conn, path.name, found, settings, "bench", "bench", now))
        source = Source(run.import_id, found.hash, "bench", settings.policy, "fr", KEY)
        take_in(file, settings, run, source, database, clocks)
        took = elapsed() - started
    with database.read() as conn:
        there = conn.execute(select(func.count()).select_from(leads)).scalar_one()
    database.close()
    if there < ROWS:
        raise SystemExit(f"{there} of {ROWS} rows are there")
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _take_in(Path(sys.argv[1]), sys.argv[2])
