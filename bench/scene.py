"""A database to measure on: the example content in force, and as many leads waiting inside a sequence as one likes."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import Releases, apply
from authoring.tree import Tree, read_tree
from base.clock import Moment
from base.paths import data_path
from storage.database import Database, open_database
from storage.migrate import migrate

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday, inside the send window of the sequence
SEQUENCE, STEP = "conseils-3d", "variantes"
CHUNK = 50_000


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


def set_up(folder: Path, url: str | None = None, edit: Callable[[Tree], Tree] = lambda tree: tree) -> Scene:
    """A fresh database, in `folder` or at `url`, with the example content in force, `edit`ed before, and no lead."""
    path = folder / "terreau.db"
    address = url or f"sqlite:///{path}"
    migrate(address)
    database = open_database(address)
    blobs = BlobDirectory(folder / "blobs")
    tree = edit(read_tree(data_path("content")))
    site, problems = load_site(tree)
    if site is None:
        raise SystemExit(f"the example content does not load: {problems[0].sentence()}")
    apply(database, tree, site, "bench", None, None, Moment(START, START), blobs)
    return Scene(database, Releases(database, blobs), path)


def at(folder: Path, database: Database) -> Scene:
    """A scene that was set up in `folder` before."""
    return Scene(database, Releases(database, BlobDirectory(folder / "blobs")), folder / "terreau.db")


def fill(scene: Scene, leads: int, begin: int = 1) -> None:
    """Put `leads` leads into the scene, numbered from `begin` on, each with consent, waiting inside the sequence for a
    day far ahead.

    The database makes them by itself, a table at a time, since making millions of leads is not what is measured.
    """
    past, far = START - timedelta(days=30), START + timedelta(days=300)
    version = scene.releases.in_force().versions[SEQUENCE]
    told = {"past": _stored(past), "far": _stored(far), "version": version}
    end = begin + leads
    for first in range(begin, end, CHUNK):
        run(scene, LEADS, {**told, "first": first, "last": min(first + CHUNK, end) - 1})
    run(scene, ["ANALYZE"], {})


def run(scene: Scene, statements: Sequence[str], told: Mapping[str, object]) -> None:
    """Give the database `statements` past the house, in one transaction that nobody waits for the disk with.

    In them, NUMBER is a table of the numbers `n` from `first` to `last`, NAMED a word of 21 letters made of n.
    """
    engine = create_engine(scene.database.url)
    with engine.connect() as conn:
        off = "PRAGMA synchronous = OFF" if engine.dialect.name == "sqlite" else "SET synchronous_commit = off"
        conn.exec_driver_sql(off)
        for statement in statements:
            conn.execute(text(statement.replace("NUMBER", _NUMBER).replace("NAMED", _NAMED)), told)
        conn.commit()
    engine.dispose()


_NUMBER = (
    "(WITH RECURSIVE counted(n) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT n + 1 FROM counted WHERE n < :last)"
    " SELECT n FROM counted) AS number"
)
_NAMED = f"substr('{'0' * 21}' || n, length(CAST(n AS VARCHAR)) + 1)"
_EVENT = "INSERT INTO events (lead_id, seq, name, at, recorded_at, evidence, subject, data)"
LEADS = [
    "INSERT INTO leads (id, status, email, first_name, company, fields, tags, locale, origin, created_at)"
    " SELECT n, 'lead', 'ada' || n || '@atelier.example', 'Ada', 'Atelier', '{}', '[]', 'fr', 'inbound', :past"
    " FROM NUMBER",
    "INSERT INTO wakes (lead_id, seq, folded_seq, due_at) SELECT n, 3, 3, :far FROM NUMBER",
    *(
        f"{_EVENT} SELECT n, {seq}, '{name}', :past, :past, 'human', '{subject}', '{{}}' FROM NUMBER"
        for seq, name, subject in (
            (1, "form_submitted", "guide-3d"),
            (2, "consent_granted", "conseils-3d"),
            (3, "page_seen", "guide-3d"),
        )
    ),
    "INSERT INTO consents (lead_id, topic, state, wording, wording_hash, locale, proof, at, recorded_at)"
    " SELECT n, 'conseils-3d', 'granted', 'oui', 'x', 'fr', '{}', :past, :past FROM NUMBER",
    *(
        f"INSERT INTO preference_tokens (token, lead_id, topic) SELECT '{topic[:1]}' || NAMED, n, '{topic}' FROM NUMBER"
        for topic in ("", "conseils-3d")
    ),
    "INSERT INTO standings (lead_id, stage, stage_since, cycle, engagement, fit, temperature, interests, segments,"
    " buckets, verdict_seq, human_seq, as_of, release_id)"
    " SELECT n, 'iql', :past, 0, 15000, 0, 'cold', '{}', '[]', '{}', 0, 1, :past, 1 FROM NUMBER",
    "INSERT INTO enrolments (id, lead_id, sequence, sequence_version, entry_key, state, step, occurrence, position,"
    " due_at, anchor_at, waiting_since, waiting_zone, entered_at, entry_seq, release_id)"
    f" SELECT n, n, '{SEQUENCE}', :version, '', 'active', '{STEP}', 0, 'waiting', :far, :past, :past,"
    " 'Europe/Paris', :past, 2, 1 FROM NUMBER",
]  # fmt: skip


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
