"""Puts a checked tree in force: stored in short jobs, then flipped in one small transaction, or nothing has changed."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, select

from authoring.blobs import BlobDamaged, Blobs
from authoring.editing import Choices
from authoring.guard import Guard, guard_of, objections
from authoring.load import load_site
from authoring.site import Site
from authoring.stored import Release
from authoring.tree import Tree, sha256
from base.clock import Moment
from base.problems import Problem
from base.saying import said
from storage.database import Database
from storage.schema import adoptions, documents, in_force, refolds, releases, sequence_versions
from storage.upsert import insert_or_ignore, upsert

BATCH_ROWS, BATCH_CHARACTERS = 100, 200_000  # what one job writes: well within the 50 ms that it may take


NOTHING_CHOSEN: Choices = {}


class ReleaseRefused(Exception):
    """Nothing was changed; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.sentence() for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Draft:
    """A release about to be made."""

    tree: Tree
    site: Site
    author: str
    git_commit: str | None
    note: str | None
    moment: Moment
    announce: bool
    effect: Mapping[str, Any] | None


def apply(
    database: Database,
    tree: Tree,
    site: Site,
    author: str,
    git_commit: str | None,
    note: str | None,
    moment: Moment,
    blobs: Blobs,
    choices: Choices = NOTHING_CHOSEN,
    announce: bool = False,
    effect: Mapping[str, Any] | None = None,
) -> Release:
    """Put `tree`, which `site` was parsed from, in force; the release in force already, if it holds the same files.

    `choices` say what becomes of leads for whom no rule does. `announce`: what changed rules lead to is acted upon.
    `effect`: what they would have made of the past, kept with the release.
    Raises ReleaseRefused, and nothing has changed, when the tree has problems or leads still need what it lacks.
    """
    draft = Draft(tree, site, author, git_commit, note, moment, announce, effect)
    _refuse_what_is_unchecked(draft)
    with database.read() as conn:
        current = _current(conn)
    if current is not None and current.hash == tree.hash:
        return current
    _store_blobs(tree, blobs)
    _store_texts(database, draft)
    release = None
    while release is None:  # once more for each time that somebody else was faster
        release = database.write(partial(_flip, draft=draft, guard=guard_of(database, site, choices)))
    return release


def _refuse_what_is_unchecked(draft: Draft) -> None:
    site, problems = load_site(draft.tree)
    if problems or site is None:
        raise ReleaseRefused(problems)
    if draft.site.hash != draft.tree.hash:
        raise ReleaseRefused(
            [Problem("definitions.toml", 1, 1, "error", said("what was checked is not what is to be applied"))]
        )


def _store_blobs(tree: Tree, blobs: Blobs) -> None:
    for path, blob in tree.blobs.items():
        try:
            if tree.root is not None:  # else it was read from the store, where its files are
                blobs.put(blob.hash, tree.blob_bytes(path))
        except (BlobDamaged, FileNotFoundError):
            message = said("this file changed while it was read")
            raise ReleaseRefused([Problem(f"magnets/{path}", 1, 1, "error", message, said("apply again"))]) from None


def _store_texts(database: Database, draft: Draft) -> None:
    texts = {sha256(content): content.decode("utf-8") for content in draft.tree.texts.values()}
    images = {image.hash: base64.b64encode(image.content).decode("ascii") for image in draft.tree.images.values()}
    for batch in _batches({**texts, **images}):
        rows = [{"hash": hashed, "text": text} for hashed, text in batch]
        database.write(partial(insert_or_ignore, table=documents, rows=rows))
    versions = [
        {"hash": version, "name": name, "document_hash": sha256(draft.tree.texts[f"sequences/{name}.toml"])}
        for name, version in draft.site.versions.items()
    ]
    for start in range(0, len(versions), BATCH_ROWS):
        batch_of_versions = versions[start : start + BATCH_ROWS]
        database.write(partial(insert_or_ignore, table=sequence_versions, rows=batch_of_versions))


def _batches(texts: dict[str, str]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    size = 0
    for hashed, text in texts.items():
        if batch and (len(batch) == BATCH_ROWS or size + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append((hashed, text))
        size += len(text)
    if batch:
        yield batch


def _flip(conn: Connection, draft: Draft, guard: Guard) -> Release | None:
    """The new release, in force; None when the guard is out of date, because another release came between."""
    current = _current(conn)
    if current is not None and current.hash == draft.tree.hash:
        return current
    if (current.id if current else None) != guard.base:
        return None
    if problems := objections(conn, guard):
        raise ReleaseRefused(problems)
    now = draft.moment.machine
    values = {
        "hash": draft.tree.hash,
        "tree": draft.tree.entries(),
        "git_commit": draft.git_commit,
        "author": draft.author,
        "note": draft.note,
        "created_at": now,
    }
    number = conn.execute(insert(releases).values(values).returning(releases.c.id)).scalar_one()
    upsert(conn, in_force, {"id": 1, "release_id": number, "since": now}, ["id"])
    _carry_to_leads(conn, number, draft, guard)
    return Release(number, draft.tree.hash, draft.author, draft.git_commit, draft.note, now, is_new=True)


def _carry_to_leads(conn: Connection, number: int, draft: Draft, guard: Guard) -> None:
    """Leave word for the engine of what the release does to those inside, and to everybody."""
    now = draft.moment.machine
    rows = [
        {
            "release_id": number,
            "version": one.version.hash,
            "sequence": one.version.name,
            "to_version": one.to_version,
            "moves": {step: [move.how, move.to] for step, move in one.moves.items()},
            "since": now,
            "next_enrolment_id": 1,
        }
        for one in guard.edits.adoptions
    ]
    if rows:
        conn.execute(insert(adoptions), rows)
    if guard.judges_otherwise:
        row = {"release_id": number, "announce": draft.announce, "next_lead_id": 1, "since": now}
        conn.execute(insert(refolds), row | {"effect": draft.effect})


def _current(conn: Connection) -> Release | None:
    row = conn.execute(select(releases).join(in_force, in_force.c.release_id == releases.c.id)).one_or_none()
    if row is None:
        return None
    return Release(row.id, row.hash, row.author, row.git_commit, row.note, row.created_at, is_new=False)
