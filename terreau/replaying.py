"""`terreau replay`: the rules of another file, held against what leads have done. Nothing is written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from authoring.applying import ReleaseRefused
from authoring.question import Sample, every
from authoring.releases import Releases
from authoring.site import Site
from authoring.stored import load_tree
from base.calendars import Zone, add, at_local
from base.config import Config
from base.durations import parse_duration
from base.problems import Problem
from base.saying import said
from base.system_words import why_of
from leads.replaying import Plays, replayed
from leads.stories import sizes
from leads.what_if import WhatIf
from storage.database import Database
from terreau.applying import sound
from terreau.check import Checked, check, check_read
from terreau.house import blobs_of
from terreau.releasing_in_memory import Unfit
from terreau.virtual import clocks_of

FILE = "definitions.toml"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
RUN_TOGETHER = re.compile(r"(\d+)\s*([a-z ]+)")


class UnreadableSpan(ValueError):
    """What stands after `--since` is neither a date nor a duration."""


class UnreadableRules(OSError):
    """There are no rules to be read at that place."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was compared. `old` is in force; `new` are the rules given."""

    found: WhatIf
    old: Site
    new: Site
    until: datetime
    sample: Sample


@dataclass(frozen=True, slots=True)
class Ready:
    """What is going to be played: `(lead, events)` of each."""

    plays: Plays
    chosen: Sequence[tuple[int, int]]
    of: int

    @property
    def events(self) -> int:
        return sum(size for _, size in self.chosen)


def ready(config: Config, database: Database, rules: Path, since: str | None, at_most: int | None = None) -> Ready:
    """The rules in `rules` (a definitions.toml, or a folder of content) beside those in force, and whom they are held
    against: everybody, or `at_most` evenly spread.

    Raises Unfit where the rules are not sound, UnreadableRules, UnreadableSpan, NoRelease.
    """
    begin = None if since is None else begin_of(since, clocks_of(database).calendar(), config.site.timezone)
    try:
        new = _given(config, database, rules)
    except ReleaseRefused as error:
        raise Unfit([replace(one, file=str(rules)) if _is_of(one, rules) else one for one in error.problems]) from error
    return ready_for(config, database, new, begin, at_most)


def _given(config: Config, database: Database, rules: Path) -> Site:
    if rules.is_dir():
        return _sound(check(rules, config.site.locales))
    return site_with(config, database, read_rules(rules))


def _is_of(problem: Problem, rules: Path) -> bool:
    """Whether it stands in the file that was given in place of the definitions in force."""
    return problem.file == FILE and not rules.is_dir()


def ready_for(config: Config, database: Database, new: Site, begin: datetime | None, at_most: int | None) -> Ready:
    """The same for rules that were read already, from `begin` (calendar; None = ever) on."""
    old = Releases(database, blobs_of(config, database)).in_force()
    with database.read() as conn:
        everybody = sizes(conn, begin)
    places = every(list(range(len(everybody))), at_most or max(len(everybody), 1))
    new = replace(new, release_id=old.release_id)
    plays = Plays(old, new, config.site.timezone, clocks_of(database).calendar(), begin)
    return Ready(plays, [everybody[place] for place in places], len(everybody))


def play_all(database: Database, ready: Ready, told: Callable[[int], None]) -> Replayed:
    """Both rules over everybody chosen; `told` hears of so many events more."""
    found = replayed(database, ready.chosen, ready.plays, told)
    sample = Sample(len(ready.chosen), ready.of)
    return Replayed(found, ready.plays.old, ready.plays.new, ready.plays.until, sample)


def begin_of(since: str, now: datetime, zone: Zone) -> datetime:
    """`6months`, `6 months`, `90 days`, or a date: the instant. Raises UnreadableSpan."""
    try:
        if DAY.fullmatch(since):
            return at_local(date.fromisoformat(since), time(), zone)
        written = RUN_TOGETHER.fullmatch(since.strip())
        duration = parse_duration(f"{written[1]} {written[2].strip()}" if written else since)
    except ValueError as error:
        raise UnreadableSpan(
            said("'%(text)s' is not a span of time: write 6months, 90days or 2026-05-01", text=since)
        ) from error
    return add(now, -duration, zone)


def site_with(config: Config, database: Database, rules: bytes) -> Site:
    """The content in force, with those rules in place of its own. Raises ReleaseRefused, NoRelease."""
    number = Releases(database, blobs_of(config, database)).in_force().release_id
    assert number is not None, "what is in force is stored"
    tree = load_tree(database, number)
    return _sound(check_read(replace(tree, texts={**tree.texts, FILE: rules}), config.site.locales))


def read_rules(file: Path) -> bytes:
    """A definitions.toml as it lies there. Raises UnreadableRules."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableRules(said("%(file)s cannot be read: %(why)s", file=str(file), why=why_of(error))) from error


def _sound(checked: Checked) -> Site:
    site = sound(checked).site
    assert site is not None, "what is sound makes a site"
    return site
