"""A database to measure on: the example content in force, and as many leads waiting inside a sequence as one likes."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import Releases, apply
from authoring.tree import read_tree
from base.clock import Moment
from base.paths import data_path
from storage.database import Database, open_database
from storage.migrate import migrate

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday, inside the send window of the sequence
SEQUENCE, STEP = "conseils-3d", "variantes"
CHUNK = 20_000


@dataclass(slots=True)
class Scene:
    """An opened database with content, and the clock that the measured code is given."""

    database: Database
    releases: Releases
    path: Path
    now: datetime = START

    def moment(self) -> Moment:
        return Moment(self.now, self.now)

    def calendar(self) -> datetime:
        return self.now

    def machine(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.database.close()


def set_up(folder: Path) -> Scene:
    """A fresh database in `folder`, with the example content in force and no lead."""
    path = folder / "terreau.db"
    url = f"sqlite:///{path}"
    migrate(url)
    database = open_database(url)
    blobs = BlobDirectory(folder / "blobs")
    tree = read_tree(data_path("content"))
    site, problems = load_site(tree)
    if site is None:
        raise SystemExit(f"the example content does not load: {problems[0].sentence()}")
    apply(database, tree, site, "bench", None, None, Moment(START, START), blobs)
    return Scene(database, Releases(database, blobs), path)


def fill(scene: Scene, leads: int) -> None:
    """Put `leads` leads into the scene, each with consent, waiting inside the sequence for a day far ahead.

    Straight through the driver, since making a million leads is not what is measured.
    """
    version = scene.releases.in_force().versions[SEQUENCE]
    conn = sqlite3.connect(scene.path, isolation_level=None)
    conn.execute("PRAGMA synchronous = OFF")
    for first in range(1, leads + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, leads + 1))
        conn.execute("BEGIN")
        for statement, rows in _rows(numbers, version):
            conn.executemany(statement, rows)
        conn.execute("COMMIT")
    conn.execute("ANALYZE")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()


def _rows(numbers: range, version: str) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    past, far = _stored(START - timedelta(days=30)), _stored(START + timedelta(days=300))
    yield (
        "INSERT INTO leads (id, status, email, first_name, company, fields, tags, locale, origin, created_at)"
        " VALUES (?, 'lead', ?, 'Ada', 'Atelier', '{}', '[]', 'fr', 'inbound', ?)",
        [(n, f"ada{n}@atelier.example", past) for n in numbers],
    )
    yield (
        "INSERT INTO wakes (lead_id, seq, folded_seq, due_at) VALUES (?, 3, 3, ?)",
        [(n, far) for n in numbers],
    )
    yield (
        "INSERT INTO events (lead_id, seq, name, at, recorded_at, evidence, subject, data)"
        " VALUES (?, ?, ?, ?, ?, 'human', ?, '{}')",
        [
            (n, seq, name, past, past, subject)
            for n in numbers
            for seq, name, subject in (
                (1, "form_submitted", "guide-3d"),
                (2, "consent_granted", "conseils-3d"),
                (3, "page_seen", "guide-3d"),
            )
        ],
    )
    yield (
        "INSERT INTO consents (lead_id, topic, state, wording, wording_hash, locale, proof, at, recorded_at)"
        " VALUES (?, 'conseils-3d', 'granted', 'oui', 'x', 'fr', '{}', ?, ?)",
        [(n, past, past) for n in numbers],
    )
    yield (
        "INSERT INTO preference_tokens (token, lead_id, topic) VALUES (?, ?, ?)",
        [(f"{topic[:1]}{n:021d}", n, topic) for n in numbers for topic in ("", "conseils-3d")],
    )
    yield (
        "INSERT INTO standings (lead_id, stage, stage_since, cycle, engagement, fit, temperature, interests, segments,"
        " buckets, verdict_seq, human_seq, as_of, release_id)"
        " VALUES (?, 'iql', ?, 0, 15000, 0, 'cold', '{}', '[]', '{}', 0, 1, ?, 1)",
        [(n, past, past) for n in numbers],
    )
    yield (
        "INSERT INTO enrolments (id, lead_id, sequence, sequence_version, entry_key, state, step, occurrence, position,"
        " due_at, anchor_at, waiting_since, waiting_zone, entered_at, entry_seq, release_id)"
        f" VALUES (?, ?, '{SEQUENCE}', ?, '', 'active', '{STEP}', 0, 'waiting', ?, ?, ?, 'Europe/Paris', ?, 2, 1)",
        [(n, n, version, far, past, past, past) for n in numbers],
    )


def make_due(scene: Scene, lead_ids: list[int]) -> None:
    """Let these leads' next step be due at the scene's now."""
    marks = ",".join("?" * len(lead_ids))
    with sqlite3.connect(scene.path, timeout=30) as conn:
        conn.execute(f"UPDATE wakes SET due_at = ? WHERE lead_id IN ({marks})", [_stored(scene.now), *lead_ids])
        conn.execute(f"UPDATE enrolments SET due_at = ? WHERE lead_id IN ({marks})", [_stored(scene.now), *lead_ids])
    conn.close()


def _stored(at: datetime) -> str:
    """An instant as SQLAlchemy stores it on SQLite."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
