"""Conditions: what holds, and the exact instant when time alone turns it."""

from datetime import UTC, datetime, timedelta

import pytest

from authoring.models.conditions import Condition
from leads.conditions import event_names, holds, next_change
from leads.scoring import fold_buckets

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def when(**written) -> Condition:
    return Condition.model_validate(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"field": "trade", "is": "Interior"}, True),
        ({"field": "trade", "is": "decorator"}, False),
        ({"field": "trade", "is_not": "decorator"}, True),
        ({"field": "city", "is_not": "Rennes"}, True),
        ({"field": "trade", "in": ["interior", "architect"]}, True),
        ({"field": "trade", "starts_with": ["arch", "INT"]}, True),
        ({"field": "trade", "starts_with": ["rior"]}, False),
        ({"field": "city", "starts_with": [""]}, False),  # what is not known begins with nothing
        ({"persona": "studio"}, True),
        ({"persona": "agency"}, False),
        ({"field": "team", "at_least": 3}, True),
        ({"field": "team", "at_most": 3}, False),
        ({"field": "trade", "at_most": 3}, False),
        ({"field": "team", "is": 4}, True),
        ({"field": "agreed", "is": True}, True),
        ({"field": "team", "is": True}, False),
        ({"field": "agreed", "is": "true"}, False),  # a yes is only a yes
        ({"field": "team", "at_least": 4}, True),
        ({"field": "team", "at_most": 4}, True),
        ({"field": "surface", "at_least": 120}, True),  # as the French write it
        ({"field": "city", "known": False}, True),
        ({"field": "phone", "known": False}, True),
        ({"field": "email", "known": True}, True),
        ({"stage": "contact"}, True),
        ({"stage_at_least": "iql"}, False),
        ({"stage_at_least": "contact"}, True),
        ({"stage_at_least": "gone"}, False),
        ({"engagement_at_least": 40}, True),
        ({"engagement_at_least": 41}, False),
        ({"fit_at_least": 30}, True),
        ({"fit_at_least": 31}, False),
        ({"interest": "cao"}, True),
        ({"interest": "cao", "at_least": 25}, True),
        ({"interest": "cao/3d", "at_least": 25}, False),
        ({"interest": "light"}, False),
        ({"interest": "price"}, True),
        ({"consent": "tips"}, True),
        ({"consent": "letter"}, False),
        ({"tag": "vip"}, True),
        ({"tag": "press"}, False),
        ({"source": "organic"}, True),
        ({"segment": "cad"}, True),
        ({"all": [{"stage": "contact"}, {"tag": "press"}]}, False),
        ({"any": [{"stage": "iql"}, {"tag": "vip"}]}, True),
        ({"not": {"tag": "vip"}}, False),
        ({"not": {"tag": "press"}}, True),
    ],
)
def test_what_holds_of_chloe(house, written, expected):
    standing = house.standing(
        engagement=40_000,
        fit=30_000,
        persona="studio",
        interests={"cao/3d": 20_000, "cao/2d": 5_000, "price": 1},
        segments=("cad",),
    )
    facts = house.facts(
        standing=standing,
        granted=frozenset({"tips"}),
        fields={"trade": "interior", "team": "4", "agreed": True, "city": "", "surface": "120,5"},
        tags=("vip",),
        source="organic",
    )
    assert holds(when(**written), facts, house.definitions(), MONDAY) is expected


@pytest.mark.parametrize("written", [{"engagement_at_least": 0}, {"fit_at_least": 0}])
def test_nothing_is_enough_for_nothing(house, written):
    assert holds(when(**written), house.facts(), house.definitions(), MONDAY)


@pytest.mark.parametrize(
    ("stage", "at_least"),
    [
        ("contact", ["contact"]),
        ("mql", ["contact", "iql", "mql"]),
        ("sql", ["contact", "iql", "mql", "sql"]),
        # Off the way forward one has come no further than the beginning, wherever the file writes that stage.
        ("disqualified", ["contact", "disqualified"]),
        ("recycled", ["contact", "recycled"]),
        ("parked", ["contact", "parked"]),
        ("gone", []),
    ],
)
def test_how_far_a_lead_has_come_is_its_place_on_the_way_forward(house, stage, at_least):
    beside = [
        {"id": name, "label": name, "meaning": name, "owner": "sales"}
        for name in ("disqualified", "recycled", "parked")
    ]
    stages = [{**one, **({"rejected_to": "parked"} if one["id"] == "mql" else {})} for one in house.stages]
    definitions = house.definitions(stages=[*stages, *beside])
    facts = house.facts(standing=house.standing(stage=stage))
    names = [*(one.id for one in definitions.stages), "gone"]
    held = [name for name in names if holds(when(stage_at_least=name), facts, definitions, MONDAY)]
    assert held == (at_least or ["gone"])


@pytest.mark.parametrize(
    ("evidence", "counts"), [("human", True), ("engine", True), ("pending", False), ("machine", False)]
)
def test_what_machines_did_is_not_counted(house, evidence, counts):
    facts = house.facts(history=(house.event(1, evidence=evidence),))
    assert holds(when(event="page_seen"), facts, house.definitions(), MONDAY) is counts


