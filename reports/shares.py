"""From how many on a share is told: of fewer it is chance, and more than all of them is no share.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass

ENOUGH = 10  # leads, mails, answers
OPENINGS = 20  # of a page


@dataclass(frozen=True, slots=True)
class Part:
    """`n` of `of`; the same people, or acts of which one leads to the other."""

    n: int
    of: int
    enough: int = ENOUGH

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None where it is no share: of nothing, or more than all."""
        return self.n / self.of if self.of and self.n <= self.of else None

    @property
    def told(self) -> bool:
        """Whether people are told it; machines are given each, beside what it is a share of."""
        return self.value is not None and self.of >= self.enough
