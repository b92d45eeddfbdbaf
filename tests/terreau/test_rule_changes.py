"""A change of the rules keeps what it would have made of the past: shown by `plan`, kept at `apply`."""

import json

import pytest

from leads.effects import Effect
from tests.terreau.living import terreau, today

STUDIO = {"profession": "interior", "practice": "slow", "team": "1"}
DEARER = ('points = 30\nrepeat = "daily"\ncap = 60', 'points = 70\nrepeat = "daily"\ncap = 70')  # a webinar
NEWER = ('version = "2026-10-01"', 'version = "2026-11-02"')


@pytest.fixture
def people(lively):
    """Chloé asks for the guide and attends a webinar; Ada only asks."""
    chloe = lively.submits("chloe", **STUDIO)
    lively.submits("ada", **STUDIO)
    lively.later(days=1)
    lively.does(chloe, "webinar_attended", "lumiere-3d")
    lively.works()
    today(lively)
    return lively


def edit(content, *pairs):
    path = content / "definitions.toml"
    text = path.read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)


def releases():
    return json.loads(terreau("releases", "--json").output)


@pytest.mark.parametrize("planned", [True, False])
def test_a_release_keeps_what_its_rules_would_have_made_of_the_past(content, people, planned):
    edit(content, DEARER, NEWER)
    if planned:
        assert "1 lead who never came, comes" in terreau("plan").output
    assert terreau("apply", "--author", "ada").exit_code == 0
    newest, first = releases()
    assert first["effect"] is None, "there was nothing before it"
    assert newest["effect"]["definitions"] == {"old": "2026-10-01", "new": "2026-11-02"}
    assert newest["effect"]["sample"] == {"looked_at": 2, "of": 2}
    [mql] = [one for one in newest["effect"]["stages"] if one["stage"] == "mql"]
    assert mql["leads"] == {"earlier": 0, "later": 0, "newly": 1, "no_longer": 0, "alike": 0}
    assert Effect.from_json(newest["effect"]).as_json() == newest["effect"]


def test_what_names_nobody_is_kept(content, people):
    edit(content, DEARER, NEWER)
    terreau("apply", "--author", "ada")
    kept = json.dumps(releases()[0]["effect"])
    assert "lumen.example" not in kept
    assert "examples" not in kept


def test_a_release_that_changes_no_rule_keeps_nothing(content, people):
    edit(content, ('en = "Webinar attended"', 'en = "Came to a webinar"'))
    assert terreau("apply", "--author", "ada").exit_code == 0
    assert releases()[0]["effect"] is None


def test_a_way_back_is_a_change_like_any_other(content, people):
    edit(content, DEARER, NEWER)
    terreau("apply", "--author", "ada")
    assert terreau("rollback", "1", "--yes").exit_code == 0
    back = releases()[0]["effect"]
    assert back["definitions"] == {"old": "2026-11-02", "new": "2026-10-01"}
    [mql] = [one for one in back["stages"] if one["stage"] == "mql"]
    assert mql["leads"]["no_longer"] == 1


def test_rules_that_change_under_the_same_version_are_warned_of(content, people):
    edit(content, DEARER)
    sentence = "definitions.toml:4:11: the rules change and `version` stays `2026-10-01`"
    for command in (("plan",), ("apply", "--author", "ada")):
        said = terreau(*command)
        assert said.exit_code == 0, "it is a warning"
        assert sentence in said.output
    assert "rules change" not in terreau("plan").output


def test_words_may_change_under_the_same_version(content, people):
    edit(content, ('en = "Webinar attended"', 'en = "Came to a webinar"'))
    assert "`version` stays" not in terreau("plan").output
