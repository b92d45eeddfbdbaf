"""What an edit does to one enrolment: which edit is due for it, and where it stands afterwards.

A wait that reads otherwise is counted again from where it began; one that reads the same goes on untouched. A mail on
its way is waited for before its step is left behind. What was taken is never taken again by the edit's doing.
Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import replace

from authoring.editing import Move
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.renames import renamed
from workflows.outcomes import Adopt, Complete, Leave
from workflows.values import Edit, Enrolment, Rules

WAITS = (*Step.WAITS, "wait_from")
COUNTED_BY = ("holidays", "timezone")  # of the sequence


def due_edit(enrolment: Enrolment, rules: Rules) -> Edit | None:
    """The newest edit that has a move for the step at which the enrolment stands, and was not carried out on it."""
    seen = max(enrolment.release_id, enrolment.edit_release_id or 0)
    due = [
        edit
        for edit in rules.edits
        if edit.version == enrolment.version and edit.release_id > seen and _may_move(enrolment, edit)
    ]
    return max(due, key=lambda edit: edit.release_id, default=None)


def carry_out(edit: Edit, enrolment: Enrolment, rules: Rules, taken: Mapping[str, int]) -> Adopt | Leave | Complete:
    """What becomes of the enrolment. `taken`: step -> the last passage through it, of those with a receipt."""
    move = edit.moves[enrolment.step or ""]
    if move.how == "pin":
        return Adopt(replace(enrolment, edit_release_id=edit.release_id), None)
    if move.how == "exit" or edit.to_version is None:
        return Leave(f"release {edit.release_id} edits the sequence: the author chose `exit` at this step")
    if move.to is None:
        return Complete()
    old, new = rules.pinned[enrolment.version], rules.pinned[edit.to_version]
    after = _adopted(enrolment, move, old, new, taken)
    reason = f"release {edit.release_id} edits the sequence: goes on at `{move.to}` in its new version"
    return Adopt(replace(after, version=edit.to_version, edit_release_id=edit.release_id), reason)


def _may_move(enrolment: Enrolment, edit: Edit) -> bool:
    move = edit.moves.get(enrolment.step or "")
    if move is None:
        return False
    stays = move.how in ("pin", "exit") or move.to == enrolment.step
    return stays or enrolment.position != "awaiting_mail"


def _adopted(enrolment: Enrolment, move: Move, old: Sequence, new: Sequence, taken: Mapping[str, int]) -> Enrolment:
    assert move.to is not None
    passed = _passed(enrolment, move.to, old, new, taken)
    moved = replace(enrolment, step=move.to, passed=passed)
    if move.to != enrolment.step:
        moved = replace(moved, occurrence=max(enrolment.occurrence, taken.get(move.to, 0) + 1))
    if move.how == "next":
        return replace(moved, position="ready", due_at=None, waiting_since=None, waiting_zone=None, waiting_seq=None)
    if enrolment.position == "awaiting_mail" or enrolment.waiting_since is None:
        return moved
    return moved if _waits_alike(old, new, enrolment.step, move.to) else replace(moved, position="waiting", due_at=None)


def _waits_alike(old: Sequence, new: Sequence, step: str | None, other: str) -> bool:
    before, after = old.find(step or ""), new.find(other)
    same = all(getattr(old, key) == getattr(new, key) for key in COUNTED_BY)
    return same and all(getattr(before, key) == getattr(after, key) for key in WAITS)


def _passed(enrolment: Enrolment, to: str, old: Sequence, new: Sequence, taken: Mapping[str, int]) -> tuple[str, ...]:
    """The steps below `to` that were taken: those that stood above before, and those passed over by an earlier edit."""
    names = renamed(old, new)
    before, now = [step.id for step in old.step], [step.id for step in new.step]
    above = before[: before.index(enrolment.step)] if enrolment.step in before else []
    behind = {names.get(name, name) for name in above if name in taken}
    behind |= {names.get(name, name) for name in enrolment.passed}
    return tuple(name for name in now[now.index(to) + 1 :] if name in behind)
