"""What taking in one more event costs for a lead with a long past, and what playing a million events takes.

A fold is measured as the engine does it, with the look for the next moment of change, in time of the processor. The
replay runs in a process of its own, on SQLite, so that its peak of memory is its own; a tenth as many events show that
memory does not grow with them. TERREAU_BENCH_EVENTS=100000 for another number than a million.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from sqlalchemy import Connection, insert

from authoring.load import load_site
from authoring.site import Site
from authoring.tree import read_tree
from base.paths import data_path
from bench.results import Result
from leads.facts import Event, Facts, Lead, Standing
from leads.fold import fold, next_look
from leads.scoring import fold_buckets
from storage.database import Database, open_database
from storage.migrate import migrate
from storage.schema import events, leads, wakes

ZONE = "Europe/Paris"
BEGIN = datetime(2024, 11, 2, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LONG = 10_000  # events of the past
SHORT = 100  # so few, on ten days
DAYS, EVERY_DAY = 10, 730
ROUNDS, AT_ONCE = 5, 20
MANY = int(os.environ.get("TERREAU_BENCH_EVENTS", "1000000"))
EACH = 10  # events of a lead
STUDIO = {"profession": "interior", "practice": "slow", "team": "1"}
ACTS = [
    ("page_seen", "demo", "human"), ("link_clicked", "conseils-3d/niveaux", "human"), ("mail.sent", "x", "engine"),
    ("asset_downloaded", "guide-3d", "human"), ("link_clicked", "conseils-3d/niveaux", "pending"),
    ("asset_delivered", "guide-3d", "engine"), ("mail.sent", "y", "engine"),
]  # fmt: skip


def measure() -> list[Result]:
    """A fold after a long past over one after a short one; the memory of a replay of many events over one of a tenth,
    and its events a second."""
    return [*(_folds(days) for days in (DAYS, EVERY_DAY)), *_replays()]


# ---------------------------------------------------------------- one more event


def _folds(days: int) -> Result:
    """`days`: on so many different days the points of the long past were earned."""
    site = example()
    pasts = {SHORT: _facts(site, SHORT, DAYS), LONG: _facts(site, LONG, days)}
    took: dict[int, list[float]] = {SHORT: [], LONG: []}
    for _ in range(ROUNDS):
        for size, facts in pasts.items():
            took[size].append(_one_more(facts, site, size))
    ratio = statistics.median(long / short for short, long in zip(took[SHORT], took[LONG], strict=True))
    rates = {size: 1 / statistics.median(times) for size, times in took.items()}
    detail = f"{rates[SHORT]:,.0f}/s and {rates[LONG]:,.0f}/s of CPU; medians of {ROUNDS}"
    name = f"an event of a lead with {LONG:,} events on {days} days against {SHORT} on {DAYS}"
    return Result(name, ratio, 1.3, "x", True, detail)


def _one_more(facts: Facts, site: Site, seq: int) -> float:
    begun = process_time()
    for number in range(AT_ONCE):
        event = Event(seq + number + 1, "page_seen", NOW, "human", "demo")
        folded = fold(facts, (event,), site, NOW)
        next_look(replace(facts, standing=folded.standing), site, NOW)
    return (process_time() - begun) / AT_ONCE


def _facts(site: Site, size: int, days: int) -> Facts:
    """Somebody who fits, whose `size` events lie on that many days of the last two years."""
    dice, span = random.Random(1), (NOW - BEGIN) / days
    acts = enumerate((dice.choice(ACTS) for _ in range(size)), 1)
    past = [Event(n, name, BEGIN + span * (n * days // size), evidence, about) for n, (name, about, evidence) in acts]
    stood = replace(Standing.fresh(site, NOW), stage="iql", buckets=fold_buckets(past, site.definitions, ZONE))
    return Facts(Lead(1, fields=STUDIO), stood, frozenset(), (), ZONE)


# ---------------------------------------------------------------- a replay of many


def _replays() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_replay(Path(folder) / f"{size}.db", size) for size in (MANY // 10, MANY))
    rate = many["events"] / many["seconds"]
    detail = f"{few['mb']:.0f} MB for {MANY // 10:,}, {many['mb']:.0f} MB for {MANY:,} events"
    memory = Result("peak memory of a replay, ten times as many events", many["mb"] / few["mb"], 1.2, "x", True, detail)
    told = f"two sets of rules; {many['seconds']:,.0f} s of CPU for {many['events']:,}"
    return [memory, Result(f"a replay of {MANY:,} events, a second", rate, 1_000, "events/s", False, told)]


def _replay(file: Path, size: int) -> dict[str, float]:
    migrate(f"sqlite:///{file}")
    with closing(open_database(f"sqlite:///{file}", wait_seconds=30)) as database:
        _fill(database, size)
    words = [sys.executable, "-m", "bench.replaying", str(file)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(said.stdout)
    if found["events"] != size:
        raise SystemExit(f"{found['events']} events were played instead of {size}: the measurement means nothing")
    return found


def _fill(database: Database, size: int) -> None:
    dice = random.Random(1)
    for first in range(1, size // EACH + 1, 1_000):
        numbers = range(first, min(first + 1_000, size // EACH + 1))
        rows = [row for number in numbers for row in _events_of(number, dice)]
        database.write(lambda conn, numbers=numbers, rows=rows: _write(conn, numbers, rows))


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


def example() -> Site:
    site, problems = load_site(read_tree(data_path("content")))
    assert site is not None, problems
    return site
