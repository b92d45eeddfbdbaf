"""Points that no rule gives and stages that nobody comes to: what an author wrote, and the sentence they read."""

from dataclasses import replace

import pytest

from authoring.models.sequences import Sequence
from leads.lint import lint

BEYOND = "nobody ever has 900 points here: all rules together give 90 at most"


def nowhere(file, loc):
    return len(loc), 1


def found(house, **sequence):
    definitions = house.definitions(engagement=[house.rule("ask", 90, "form_submitted", repeat="once")])
    written = {
        "title": "T",
        "topic": "tips",
        "sender": "ines",
        "trigger": [{"form": "guide"}],
        "step": [{"id": "one", "email": "one"}],
        **sequence,
    }
    site = replace(house.site(), definitions=definitions, sequences={"tips": Sequence.model_validate(written)})
    return [(problem.file, problem.severity, problem.message) for problem in lint(site, nowhere)]


FAR = {"engagement_at_least": 900}


@pytest.mark.parametrize(
    ("sequence", "severity"),
    [
        ({"exit_when": [FAR]}, "warning"),
        ({"exit_when": [{"all": [FAR, {"tag": "x"}]}]}, "warning"),
        ({"exit_when": [{"any": [FAR, {"tag": "x"}]}]}, "warning"),
        ({"exit_when": [{"not": FAR}]}, "warning"),
        ({"exit_when": [{"engagement_at_least": 90}]}, None),
        ({"goal": {"when": FAR}}, "warning"),
        ({"trigger": [{"score": 900}]}, "warning"),
        ({"trigger": [{"score": 900, "on": "falls"}]}, None),
        ({"step": [{"id": "one", "email": "one", "only_if": FAR}]}, "warning"),
        (
            {"step": [{"id": "one", "branch": {"case": [{"when": FAR, "to": "two"}]}}, {"id": "two", "exit": "x"}]},
            "warning",
        ),
    ],
)
def test_a_threshold_that_nobody_reaches_is_told_where_it_is_asked_for(house, sequence, severity):
    assert found(house, **sequence) == ([("sequences/tips.toml", severity, BEYOND)] if severity else [])


def test_a_fit_that_no_persona_gives_and_a_temperature_that_nobody_has_are_told(house):
    message = "nobody ever has 41 points here: all rules together give 40 at most"
    assert found(house, exit_when=[{"fit_at_least": 41}]) == [("sequences/tips.toml", "warning", message)]
    hot = [{"id": "hot", "label": "H", "from_engagement": 900}]
    site = house.site(engagement=[house.rule("ask", 90, "form_submitted", repeat="once")], temperatures=hot)
    assert [(one.severity, one.message) for one in lint(site, nowhere)] == [("warning", BEYOND)]


def test_a_stage_without_a_way_in_is_a_warning(house):
    warm = {"id": "warm", "label": "W", "meaning": "M", "owner": "marketing"}
    stages = [*house.stages[:1], warm, *house.stages[1:]]
    sentence = "nobody ever comes to the stage `warm`"
    assert [problem.message for problem in lint(house.site(stages=stages), nowhere)] == [sentence]
    assert lint(house.site(stages=[*house.stages[:1], {**warm, "owner": "sales"}, *house.stages[1:]]), nowhere) == []
    stages[-1] = {**stages[-1], "rejected_to": "warm"}
    assert lint(house.site(stages=stages), nowhere) == []
