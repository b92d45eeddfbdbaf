"""Can two kinds of requests be told apart? By their bytes, and by the time they take, measured in turn.

Whatever else the machine does meanwhile falls on both of a pair alike, so that a busy machine widens what is known of
the difference, and does not move it. Nothing is assumed of how times are spread.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

ONE_IN = 1000  # once in so many times the true median lies outside of what is said of it


@dataclass(frozen=True, slots=True)
class Apart:
    """What the second kind takes longer than the first, in seconds: the median of the pairs, and the interval in which
    the true one lies but for one time in a thousand (order statistics of the binomial, as in the sign test). `usual` is
    what the first kind takes.

    `rightly`: how often whoever sees one of each says which is which by the time; 0.5 is a coin.
    `alike`: how often two samples of one kind would differ as much as these (Kolmogorov and Smirnov).
    """

    pairs: int
    usual: float
    median: float
    least: float
    most: float
    rightly: float
    alike: float

    def is_surely_over(self, bound: float) -> bool:
        return self.least > bound or self.most < -bound

    def __str__(self) -> str:
        inside = f"{self.least * 1000:+.2f} to {self.most * 1000:+.2f}"
        known = f"said rightly {self.rightly:.0%}, p {self.alike:.3f}"
        return f"{self.usual * 1000:.2f} ms, {self.median * 1000:+.2f} ({inside}) in {self.pairs} pairs, {known}"


def in_turn(one: Callable[[int], float], other: Callable[[int], float], pairs: int) -> Apart:
    """`one(n)` and `other(n)` make request `n` of their kind and say how many seconds it took; each begins half of the
    pairs, and of the first few, in which everything is loaded for the first time, none counts."""
    times: list[tuple[float, float]] = []
    for number in range(-2, pairs):
        if number % 2:
            second, first = other(number), one(number)
        else:
            first, second = one(number), other(number)
        if number >= 0:
            times.append((first, second))
    return compared(times)


def compared(times: list[tuple[float, float]]) -> Apart:
    """Of pairs of seconds, at least eleven."""
    differences = sorted(second - first for first, second in times)
    rank = _rank(len(times))
    firsts, seconds = (sorted(side) for side in zip(*times, strict=True))
    return Apart(
        len(times), median(firsts), median(differences), differences[rank - 1], differences[-rank],
        _rightly(firsts, seconds), _alike(firsts, seconds),
    )  # fmt: skip


def _rank(several: int) -> int:
    """How far from either end the interval of the median may begin: as far as ONE_IN allows."""
    below, rank = 1, 0
    while 2 * ONE_IN * below <= 2**several:
        rank += 1
        below += math.comb(several, rank)
    assert rank, f"{several} pairs say nothing of their median with so little doubt"
    return rank


def _rightly(firsts: list[float], seconds: list[float]) -> float:
    """The share of all pairs, one of each, in which the slower kind is the slower one (Mann and Whitney)."""
    over = sum(bisect_left(firsts, one) + bisect_right(firsts, one) for one in seconds) / 2
    share = over / (len(firsts) * len(seconds))
    return max(share, 1 - share)


def _alike(firsts: list[float], seconds: list[float]) -> float:
    """The two-sided p-value for two samples of one size, by Kolmogorov's limit."""
    several = len(firsts)
    gap = max(abs(bisect_right(firsts, one) - bisect_right(seconds, one)) for one in (*firsts, *seconds)) / several
    stretched = gap * math.sqrt(several / 2)
    if stretched < 0.3:
        return 1.0
    return 2 * sum((-1) ** (term - 1) * math.exp(-2 * (term * stretched) ** 2) for term in range(1, 101))


def plain(answer: Any, *own: str) -> str:
    """What an answer says, but for what is another every time (signatures, tokens, nonces, the hour), and for `own`,
    the words that whoever asks has just sent; the length of it all is theirs too."""
    varying = ("Set-Cookie", "Date", "Content-Length")
    head = {name: value for name, value in answer.headers.items() if name not in varying}
    text = f"{answer.status_code} {head} {answer.text}"
    for word in own:
        text = text.replace(word, "*")
    return re.sub(r"(?:[?&]for=|value=\"|nonce-|nonce=\"|CSRFToken\": \")[\w.\-]+", "*", text)
