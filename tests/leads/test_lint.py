"""The linter of rules: what an author wrote, and the sentence they read."""

from dataclasses import replace

import pytest

from authoring.models.sequences import Sequence
from authoring.site import Site
from leads.lint import lint


def nowhere(file, loc):
    return len(loc), 1


def sentences(house, **changes):
    return [problem.message for problem in lint(house.site(**changes), nowhere)]


def stage_with(house, **enter):
    stages = [dict(stage) for stage in house.stages]
    stages[2] = {**stages[2], "enter": enter}
    return stages


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        ([{"points": 30, "repeat": "once"}, {"points": 20, "cap": 40}], "70"),
        ([{"points": 30, "repeat": "once", "cap": 10}], "10"),
        ([{"points": 10, "repeat": "daily", "half_life": 1}, {"points": -50}], "20"),
    ],
)
def test_a_threshold_above_all_points_together_is_an_error(house, rules, most):
    engagement = [
        {"id": f"r{index}", "label": "R", "event": "form_submitted", **rule} for index, rule in enumerate(rules)
    ]
    cold = [{"id": "cold", "label": "Cold"}]
    assert sentences(house, engagement=engagement, temperatures=cold) == [
        f"nobody can enter `mql`: it asks for 80 points and all scoring rules together give {most} at most"
    ]


@pytest.mark.parametrize("rule", [{"points": 1}, {"points": 1, "repeat": "daily"}, {"points": 9, "half_life": 3}])
def test_a_rule_that_gives_without_end_reaches_everything(house, rule):
    assert sentences(house, engagement=[{"id": "r", "label": "R", "event": "form_submitted", **rule}]) == []


def test_a_fit_that_no_persona_gives_is_an_error_only_where_it_is_demanded(house):
    assert sentences(house, stages=stage_with(house, fit_at_least=41)) == [
        "nobody can enter `mql`: it asks for 41 points and the best persona gives 40 at most"
    ]
    assert sentences(house, stages=stage_with(house, any=[{"fit_at_least": 41}, {"tag": "vip"}])) == []


def test_a_label_raises_hands_for_events_of_other_programs_alone(house):
    booked = {"event": "slot_booked", "label": "Booked", "hand_raise": True}
    assert sentences(house, event_labels=[booked]) == []
    assert sentences(house, event_labels=[{**booked, "event": "page_seen"}]) == [
        "`page_seen` is noted by the house itself, and raises no hand"
    ]


def test_a_stage_that_is_left_above_where_it_is_entered_is_an_error(house):
    assert sentences(house, stages=stage_with(house, engagement_at_least=50)) == [
        "`mql` is entered at 50 points and left below 60: whoever enters has cooled"
    ]


def test_rules_that_go_round_in_circles_are_errors(house):
    segments = [
        {"id": "a", "label": "A", "when": {"segment": "b"}},
        {"id": "b", "label": "B", "when": {"any": [{"segment": "a"}, {"fit_at_least": 1}]}},
        {"id": "c", "label": "C", "when": {"segment": "a"}},
    ]
    assert sentences(house, segments=segments) == [
        "the segment `a` depends on itself",
        "the segment `b` depends on itself",
    ]
    persona = {"id": "p", "label": "P", "rules": [{"id": "r", "label": "R", "points": 30, "when": {"fit_at_least": 5}}]}
    assert sentences(house, personas=[persona]) == ["the rules of personas depend on the fit they add up to"]


def test_a_segment_made_of_its_own_coming_and_going_is_an_error(house):
    segments = [
        {"id": "a", "label": "A", "when": {"event": "segment_left", "subject": "b"}},
        {"id": "b", "label": "B", "when": {"not": {"event": "segment_entered", "subject": "b"}}},
        {"id": "c", "label": "C", "when": {"event": "segment_left"}},
    ]
    assert sentences(house, segments=segments) == [
        "the segment `b` depends on itself",
        "the segment `c` depends on itself",
    ]


def test_a_condition_on_clicks_that_nobody_is_asked_to_allow_is_a_warning(house):
    definitions = house.definitions(tracking={}, engagement=[house.rule("ask", 90, "form_submitted")])
    sequence = Sequence.model_validate(
        {
            "title": "T",
            "topic": "tips",
            "sender": "ines",
            "trigger": [{"form": "guide"}],
            "exit_when": [{"event": "link_clicked"}],
            "step": [{"id": "one", "email": "one"}],
        }
    )
    found = lint(Site(1, "h", definitions, sequences={"tips": sequence}), nowhere)
    assert [(problem.file, problem.severity, problem.message) for problem in found] == [
        (
            "sequences/tips.toml",
            "warning",
            "`link_clicked` is only recorded with consent to `clicks`, which is never asked for",
        )
    ]


def test_the_example_site_has_no_problem(site):
    assert lint(site, nowhere) == []


def test_a_form_names_a_rep_that_the_definitions_know(site):
    assert lint(site, nowhere) == []
    demo = site.forms["demo"].model_copy(update={"rep": "bop"})
    [problem] = lint(replace(site, forms={**site.forms, "demo": demo}), nowhere)
    assert (problem.file, problem.severity) == ("forms/demo.toml", "error")
    assert problem.message == "definitions.toml has no rep `bop`"


def test_a_rule_that_two_limits_hold_at_any_time_is_an_error(house):
    rules = [house.rule("visit", 20), house.rule("ask", 90, "form_submitted")]
    named = [
        {"id": "reading", "label": "R", "points": 30, "rules": ["visit"]},
        {"id": "all", "label": "A", "points": 100},
    ]
    scoring = {"engagement": rules, "limits": named}
    assert sentences(house, scoring=scoring) == ["the rule `visit` is held by `reading` already"]
    some_days = [named[0], {**named[1], "days": 7}]
    assert sentences(house, scoring={"engagement": rules, "limits": some_days}) == []


def test_points_that_a_limit_never_lets_through_are_out_of_reach(house):
    rules = [house.rule("visit", 20, repeat="once"), house.rule("ask", 90, "form_submitted", repeat="once")]
    limit = {"id": "all", "label": "A", "points": 60}
    found = sentences(house, scoring={"engagement": rules, "limits": [limit]})
    assert "nobody can enter `mql`: it asks for 80 points and all scoring rules together give 60 at most" in found
