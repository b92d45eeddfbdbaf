"""A plan for a program: plain values, instants in UTC, hashes whole."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from authoring.editing import Move
from leads.plan import RulesPlan
from terreau.plan import Plan
from terreau.replay_json import as_json as replay_as_json
from workflows.foreseeing import Fate
from workflows.plan import SequencePlan, Shift, Standing


def as_json(plan: Plan) -> dict[str, Any]:
    """Every figure of the plan."""
    return {
        "base_release": plan.base,
        "tree_hash": plan.tree_hash,
        "in_force_already": plan.same,
        "files": {change.what: list(change.files) for change in plan.changes},
        "choices": {name if step is None else f"{name}/{step}": how for (name, step), how in plan.choices.items()},
        "objections": [problem.as_json() for problem in plan.objections],
        "warnings": [problem.as_json() for problem in plan.warnings],
        "sequences": [_sequence(one) for one in plan.sequences],
        "texts": [asdict(one) for one in plan.texts],
        "rules": _rules(plan.rules),
    }


def _sequence(one: SequencePlan) -> dict[str, Any]:
    return {
        "name": one.name,
        "what": one.what,
        "on_edit": one.on_edit,
        "rollout": one.rollout,
        "tried_against": one.tried_against,
        "inside": one.inside,
        "keys_changed": list(one.keys),
        "steps_changed": [asdict(edit) for edit in one.edits],
        "standing": [_standing(standing) for standing in one.standing],
        "shifts": [_shift(shift) for shift in one.shifts],
        "sample": one.sample.as_json(),
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "step": one.step,
        "inside": one.inside,
        "move": _move(one.move),
        "needs_choice": one.case is not None and one.inside > 0,
        "why": one.case.why if one.case else None,
        "renamed_to": one.case.renamed if one.case else None,
        "choices": list(one.choices),
    }


def _move(move: Move | None) -> Mapping[str, str | None]:
    return {"how": "pin", "to": None} if move is None else {"how": move.how, "to": move.to}


def _shift(one: Shift) -> dict[str, Any]:
    return {"step": one.step, "what": one.what, "leads": one.count, "was": _fate(one.was), "now": _fate(one.now)}


def _fate(fate: Fate) -> dict[str, Any]:
    return {"what": fate.what, "at": _instant(fate.at), "step": fate.step}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _rules(rules: RulesPlan) -> dict[str, Any]:
    told = asdict(replace(rules, replay=None, effect=None))
    del told["effect"]  # the replay says the same, and more
    return {**told, "replay": None if rules.replay is None else replay_as_json(rules.replay)}
