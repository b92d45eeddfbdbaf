"""Which points an event earns, what a score is made of, who a lead is; what points lead to is left to lifecycle.

Engagement is kept as milli-points per rule and day, so that a fold never reads old events. Each day's points halve
every `half_life` days, by whole days of the site's zone; then each rule's sum is held within its cap. All integers.

Pure: no database, no clock, no network.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from authoring.models.common import WHOLE, Localised
from authoring.models.definitions import Definitions, EngagementRule, FitRule, IdealCustomer, Limit
from base.calendars import Zone, local_day
from leads.conditions import holds
from leads.facts import LOST, RECYCLED, Buckets, Event, Facts
from leads.points import MILLI, engagement, excesses, falls_below, share

__all__ = [
    "Fit", "Line", "engagement", "engagement_since_verdict", "falls_below", "fit", "fold_buckets", "interests_after",
    "lines", "most_of", "rules_for", "since_verdict", "starts_again", "take_in", "temperature",
]  # fmt: skip

# What stood in a rule's bucket when sales sent the lead back, under "before:" and the rule's id (no id has a colon).
BEFORE = "before:"
# The days on which what a rule with `came_back_within` looks at was last done, under "seen:" and the rule's id.
SEEN = "seen:"

Kind = Literal["points", "decay", "cap", "limit"]


@dataclass(frozen=True, slots=True)
class Line:
    """A share of a score, in milli-points. `detail` counts the days with points, or is the half-life, or the cap; of a
    limit, which stands under its own id in place of a rule's, the most points."""

    rule: str
    label: Localised
    milli: int
    detail: int
    kind: Kind = "points"


@dataclass(frozen=True, slots=True)
class Fit:
    """`lines` add up to `milli`; `missing` are the persona's rules that do not hold; `best` is the most it can give."""

    milli: int
    persona: str | None
    lines: tuple[Line, ...] = ()
    missing: tuple[Line, ...] = ()
    best: int = 0


def rules_for(event: Event, definitions: Definitions) -> tuple[EngagementRule, ...]:
    """The rules that pay for this event: none unless a human did it, or staff spoke with one."""
    if not event.counts:
        return ()
    return tuple(
        rule
        for rule in definitions.scoring.engagement
        if rule.event == event.means and rule.subject in (None, event.subject)
    )


def take_in(buckets: Buckets, event: Event, definitions: Definitions, zone: Zone) -> Buckets:
    """The buckets once the event is counted. A verdict that sends back, or a deal that is lost, closes what was earned
    before it."""
    return earned(buckets, event, definitions, zone)[0]


def earned(
    buckets: Buckets, event: Event, definitions: Definitions, zone: Zone
) -> tuple[Buckets, tuple[tuple[EngagementRule, int], ...]]:
    """The same, with what each rule paid for the event, in milli-points."""
    if starts_again(event, definitions):
        return _emptied(buckets), tuple(_given_up(buckets, definitions))
    if event.closes:
        return _closed(buckets), ()
    day = local_day(event.at, zone)
    paid = []
    for rule in rules_for(event, definitions):
        milli = _payment(rule, buckets, day, definitions)
        if milli:
            buckets = _with(buckets, rule.id, day, milli)
            paid.append((rule, milli))
        if rule.came_back_within is not None:
            buckets = _noted(buckets, rule, day)
    return buckets, tuple(paid)


def starts_again(event: Event, definitions: Definitions) -> bool:
    """Whether the event recycles a lead, where recycled leads begin again without a point."""
    if definitions.recycling.reset == "nothing":
        return False
    if event.name == LOST:
        return any(stage.id == RECYCLED and "lost" in stage.by_sales for stage in definitions.stages)
    return event.name == "verdict_given" and event.subject == RECYCLED


def pays(rule: EngagementRule, buckets: Buckets, day: date) -> bool:
    """Whether the rule pays (again) on that day, given what it paid already, and when the same was done before."""
    paid = buckets.get(rule.id, {})
    again = {"always": True, "daily": day.isoformat() not in paid, "once": not paid}[rule.repeat]
    return again and (rule.came_back_within is None or _came_back(rule, buckets, day))


