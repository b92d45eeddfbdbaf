"""Which points sales' answers speak for or against: small steps, and only where enough answers lie on both sides.

A rule is held against those whom it gave nothing: what both have in common says nothing of it. It is a question of what
goes together, not of what causes what; so a person decides, and one step at a time.
Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from authoring.models.definitions import Definitions, EngagementRule
from reports.intervals import Difference, Share, difference
from reports.precision import Precision

PART = 4  # a step is a quarter of the points, and one point at least


@dataclass(frozen=True, slots=True)
class Advice:
    """`index`: the place of the rule in the definitions; `apart`: accepted with its points, less those without."""

    rule: EngagementRule
    index: int
    points: int
    apart: Difference


def advice(found: Precision, definitions: Definitions) -> Iterator[Advice]:
    """A step for each rule that gives points, where the interval leaves no doubt of its direction."""
    for index, rule in enumerate(definitions.scoring.engagement):
        apart = difference(paid := found.rules.get(rule.id, Share(0, 0)), _others(found.every, paid))
        if rule.points > 0 and apart.verdict in ("higher", "lower"):
            step = max(rule.points // PART, 1)
            points = rule.points + (step if apart.verdict == "higher" else -step)
            if points > 0:
                yield Advice(rule, index, points, apart)


def _others(every: Share, paid: Share) -> Share:
    return Share(every.n - paid.n, every.of - paid.of)
