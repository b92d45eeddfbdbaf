"""Replay: the past of a lead by other rules, with the decisions of every day."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.calendars import add, at_local, local_day
from base.durations import parse_duration
from leads.calm import Rules
from leads.facts import Facts, Lead, Standing
from leads.fold import fold, named_events
from leads.replay import Past, Story, play
from leads.what_if import WhatIf

DAY = timedelta(days=1)
WINDOW = parse_duration("5 days")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FITS = {"trade": "interior", "team": "2"}
ACTS = [
    ("page_seen", None, "human"), ("page_seen", None, "human"), ("form_submitted", "guide", "human"),
    ("link_clicked", "a/b", "pending"), ("mail.sent", "a/b", "engine"), ("unsubscribed", "tips", "human"),
]  # fmt: skip


def past(house, *acts, answers=(), **more):
    """(days after Monday, name, subject) each, of somebody who fits."""
    events = [house.event(n, name, MONDAY + days * DAY, subject=about) for n, (days, name, about) in enumerate(acts, 1)]
    return Story(Lead(1, fields=FITS), frozenset(), tuple(events), **more)


def played(house, story, until=MONDAY + 400 * DAY, **changes):
    return play(story, Rules.of(house.site(**changes)), house.zone, until)


def day_by_day(story, site, zone, until):
    """The reference: folds each event when it came, at each midnight, and whenever the window of an event ends."""
    facts = Facts(story.lead, Standing.fresh(site, story.events[0].at), frozenset(), (), zone)
    made = []

    def folds(events, at):
        nonlocal facts
        named = tuple(event for event in events if event.name in named_events(site))
        facts = replace(facts, history=(*facts.history, *named))
        folded = fold(facts, events, site, at)
        facts = replace(facts, standing=folded.standing)
        made.extend((move.to, at) for move in folded.moves)

    def waits(now, at):
        first, last = local_day(now, zone), local_day(at, zone)
        midnights = [at_local(first + number * DAY, time(), zone) for number in range(1, (last - first).days + 1)]
        ends = [add(event.at, WINDOW, zone) for event in facts.history]
        for due in sorted({*midnights, *ends}):
            if now < due < at:
                folds((), due)

    now = story.events[0].at
    for event in story.events:
        waits(now, event.at)
        folds((event,), now := event.at)
    waits(now, until)
    return made


@st.composite
def stories(draw):
    at, told = MONDAY, []
    for _ in range(draw(st.integers(1, 14))):
        at += timedelta(hours=draw(st.integers(0, 900)))
        told.append((at, draw(st.sampled_from(ACTS))))
    return told


@settings(deadline=None, max_examples=40)
@given(stories())
def test_a_replay_finds_the_passages_that_are_found_day_by_day(house, told):
    windowed = {"id": "back", "label": "Back", "when": {"event": "page_seen", "count": 2, "within": "5 days"}}
    earns = [*house.definitions().scoring.engagement, {**house.rule("left", -30, "unsubscribed", half_life=20)}]
    engagement = [one if isinstance(one, dict) else one.model_dump() for one in earns]
    site = house.site(engagement=engagement, segments=[windowed])
    events = tuple(
        house.event(n, name, at, subject=about, evidence=evidence)
        for n, (at, (name, about, evidence)) in enumerate(told, 1)
    )
    story = Story(Lead(1, fields=FITS), frozenset(), events)
    until = told[-1][0] + 200 * DAY
    path = play(story, Rules.of(site), house.zone, until)
    made = day_by_day(story, site, house.zone, until)
    first = {}
    for stage, at in made:
        for passed in ("iql", "mql")[: ("contact", "iql", "mql").index(stage)]:
            first.setdefault(passed, at)
    assert path.reached == first
    assert path.alerts == tuple(at for stage, at in made if stage == "mql")


def test_lower_points_make_the_same_past_come_later_or_never(house):
    story = past(house, (0, "form_submitted", "guide"), (3, "page_seen", None), (4, "page_seen", None))
    assert played(house, story).reached["mql"] == MONDAY
    dear = [house.rule("visit", 20, half_life=30), house.rule("ask", 60, "form_submitted", half_life=30)]
    assert played(house, story, engagement=dear).reached["mql"] == MONDAY + 4 * DAY
    assert "mql" not in played(house, story, engagement=[house.rule("visit", 20)]).reached


def test_a_field_counts_from_the_form_that_first_answered_it(house):
    story = past(house, (0, "form_submitted", "guide"), (5, "form_submitted", "letter"), learnt={"trade": 2})
    assert played(house, story).reached["mql"] == MONDAY + 5 * DAY


def verdict(house, seq, days, said, cycle=1):
    data = {"cycle": cycle, "reason": "not-now"}
    return house.event(seq, "verdict_given", MONDAY + days * DAY, subject=said, evidence="engine", data=data)


def test_sales_answers_as_long_after_being_told_as_it_took_then(house):
    story = past(house, (0, "page_seen", None), (10, "form_submitted", "guide"))
    story = replace(story, events=(*story.events, verdict(house, 3, 12, "accepted")), told={1: MONDAY + 10 * DAY})
    assert played(house, story).reached["sql"] == MONDAY + 12 * DAY
    eager = [house.rule("visit", 90), house.rule("ask", 90, "form_submitted")]
    assert played(house, story, engagement=eager).reached == {
        "iql": MONDAY, "mql": MONDAY, "sql": MONDAY + 2 * DAY
    }  # fmt: skip


def test_who_is_never_handed_over_is_accepted_by_nobody(house):
    story = past(house, (0, "form_submitted", "guide"))
    story = replace(story, events=(*story.events, verdict(house, 2, 1, "accepted")), told={1: MONDAY})
    assert "sql" not in played(house, story, engagement=[house.rule("visit", 20)]).reached


def test_what_sales_said_without_being_told_stands_at_its_day(house):
    story = past(house, (0, "form_submitted", "guide"))
    story = replace(story, events=(*story.events, verdict(house, 2, 1, "rejected")))
    assert played(house, story).standing.cycle == 2


@pytest.mark.parametrize(("points", "how"), [(90, "alike"), (50, "no_longer"), (70, "later")])
def test_what_if_counts_who_comes_when(house, points, how):
    story = past(house, (0, "form_submitted", "guide"), (3, "page_seen", None))
    new = [house.rule("visit", 20), house.rule("ask", points, "form_submitted")]
    old = played(house, story)
    found = WhatIf.between(house.definitions(), house.definitions(engagement=new))
    found.add(Past(story, (), frozenset()), old, played(house, story, engagement=new))
    mql = next(shift for shift in found.stages if shift.stage == "mql")
    assert {name: count for name, count in mql.counts.items() if count} == {how: 1}
    assert mql.median("later") == (72 if how == "later" else None)


def test_precision_asks_those_whom_sales_answered_and_recall_those_whom_it_wanted(house):
    story = past(house, (0, "form_submitted", "guide"))
    none = [house.rule("visit", 20)]
    found = WhatIf.between(house.definitions(), house.definitions(engagement=none))
    told, silent = played(house, story), played(house, story, engagement=none)
    found.add(Past(story, ("accepted",), frozenset({"sql"})), told, silent)
    found.add(Past(story, ("rejected",), frozenset()), told, told)
    found.add(Past(story, (), frozenset()), told, told)
    assert (found.accepted, found.won) == (1, 1)
    assert (found.old.answered, found.old.wanted, found.old.found, found.old.unseen) == (2, 1, 1, 1)
    assert (found.new.answered, found.new.wanted, found.new.found, found.new.unseen) == (1, 0, 0, 1)
