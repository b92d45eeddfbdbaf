"""How far two shares lie apart, as far as so few leads can tell.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

Verdict = Literal["higher", "lower", "alike", "open"]

# 99 %, not 95: who looks ten times at figures that grow, and believes the first 95 % interval that leaves zero out, is
# wrong about two versions that are the same in one case of five; with 99 % in one of twenty (Armitage, McPherson and
# Rowe, Repeated significance tests on accumulating data, 1969).
Z = 2.576
FEW = 30  # leads on a side: below, nothing is said whatever the interval says
ALIKE = 0.02  # shares that lie no further apart than two points are called alike


@dataclass(frozen=True, slots=True)
class Share:
    """`n` of `of`."""

    n: int
    of: int

    @property
    def value(self) -> float:
        return self.n / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One share less another, from 0 to 1 each, with the interval that holds the true difference 99 times of 100."""

    new: Share
    old: Share
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.new.value - self.old.value

    @property
    def verdict(self) -> Verdict:
        """Whether the new share is higher, lower or alike; `open` where the leads are too few to say."""
        if min(self.new.of, self.old.of) < FEW:
            return "open"
        if self.low > 0 or self.high < 0:
            return "higher" if self.low > 0 else "lower"
        return "alike" if self.low >= -ALIKE and self.high <= ALIKE else "open"


def difference(new: Share, old: Share, z: float = Z) -> Difference:
    """With Newcombe's interval (Interval estimation for the difference between independent proportions, 1998, method
    10): it holds what it promises for few leads, and for shares near 0, where the usual one does not."""
    (new_low, new_high), (old_low, old_high) = wilson(new, z), wilson(old, z)
    apart = new.value - old.value
    below = sqrt((new.value - new_low) ** 2 + (old_high - old.value) ** 2)
    above = sqrt((new_high - new.value) ** 2 + (old.value - old_low) ** 2)
    return Difference(new, old, apart - below, apart + above)


def wilson(share: Share, z: float = Z) -> tuple[float, float]:
    """Wilson's interval for one share (1927); from 0 to 1 where nobody was looked at."""
    if not share.of:
        return 0.0, 1.0
    n, p = share.of, share.value
    centre, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)
