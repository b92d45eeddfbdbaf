"""The one evaluator of conditions: whether one holds, and when that may change with time alone.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from typing import Any

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from base.calendars import add, at_local, local_day
from base.durations import parse_duration
from leads.facts import CONFIRMED, CREDIBLE, CUSTOMER, DISQUALIFIED, HITS, RECYCLED, Event, Facts
from leads.points import MILLI, crossing, engagement

Ask = Callable[[Condition, Facts, Definitions, datetime], bool]
Next = Callable[[Condition, Facts, Definitions, datetime], datetime | None]


def holds(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    """Whether it is true of the lead at `now`. Scores, stage and segments are those of `facts.standing`."""
    return ASKED[condition.asks](condition, facts, definitions, now)


def next_change(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    """The first instant after `now` at which it may turn with time alone, never late; None when time turns nothing."""
    ask = TURNING.get(condition.asks)
    return ask(condition, facts, definitions, now) if ask else None


def event_names(condition: Condition) -> frozenset[str]:
    """The names of the events it needs in `facts.history`, confirmations of hits included."""
    named = frozenset(part.event for part in parts(condition) if part.event is not None)
    return named | {CONFIRMED} if named & HITS else named


def parts(condition: Condition) -> Iterator[Condition]:
    """The condition and every condition inside it."""
    yield condition
    for inner in _inner(condition):
        yield from parts(inner)


def counted(condition: Condition, history: Iterable[Event]) -> list[Event]:
    """The events that an `event` condition counts, whenever they were; what machines did is not counted."""
    return [
        event
        for event in history
        if event.means == condition.event and event.evidence in CREDIBLE and condition.subject in (None, event.subject)
    ]


def stage_rank(definitions: Definitions, stage: str) -> int:
    """A stage's place in the file; -1 for one that these definitions no longer have."""
    return next((rank for rank, known in enumerate(definitions.stages) if known.id == stage), -1)


def off_the_way(definitions: Definitions, stage: str) -> bool:
    """Whether that stage lies off the way forward: set aside by sales, or where leads go back to, from an earlier
    place in the file."""
    rank = stage_rank(definitions, stage)
    return stage in (RECYCLED, DISQUALIFIED) or any(
        stage in (origin.rejected_to, origin.cooled_to) and stage_rank(definitions, origin.id) < rank
        for origin in definitions.stages
    )


def bought(definitions: Definitions) -> frozenset[str]:
    """The stages of those who have bought: where a won deal leads, and what lies beyond; without such a deal the stage
    `customer`, where there is one."""
    won = next((rank for rank, stage in enumerate(definitions.stages) if "won" in stage.by_sales), None)
    if won is None:
        return frozenset(stage.id for stage in definitions.stages if stage.id == CUSTOMER)
    return frozenset(stage.id for stage in definitions.stages[won:] if not off_the_way(definitions, stage.id))


def before_hand_off(definitions: Definitions) -> list[str]:
    """The stages before sales has a lead, and those that lie aside; not that of whom sales has disqualified."""
    handed = _handed(definitions)
    aside = [
        stage.id for stage in definitions.stages if off_the_way(definitions, stage.id) and stage.id != DISQUALIFIED
    ]
    way = [stage.id for stage in definitions.stages[:handed] if not off_the_way(definitions, stage.id)]
    return [*way, *aside]


def after_hand_off(definitions: Definitions) -> list[str]:
    """The stages in which sales works on a lead that it has taken; those who have bought stand beyond."""
    beyond = {*bought(definitions), *(stage.id for stage in definitions.stages if off_the_way(definitions, stage.id))}
    return [stage.id for stage in definitions.stages[_handed(definitions) + 1 :] if stage.id not in beyond]


def handed_stages(definitions: Definitions) -> list[str]:
    """The stages at which leads are handed to sales."""
    return [stage.id for stage in definitions.stages if stage.hand_off]


def _handed(definitions: Definitions) -> int:
    """The place of the first stage that is handed to sales; beyond the last one where there is none."""
    places = (rank for rank, stage in enumerate(definitions.stages) if stage.hand_off)
    return next(places, len(definitions.stages))


def place(definitions: Definitions, stage: str) -> int:
    """How far along a lead is: the stage's rank, or 0 off the way forward."""
    return 0 if off_the_way(definitions, stage) else stage_rank(definitions, stage)


def interest_points(facts: Facts, interest: str) -> int:
    """Milli-points of an interest and of those below it: `cao` counts `cao/3d`."""
    return sum(
        milli for name, milli in facts.standing.interests.items() if name == interest or name.startswith(f"{interest}/")
    )


def _inner(condition: Condition) -> list[Condition]:
    return [*(condition.all or ()), *(condition.any or ()), *([condition.not_] if condition.not_ else [])]


# ---------------------------------------------------------------- fields


