"""From a folder of content to the release in force: checked as a whole first, then stored by `authoring`."""

import getpass
import subprocess
from dataclasses import dataclass
from pathlib import Path

from authoring.blobs import Blobs
from authoring.releases import Release, ReleaseRefused, apply
from base.clock import Moment
from base.config import Config
from base.problems import Problem
from storage.database import Database
from terreau.changes import Change, changes, tree_in_force
from terreau.check import check

GIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Applied:
    """What is in force now, and what was doubtful in it."""

    release: Release
    warnings: tuple[Problem, ...]
    changes: tuple[Change, ...] = ()

    @property
    def sentence(self) -> str:
        state = "is in force" if self.release.is_new else "was in force already: the content is the same"
        lines = [f"Release {self.release.id} ({self.release.hash[:12]}) {state}."]
        return "\n".join([*lines, *(change.sentence for change in self.changes)])


@dataclass(frozen=True, slots=True)
class Signature:
    """Who puts content in force, from which commit, and why."""

    author: str
    git_commit: str | None = None
    note: str | None = None


def apply_content(config: Config, database: Database, blobs: Blobs, signature: Signature, now: Moment) -> Applied:
    """Check the content of the settings and put it in force. Raises ReleaseRefused with every problem; then nothing
    has changed."""
    checked = check(config.content.dir, config.site.locales)
    if checked.site is None:
        raise ReleaseRefused(list(checked.problems))
    before = tree_in_force(database)
    release = apply(
        database, checked.tree, checked.site, signature.author, signature.git_commit, signature.note, now, blobs
    )
    return Applied(release, checked.problems, changes(before, tree_in_force(database)))


def signed(folder: Path, author: str | None, note: str | None) -> Signature:
    """The author given, else the one that git would name there, else the account; the commit, if all is committed."""
    named = author or _git(folder, "config", "user.name") or getpass.getuser()
    clean = _git(folder, "status", "--porcelain", "--", ".") == ""
    return Signature(named, _git(folder, "rev-parse", "HEAD") if clean else None, note)


def _git(folder: Path, *words: str) -> str | None:
    """What git answers in that folder; None where there is no git, or no repository."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
