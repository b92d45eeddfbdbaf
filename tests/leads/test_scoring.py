"""Points: which events earn them, how they fade, and that the lines add up."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.models.common import subjects
from authoring.models.definitions import Definitions, IdealCustomer
from base.calendars import at_local, local_day
from leads import scoring
from leads.decay import decayed, table
from leads.explain import account
from leads.facts import Event
from leads.points import rises_to

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
ZONE = "Europe/Paris"

EVENTS = ["form_submitted", "page_seen", "unsubscribed", "hit_confirmed", "verdict_given", "mail.sent"]


@st.composite
def rule_tables(draw):
    rules = []
    for index in range(draw(st.integers(1, 4))):
        rules.append(
            {
                "id": f"rule-{index}",
                "label": f"Rule {index}",
                "event": draw(st.sampled_from(["form_submitted", "page_seen", "unsubscribed", "link_clicked"])),
                "subject": draw(st.sampled_from([None, "a"])),
                "points": draw(st.integers(-40, 40)),
                "repeat": draw(st.sampled_from(["once", "daily", "always"])),
                "cap": draw(st.sampled_from([None, 10, 25, 60])),
                "half_life": draw(st.sampled_from([None, 1, 7, 30])),
                "came_back_within": draw(st.sampled_from([None, None, 1, 5])),
            }
        )
    return rules


@st.composite
def limits(draw):
    """None to two limits of some days, of rules that may not be there: what they hold is what there is of them; and
    none to two that hold at any time, which share no rule."""
    some = st.sampled_from([[], ["rule-0"], ["rule-0", "rule-1"], ["rule-1", "rule-2", "rule-3"]])
    written = [
        {"id": f"limit-{n}", "label": "L", "points": draw(st.integers(1, 50)), "days": days, "rules": draw(some)}
        for n, days in enumerate(draw(st.lists(st.sampled_from([1, 3, 30]), max_size=2)))
    ]
    apart = st.sampled_from([[], [[]], [["rule-0", "rule-2"]], [["rule-0"], ["rule-1", "rule-3"]]])
    return written + [
        {"id": f"standing-{n}", "label": "S", "points": draw(st.integers(1, 60)), "rules": rules}
        for n, rules in enumerate(draw(apart))
    ]


@st.composite
def stories(draw):
    events, at = [], MONDAY
    for seq in range(1, draw(st.integers(0, 12)) + 1):
        at += timedelta(hours=draw(st.integers(0, 60)))
        name = draw(st.sampled_from(EVENTS))
        subject = draw(st.sampled_from(["a", "b", None]))
        data = {"of": "link_clicked"} if name == "hit_confirmed" else {}
        if name == "verdict_given":
            subject = draw(st.sampled_from(["accepted", "rejected", "recycled"]))
        evidence = draw(st.sampled_from(["human", "human", "pending", "machine", "proxy", "engine"]))
        events.append(Event(seq, name, at, evidence, subject, data))
    return events


def slow_payments(events: list[Event], definitions: Definitions) -> dict[str, list[tuple[date, int]]]:
    """What each rule paid and when: reads every event and everything paid so far, as the words of the design say it."""
    paid: dict[str, list[tuple[date, int]]] = {rule.id: [] for rule in definitions.scoring.engagement}
    done: dict[str, list[date]] = {rule.id: [] for rule in definitions.scoring.engagement}
    for event in events:
        if definitions.recycling.reset == "engagement" and (event.name, event.subject) == ("verdict_given", "recycled"):
            paid = {rule: [] for rule in paid}
        name = event.data["of"] if event.name == "hit_confirmed" else event.name
        for rule in definitions.scoring.engagement:
            if event.evidence != "human" or name != rule.event or rule.subject not in (None, event.subject):
                continue
            on, before, mine = local_day(event.at, ZONE), list(done[rule.id]), paid[rule.id]
            done[rule.id].append(on)
            if rule.came_back_within and not any(0 < (on - day).days <= rule.came_back_within for day in before):
                continue
            if (rule.repeat == "once" and mine) or (rule.repeat == "daily" and on in [day for day, _ in mine]):
                continue
            milli = rule.points * 1000
            for limit in definitions.scoring.limits if milli > 0 else ():
                if limit.days and (not limit.rules or rule.id in limit.rules):
                    held = limit.rules or list(paid)
                    window = [m for one in held for day, m in paid.get(one, []) if 0 <= (on - day).days < limit.days]
                    milli = min(milli, max(limit.points * 1000 - sum(m for m in window if m > 0), 0))
            if milli:
                mine.append((on, milli))
    return paid


def slow_engagement(events: list[Event], definitions: Definitions, day: date) -> int:
    """The reference: what was paid, faded day by day, held rule by rule, then held together."""
    left_of = {}
    for rule in definitions.scoring.engagement:
        by_day: dict[date, int] = {}
        for on, milli in slow_payments(events, definitions)[rule.id]:
            by_day[on] = by_day.get(on, 0) + milli
        left = sum(
            milli if rule.half_life is None else decayed(milli, rule.half_life, (day - on).days)
            for on, milli in by_day.items()
        )
        if rule.cap is not None:
            left = max(-rule.cap * 1000, min(rule.cap * 1000, left))
        left_of[rule.id] = left
    giving = {rule.id for rule in definitions.scoring.engagement if rule.points > 0}
    total = sum(left_of.values())
    for limit in definitions.scoring.limits:
        together = sum(left for rule, left in left_of.items() if rule in giving and rule in (limit.rules or giving))
        total -= 0 if limit.days else max(together - limit.points * 1000, 0)
    return total


@settings(max_examples=300, deadline=None)
@given(rule_tables(), limits(), st.sampled_from(["nothing", "engagement"]), stories(), st.integers(0, 90))
def test_the_lines_add_up_and_the_fold_equals_reading_every_event_again(house, rules, held, reset, events, later):
    definitions = house.definitions(scoring={"engagement": rules, "limits": held}, recycling={"reset": reset})
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    day = local_day(events[-1].at if events else MONDAY, ZONE) + timedelta(days=later)
    score = scoring.engagement(buckets, definitions, day)
    assert score == slow_engagement(events, definitions, day)
    assert score == sum(line.milli for line in scoring.lines(buckets, definitions, day))
    at = at_local(day, time(12), ZONE)
    assert score == sum(why.points for why in account(events, definitions, at, ZONE, {}))


@settings(max_examples=150, deadline=None)
@given(rule_tables(), limits(), stories(), st.integers(-60, 60))
def test_the_day_of_crossing_is_the_one_that_walking_every_day_finds(house, rules, held, events, points):
    definitions = house.definitions(scoring={"engagement": rules, "limits": held})
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    today = local_day(events[-1].at if events else MONDAY, ZONE)
    walked = [scoring.engagement(buckets, definitions, today + DAY * ahead) for ahead in range(30 * 18)]
    below = next((today + DAY * ahead for ahead, score in enumerate(walked) if score < points * 1000), None)
    above = next((today + DAY * ahead for ahead, score in enumerate(walked) if score >= points * 1000), None)
    assert scoring.falls_below(buckets, definitions, today, points * 1000) == below
    assert rises_to(buckets, definitions, today, points * 1000) == above


@pytest.mark.parametrize("evidence", ["pending", "machine", "proxy", "engine"])
def test_only_a_human_earns_points(house, evidence):
    definitions = house.definitions()
    assert scoring.take_in({}, house.event(1, evidence=evidence), definitions, ZONE) == {}
    assert scoring.interests_after({}, house.event(1, evidence=evidence, data={"interests": ["x"]}), definitions) == {}


def test_a_confirmed_hit_counts_as_the_click_it_confirms(house):
    definitions = house.definitions(engagement=[house.rule("click", 25, "link_clicked", subject="tips/one")])
    confirmed = house.event(2, "hit_confirmed", subject="tips/one", data={"of": "link_clicked"})
    assert scoring.take_in({}, confirmed, definitions, ZONE) == {"click": {"2026-11-02": 25_000}}
    other = house.event(3, "hit_confirmed", subject="tips/two", data={"of": "link_clicked"})
    assert scoring.take_in({}, other, definitions, ZONE) == {}


@pytest.mark.parametrize(
    ("repeat", "on_the_day", "the_day_after"),
    [("once", 20_000, 0), ("daily", 20_000, 20_000), ("always", 40_000, 20_000)],
)
def test_how_often_a_rule_pays(house, repeat, on_the_day, the_day_after):
    definitions = house.definitions(engagement=[house.rule("visit", 20, repeat=repeat)])
    events = [house.event(1), house.event(2, at=MONDAY + timedelta(hours=2)), house.event(3, at=MONDAY + DAY)]
    days = scoring.fold_buckets(events, definitions, ZONE)["visit"]
    assert (days["2026-11-02"], days.get("2026-11-03", 0)) == (on_the_day, the_day_after)


def test_a_limit_holds_a_burst_and_lets_go_when_its_days_are_over(house):
    """FEATURES row 64: one afternoon of the merely curious."""
    held = {"id": "burst", "label": "Burst", "points": 30, "days": 7, "rules": ["read", "ask"]}
    rules = [house.rule("read", 20), house.rule("ask", 25, "form_submitted"), house.rule("came", 5, "webinar_attended")]
    definitions = house.definitions(scoring={"engagement": rules, "limits": [held]})
    burst = [house.event(n, "page_seen", MONDAY) for n in range(1, 9)]
    other = [house.event(9, "form_submitted", MONDAY + DAY), house.event(10, "webinar_attended", MONDAY + DAY)]
    buckets = scoring.fold_buckets([*burst, *other], definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 35_000
    later = scoring.take_in(buckets, house.event(11, "form_submitted", MONDAY + 7 * DAY), definitions, ZONE)
    assert scoring.engagement(later, definitions, TODAY) == 60_000


def test_several_rules_are_held_together_at_any_time_after_they_have_faded(house):
    held = {"id": "reading", "label": "Reading", "points": 30, "rules": ["read", "ask"]}
    rules = [house.rule("read", 20, half_life=10), house.rule("ask", 25, "form_submitted", cap=25),
             house.rule("left", -5, "unsubscribed")]  # fmt: skip
    definitions = house.definitions(scoring={"engagement": rules, "limits": [held]})
    events = [house.event(1), house.event(2, "form_submitted"), house.event(3, "form_submitted"),
              house.event(4, "unsubscribed")]  # fmt: skip
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 25_000
    [line] = [line for line in scoring.lines(buckets, definitions, TODAY) if line.kind == "limit"]
    assert (line.rule, line.milli, line.detail) == ("reading", -15_000, 30)
    assert scoring.engagement(buckets, definitions, TODAY + 20 * DAY) == 25_000, "5 + 25 of them are left: all held"
    assert scoring.engagement(buckets, definitions, TODAY + 40 * DAY) == 21_250


def test_recycled_leads_begin_again_without_a_point_where_the_definitions_say_so(house):
    rules = [house.rule("visit", 20, repeat="once"), house.rule("back", 10, came_back_within=5)]
    recycled = house.event(2, "verdict_given", evidence="engine", subject="recycled")
    events = [house.event(1), recycled, house.event(3, at=MONDAY + DAY)]
    kept, given_up = (
        scoring.engagement(scoring.fold_buckets(events, definitions, ZONE), definitions, TODAY + DAY)
        for definitions in (
            house.definitions(engagement=rules),
            house.definitions(engagement=rules, recycling={"reset": "engagement"}),
        )
    )
    assert (kept, given_up) == (30_000, 30_000), "what pays once pays again; that they came back is remembered"
    definitions = house.definitions(engagement=rules, recycling={"reset": "engagement"})
    assert scoring.fold_buckets(events[:2], definitions, ZONE).keys() == {"seen:back"}
    told = list(account(events, definitions, MONDAY + DAY, ZONE, {}))
    assert [(why.rule, why.kind, why.points) for why in told] == [
        ("visit", "points", 20_000), ("visit", "reset", -20_000), ("visit", "points", 20_000),
        ("back", "points", 10_000),
    ]  # fmt: skip


def test_a_lost_deal_recycles_where_it_leads_to_recycled(house):
    lost = house.event(2, "deal_lost", evidence="engine")
    reset = {"recycling": {"reset": "engagement"}}
    stages = [
        *house.stages,
        {"id": "recycled", "label": "R", "meaning": "R.", "owner": "marketing", "by_sales": ["lost"]},
    ]
    assert scoring.starts_again(lost, house.definitions(stages=stages, **reset))
    assert not scoring.starts_again(lost, house.definitions(stages=stages))
    assert not scoring.starts_again(lost, house.definitions(**reset))


def test_a_rule_may_pay_for_what_came_of_a_call(house):
    definitions = house.definitions(
        engagement=[house.rule("talked", 15, "call_logged", subject="reached", repeat="daily")]
    )
    calls = [
        house.event(n, "call_logged", evidence="engine", subject=s) for n, s in enumerate(["no_answer", "reached"], 1)
    ]
    buckets = scoring.fold_buckets(calls, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 15_000


@pytest.mark.parametrize(
    ("given", "interests"),
    [
        (["cao/3d", "cao/2d"], {"cao/3d": 5_000, "cao/2d": 5_000}),
        ({"cao/3d": 100, "cao/2d": 30}, {"cao/3d": 5_000, "cao/2d": 1_500}),
        ({"cao/3d": 250}, {"cao/3d": 12_500}),
        ([], {}),
    ],
)
def test_a_content_says_how_much_it_is_about_each_subject(house, given, interests):
    event = house.event(1, data={"interests": given})
    assert scoring.interests_after({}, event, house.definitions()) == interests
    twice = scoring.interests_after(interests, event, house.definitions())
    assert twice == {name: 2 * milli for name, milli in interests.items()}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((["a"], ["b", "a"]), ["a", "b"]),
        (({"a": 30}, ["b"]), {"a": 30, "b": 100}),
        (({"a": 30}, {"a": 50, "b": 100}), {"a": 50, "b": 100}),
        (({"a": 100}, []), ["a"]),
        (([],), []),
    ],
)
def test_a_form_and_its_page_are_about_the_subjects_of_both(given, told):
    assert subjects(*given) == told


@pytest.mark.parametrize(("days", "points"), [([0], 0), ([0, 0], 0), ([0, 3], 10), ([0, 6], 0), ([0, 6, 8, 8], 20)])
def test_coming_back_pays_so_soon_after_an_earlier_day_only(house, days, points):
    back = house.rule("back", 10, came_back_within=5)
    definitions = house.definitions(engagement=[back])
    visits = [house.event(n, "page_seen", MONDAY + day * DAY) for n, day in enumerate(days, 1)]
    buckets = scoring.fold_buckets(visits, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == points * 1000


def test_who_came_back_before_a_rejection_is_remembered_after_it(house):
    definitions = house.definitions(engagement=[house.rule("back", 10, came_back_within=5)])
    no = Event(2, "verdict_given", MONDAY, "engine", "rejected")
    acts = [house.event(1, "page_seen", MONDAY), no, house.event(3, "page_seen", MONDAY + 2 * DAY)]
    buckets = scoring.fold_buckets(acts, definitions, ZONE)
    assert scoring.engagement_since_verdict(buckets, definitions, TODAY) == 10_000


def test_a_day_is_a_day_of_the_sites_zone(house):
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # already Tuesday in Paris
    assert scoring.take_in({}, house.event(1, at=late), house.definitions(), ZONE) == {"visit": {"2026-11-03": 20_000}}


def test_half_of_the_points_are_left_after_a_half_life_and_nothing_in_the_end():
    assert [decayed(20_000, 30, age) for age in (0, 15, 30, 60, 30 * 15)] == [20_000, 14_142, 10_000, 5_000, 0]
    assert decayed(-20_000, 30, 30) == -10_000
    assert decayed(-1, 1, 40) == 0, "a penalty fades to nothing too"
    assert decayed(20_000, 30, -3) == 20_000, "an event of tomorrow has not begun to fade"


def test_the_table_of_a_half_life_is_exact_to_the_billionth():
    for half_life in (1, 7, 30, 365):
        for day, left in enumerate(table(half_life)):
            # (left / 10^9) ^ half_life = 2 ^ -day, checked without a floating point
            low, high = Fraction(left - 1, 10**9), Fraction(left + 1, 10**9)
            assert low**half_life < Fraction(1, 2**day) < high**half_life


def test_a_cap_holds_points_and_penalties_after_decay(house):
    definitions = house.definitions(
        engagement=[house.rule("visit", 20, cap=45), house.rule("left", -20, "unsubscribed", cap=-30)]
    )
    events = [house.event(seq) for seq in range(1, 5)] + [house.event(seq, "unsubscribed") for seq in (5, 6)]
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 15_000
    kinds = {(line.rule, line.kind): line.milli for line in scoring.lines(buckets, definitions, TODAY)}
    assert kinds == {
        ("visit", "points"): 80_000,
        ("visit", "cap"): -35_000,
        ("left", "points"): -40_000,
        ("left", "cap"): 10_000,
    }


def test_a_rejection_closes_what_was_earned_before_it(house):
    definitions = house.definitions()
    rejected = house.event(3, "verdict_given", evidence="engine", subject="rejected")
    events = [house.event(1), house.event(2), rejected, house.event(4)]
    buckets = scoring.fold_buckets(events, definitions, ZONE)
    assert scoring.engagement(buckets, definitions, TODAY) == 60_000
    assert scoring.engagement_since_verdict(buckets, definitions, TODAY) == 20_000
    again = scoring.fold_buckets([*events, house.event(5, "verdict_given", subject="rejected")], definitions, ZONE)
    assert scoring.engagement_since_verdict(again, definitions, TODAY) == 0
    assert scoring.engagement(again, definitions, TODAY) == 60_000, "the score itself is a story of events only"


def test_a_rule_that_is_gone_gives_nothing(house):
    assert scoring.engagement({"gone": {"2026-11-02": 9_000}}, house.definitions(), TODAY) == 0


@pytest.mark.parametrize(
    ("milli", "band"), [(-5_000, "cold"), (0, "cold"), (29_999, "cold"), (30_000, "warm"), (80_000, "hot")]
)
def test_the_temperature_is_read_off_the_engagement(house, milli, band):
    assert scoring.temperature(milli, house.definitions()) == band


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        ([({"field": "trade", "is": "a"}, 25), ({"field": "trade", "in": ["b", "c"]}, 15)], 25),
        ([({"field": "trade", "is": "a"}, 25), ({"field": "trade", "in": ["a", "b"]}, 15)], 40),
        ([({"field": "trade", "is": "a"}, 25), ({"field": "team", "is": "b"}, 15)], 40),
        ([({"field": "trade", "is": "a"}, 25), ({"field": "trade", "known": True}, 5)], 30),
        ([({"field": "trade", "is": "a"}, -25), ({"field": "trade", "is": "b"}, 5)], 5),
        ([], 0),
    ],
)
def test_the_most_points_of_a_persona_are_those_that_one_lead_can_have(rules, most):
    written = [
        {"id": f"rule-{number}", "label": "x", "when": when, "points": points}
        for number, (when, points) in enumerate(rules)
    ]
    assert scoring.most_of(IdealCustomer(id="one", label="x", rules=written)) == most


def test_fit_takes_the_persona_that_gives_most_and_says_what_is_missing(house):
    fit = scoring.fit(house.facts(fields={"trade": "Interior", "team": "12"}), house.definitions())
    assert (fit.milli, fit.persona, fit.best) == (30_000, "studio", 40_000)
    assert [line.rule for line in fit.lines] == ["trade"]
    assert [line.rule for line in fit.missing] == ["team"]
    nobody = scoring.fit(house.facts(), house.definitions())
    assert (nobody.milli, nobody.persona) == (0, None)


def test_what_would_take_points_away_is_not_missing(house):
    far = {"id": "far", "label": "Far away", "points": -5, "when": {"field": "country", "is": "AQ"}}
    near = {"id": "near", "label": "Near", "points": 10, "when": {"field": "country", "is": "FR"}}
    definitions = house.definitions(personas=[{"id": "shop", "label": "Shop", "rules": [far, near]}])
    assert [line.rule for line in scoring.fit(house.facts(), definitions).missing] == ["near"]
    held = scoring.fit(house.facts(fields={"country": "AQ"}), definitions)
    assert (held.milli, [line.rule for line in held.lines]) == (-5_000, ["far"])


def test_interests_add_up_by_name(house):
    event = house.event(1, data={"interests": ["cao/3d", "cao/2d"]})
    interests = scoring.interests_after({"cao/3d": 1_000}, event, house.definitions())
    assert interests == {"cao/3d": 6_000, "cao/2d": 5_000}
