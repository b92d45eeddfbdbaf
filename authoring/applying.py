"""Puts a checked tree in force: stored in short jobs, then flipped in one small transaction, or nothing has changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, func, insert, select

from authoring.blobs import BlobDamaged, Blobs
from authoring.load import load_site, read_sequence
from authoring.pinned import Lack, Version, lacks
from authoring.site import Site
from authoring.stored import Release, ReleaseUnreadable, load_release
from authoring.tree import Tree, sha256
from base.clock import Moment
from base.problems import Problem
from storage.database import Database
from storage.schema import documents, enrolments, in_force, releases, sequence_versions, standings
from storage.upsert import insert_or_ignore, upsert

BATCH_ROWS, BATCH_CHARACTERS = 100, 200_000  # what one job writes: well within the 50 ms that it may take


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


@dataclass(frozen=True, slots=True)
class Guard:
    """What was found before the flip: the release in force then, what it has and the draft lacks."""

    base: int | None
    lacks: tuple[Lack, ...]
    lost_stages: tuple[str, ...]


def apply(
    database: Database,
    tree: Tree,
    site: Site,
    author: str,
    git_commit: str | None,
    note: str | None,
    moment: Moment,
    blobs: Blobs,
) -> Release:
    """Put `tree`, which `site` was parsed from, in force; the release in force already, if it holds the same files.

    Raises ReleaseRefused, and nothing has changed, when the tree has problems or leads still need what it lacks.
    """
    draft = Draft(tree, site, author, git_commit, note, moment)
    _refuse_what_is_unchecked(draft)
    with database.read() as conn:
        current = _current(conn)
    if current is not None and current.hash == tree.hash:
        return current
    _store_blobs(tree, blobs)
    _store_texts(database, draft)
    release = None
    while release is None:  # once more for each time that somebody else was faster
        release = database.write(partial(_flip, draft=draft, guard=_guard(database, site)))
    return release


def _refuse_what_is_unchecked(draft: Draft) -> None:
    site, problems = load_site(draft.tree)
    if problems or site is None:
        raise ReleaseRefused(problems)
    if draft.site.hash != draft.tree.hash:
        raise ReleaseRefused(
            [Problem("definitions.toml", 1, 1, "error", "what was checked is not what is to be applied")]
        )


def _store_blobs(tree: Tree, blobs: Blobs) -> None:
    for path, blob in tree.blobs.items():
        try:
            blobs.put(blob.hash, tree.blob_bytes(path))
        except (BlobDamaged, FileNotFoundError):
            message = "this file changed while it was read"
            raise ReleaseRefused([Problem(f"magnets/{path}", 1, 1, "error", message, "apply again")]) from None


def _store_texts(database: Database, draft: Draft) -> None:
    texts = {sha256(content): content.decode("utf-8") for content in draft.tree.texts.values()}
    for batch in _batches(texts):
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


def _guard(database: Database, site: Site) -> Guard:
    with database.read() as conn:
        current = _current(conn)
        pinned = set(conn.execute(select(enrolments.c.sequence_version).where(_ACTIVE).distinct()).scalars())
    former = _readable(database, current.id) if current else None
    if current is None or former is None:
        return Guard(current.id if current else None, (), ())
    # Who enters from now until the flip enters a version of the release in force.
    suspects = (pinned | set(former.versions.values())) - set(site.versions.values())
    found = tuple(lack for version in _versions(database, suspects) for lack in lacks(version, site, former))
    kept = {stage.id for stage in site.definitions.stages}
    return Guard(current.id, found, tuple(stage.id for stage in former.definitions.stages if stage.id not in kept))


def _readable(database: Database, release_id: int) -> Site | None:
    try:
        return load_release(database, release_id)
    except ReleaseUnreadable:
        return None  # written for another Terreau: nobody can run it, so nobody can lose by it


def _versions(database: Database, hashes: Iterable[str]) -> Iterator[Version]:
    joined = sequence_versions.join(documents, documents.c.hash == sequence_versions.c.document_hash)
    wanted = select(sequence_versions.c.hash, sequence_versions.c.name, documents.c.text).select_from(joined)
    for hashed in sorted(hashes):
        with database.read() as conn:
            row = conn.execute(wanted.where(sequence_versions.c.hash == hashed)).one()
        yield Version(row.hash, row.name, read_sequence(row.text, f"sequences/{row.name}.toml"))


def _flip(conn: Connection, draft: Draft, guard: Guard) -> Release | None:
    """The new release, in force; None when the guard is out of date, because another release came between."""
    current = _current(conn)
    if current is not None and current.hash == draft.tree.hash:
        return current
    if (current.id if current else None) != guard.base:
        return None
    if problems := [*_stranded(conn, guard.lacks), *_without_stage(conn, guard.lost_stages)]:
        raise ReleaseRefused(sorted(problems))
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
    return Release(number, draft.tree.hash, draft.author, draft.git_commit, draft.note, now, is_new=True)


def _current(conn: Connection) -> Release | None:
    row = conn.execute(select(releases).join(in_force, in_force.c.release_id == releases.c.id)).one_or_none()
    if row is None:
        return None
    return Release(row.id, row.hash, row.author, row.git_commit, row.note, row.created_at, is_new=False)


_ACTIVE = enrolments.c.state == "active"


def _stranded(conn: Connection, lacking: tuple[Lack, ...]) -> Iterator[Problem]:
    """A problem for each thing that is gone and that a lead on their way would still come to."""
    standing = _standing(conn, {lack.version.name for lack in lacking}, {lack.version.hash for lack in lacking})
    counts: dict[tuple[str, str, str], int] = {}
    for lack in lacking:
        key = (lack.version.name, lack.file, lack.what)
        counts[key] = counts.get(key, 0) + sum(standing.get((lack.version.hash, step), 0) for step in lack.steps)
    for (name, file, what), count in counts.items():
        if count:
            needs = f"{_leads(count)} in the sequence `{name}` still {'needs' if count == 1 else 'need'} it"
            yield Problem(file, 1, 1, "error", f"{what}, and {needs}", "put it back until they are through")


def _standing(conn: Connection, names: set[str], versions: set[str]) -> dict[tuple[str, str], int]:
    """(version, step) -> how many leads stand there."""
    if not versions:
        return {}
    at = (enrolments.c.sequence_version, enrolments.c.step)
    wanted = select(*at, func.count().label("leads")).where(_ACTIVE, enrolments.c.sequence.in_(sorted(names)))
    rows = conn.execute(wanted.where(enrolments.c.sequence_version.in_(sorted(versions))).group_by(*at))
    return {(row.sequence_version, row.step): row.leads for row in rows}


def _without_stage(conn: Connection, lost: tuple[str, ...]) -> Iterator[Problem]:
    if not lost:
        return
    wanted = select(standings.c.stage, func.count().label("leads")).where(standings.c.stage.in_(lost))
    for row in conn.execute(wanted.group_by(standings.c.stage)):
        stand = "stands" if row.leads == 1 else "stand"
        message = f"the stage `{row.stage}` is gone, and {_leads(row.leads)} {stand} there"
        yield Problem("definitions.toml", 1, 1, "error", message, "put it back, or move them first")


def _leads(count: int) -> str:
    return f"{count} lead" if count == 1 else f"{count} leads"
