"""What playing a million events by two sets of rules takes: events a second, and the most memory.

The replay runs in a process of its own, on SQLite, so that its peak of memory is its own; a tenth as many events show
that memory does not grow with them. How far it is stands on the error output. TERREAU_BENCH_EVENTS=100000 for another
number than a million.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert

from bench.folding import ACTS, BEGIN, STUDIO
from bench.results import Result
from storage.database import Database, open_database
from storage.migrate import migrate
from storage.schema import events, leads, wakes

MANY = int(os.environ.get("TERREAU_BENCH_EVENTS", "1000000"))
EACH = 10  # events of a lead


def measure() -> list[Result]:
    """The memory of a replay of many events over one of a tenth, and its events a second of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_replay(Path(folder) / f"{size}.db", size) for size in (MANY // 10, MANY))
    rate = many["events"] / many["seconds"]
    detail = f"{few['mb']:.0f} MB for {MANY // 10:,}, {many['mb']:.0f} MB for {MANY:,} events"
    memory = Result("peak memory of a replay, ten times as many events", many["mb"] / few["mb"], 1.2, "x", True, detail)
    told = f"two sets of rules; {many['seconds']:,.0f} s of CPU for {many['events']:,}"
    return [memory, Result(f"a replay of {MANY:,} events, a second", rate, 1_000, "events/s", False, told)]


def _replay(file: Path, size: int) -> dict[str, float]:
    print(f"    writing {size:,} events", file=sys.stderr, flush=True)
    migrate(f"sqlite:///{file}")
    with closing(open_database(f"sqlite:///{file}", wait_seconds=30)) as database:
        _fill(database, size)
    words = [sys.executable, "-m", "bench.replayed", str(file)]
    said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(said.stdout)
    if found["events"] != size:
        raise SystemExit(f"{found['events']} events were played instead of {size}: the measurement means nothing")
    return found


def _fill(database: Database, size: int) -> None:
    dice = random.Random(1)
    for first in range(1, size // EACH + 1, 1_000):
        numbers = range(first, min(first + 1_000, size // EACH + 1))
        rows = [row for number in numbers for row in _events_of(number, dice)]
        database.write(partial(_write, numbers=numbers, rows=rows))


def _write(conn: Connection, numbers: range, rows: list[dict[str, object]]) -> None:
    lead = {"status": "lead", "fields": STUDIO, "tags": [], "locale": "fr", "origin": "inbound", "created_at": BEGIN}
    conn.execute(insert(leads), [{"id": number, **lead} for number in numbers])
    conn.execute(insert(wakes), [{"lead_id": number, "seq": EACH, "folded_seq": EACH} for number in numbers])
    conn.execute(insert(events), rows)


def _events_of(number: int, dice: random.Random) -> list[dict[str, object]]:
    at, made = BEGIN + timedelta(days=dice.random() * 600), []
    for seq in range(1, EACH + 1):
        name, about, evidence = ("form_submitted", "guide-3d", "human") if seq == 1 else dice.choice(ACTS)
        made.append({
            "lead_id": number, "seq": seq, "name": name, "at": at, "recorded_at": at, "evidence": evidence,
            "subject": about, "data": {"interests": ["cao/3d"]},
        })  # fmt: skip
        at += timedelta(days=dice.random() * 8)
    return made
