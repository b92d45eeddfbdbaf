"""Drawings of the staff pages, as numbers for the template: the score, one layer per line.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHADES = 5


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of the score in a drawing: from `x`, so wide; `shade` 1 is the strongest."""

    x: int
    width: int
    shade: int
    title: str


@dataclass(frozen=True, slots=True)
class Strata:
    """The layers earned, and what was taken away again from their end."""

    width: int
    layers: tuple[Layer, ...]
    lost: int


def strata(score: Sequence[Mapping[str, str]]) -> Strata:
    """The drawing of `[{"what", "points"}]`; points are text with a true minus sign."""
    earned = [(line, points) for line in score if (points := in_points(line["points"])) > 0]
    layers, x = [], 0
    for place, (line, points) in enumerate(earned, start=1):
        layers.append(Layer(x, points, min(place, SHADES), f"{line['what']}: {line['points']}"))
        x += points
    lost = -sum(points for line in score if (points := in_points(line["points"])) < 0)
    return Strata(x, tuple(layers), min(lost, x))


def in_points(text: str) -> int:
    return int(text.replace("−", "-").replace("+", "") or 0)
