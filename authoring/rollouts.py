"""Edits that are tried on a share of those who come in: against which version, from which release to which.

Nothing is kept for it: releases never change, so what was tried when is read from them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice, takewhile

from sqlalchemy import Connection, select

from authoring.load import read_sequence, version_of
from authoring.models.sequences import Sequence
from authoring.site import Site
from storage.schema import documents, releases

AT_ONCE = 50  # releases looked at by one statement


@dataclass(frozen=True, slots=True)
class Rollout:
    """`per_cent` of those who came in while the releases `first` to `last` were in force entered `version`, the others
    `former`; both are hashes. `since` is machine time; `under_way`: the last of them is still in force."""

    sequence: str
    per_cent: int
    version: str
    former: str
    first: int
    last: int
    since: datetime
    under_way: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A sequence as a release held it."""

    release_id: int
    created_at: datetime
    version: str
    sequence: Sequence


def tried_against(site: Site, former: Site | None) -> dict[str, str]:
    """By sequence with a `rollout`: the version that the rest enter once `site` is in force in place of `former`.

    It is the last one that everybody entered; a sequence that is new has none, and everybody enters it.
    """
    tried = [name for name, sequence in site.sequences.items() if sequence.rollout is not None]
    entered = {} if former is None else {name: _entered_by_all(name, former) for name in tried}
    return {name: version for name, version in entered.items() if version is not None}


def _entered_by_all(name: str, site: Site) -> str | None:
    known = site.sequences.get(name)
    trying = known is not None and known.rollout is not None
    return site.former_versions.get(name) if trying else site.versions.get(name)


def former_versions(conn: Connection, site: Site, release_id: int) -> Mapping[str, str]:
    """The same for a stored release, out of those before it."""
    tried = [name for name, sequence in site.sequences.items() if sequence.rollout is not None]
    found = {name: _before(held(conn, name, release_id)) for name in tried}
    return {name: version for name, version in found.items() if version is not None}


def _before(those: Iterator[Held]) -> str | None:
    """The newest version of them that everybody entered."""
    return next((one.version for one in those if one.sequence.rollout is None), None)


def newest_rollout(conn: Connection, name: str, release_id: int, back: int | None = None) -> Rollout | None:
    """The last rollout of the sequence up to that release, under way or over, looked for in `back` releases.

    A change of the share or of the version begins another: only leads who came in under the same rule can be compared.
    """
    those = held(conn, name, release_id)
    last = next((one for one in islice(those, back) if one.sequence.rollout is not None), None)
    if last is None or last.sequence.rollout is None:
        return None
    tried = held(conn, name, last.release_id)
    first = list(takewhile(lambda one: one.version == last.version, tried))[-1]
    former = _before(held(conn, name, first.release_id))
    if former is None:
        return None
    under_way = last.release_id == release_id
    return Rollout(name, last.sequence.rollout, last.version, former, first.release_id, last.release_id,
                   first.created_at, under_way)  # fmt: skip


def held(conn: Connection, name: str, release_id: int) -> Iterator[Held]:
    """The sequence in that release and in each before it, the newest first, up to one that does not have it."""
    file = releases.c.tree[f"sequences/{name}.toml"]["hash"].as_string().label("file")
    newest_first = select(releases.c.id, releases.c.created_at, file).order_by(releases.c.id.desc()).limit(AT_ONCE)
    below = release_id + 1
    while rows := conn.execute(newest_first.where(releases.c.id < below)).all():
        for row in rows:
            read = None if row.file is None else _read(conn, name, row.file)
            if read is None:
                return
            yield Held(row.id, row.created_at, *read)
        below = rows[-1].id


def _read(conn: Connection, name: str, file: str) -> tuple[str, Sequence] | None:
    """The version and the sequence of a stored file; None for one that this Terreau cannot read."""
    text = conn.execute(select(documents.c.text).where(documents.c.hash == file)).scalar_one()
    try:
        return _parsed(name, text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _parsed(name: str, text: str) -> tuple[str, Sequence]:
    sequence = read_sequence(text, f"sequences/{name}.toml")
    return version_of(sequence), sequence
