"""The releases in the store, read back as sites; which one to run is left to `releases`."""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from authoring.images import image_of
from authoring.load import load_site, read_sequence
from authoring.models.sequences import Sequence
from authoring.rollouts import former_versions
from authoring.site import Site, StoredFile
from authoring.tree import Tree
from base.problems import Problem
from base.saying import said
from storage.database import Database
from storage.schema import documents, in_force, releases, sequence_versions

AT_ONCE = 200  # documents fetched by one statement


@dataclass(frozen=True, slots=True)
class Release:
    """A stored tree. `created_at` is machine time; `is_new` is False for one that was in force already."""

    id: int
    hash: str
    author: str
    git_commit: str | None
    note: str | None
    created_at: datetime
    is_new: bool


class NoRelease(LookupError):
    """Nothing was ever applied, or not under that number."""


class ReleaseUnreadable(Exception):
    """The release was written for another Terreau; `problems` says what this one cannot read."""

    def __init__(self, release_id: int, problems: list[Problem]) -> None:
        first = problems[0].sentence() if problems else "it has no definitions"
        super().__init__(f"release {release_id} cannot be read by this version: {first}. Run `terreau apply` again.")
        self.problems = problems


def id_in_force(database: Database) -> int | None:
    """The number of the release in force; None before the first `apply`."""
    with database.read() as conn:
        return conn.execute(select(in_force.c.release_id)).scalar()


def load_release(database: Database, release_id: int) -> Site:
    """That release, read from the store and parsed."""
    tree = load_tree(database, release_id)
    site, problems = load_site(tree)
    if site is None:
        raise ReleaseUnreadable(release_id, problems)
    with database.read() as conn:
        return replace(site, release_id=release_id, former_versions=former_versions(conn, site, release_id))


def load_tree(database: Database, release_id: int) -> Tree:
    """The files of that release, as they were stored."""
    with database.read() as conn:
        return _stored_tree(conn, release_id)


def _stored_tree(conn: Connection, release_id: int) -> Tree:
    entries: dict[str, dict[str, Any]] | None
    entries = conn.execute(select(releases.c.tree).where(releases.c.id == release_id)).scalar()
    if entries is None:
        raise NoRelease(said("there is no release %(number)s: `terreau releases` lists them", number=release_id))
    texts = {path: entry["hash"] for path, entry in entries.items() if entry["kind"] == "text"}
    blobs = {
        path.removeprefix("magnets/"): StoredFile(entry["hash"], entry["size"])
        for path, entry in entries.items()
        if entry["kind"] == "blob"
    }
    images = {path: entry["hash"] for path, entry in entries.items() if entry["kind"] == "image"}
    stored = stored_texts(conn, sorted({*texts.values(), *images.values()}))
    return Tree(
        {path: stored[hashed].encode() for path, hashed in texts.items()},
        blobs,
        images={path: image_of(path, base64.b64decode(stored[hashed])) for path, hashed in images.items()},
    )


def stored_texts(conn: Connection, hashes: list[str]) -> dict[str, str]:
    """What the store keeps under each of these hashes; an image is base64 there."""
    texts: dict[str, str] = {}
    for start in range(0, len(hashes), AT_ONCE):
        wanted = documents.c.hash.in_(hashes[start : start + AT_ONCE])
        texts.update((row.hash, row.text) for row in conn.execute(select(documents).where(wanted)))
    return texts


def load_sequence(database: Database, version_hash: str) -> Sequence:
    joined = sequence_versions.join(documents, documents.c.hash == sequence_versions.c.document_hash)
    wanted = select(sequence_versions.c.name, documents.c.text).select_from(joined)
    with database.read() as conn:
        row = conn.execute(wanted.where(sequence_versions.c.hash == version_hash)).one_or_none()
    if row is None:
        raise LookupError(f"no sequence was ever stored in the version {version_hash}")
    return read_sequence(row.text, f"sequences/{row.name}.toml")
