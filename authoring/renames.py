"""What became of the steps of a sequence between two versions of it: added, deleted, renamed, moved, changed.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from typing import Any, Literal

from authoring.models.sequences import Sequence
from authoring.models.steps import Step


@dataclass(frozen=True, slots=True)
class StepEdit:
    """What became of one step. `was` and `now` are what is written there; for a renamed one, its names."""

    step: str
    what: Literal["added", "deleted", "renamed", "moved", "changed"]
    was: str | None = None
    now: str | None = None


def renamed(old: Sequence, new: Sequence | None) -> dict[str, str]:
    """Deleted step -> the added one that it probably is: it says the same, or sends the same mail, or stands in its
    place and does the same kind of thing."""
    if new is None:
        return {}
    gone = [step for step in old.step if new.find(step.id) is None]
    added = [step for step in new.step if old.find(step.id) is None]
    likeness: tuple[Callable[[Step, Step], bool], ...] = (_same, _same_mail, partial(_same_place, old, new))
    found: dict[str, str] = {}
    for alike in likeness:
        for step in gone:
            like = [other.id for other in added if alike(step, other) and other.id not in found.values()]
            if step.id not in found and like:
                found[step.id] = like[0]
    return found


def step_edits(old: Sequence, new: Sequence) -> Iterator[StepEdit]:
    """What became of the steps, in the order of the new version; the deleted ones last."""
    renames = renamed(old, new)
    before = {renames.get(step.id, step.id): step for step in old.step}
    moved = _moved([name for name in before if new.find(name)], [step.id for step in new.step if step.id in before])
    for step in new.step:
        was = before.get(step.id)
        if was is None:
            yield StepEdit(step.id, "added", now=wording(step))
            continue
        if was.id != step.id:
            yield StepEdit(step.id, "renamed", was.id, step.id)
        if step.id in moved:
            yield StepEdit(step.id, "moved")
        if not _same(was, step):
            yield StepEdit(step.id, "changed", *(wording(one, _keys_that_differ(was, step)) for one in (was, step)))
    yield from (StepEdit(name, "deleted", wording(step)) for name, step in before.items() if new.find(name) is None)


def keys_changed(old: Sequence, new: Sequence) -> list[str]:
    """The keys of the sequence itself, its steps left aside, that say something else."""
    was, now = (one.model_dump(by_alias=True, exclude={"step"}) for one in (old, new))
    return [key for key in now if was[key] != now[key]]


def wording(step: Step, keys: set[str] | None = None) -> str:
    """The step in a few words, as written: those keys, or all but the id."""
    written = step.model_dump(include=keys, exclude={"id"}, exclude_defaults=True, by_alias=True)
    return ", ".join(f"{key} {_short(value)}" for key, value in written.items())


def _short(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_short(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "/".join(_short(item) for item in value)
    return str(value)


def _keys_that_differ(was: Step, now: Step) -> set[str]:
    return {key for key in type(now).model_fields if getattr(was, key) != getattr(now, key)}


def _same(step: Step, other: Step) -> bool:
    return _without_id(step) == _without_id(other)


def _without_id(step: Step) -> dict[str, Any]:
    return step.model_dump(exclude={"id"})


def _same_mail(step: Step, other: Step) -> bool:
    return step.email is not None and step.email == other.email


def _same_place(old: Sequence, new: Sequence, step: Step, other: Step) -> bool:
    """Whether they stand between the same steps that stay, and do the same kind of thing."""
    stay = {one.id for one in old.step} & {one.id for one in new.step}
    return step.act == other.act and _around(old, step.id, stay) == _around(new, other.id, stay)


def _around(sequence: Sequence, name: str, stay: set[str]) -> tuple[list[str], list[str]]:
    ids = [one.id for one in sequence.step]
    at = ids.index(name)
    above, below = ([one for one in some if one in stay] for some in (ids[:at], ids[at + 1 :]))
    return above[-1:], below[:1]


def _moved(before: list[str], now: list[str]) -> set[str]:
    """The fewest names that have to move to make one order of the other."""
    blocks = SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
    return set(now) - {name for block in blocks for name in now[block.b : block.b + block.size]}
