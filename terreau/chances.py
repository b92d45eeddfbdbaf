"""Choices that look drawn by lot and fall the same way every time: a digest of what they are about decides.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

from base.tokens import digest

T = TypeVar("T")

_DIGITS = 12  # of a hexadecimal digest: a float keeps no more apart
_MANY = float(16**_DIGITS)


def share(*about: object) -> float:
    """A number from 0 up to 1, evenly spread over whatever it is asked about."""
    return int(digest("\x1f".join(map(str, about)))[:_DIGITS], 16) / _MANY


def happens(probability: float, *about: object) -> bool:
    return share(*about) < probability


def between(low: int, high: int, *about: object) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(share(*about) * (high - low + 1))


def pick(options: Sequence[T], *about: object) -> T:
    return options[int(share(*about) * len(options))]


def weighted(weights: Mapping[T, float], *about: object) -> T:
    """One of the keys, as often as its weight says among all."""
    drawn = share(*about) * sum(weights.values())
    ends = accumulate(weights.values())
    return next((key for key, end in zip(weights, ends, strict=True) if drawn < end), list(weights)[-1])
