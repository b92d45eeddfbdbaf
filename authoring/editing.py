"""What an edit of a sequence does to those inside: where each goes on, and for whom the author has to choose.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from authoring.models.common import Model
from authoring.models.definitions import Definitions
from authoring.models.hand_off import HandOff
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.pinned import Lack, Version, lacks
from authoring.renames import renamed
from authoring.site import Site
from base.saying import Said, joined, said

How = Literal["pin", "adopt", "next", "exit"]
HOWS: tuple[How, ...] = get_args(How)

# (sequence, step) -> what the author chose for those who stand there; step None answers every case of the sequence.
Choices = Mapping[tuple[str, str | None], How]


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of whoever stands at a step: `to` is the step of the new version, None its end or none of it."""

    how: How
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Leads who stand at `step` have no rule: the author has to choose one of `choices`."""

    version: Version
    step: str
    why: Said
    choices: tuple[How, ...]
    renamed: str | None = None
    deleted: bool = True  # else the step is there, and lacks what it names


@dataclass(frozen=True, slots=True)
class Adoption:
    """Those inside `version` move by the step they stand at; a step without a move keeps them in that version."""

    version: Version
    to_version: str | None  # None: the sequence is gone, and whoever moves leaves
    moves: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Edits:
    """What a new release does to those inside: who moves, who needs a choice, what the others come to in vain."""

    adoptions: tuple[Adoption, ...] = ()
    cases: tuple[Case, ...] = ()
    lacks: tuple[Lack, ...] = ()
    versions: tuple[Version, ...] = ()  # all that were looked at


def edits_of(versions: Iterable[Version], site: Site, former: Site, choices: Choices) -> Edits:
    """What `site`, in place of `former`, does to those inside `versions`."""
    adoptions: list[Adoption] = []
    cases: list[Case] = []
    lacking: list[Lack] = []
    listed = tuple(versions)
    for version in listed:
        if site.versions.get(version.name) == version.hash:
            continue
        new = site.sequences.get(version.name)
        # Whoever adopts needs nothing of the former version any more.
        missed = () if new is not None and new.on_edit == "adopt" else tuple(lacks(version, site, former))
        moves, open_cases = _decided(version, new, missed, choices)
        if moves:
            adoptions.append(Adoption(version, site.versions.get(version.name), moves))
        cases += open_cases
        lacking += (replace(lack, steps=lack.steps - moves.keys()) for lack in missed)
    return Edits(tuple(adoptions), tuple(cases), tuple(lacking), listed)


def _decided(
    version: Version, new: Sequence | None, missed: tuple[Lack, ...], choices: Choices
) -> tuple[dict[str, Move], list[Case]]:
    moves: dict[str, Move] = {}
    cases: list[Case] = []
    renames = renamed(version.sequence, new)
    for step in version.sequence.step:
        case = _case(version, step, new, missed, renames)
        chosen = choices.get((version.name, step.id)) or (choices.get((version.name, None)) if case else None)
        if chosen is not None and chosen in open_to(step.id, new, renames):
            moves[step.id] = _chosen(chosen, version.sequence, step.id, new, renames)
        elif case is not None:
            cases.append(case)
        elif new is not None and new.on_edit == "adopt":
            moves[step.id] = Move("adopt", step.id)
    return moves, cases


def _case(
    version: Version, step: Step, new: Sequence | None, missed: tuple[Lack, ...], renames: Mapping[str, str]
) -> Case | None:
    """Adopting needs the step to be there still; staying needs all that the version names to be there still."""
    open_choices = open_to(step.id, new, renames)
    if new is not None and new.on_edit == "adopt":
        gone = new.find(step.id) is None
        why = said("the step `%(step)s` is gone", step=step.id)
        return Case(version, step.id, why, open_choices, renames.get(step.id)) if gone else None
    lost = [said("%(file)s: %(what)s", file=lack.file, what=lack.what) for lack in missed if step.id in lack.steps]
    return Case(version, step.id, joined(lost), open_choices, renames.get(step.id), deleted=False) if lost else None


def open_to(step_id: str, new: Sequence | None, renames: Mapping[str, str]) -> tuple[How, ...]:
    """The choices that an author has for those at a step: nobody can go on in a sequence that is gone."""
    if new is None:
        return ("exit",)
    can_adopt = new.find(step_id) is not None or step_id in renames
    return tuple(how for how in HOWS if how != "adopt" or can_adopt)


def _chosen(how: How, old: Sequence, step_id: str, new: Sequence | None, renames: Mapping[str, str]) -> Move:
    if how == "adopt":
        return Move(how, renames.get(step_id, step_id))
    return Move(how, next_that_stays(old, step_id, new) if how == "next" and new is not None else None)


def next_that_stays(old: Sequence, step_id: str, new: Sequence) -> str | None:
    """The first step below `step_id` that the new version still has, under its name or a new one; None = the end."""
    ids = [step.id for step in old.step]
    renames = renamed(old, new)
    below = (renames.get(other, other) for other in ids[ids.index(step_id) + 1 :])
    return next((other for other in below if new.find(other) is not None), None)


# ---------------------------------------------------------------- the rules that everybody is judged by

_JUDGING = ("stages", "temperatures", "scoring", "personas", "segments")
_AGREED = ("interests", "recycling", "bant")  # what both sides agree on besides, and `_handed_over` of [hand_off]
_WORDS = frozenset({"label", "title", "meaning", "description", "owner"})  # read by people, not by rules


def judges_otherwise(former: Definitions, definitions: Definitions) -> bool:
    """Whether a lead may come out differently: another score, stage, temperature, persona or segment."""
    return _differ(_JUDGING, former, definitions)


def agrees_otherwise(former: Definitions, definitions: Definitions) -> bool:
    """Whether anything changes that marketing and sales agree on: how a lead is judged, what is asked of them, whom
    they are handed to, until when, and what becomes of those who come back."""
    handed = _handed_over(former.hand_off) != _handed_over(definitions.hand_off)
    return handed or _differ((*_JUDGING, *_AGREED), former, definitions)


def _differ(keys: Iterable[str], former: Definitions, definitions: Definitions) -> bool:
    return any(_said(getattr(former, key)) != _said(getattr(definitions, key)) for key in keys)


def _handed_over(hand_off: HandOff) -> object:
    """Without what changes from day to day, or is words: who is away, how a rep is reached, what an alert suggests."""
    reached, words = {"name", "email", "locale", "away"}, {"text"}
    left_out: Any = {"reps": {"__all__": reached}, "suggestions": {"__all__": words}}
    return _said(hand_off.model_dump(mode="json", exclude=left_out))


def _said(value: object) -> object:
    if isinstance(value, Model):
        return _said(value.model_dump(mode="json"))
    if isinstance(value, list):
        return [_said(item) for item in value]
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items() if key not in _WORDS}
    return value
