"""The arithmetic of engagement: buckets per rule and day, decay, caps, and the exact day a fading score crosses a line.

On any span of days points only fade and penalties only fade, so a score lies between two bounds taken at the span's
ends; spans that cannot hold the crossing are passed over whole (branch and bound).

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from authoring.models.definitions import Definitions, EngagementRule, Limit
from leads.decay import days_to_nothing, decayed
from leads.facts import Buckets

MILLI = 1000

Score = Callable[[date], int]


class Share(NamedTuple):
    """A rule's milli-points: as earned, after decay, and within the cap."""

    raw: int
    aged: int
    held: int


def share(rule: EngagementRule, buckets: Buckets, day: date) -> Share:
    """What one rule gives on that day."""
    days = buckets.get(rule.id, {})
    raw = aged = sum(days.values())
    if rule.half_life is not None:
        ages = ((milli, (day - date.fromisoformat(earned)).days) for earned, milli in days.items())
        aged = sum(decayed(milli, rule.half_life, age) for milli, age in ages)
    return Share(raw, aged, _capped(rule, aged))


def engagement(buckets: Buckets, definitions: Definitions, day: date) -> int:
    """Milli-points on that day: each rule's buckets after decay, within the rule's cap and the limits of several."""
    return _total(definitions.scoring.engagement, buckets, day) - _excess(definitions, buckets, day)


def excesses(buckets: Buckets, definitions: Definitions, day: date) -> Iterator[tuple[Limit, int]]:
    """What each limit that holds at any time takes on that day, in milli-points; what takes nothing is left out."""
    for limit, rules in definitions.scoring.standing_limits:
        milli = _total(rules, buckets, day) - limit.points * MILLI
        if milli > 0:
            yield limit, milli


def falls_below(buckets: Buckets, definitions: Definitions, day: date, milli: int) -> date | None:
    """The first day, `day` included, whose engagement is below `milli` if nothing more happens; None when never."""
    gains, losses = _two_sides(buckets, definitions)

    def stays(first: date, last: date) -> bool:
        return gains(last) + losses(first) >= milli

    return _first(stays, lambda at: gains(at) + losses(at) < milli, day, _still(buckets, definitions, day))


def rises_to(buckets: Buckets, definitions: Definitions, day: date, milli: int) -> date | None:
    """The first day, `day` included, whose engagement is `milli` or more because penalties fade; None when never."""
    gains, losses = _two_sides(buckets, definitions)

    def stays(first: date, last: date) -> bool:
        return gains(first) + losses(last) < milli

    return _first(stays, lambda at: gains(at) + losses(at) >= milli, day, _still(buckets, definitions, day))


def peak(buckets: Buckets, definitions: Definitions, since: date, day: date) -> int:
    """The highest engagement from `since` to `day`, both included: points only come on days that have a bucket."""
    earned = {date.fromisoformat(earned) for days in buckets.values() for earned in days}
    looked_at = {since, *(at for at in earned if since < at <= day)}
    return max(engagement(_until(buckets, at), definitions, at) for at in looked_at)


def bounds(buckets: Buckets, definitions: Definitions, first: date, last: date) -> tuple[int, int]:
    """Between these two days, both included, the engagement is never below the one nor above the other, if nothing
    more happens."""
    gains, losses = _two_sides(buckets, definitions)
    return gains(last) + losses(first), gains(first) + losses(last)


def _until(buckets: Buckets, day: date) -> Buckets:
    last = day.isoformat()
    return {rule: {earned: milli for earned, milli in days.items() if earned <= last} for rule, days in buckets.items()}


def _excess(definitions: Definitions, buckets: Buckets, day: date) -> int:
    return sum(milli for _, milli in excesses(buckets, definitions, day))


def _total(rules: Iterable[EngagementRule], buckets: Buckets, day: date) -> int:
    return sum(_held(rule, buckets[rule.id], day) for rule in rules if rule.id in buckets)


def _held(rule: EngagementRule, days: Mapping[str, int], day: date) -> int:
    """`share(...).held`, from the newest day back: a rule gives or takes, so that once its cap is reached older days
    change nothing. A lead of many years costs little more than one of last week."""
    bound = None if rule.cap is None else abs(rule.cap) * MILLI
    total = 0
    for earned in reversed(list(days)):
        milli = days[earned]
        if rule.half_life is not None:
            milli = decayed(milli, rule.half_life, (day - date.fromisoformat(earned)).days)
        total += milli
        if bound is not None and abs(total) >= bound:
            return bound if total > 0 else -bound
    return total


def _capped(rule: EngagementRule, milli: int) -> int:
    """Within the rule's cap, which bounds penalties as it bounds points."""
    if rule.cap is None:
        return milli
    bound = abs(rule.cap) * MILLI
    return max(-bound, min(bound, milli))


def _two_sides(buckets: Buckets, definitions: Definitions) -> tuple[Score, Score]:
    """The engagement of the rules that give, and of those that take."""
    giving = [rule for rule in definitions.scoring.engagement if rule.points >= 0]
    taking = [rule for rule in definitions.scoring.engagement if rule.points < 0]
    # A search asks for the ends of neighbouring spans: each day is worked out once. No rule stands in two limits that
    # hold at any time (`leads.lint`), so that what they leave of the giving rules fades as these do.
    return (
        cache(lambda day: _total(giving, buckets, day) - _excess(definitions, buckets, day)),
        cache(lambda day: _total(taking, buckets, day)),
    )


def _first(
    stays: Callable[[date, date], bool], crossed: Callable[[date], bool], first: date, last: date
) -> date | None:
    """The first day of the span that has crossed; a span that surely `stays` holds none."""
    if stays(first, last):
        return None
    if first == last:
        return first if crossed(first) else None
    middle = first + (last - first) // 2
    return _first(stays, crossed, first, middle) or _first(stays, crossed, middle + timedelta(days=1), last)


def _still(buckets: Buckets, definitions: Definitions, day: date) -> date:
    """A day from which on nothing fades any more: everything with a half-life is gone."""
    ends = [
        date.fromisoformat(earned) + timedelta(days=days_to_nothing(milli, rule.half_life))
        for rule in definitions.scoring.engagement
        if rule.half_life is not None
        for earned, milli in buckets.get(rule.id, {}).items()
    ]
    return max([day, *ends])
