"""What a score comes to on later days, between two bounds, from one look at its points.

The points of one rule halve together: what is left of their sum on a later day follows from what it is now, however
many days they were earned on. Only rounding stands between: each day's points are rounded towards zero for themselves,
by less than a milli-point, and the tables of decay to a billionth.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from leads.decay import days_to_nothing, decayed


class Few(NamedTuple):
    """What one rule holds of few days, `(milli-points, day)` each, those that it takes without their sign: exactly.

    Days are proleptic ordinals. `half_life` None = nothing fades.
    """

    days: tuple[tuple[int, int], ...]
    half_life: int | None
    cap: int | None

    def held(self, day: int) -> tuple[int, int]:
        """It holds no less on that day than the one, and no more than the other."""
        half_life = self.half_life
        left = sum([decayed(milli, half_life, day - on) if half_life else milli for milli, on in self.days])
        return (held := _within(self.cap, left)), held

    @property
    def end(self) -> int:
        """The day from which on nothing of it fades any more."""
        half_life = self.half_life
        return max((on + days_to_nothing(milli, half_life) for milli, on in self.days), default=0) if half_life else 0


class Many(NamedTuple):
    """The same of any number of days, between two bounds. `left` has not faded on `seen` of the points of `number`
    days; all of them fade from `on` on. `more`: there are older days, which can only keep the rule longer at its cap.
    """

    left: int
    number: int
    seen: int
    on: int
    half_life: int
    cap: int | None
    more: bool = False

    def held(self, day: int) -> tuple[int, int]:
        left = decayed(self.left, self.half_life, day - self.seen)
        least = _within(self.cap, max(left - self.number - _rounding(left), 0))
        if self.more:
            return least, _within(self.cap, self.left)
        left = decayed(self.left + self.number, self.half_life, day - self.on)
        return least, _within(self.cap, left + _rounding(left))

    @property
    def end(self) -> int:
        return self.on + days_to_nothing(2 * (self.left + self.number), self.half_life)


class Together(NamedTuple):
    """What several rules hold that have a `cap` in common besides their own."""

    rules: "tuple[Few | Many, ...]"
    cap: int

    def held(self, day: int) -> tuple[int, int]:
        held = [rule.held(day) for rule in self.rules]
        return min(sum([least for least, _ in held]), self.cap), min(sum([most for _, most in held]), self.cap)

    @property
    def end(self) -> int:
        return max((rule.end for rule in self.rules), default=0)


Fade = Few | Many | Together


@dataclass(frozen=True, slots=True)
class Outlook:
    """The rules that give and those that take, as long as nothing more happens."""

    giving: tuple[Fade, ...]
    taking: tuple[Fade, ...]
    _known: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)  # a search asks for the same days again

    def between(self, first: int, last: int) -> tuple[int, int]:
        """Between these two days, both included, the score is never below the one nor above the other."""
        _, given, _, taken = self._on(first)
        still_given, _, still_taken, _ = self._on(last)
        return still_given - taken, given - still_taken

    @property
    def end(self) -> int:
        """The day from which on nothing changes any more; 0 where nothing fades."""
        return max((fade.end for fade in (*self.giving, *self.taking)), default=0)

    def _on(self, day: int) -> tuple[int, int, int, int]:
        """The least and the most that is given, and that is taken."""
        if day not in self._known:
            given, taken = ([fade.held(day) for fade in some] for some in (self.giving, self.taking))
            self._known[day] = (
                sum([least for least, _ in given]),
                sum([most for _, most in given]),
                sum([least for least, _ in taken]),
                sum([most for _, most in taken]),
            )
        return self._known[day]


def _within(cap: int | None, milli: int) -> int:
    return milli if cap is None else min(milli, cap)


def _rounding(left: int) -> int:
    """What tables rounded to a billionth, and a sum that is rounded once, may be wrong by."""
    return 2 + left // 10**8
