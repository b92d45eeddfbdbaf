"""What must hold of those inside for a release to replace the one in force: looked at before the flip, and in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from authoring.agreement import disagreements
from authoring.editing import Case, Choices, Edits, edits_of, judges_otherwise
from authoring.load import read_sequence
from authoring.pinned import Lack, Version, lacks
from authoring.rollouts import tried_against
from authoring.site import Site
from authoring.stored import ReleaseUnreadable, load_release
from base.problems import Problem
from base.saying import Said, either, said, said_n
from storage.database import Database
from storage.schema import adoptions, documents, enrolments, in_force, releases, sequence_versions, standings

_ACTIVE = enrolments.c.state == "active"
Places = dict[tuple[str, str], int]  # (version, step) -> how many leads stand there


@dataclass(frozen=True, slots=True)
class Guard:
    """What was found before the flip: the release in force then, and what the new one does to those inside.

    `entered_in_vain`: what it lacks of the versions that those outside a `rollout` would enter.
    """

    base: int | None
    edits: Edits = field(default_factory=Edits)
    entered_in_vain: tuple[Lack, ...] = ()
    lost_stages: tuple[str, ...] = ()
    judges_otherwise: bool = False
    disagreements: tuple[Problem, ...] = ()


def guard_of(database: Database, site: Site, choices: Choices) -> Guard:
    """What `site` would do to those inside, if it replaced the release in force now."""
    with database.read() as conn:
        base: int | None = conn.execute(select(in_force.c.release_id)).scalar()
        pinned = set(conn.execute(select(enrolments.c.sequence_version).where(_ACTIVE).distinct()).scalars())
        under_way = select(adoptions.c.to_version).where(adoptions.c.done_at.is_(None))
        pinned |= {version for version in conn.execute(under_way).scalars() if version is not None}
        again = conn.execute(select(releases.c.id).where(releases.c.hash == site.hash).limit(1)).first() is not None
    former = _readable(database, base) if base else None
    # Going back to what was in force before waits for nobody: it was agreed to then, or nobody was asked.
    asked = () if again else tuple(disagreements(former.definitions if former else None, site.definitions))
    if former is None:
        return Guard(base, disagreements=asked)
    # Who enters from now until the flip enters a version of the release in force.
    entered = {*former.versions.values(), *former.former_versions.values()}
    suspects = (pinned | entered) - set(site.versions.values())
    still_entered = versions(database, tried_against(site, former).values())
    kept = {stage.id for stage in site.definitions.stages}
    return Guard(
        base,
        edits_of(versions(database, suspects), site, former, choices),
        tuple(lack for version in still_entered for lack in lacks(version, site, former)),
        tuple(stage.id for stage in former.definitions.stages if stage.id not in kept),
        judges_otherwise(former.definitions, site.definitions),
        asked,
    )


def _readable(database: Database, release_id: int) -> Site | None:
    try:
        return load_release(database, release_id)
    except ReleaseUnreadable:
        return None  # written for another Terreau: nobody can run it, so nobody can lose by it


def versions(database: Database, hashes: Iterable[str]) -> Iterator[Version]:
    """The sequences as they were in those versions."""
    joined = sequence_versions.join(documents, documents.c.hash == sequence_versions.c.document_hash)
    wanted = select(sequence_versions.c.hash, sequence_versions.c.name, documents.c.text).select_from(joined)
    for hashed in sorted(hashes):
        with database.read() as conn:
            row = conn.execute(wanted.where(sequence_versions.c.hash == hashed)).one()
        yield Version(row.hash, row.name, read_sequence(row.text, f"sequences/{row.name}.toml"))


def objections(conn: Connection, guard: Guard) -> list[Problem]:
    """Why the release may not be put in force, as leads stand at this moment."""
    edits = guard.edits
    concerned = [*(case.version for case in edits.cases), *(lack.version for lack in edits.lacks)]
    places = standing(conn, {version.name for version in concerned}, {version.hash for version in concerned})
    deleted = (case for case in edits.cases if case.deleted)
    return sorted([
        *_stranded(edits.lacks, edits.cases, places),
        *_without_rule(deleted, places),
        *_entered_in_vain(guard.entered_in_vain),
        *_without_stage(conn, guard.lost_stages),
        *guard.disagreements,
    ])  # fmt: skip


def standing(conn: Connection, names: set[str], hashes: set[str]) -> Places:
    """(version, step) -> how many leads stand there."""
    if not hashes:
        return {}
    at = (enrolments.c.sequence_version, enrolments.c.step)
    wanted = select(*at, func.count().label("leads")).where(_ACTIVE, enrolments.c.sequence.in_(sorted(names)))
    rows = conn.execute(wanted.where(enrolments.c.sequence_version.in_(sorted(hashes))).group_by(*at))
    return {(row.sequence_version, row.step): row.leads for row in rows}


def _stranded(lacking: Iterable[Lack], cases: Iterable[Case], places: Places) -> Iterator[Problem]:
    """A problem for each thing that is gone and that a lead on their way would still come to."""
    counts: dict[tuple[str, str, Said], int] = {}
    for lack in lacking:
        key = (lack.version.name, lack.file, lack.what)
        counts[key] = counts.get(key, 0) + sum(places.get((lack.version.hash, step), 0) for step in lack.steps)
    choices = {case.version.name: case.choices for case in cases}
    for (name, file, what), count in counts.items():
        if count:
            message = said_n(
                "%(what)s, and %(count)s lead in the sequence `%(name)s` still needs it",
                "%(what)s, and %(count)s leads in the sequence `%(name)s` still need it",
                count,
                what=what,
                name=name,
            )
            hint = said(
                "put it back until they are through, or choose for them: `--choose %(name)s=HOW`, where HOW is"
                " %(hows)s",
                name=name,
                hows=either(list(choices[name])),
            )
            yield Problem(file, 1, 1, "error", message, hint)


def _without_rule(cases: Iterable[Case], places: Places) -> Iterator[Problem]:
    """A problem for each deleted step at which a lead stands who adopts the new version."""
    found: dict[tuple[str, str], tuple[Case, int]] = {}
    for case in cases:
        key, count = (case.version.name, case.step), places.get((case.version.hash, case.step), 0)
        found[key] = (case, found.get(key, (case, 0))[1] + count)
    for (name, step), (case, count) in found.items():
        if count:
            hint = said(
                "choose for them: `--choose %(step)s=HOW`, where HOW is %(hows)s",
                step=f"{name}/{step}",
                hows=either(list(case.choices)),
            )
            if case.renamed:
                hint = said("is it `%(renamed)s` now? %(hint)s", renamed=case.renamed, hint=hint)
            message = said_n(
                "%(why)s, and %(count)s lead stands there",
                "%(why)s, and %(count)s leads stand there",
                count,
                why=case.why,
            )
            yield Problem(f"sequences/{name}.toml", 1, 1, "error", message, hint)


def _entered_in_vain(lacking: Iterable[Lack]) -> Iterator[Problem]:
    """A problem for each thing that is gone and that those outside a rollout would come to."""
    for name, file, what in sorted({(lack.version.name, lack.file, lack.what) for lack in lacking}):
        message = said("%(what)s, and those outside the `rollout` of `%(name)s` still come to it", what=what, name=name)
        hint = said(
            "put it back, or let everybody enter the new version: take `rollout` out of sequences/%(name)s.toml",
            name=name,
        )
        yield Problem(file, 1, 1, "error", message, hint)


def _without_stage(conn: Connection, lost: tuple[str, ...]) -> Iterator[Problem]:
    if not lost:
        return
    wanted = select(standings.c.stage, func.count().label("leads")).where(standings.c.stage.in_(lost))
    for row in conn.execute(wanted.group_by(standings.c.stage)):
        message = said_n(
            "the stage `%(stage)s` is gone, and %(count)s lead stands there",
            "the stage `%(stage)s` is gone, and %(count)s leads stand there",
            row.leads,
            stage=row.stage,
        )
        yield Problem("definitions.toml", 1, 1, "error", message, said("put it back, or move them first"))
