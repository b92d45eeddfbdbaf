"""What a replay found, for a program: plain values, instants in UTC, shares from 0 to 1."""

from datetime import datetime
from typing import Any

from leads.what_if import HOWS, Example, Hits, StageShift, WhatIf
from reports.intervals import Share, wilson
from terreau.suggesting import Suggestion


def as_json(found: WhatIf) -> dict[str, Any]:
    """Every figure. `median_hours`: half of those come earlier (or later) by at least so many."""
    return {
        "leads": found.leads,
        "events": found.events,
        "since": _instant(found.since),
        "stages": [_stage(shift) for shift in found.stages],
        "sales": {
            "accepted": found.accepted,
            "won": found.won,
            "old": _hits(found.old, found),
            "new": _hits(found.new, found),
        },
    }


def suggestion_as_json(found: Suggestion) -> dict[str, Any]:
    """What sales answered, the steps, the patch ("" for none), and what it would have made of the past."""
    return {
        "accepted": found.found.as_json(),
        "rules": [{"rule": one.rule.id, "points": one.rule.points, "suggested": one.points} for one in found.advice],
        "patch": found.patch,
        "effect": as_json(found.effect) if found.effect is not None else None,
    }


def _stage(shift: StageShift) -> dict[str, Any]:
    return {
        "stage": shift.stage,
        "leads": {how: shift.counts[how] for how in HOWS},
        "median_hours": {how: shift.median(how) for how in shift.hours},
        "examples": {how: [_example(one) for one in named] for how, named in shift.examples.items() if named},
    }


def _example(one: Example) -> dict[str, Any]:
    return {"lead": one.lead, "was": _instant(one.was), "now": _instant(one.now)}


def _hits(hits: Hits, found: WhatIf) -> dict[str, Any]:
    return {
        "precision": _share(Share(hits.wanted, hits.answered)),
        "recall": _share(Share(hits.found, found.accepted)),
        "recall_of_won": _share(Share(hits.won_found, found.won)),
        "never_answered": hits.unseen,
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = wilson(share)
    return {"n": share.n, "of": share.of, "value": share.value if share.of else None, "interval": [low, high]}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
