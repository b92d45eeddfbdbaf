"""What a release changes: the files that one stored tree has and the other has not, or has otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from base.translations import msgid
from storage.database import Database
from storage.schema import in_force, releases
from terreau.language import gettext

NAMED = 10  # files; of more, their number is told
WHAT = {
    "added": msgid("added: %(files)s"),
    "changed": msgid("changed: %(files)s"),
    "removed": msgid("removed: %(files)s"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """`what` became of those files: added, changed or removed."""

    what: str
    files: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """`  changed: forms/guide.toml`, in the language of the command that is running."""
        named, rest = ", ".join(self.files[:NAMED]), len(self.files) - NAMED
        files = gettext("%(names)s and %(count)s more", names=named, count=rest) if rest > 0 else named
        return "  " + gettext(WHAT[self.what], files=files)


def tree_in_force(database: Database) -> dict[str, str]:
    """Path -> hash of every file of the release in force; empty before the first."""
    query = select(releases.c.tree).join(in_force, in_force.c.release_id == releases.c.id)
    with database.read() as conn:
        entries = conn.execute(query).scalar() or {}
    return {path: str(entry["hash"]) for path, entry in entries.items()}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """What became of which files; nothing for a first release, in which every file is new."""
    if not before:
        return ()
    found = {
        "added": after.keys() - before.keys(),
        "changed": {path for path in after.keys() & before.keys() if after[path] != before[path]},
        "removed": before.keys() - after.keys(),
    }
    return tuple(Change(what, tuple(sorted(paths))) for what, paths in found.items() if paths)
