"""Rows of a list per second, taken in whole, against a bare `csv.reader` and `executemany`; and the memory it takes.

On SQLite, and on PostgreSQL where `TEST_DATABASE_URL` names one. `TERREAU_BENCH_ROWS` makes the list shorter.
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
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_list(folder / "list.csv")
        floor = _floor(folder)
        given = os.environ.get("TEST_DATABASE_URL")
        for url in (f"sqlite:///{folder}/terreau.db", *([given] if given else [])):
            seconds, megabytes = _in_a_process(folder / "list.csv", url)
            named = "SQLite" if url.startswith("sqlite") else "PostgreSQL"
            detail = f"{ROWS / seconds:,.0f}/s of {ROWS:,} against {floor:,.0f}/s"
            found.append(
                Result(
                    f"rows of a list, {named}, against a bare insert", ROWS / seconds / floor, 0.004, "x", detail=detail
                )
            )
            found.append(Result(f"memory of an import, {named}", megabytes, 200, "MB", True))
    return found


def _write_list(path: Path) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for number in range(ROWS):
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