def _field(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    value = facts.lead.value(str(condition.field))
    if condition.known is not None:
        return (value is not None) == condition.known
    if condition.is_ is not None:
        return _same(value, condition.is_)
    if condition.is_not is not None:
        return not _same(value, condition.is_not)
    if condition.in_ is not None:
        return any(_same(value, wanted) for wanted in condition.in_)
    if condition.starts_with is not None:
        return value is not None and _folded(value).startswith(tuple(map(_folded, condition.starts_with)))
    return _within_bounds(_number(value), condition.at_least, condition.at_most)


def _same(value: Any, wanted: str | int | bool) -> bool:
    """A form gives text, a step may set numbers: "12" is 12, but a yes is only a yes. Case never tells two apart."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value is not None and _folded(value) == str(wanted).casefold()


def _folded(value: Any) -> str:
    return str(value).strip().casefold()


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(str(value).replace(",", "."))
    except ValueError:
        return None


def _within_bounds(number: float | None, low: int | None, high: int | None) -> bool:
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


# ---------------------------------------------------------------- events


def _event(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    ends = _ends(condition, facts)
    return sum(end is None or end > now for end in ends) >= _wanted(condition)


def _event_turns(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    """Too few remain once the (n - count + 1)th of the n events that still count has run out."""
    running = sorted(end for end in _ends(condition, facts) if end is not None and end > now)
    surplus = len(running) - _wanted(condition)
    return running[surplus] if surplus >= 0 else None


def _wanted(condition: Condition) -> int:
    return condition.days or condition.count or 1


def _ends(condition: Condition, facts: Facts) -> list[datetime | None]:
    """Until when each event counts; None = for good. Of one day the newest, where days are counted."""
    events = counted(condition, facts.history)
    if condition.days is not None:
        by_day = {local_day(event.at, facts.own_zone): event for event in sorted(events, key=lambda one: one.at)}
        events = list(by_day.values())
    if condition.within is None:
        return [None for _ in events]
    within = parse_duration(condition.within)
    return [add(event.at, within, facts.own_zone) for event in events]


# ---------------------------------------------------------------- score and stage


def _stage_at_least(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    """Whoever was set aside has come no further than the beginning, wherever the file writes that stage."""
    wanted, stage = str(condition.stage_at_least), facts.standing.stage
    return stage == wanted or 0 <= stage_rank(definitions, wanted) <= place(definitions, stage)


def _engagement_turns(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    milli, buckets = (condition.engagement_at_least or 0) * MILLI, facts.standing.buckets
    today = local_day(now, facts.zone)
    if (facts.standing.engagement >= milli) != (engagement(buckets, definitions, today) >= milli):
        return now  # a crossing that the standing has not taken in yet
    day = crossing(buckets, definitions, today, [milli])
    return None if day is None else at_local(day, time(), facts.zone)


def _fit_turns(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    rules = [rule.when for persona in definitions.personas for rule in persona.rules]
    return earliest(next_change(when, facts, definitions, now) for when in rules)


def _segment_turns(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    whens = [segment.when for segment in definitions.segments if segment.id == condition.segment]
    return earliest(next_change(when, facts, definitions, now) for when in whens)


def _interest(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> bool:
    milli = interest_points(facts, str(condition.interest))
    return milli > 0 if condition.at_least is None else milli >= condition.at_least * MILLI


# ---------------------------------------------------------------- together


def earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """The first of them; None when there is none."""
    return min((instant for instant in instants if instant is not None), default=None)


def _any_part_turns(condition: Condition, facts: Facts, definitions: Definitions, now: datetime) -> datetime | None:
    return earliest(next_change(inner, facts, definitions, now) for inner in _inner(condition))


ASKED: dict[str, Ask] = {
    "field": _field,
    "event": _event,
    "stage": lambda c, f, d, now: f.standing.stage == c.stage,
    "stage_at_least": _stage_at_least,
    "engagement_at_least": lambda c, f, d, now: f.standing.engagement >= (c.engagement_at_least or 0) * MILLI,
    "fit_at_least": lambda c, f, d, now: f.standing.fit >= (c.fit_at_least or 0) * MILLI,
    "interest": _interest,
    "consent": lambda c, f, d, now: c.consent in f.granted,
    "tag": lambda c, f, d, now: c.tag in f.lead.tags,
    "source": lambda c, f, d, now: f.lead.source == c.source,
    "segment": lambda c, f, d, now: c.segment in f.standing.segments,
    "persona": lambda c, f, d, now: f.standing.persona == c.persona,
    "all": lambda c, f, d, now: all(holds(inner, f, d, now) for inner in c.all or ()),
    "any": lambda c, f, d, now: any(holds(inner, f, d, now) for inner in c.any or ()),
    "not": lambda c, f, d, now: c.not_ is not None and not holds(c.not_, f, d, now),
}
# What is not here changes by events only.
TURNING: dict[str, Next] = {
    "event": _event_turns,
    "engagement_at_least": _engagement_turns,
    "fit_at_least": _fit_turns,
    "segment": _segment_turns,
    "persona": _fit_turns,
    "all": _any_part_turns,
    "any": _any_part_turns,
    "not": _any_part_turns,
}
