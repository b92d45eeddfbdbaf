"""`next_change` is never late: whatever time alone turns, the instant that was foretold comes before it, or with it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authoring.models.conditions import Condition
from base.calendars import add, at_local, local_day
from base.durations import parse_duration
from leads.conditions import holds, next_change, parts
from leads.facts import Event
from leads.fold import refreshed
from leads.scoring import fold_buckets

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOW = datetime(2026, 10, 22, 15, 20, tzinfo=UTC)  # clocks go back three days later
AHEAD = 70  # days that are looked at
NAMES = ("page_seen", "complained")

WITHIN = st.sampled_from(["90 minutes", "36 hours", "1 day", "5 days", "2 business days", "1 week", "1 month"])
AGO = st.integers(0, 60 * 24 * 3) | st.integers(0, 60 * 24 * 40)  # minutes; most windows are short
EVENTS = st.lists(
    st.tuples(st.sampled_from(NAMES), AGO, st.sampled_from(["human", "human", "engine", "pending"])), max_size=6
)


def _event(name, within, count):
    return {"event": name, "count": count, **({"within": within} if within else {})}


LEAVES = st.one_of(
    st.builds(_event, st.sampled_from(NAMES), st.none() | WITHIN, st.integers(1, 3)),
    st.builds(lambda points: {"engagement_at_least": points}, st.integers(-40, 80)),
    st.builds(lambda points: {"fit_at_least": points}, st.integers(0, 40)),
    st.sampled_from([{"segment": "recent"}, {"segment": "calm"}]),
    st.sampled_from([{"tag": "vip"}, {"stage": "contact"}]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=5,
)
RULES = [
    {"id": "seen", "label": "S", "event": "page_seen", "points": 25, "half_life": 9, "cap": 60},
    {"id": "bad", "label": "B", "event": "complained", "points": -30, "half_life": 4},
]
SEGMENTS = [
    {"id": "recent", "label": "R", "when": {"event": "page_seen", "within": "3 days"}},
    {"id": "calm", "label": "C", "when": {"not": {"event": "complained", "within": "20 hours"}}},
]
PERSONAS = [
    {
        "id": "ideal",
        "label": "I",
        "rules": [
            {
                "id": "fresh",
                "label": "F",
                "when": {"event": "page_seen", "within": "36 hours", "count": 2},
                "points": 30,
            },
            {"id": "warm", "label": "W", "when": {"engagement_at_least": 20}, "points": 10},
        ],
    }
]


def instants(history, written, zone):
    """Every instant at which anything can turn: the end of each window of each event, and every midnight."""
    lengths = {part.within for part in parts(written) if part.within} | {"3 days", "20 hours", "36 hours"}
    ends = [add(event.at, parse_duration(length), zone) for event in history for length in lengths]
    today = local_day(NOW, "Europe/Paris")
    midnights = [at_local(today + number * DAY, time(), "Europe/Paris") for number in range(1, AHEAD)]
    return sorted(at for at in {*ends, *midnights} if at > NOW)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS, EVENTS, st.sampled_from([None, "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]))
def test_what_time_turns_was_foretold_in_time(house, condition, acts, zone):
    definitions = house.definitions(scoring={"engagement": RULES}, segments=SEGMENTS, personas=PERSONAS)
    written = Condition.model_validate(condition)
    ordered = sorted(acts, key=lambda act: -act[1])
    history = tuple(
        Event(number, name, NOW - timedelta(minutes=ago), evidence)
        for number, (name, ago, evidence) in enumerate(ordered, 1)
    )
    buckets = fold_buckets(history, definitions, house.zone)
    facts = house.facts(standing=house.standing(buckets=buckets), history=history, timezone=zone)

    def true_at(at):
        return holds(written, refreshed(facts, definitions, at), definitions, at)

    seen, before = NOW, true_at(NOW)
    for at in instants(history, written, facts.own_zone):
        if true_at(at) != before:
            foretold = next_change(written, refreshed(facts, definitions, seen), definitions, seen)
            assert foretold is not None, f"turned at {at}, and nothing was foretold at {seen}"
            assert seen <= foretold <= at
            seen, before = at, not before


def test_an_instant_that_was_foretold_lies_ahead(house):
    """Else the lead would be woken again and again at one instant."""
    facts = house.facts(history=(house.event(1, at=NOW - 2 * DAY),))
    week = Condition.model_validate({"event": "page_seen", "within": "2 days"})
    assert next_change(week, replace(facts), house.definitions(), NOW - SECOND) == NOW
    assert next_change(week, facts, house.definitions(), NOW) is None
