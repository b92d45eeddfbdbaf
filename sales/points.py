"""The points of a brief, line by line: the engagement as it is today, and the fit.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from authoring.models.conditions import Condition
from authoring.models.definitions import Stage
from base.calendars import local_day
from leads.conditions import parts
from leads.facts import Facts
from leads.points import MILLI
from leads.scoring import Line, fit, lines
from sales.wording import Voice, joined, signed, whole_points


def threshold(stage: Stage) -> int | None:
    """The engagement, in points, that the stage's rule asks for; None when it asks for none."""
    asked = [part.engagement_at_least for part in _of(stage.enter) if part.engagement_at_least is not None]
    return max(asked, default=None)


def _of(condition: Condition | None) -> Iterator[Condition]:
    return parts(condition) if condition is not None else iter(())


def score(facts: Facts, stage: str, now: datetime, voice: Voice) -> dict[str, Any]:
    """The engagement line by line, its total, and what the stage's rule asks for."""
    made = lines(facts.standing.buckets, voice.site.definitions, local_day(now, facts.zone))
    told = [*_earned(made, voice), *_faded(made, voice)]
    total, points = whole_points(sum(milli for _, milli in told), [milli for _, milli in told])
    shown = [{"what": what, "points": signed(whole)} for (what, _), whole in zip(told, points, strict=True)]
    limit = threshold(voice.site.stage(stage))
    return {"score": shown, "total": str(total), "threshold": limit}


def _earned(made: Sequence[Line], voice: Voice) -> Iterator[tuple[str, int]]:
    for line in made:
        if line.kind == "points":
            days = voice.say.ngettext("on %(count)s day", "on %(count)s days", line.detail)
            yield (joined([voice.text(line.label), days if line.detail > 1 else None]), line.milli)
        if line.kind in ("cap", "limit"):
            yield (voice.told("%(what)s: held at %(cap)s", what=voice.text(line.label), cap=line.detail), line.milli)


def _faded(made: Sequence[Line], voice: Voice) -> Iterator[tuple[str, int]]:
    fading = [line for line in made if line.kind == "decay"]
    half_lives = {line.detail for line in fading}
    if not fading:
        return
    days = half_lives.pop() if len(half_lives) == 1 else None
    what = voice.told("Fading") if days is None else voice.told("Fading (half-life of %(days)s days)", days=days)
    yield what, sum(line.milli for line in fading)


def fit_of(facts: Facts, voice: Voice) -> dict[str, Any]:
    """The persona that matches best: its points, what holds and what is missing, and the same as a sentence."""
    definitions = voice.site.definitions
    found = fit(facts, definitions)
    persona = next((known for known in definitions.personas if known.id == found.persona), None)
    held = [{"what": voice.text(line.label), "points": signed(line.milli // MILLI)} for line in found.lines]
    sentence = voice.told("Fit: %(points)s of %(best)s.", points=found.milli // MILLI, best=found.best // MILLI)
    reasons = joined(f"{line['what']} {line['points']}" for line in held)
    return {
        "points": str(found.milli // MILLI),
        "best": str(found.best // MILLI),
        "persona": voice.text(persona.label) if persona else None,
        "lines": held,
        "missing": [voice.text(line.label) for line in found.missing],
        "sentence": joined([sentence, f"{reasons}." if reasons else None], " ") if definitions.personas else None,
    }
