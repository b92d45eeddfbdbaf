"""The arithmetic of engagement: buckets per rule and day, decay, caps, and the exact day a fading score crosses a line.

A search for that day passes over whole spans that cannot hold it (`leads.fading`), and works out the exact score of the
few days that are left.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from authoring.models.definitions import Definitions, EngagementRule, Limit
from leads.decay import decayed
from leads.facts import Buckets
from leads.fading import Few, Many, Outlook, Together

MILLI = 1000
# So soon, in days, a crossing is looked for exactly; further on a day that may be too early does as well, since whoever
# looks again on that day is near.
NEAR = 7
# So many times its cap in a rule's newest days keep it there for three half-lives, whatever older days add.
PLENTY = 8
FEW = 8  # days of one rule that are summed one by one on every day that is looked at


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

    def is_below(at: int) -> bool:
        return engagement(buckets, definitions, date.fromordinal(at)) < milli

    seen = outlook(buckets, definitions, day)
    return _first_from(day, seen.end, lambda first, last: seen.between(first, last)[0] < milli, is_below)


def rises_to(buckets: Buckets, definitions: Definitions, day: date, milli: int) -> date | None:
    """The first day, `day` included, whose engagement is `milli` or more because penalties fade; None when never."""

    def has_risen(at: int) -> bool:
        return engagement(buckets, definitions, date.fromordinal(at)) >= milli

    seen = outlook(buckets, definitions, day)
    return _first_from(day, seen.end, lambda first, last: seen.between(first, last)[1] >= milli, has_risen)


def crossing(
    buckets: Buckets, definitions: Definitions, day: date, marks: Sequence[int], until: date | None = None
) -> date | None:
    """The first day after `day` on which the engagement crosses one of `marks` (milli-points) if nothing more happens:
    exact where it is within NEAR days, else perhaps too early, never late. None when there is none, or none up to
    `until`."""
    seen, today = outlook(buckets, definitions, day, PLENTY), day.toordinal()

    def may_cross(first: int, last: int) -> bool:
        low, high = seen.between(first, last)
        return any(low < mark <= high for mark in marks)

    def crosses(at: int) -> bool:
        if at - today > NEAR:
            return True
        low, high = sorted(engagement(buckets, definitions, date.fromordinal(on)) for on in (at - 1, at))
        return any(low < mark <= high for mark in marks)

    last = seen.end if until is None else min(seen.end, until.toordinal())
    found = _first(today, last, may_cross, crosses)
    return None if found is None else date.fromordinal(found)


def reached(buckets: Buckets, definitions: Definitions, since: date, day: date, milli: int) -> bool:
    """Whether the engagement was `milli` or more on any day from `since` to `day`, both included. From one day with
    points to the next it changes by fading alone."""
    earned = {date.fromisoformat(on) for days in buckets.values() for on in days}
    days = sorted({since, *(on for on in earned if since < on <= day)})
    ends = [*(following - timedelta(days=1) for following in days[1:]), day]
    giving, taking = _two_sides(definitions)

    def within(first: int, last: int) -> bool:
        """No more was given than by the last of those days, unfaded since the first; no less taken than by the first,
        faded until the last."""
        begin, given = days[first], _until(buckets, days[last])
        most = _total(giving, given, begin) - _excess(definitions, given, begin)
        most += _total(taking, _until(buckets, begin), ends[last])
        if most < milli:
            return False
        if first == last:
            risen = rises_to(given, definitions, begin, milli)
            return risen is not None and risen <= ends[last]
        middle = (first + last) // 2
        return within(first, middle) or within(middle + 1, last)

    return within(0, len(days) - 1)


def outlook(buckets: Buckets, definitions: Definitions, day: date, plenty: int | None = None) -> Outlook:
    """What the rules hold from `day` on. `plenty`: of a rule that holds so many times its cap in its newest days, older
    ones are left out, and the bounds are wide once those have faded; None = none is left out."""
    giving, taking = _two_sides(definitions)
    fades = {rule.id: _fade(rule, buckets[rule.id], day, plenty) for rule in giving if buckets.get(rule.id)}
    # No rule stands in two limits that hold at any time (`leads.lint`).
    held = [
        Together(tuple(fades.pop(rule.id) for rule in rules if rule.id in fades), limit.points * MILLI)
        for limit, rules in definitions.scoring.standing_limits
    ]
    taken = tuple(_fade(rule, buckets[rule.id], day, plenty) for rule in taking if buckets.get(rule.id))
    return Outlook((*fades.values(), *held), taken)


def _fade(rule: EngagementRule, days: Mapping[str, int], day: date, plenty: int | None) -> Few | Many:
    cap = None if rule.cap is None else abs(rule.cap) * MILLI
    if rule.half_life is None:
        return Few(((abs(sum(days.values())), 0),), None, cap)
    enough = None if plenty is None or cap is None else plenty * cap
    seen, left, live, more = day.toordinal(), 0, [], False
    for earned in reversed(list(days)):
        if more := enough is not None and left >= enough:
            break
        on = date.fromisoformat(earned).toordinal()
        if still := abs(decayed(days[earned], rule.half_life, seen - on)):
            left += still
            live.append((abs(days[earned]), on))
    if len(live) <= FEW and not more:
        return Few(tuple(live), rule.half_life, cap)
    newest = max(seen, *(on for _, on in live))
    return Many(left, len(live), seen, newest, rule.half_life, cap, more)


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


def _two_sides(definitions: Definitions) -> tuple[list[EngagementRule], list[EngagementRule]]:
    """The rules that give, and those that take."""
    giving = [rule for rule in definitions.scoring.engagement if rule.points >= 0]
    return giving, [rule for rule in definitions.scoring.engagement if rule.points < 0]


# A span (first, last] of days, by their ordinals, that may hold the day; whether it is that day.
_May = Callable[[int, int], bool]
_Is = Callable[[int], bool]


def _first_from(day: date, end: int, may_hold: _May, is_it: _Is) -> date | None:
    """The first such day, `day` included, up to `end`."""
    begin = day.toordinal()
    found = begin if is_it(begin) else _first(begin, end, may_hold, is_it)
    return None if found is None else date.fromordinal(found)


def _first(first: int, last: int, may_hold: _May, is_it: _Is) -> int | None:
    """The first such day after `first`, up to `last`; a span that cannot hold it is passed over whole."""
    if first >= last or not may_hold(first, last):
        return None
    if last - first == 1:
        return last if is_it(last) else None
    middle = (first + last) // 2
    return _first(first, middle, may_hold, is_it) or _first(middle, last, may_hold, is_it)
