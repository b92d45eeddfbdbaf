"""`terreau suggest`: what sales answered as a change of the rules, as a patch that a person reads and merges."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from os.path import relpath
from pathlib import Path

from base.calendars import local_day
from base.config import Config
from base.toml import Loc, parse
from leads.what_if import WhatIf
from reports.advice import Advice, advice
from reports.precision import Precision, precision
from storage.database import Database
from terreau.replaying import FILE, play_all, read_rules, ready_for, site_with
from terreau.versions import next_version

NUMBER = re.compile(r"-?[0-9_]+")
TEXT = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`patch` is a unified diff, empty where there is nothing to suggest; `effect` is what it would have made of the
    past, None then."""

    found: Precision
    advice: tuple[Advice, ...]
    patch: str
    effect: WhatIf | None


def suggest(config: Config, database: Database, sample: int | None) -> Suggestion:
    """A step for the rules in the folder of content, by what sales answered so far; nothing is written.

    `sample`: so many leads are played, not everybody. Raises what `replaying.ready` raises.
    """
    file = config.content.dir / FILE
    written = read_rules(file)
    with database.read() as conn:
        found = precision(conn, config.site.timezone)
    site = site_with(config, database, written)
    steps = tuple(advice(found, site.definitions))
    if not steps:
        return Suggestion(found, (), "", None)
    text = written.decode()
    prepared = ready_for(config, database, site, None, sample)
    today = local_day(prepared.plays.until, prepared.plays.zone)
    changed = with_points(text, steps, next_version(site.definitions.version, today))
    better = replace(site_with(config, database, changed.encode()), release_id=prepared.plays.old.release_id)
    played = play_all(database, replace(prepared, plays=replace(prepared.plays, new=better)), lambda _: None)
    return Suggestion(found, steps, patch_of(text, changed, file), played.found)


def with_points(text: str, steps: Sequence[Advice], version: str) -> str:
    """The text with those points and that version; everything else, comments included, as it stands."""
    lines, document = text.splitlines(keepends=True), parse(text, FILE)
    for step in steps:
        _write(lines, document.locate(("scoring", "engagement", step.index, "points")), NUMBER, str(step.points))
    _write(lines, document.locate(_VERSION), TEXT, f'"{version}"')
    return "".join(lines)


_VERSION: Loc = ("version",)


def patch_of(before: str, after: str, file: Path) -> str:
    """What `git apply` and `patch -p1` take, from the folder where the command was called."""
    name = relpath(file)
    made = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}")
    return "".join(made)


def _write(lines: list[str], place: tuple[int, int], pattern: re.Pattern[str], new: str) -> None:
    """Put `new` where the value at (line, column), both from 1, stands."""
    line, column = place[0] - 1, place[1] - 1
    head, tail = lines[line][:column], lines[line][column:]
    lines[line] = head + pattern.sub(lambda _: new, tail, count=1)