def fold_buckets(events: Iterable[Event], definitions: Definitions, zone: Zone) -> Buckets:
    """The buckets of a whole history: what a release that changes scoring computes again."""
    buckets: Buckets = {}
    for event in events:
        buckets = take_in(buckets, event, definitions, zone)
    return buckets


def engagement_since_verdict(buckets: Buckets, definitions: Definitions, day: date) -> int:
    """The same, over what was earned since sales last rejected the lead; all of it when they never did."""
    return engagement(since_verdict(buckets), definitions, day)


def since_verdict(buckets: Buckets) -> Buckets:
    """The buckets without what stood in them at the last rejection."""
    return {rule: _less(days, buckets.get(BEFORE + rule)) for rule, days in _open(buckets).items()}


def paid_by(buckets: Buckets, day: date) -> list[str]:
    """The rules that had given points, or taken some, by the end of that day."""
    last = day.isoformat()
    return [rule for rule, days in _open(buckets).items() if any(earned <= last for earned in days)]


def has_closed(buckets: Buckets) -> bool:
    """Whether sales has ever sent the lead back, so that fewer points may alert than there are."""
    return any(rule.startswith(BEFORE) for rule in buckets)


def lines(buckets: Buckets, definitions: Definitions, day: date) -> tuple[Line, ...]:
    """What the engagement is made of; the lines add up to it exactly, decay and caps being lines of their own."""
    made: list[Line] = []
    for rule in definitions.scoring.engagement:
        raw, aged, held = share(rule, buckets, day)
        made.append(Line(rule.id, rule.label, raw, len(buckets.get(rule.id, {}))))
        made.append(Line(rule.id, rule.label, aged - raw, rule.half_life or 0, "decay"))
        made.append(Line(rule.id, rule.label, held - aged, rule.cap or 0, "cap"))
    for limit, milli in excesses(buckets, definitions, day):
        made.append(Line(limit.id, limit.label, -milli, limit.points, "limit"))
    return tuple(line for line in made if line.milli)


def temperature(milli: int, definitions: Definitions) -> str:
    """The warmest band whose floor the engagement `milli` reaches; the coldest when it reaches none."""
    bands = sorted(definitions.temperatures, key=lambda band: band.from_engagement)
    reached = [band.id for band in bands if band.from_engagement * MILLI <= milli]
    return reached[-1] if reached else bands[0].id


def fit(facts: Facts, definitions: Definitions) -> Fit:
    """Who the lead is, by the persona that gives most (the first of equals); it is named when it gives points."""
    if not definitions.personas:
        return Fit(0, None)
    held = {persona.id: _held(persona, facts, definitions) for persona in definitions.personas}
    best = max(definitions.personas, key=lambda persona: sum(rule.points for rule in held[persona.id]))
    return _fit_to(best, held[best.id])


def most_of(persona: IdealCustomer) -> int:
    """The most points that one lead can have of it: of rules that want one field to be something, a single answer
    counts, so the best of them. Whatever else they ask is taken as possible together."""
    free = 0
    answers: dict[str, Counter[str | int | bool]] = defaultdict(Counter)
    for rule in persona.rules:
        wanted = [rule.when.is_] if rule.when.is_ is not None else rule.when.in_
        if rule.points > 0 and wanted is None:
            free += rule.points
        elif rule.points > 0 and wanted is not None:
            answers[str(rule.when.field)].update(dict.fromkeys(wanted, rule.points))
    return free + sum(max(given.values(), default=0) for given in answers.values())