def test_a_confirmed_hit_counts_under_the_name_of_the_hit_and_its_history_is_asked_for(house):
    clicked = when(event="link_clicked", subject="tips/one")
    history = (
        house.event(1, "link_clicked", evidence="pending", subject="tips/one"),
        house.event(2, "hit_confirmed", subject="tips/one", data={"of": "link_clicked"}),
    )
    assert not holds(clicked, house.facts(history=history[:1]), house.definitions(), MONDAY)
    assert holds(clicked, house.facts(history=history), house.definitions(), MONDAY)
    assert event_names(when(any=[{"event": "link_clicked"}, {"not": {"event": "page_seen"}}])) == {
        "link_clicked",
        "page_seen",
        "hit_confirmed",
    }
    assert event_names(when(tag="vip")) == frozenset()


def test_within_counts_days_on_the_leads_own_wall_clock(house):
    saturday = datetime(2026, 10, 24, 8, 0, tzinfo=UTC)  # 10:00 in Paris, the day before clocks go back
    facts = house.facts(history=(house.event(1, at=saturday),))
    week = when(event="page_seen", within="7 days")
    turns = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)  # 10:00 in Paris again
    assert next_change(week, facts, house.definitions(), saturday) == turns
    assert holds(week, facts, house.definitions(), turns - timedelta(seconds=1))
    assert not holds(week, facts, house.definitions(), turns)
    in_new_york = house.facts(history=(house.event(1, at=saturday),), timezone="America/New_York")
    company_there = house.facts(history=in_new_york.history, fields={"company_timezone": "America/New_York"})
    for facts in (in_new_york, company_there):
        assert next_change(week, facts, house.definitions(), saturday) == saturday + 7 * DAY


def test_a_count_within_a_window_turns_when_too_few_remain(house):
    history = tuple(house.event(seq, at=MONDAY + seq * DAY) for seq in (1, 2, 3))
    twice = when(event="page_seen", within="7 days", count=2)
    now = MONDAY + 3 * DAY
    turn = next_change(twice, house.facts(history=history), house.definitions(), now)
    assert turn == MONDAY + 9 * DAY, "the second of three runs out"
    assert holds(twice, house.facts(history=history), house.definitions(), turn - timedelta(seconds=1))
    assert not holds(twice, house.facts(history=history), house.definitions(), turn)
    assert next_change(twice, house.facts(history=history), house.definitions(), turn) is None
    assert next_change(when(event="page_seen"), house.facts(history=history), house.definitions(), now) is None


def test_days_count_days_so_that_whoever_does_it_twice_in_one_visit_has_not_come_back(house):
    condition = when(event="page_seen", days=2, within="14 days")
    twice = (house.event(1, at=MONDAY), house.event(2, at=MONDAY + timedelta(hours=1)))
    back = house.event(3, at=MONDAY + timedelta(days=9))
    definitions, then = house.definitions(), MONDAY + timedelta(days=9)
    assert not holds(condition, house.facts(history=twice), definitions, then)
    facts = house.facts(history=(*twice, back))
    assert holds(condition, facts, definitions, then)
    turn = next_change(condition, facts, definitions, then)
    assert turn == MONDAY + timedelta(days=14, hours=1), "the newest visit of the first day runs out"
    assert not holds(condition, facts, definitions, turn)


def test_a_score_turns_at_the_midnight_of_the_site_that_takes_it_below(house):
    definitions = house.definitions()
    buckets = fold_buckets([house.event(1), house.event(2)], definitions, house.zone)
    facts = house.facts(standing=house.standing(buckets=buckets, engagement=40_000))
    turn = next_change(when(engagement_at_least=20), facts, definitions, MONDAY)
    assert turn == datetime(2026, 12, 2, 23, 0, tzinfo=UTC), (
        "31 days on, one day after the half-life, at midnight in Paris"
    )
    assert next_change(when(**{"not": {"engagement_at_least": 20}}), facts, definitions, MONDAY) == turn
    assert next_change(when(all=[{"tag": "vip"}, {"engagement_at_least": 20}]), facts, definitions, MONDAY) == turn
    assert next_change(when(stage="contact"), facts, definitions, MONDAY) is None


def test_a_score_that_is_just_enough_turns_when_it_is_no_longer(house):
    definitions = house.definitions()
    buckets = fold_buckets([house.event(1), house.event(2)], definitions, house.zone)
    facts = house.facts(standing=house.standing(buckets=buckets, engagement=40_000))
    turn = next_change(when(engagement_at_least=40), facts, definitions, MONDAY)
    assert turn == datetime(2026, 11, 2, 23, 0, tzinfo=UTC)


def test_a_segment_turns_when_its_own_condition_does(house):
    definitions = house.definitions(
        segments=[{"id": "recent", "label": "Recent", "when": {"event": "page_seen", "within": "2 days"}}]
    )
    facts = house.facts(history=(house.event(1),))
    assert next_change(when(segment="recent"), facts, definitions, MONDAY) == MONDAY + 2 * DAY
