"""From a folder of content, or a release of before, to the release in force: checked as a whole first, then stored."""

import getpass
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from authoring.applying import NOTHING_CHOSEN
from authoring.blobs import Blobs
from authoring.choosing import faults, keep, kept
from authoring.editing import Choices
from authoring.guard import guard_of
from authoring.releases import NoRelease, Release, ReleaseRefused, Releases, apply
from authoring.site import Site
from authoring.stored import ReleaseUnreadable, load_tree
from base.calendars import local_day
from base.clock import Moment
from base.config import Config
from base.problems import Problem
from base.saying import joined
from base.translations import msgid
from storage.database import Database
from terreau.changes import Change, changes, tree_in_force
from terreau.check import Checked, check, check_read
from terreau.effects import effect_of
from terreau.language import gettext
from terreau.plan import LOOKED_AT, Plan, UnknownChoice, plan
from terreau.versions import unversioned

GIT_SECONDS = 10
IN_FORCE = msgid("Release %(number)s (%(hash)s) is in force.")
_THE_SAME = msgid("Release %(number)s (%(hash)s) was in force already: the content is the same.")


@dataclass(frozen=True, slots=True)
class Applied:
    """What is in force now, and what was doubtful in it."""

    release: Release
    warnings: tuple[Problem, ...]
    changes: tuple[Change, ...] = ()

    @property
    def sentence(self) -> str:
        """What is in force, and every file that changed, in the language of the command that is running."""
        told = IN_FORCE if self.release.is_new else _THE_SAME
        first = gettext(told, number=self.release.id, hash=self.release.hash[:12])
        return "\n".join([first, *(change.sentence for change in self.changes)])


@dataclass(frozen=True, slots=True)
class Signature:
    """Who puts content in force, from which commit, and why."""

    author: str
    git_commit: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the author says besides the content: what becomes of leads without a rule, and whether it is announced."""

    choices: Choices = field(default_factory=dict)
    announce: bool = False


NO_WISH = Wish(NOTHING_CHOSEN)


def apply_content(
    config: Config, database: Database, blobs: Blobs, signature: Signature, now: Moment, wish: Wish = NO_WISH
) -> Applied:
    """Check the content of the settings and put it in force. Raises ReleaseRefused with every problem, UnknownChoice;
    then nothing has changed."""
    checked = sound(check(config.content.dir, config.site.locales))
    return put_in_force(config, checked, database, blobs, signature, now, wish)


def put_in_force(
    config: Config, checked: Checked, database: Database, blobs: Blobs, signature: Signature, now: Moment, wish: Wish
) -> Applied:
    """The same for a tree that was found sound. What was chosen with its plan holds, if that was for this base."""
    assert checked.site is not None
    chosen = _all_choices(database, checked, wish.choices)
    _refuse_unknown(database, checked, wish.choices)
    before, former = tree_in_force(database), _former(database, blobs)
    effect: Mapping[str, Any] | None = None
    warnings: tuple[Problem, ...] = ()
    if former is not None:
        zone = config.site.timezone
        effect = effect_of(database, former, checked.site, zone)
        warnings = tuple(unversioned(former, checked.site, checked.tree, local_day(now.calendar, zone)))
    signed_by = (signature.author, signature.git_commit, signature.note)
    release = apply(database, checked.tree, checked.site, *signed_by, now, blobs, chosen, wish.announce, effect)
    return Applied(release, (*checked.problems, *warnings), changes(before, tree_in_force(database)))


def plan_content(
    config: Config,
    database: Database,
    blobs: Blobs,
    author: str,
    now: Moment,
    wish: Wish = NO_WISH,
    at_most: int = LOOKED_AT,
) -> Plan:
    """What the content of the settings would do, kept with the choices for `apply`. Raises as `apply_content` does."""
    checked = sound(check(config.content.dir, config.site.locales))
    made = plan_of(config, checked, database, blobs, wish, at_most)
    effect = made.rules.effect.as_json() if made.rules.effect else None
    noted = partial(keep, tree_hash=made.tree_hash, choices=made.choices, author=author, now=now, effect=effect)
    database.write(noted)
    return made


def plan_of(
    config: Config, checked: Checked, database: Database, blobs: Blobs, wish: Wish, at_most: int = LOOKED_AT
) -> Plan:
    """What a tree that was found sound would do."""
    assert checked.site is not None
    _refuse_unknown(database, checked, wish.choices)
    choices = _all_choices(database, checked, wish.choices)
    zone = config.site.timezone
    return plan(database, blobs, checked.tree, checked.site, zone, choices, announce=wish.announce, at_most=at_most)


def checked_release(config: Config, database: Database, number: int) -> Checked:
    """A release of before, held against what this version checks. Raises NoRelease, ReleaseRefused."""
    return sound(check_read(load_tree(database, number), config.site.locales))


def sound(checked: Checked) -> Checked:
    """The tree, if nothing is wrong in it but warnings; else ReleaseRefused."""
    if checked.site is None:
        raise ReleaseRefused(list(checked.problems))
    return checked


def _former(database: Database, blobs: Blobs) -> Site | None:
    try:
        return Releases(database, blobs).in_force()
    except (NoRelease, ReleaseUnreadable):
        return None  # nobody runs it, so that nothing can be held against it


def _all_choices(database: Database, checked: Checked, given: Choices) -> Choices:
    """What was chosen with the plan of this tree, and what is chosen now, which wins."""
    with database.read() as conn:
        return {**kept(conn, checked.tree.hash), **given}


def _refuse_unknown(database: Database, checked: Checked, given: Choices) -> None:
    """Raise UnknownChoice for a choice that answers no question there is."""
    assert checked.site is not None
    if given and (found := list(faults(given, guard_of(database, checked.site, given).edits, checked.site))):
        raise UnknownChoice(joined(found))


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