def interests_after(interests: Mapping[str, int], event: Event, definitions: Definitions) -> Mapping[str, int]:
    """Interests in milli-points once a human's event is counted, each by its weight; they neither decay nor cap."""
    points = definitions.scoring.interest_points.get(event.means, 0) if event.human else 0
    if not points:
        return interests
    given = event.data.get("interests") or ()
    weights = given if isinstance(given, Mapping) else dict.fromkeys(map(str, given), WHOLE)
    paid = {name: points * MILLI * int(weight) // WHOLE for name, weight in weights.items()}
    return {**interests, **{name: interests.get(name, 0) + milli for name, milli in paid.items()}}


def _held(persona: IdealCustomer, facts: Facts, definitions: Definitions) -> list[FitRule]:
    return [rule for rule in persona.rules if holds(rule.when, facts, definitions, facts.standing.as_of)]


def _fit_to(persona: IdealCustomer, held: list[FitRule]) -> Fit:
    milli = sum(rule.points for rule in held) * MILLI
    kept = {rule.id for rule in held}
    return Fit(
        milli=milli,
        persona=persona.id if milli > 0 else None,
        lines=tuple(_fit_line(rule) for rule in persona.rules if rule.id in kept),
        missing=tuple(_fit_line(rule) for rule in persona.rules if rule.points > 0 and rule.id not in kept),
        best=most_of(persona) * MILLI,
    )


def _fit_line(rule: FitRule) -> Line:
    return Line(rule.id, rule.label, rule.points * MILLI, 1)


def _payment(rule: EngagementRule, buckets: Buckets, day: date, definitions: Definitions) -> int:
    """What the rule pays that day, within the limits that hold for it."""
    milli = rule.points * MILLI if pays(rule, buckets, day) else 0
    for limit in definitions.scoring.limits if milli > 0 else ():
        if limit.days is not None and (not limit.rules or rule.id in limit.rules):
            milli = min(milli, _room(limit, limit.days, buckets, day))
    return milli


def _room(limit: Limit, length: int, buckets: Buckets, day: date) -> int:
    """What its days have left: the points given, those taken not counted against them."""
    first, last = (day - timedelta(days=length - 1)).isoformat(), day.isoformat()
    names = limit.rules or list(_open(buckets))
    given = [buckets.get(name, {}) for name in names]
    spent = sum(milli for days in given for on, milli in days.items() if milli > 0 and first <= on <= last)
    return max(limit.points * MILLI - spent, 0)


def _came_back(rule: EngagementRule, buckets: Buckets, day: date) -> bool:
    """Whether the same was done on an earlier day, not too long before."""
    return any(0 < (day - date.fromisoformat(on)).days <= (rule.came_back_within or 0) for on in _seen(rule, buckets))


def _seen(rule: EngagementRule, buckets: Buckets) -> Mapping[str, int]:
    """The two newest days on which what the rule looks at was done: the newest may be the day itself."""
    return buckets.get(SEEN + rule.id, {})


def _noted(buckets: Buckets, rule: EngagementRule, day: date) -> Buckets:
    newest = sorted({*_seen(rule, buckets), day.isoformat()})[-2:]
    return {**buckets, SEEN + rule.id: dict.fromkeys(newest, 0)}


def _with(buckets: Buckets, rule: str, day: date, milli: int) -> Buckets:
    known, on = buckets.get(rule, {}), day.isoformat()
    return {**buckets, rule: {**known, on: known.get(on, 0) + milli}}


def _open(buckets: Buckets) -> dict[str, Mapping[str, int]]:
    return {rule: days for rule, days in buckets.items() if not rule.startswith((BEFORE, SEEN))}


def _closed(buckets: Buckets) -> Buckets:
    return {**buckets, **{BEFORE + rule: days for rule, days in _open(buckets).items()}}


def _emptied(buckets: Buckets) -> Buckets:
    """Without a point; when what a rule looks at was last done is remembered."""
    return {rule: days for rule, days in buckets.items() if rule.startswith(SEEN)}


def _given_up(buckets: Buckets, definitions: Definitions) -> Iterator[tuple[EngagementRule, int]]:
    for rule in definitions.scoring.engagement:
        milli = sum(buckets.get(rule.id, {}).values())
        if milli:
            yield rule, -milli


def _less(days: Mapping[str, int], before: Mapping[str, int] | None) -> Mapping[str, int]:
    if not before:
        return days
    return {day: milli - before.get(day, 0) for day, milli in days.items() if milli != before.get(day, 0)}
