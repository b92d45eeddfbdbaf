"""How points fade: by whole days, through one table of integers per half-life; every machine agrees to the unit.

Pure: no database, no clock, no network.
"""

from decimal import Context, Decimal
from functools import lru_cache

SCALE = 10**9
_PRECISE = Context(prec=30)


def decayed(milli: int, half_life: int, age: int) -> int:
    """What is left of `milli` after `age` whole days: milli x 2^(-age / half_life), rounded towards zero.

    Rounding towards zero lets penalties fade as points do, and makes both reach 0. A negative age is none.
    """
    halvings, rest = divmod(max(age, 0), half_life)
    left = abs(milli) * table(half_life)[rest] // (SCALE << halvings)
    return left if milli >= 0 else -left


def days_to_nothing(milli: int, half_life: int) -> int:
    """An age at which nothing is left of `milli`: one halving more than the number has bits."""
    return (abs(milli).bit_length() + 1) * half_life


@lru_cache(maxsize=256)
def table(half_life: int) -> tuple[int, ...]:
    """2^(-day / half_life) in billionths, for each day of one half-life."""
    return tuple(
        int(_PRECISE.power(2, Decimal(-day) / half_life).scaleb(9).to_integral_value()) for day in range(half_life)
    )
