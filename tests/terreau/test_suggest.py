"""`terreau suggest`: a patch of the rules by what sales answered; a person merges it."""

import json
import subprocess
from datetime import date

import pytest

from terreau.versions import next_version
from tests.answers import write_answers
from tests.terreau.living import terreau, today


@pytest.fixture
def people(lively):
    """Ada is known; sales has answered nobody yet."""
    lively.agrees(lively.submits("ada", profession="interior", practice="slow"), "conseils-3d")
    today(lively)
    return lively


def answers(people, rule, **counts):
    release_id = people.releases.in_force().release_id
    people.database.write(lambda conn: write_answers(conn, release_id, people.clocks.calendar(), rule=rule, **counts))


def test_too_few_answers_suggest_nothing(content, people):
    answers(people, "webinaire", accepted=20)
    answers(people, "demande", rejected=20)
    said = terreau("suggest")
    assert said.stdout == ""
    told = json.loads(terreau("suggest", "--json").stdout)
    assert (told["rules"], told["patch"], told["effect"]) == ([], "", None)
    assert "20 of 40, 50% (almost surely between" in said.stderr
    assert "speak surely for or against no rule" in said.stderr


def test_what_sales_refuses_weighs_less_what_it_wants_more_and_the_patch_applies(content, people):
    answers(people, "webinaire", accepted=55, rejected=5)
    answers(people, "telechargement", accepted=10, rejected=50)
    said = terreau("suggest")
    assert said.exit_code == 0, said.output
    assert "telechargement: 12 points instead of 15" in said.stderr
    assert "webinaire: 37 points instead of 30" in said.stderr
    assert "1 lead and" in said.stderr, "what it would have made of the past"
    told = json.loads(terreau("suggest", "--json").stdout)
    assert {"rule": "webinaire", "points": 30, "suggested": 37} in told["rules"]
    assert (told["patch"], told["accepted"]["every"]) == (said.stdout, {"accepted": 65, "answered": 120})
    assert told["effect"]["leads"] >= 1
    before = (content / "definitions.toml").read_text()
    (content.parent / "rules.patch").write_text(said.stdout)
    subprocess.run(["patch", "-p1", "-i", "rules.patch"], cwd=content.parent, check=True, capture_output=True)
    after = (content / "definitions.toml").read_text()
    changed = [(was, now) for was, now in zip(before.splitlines(), after.splitlines(), strict=True) if was != now]
    assert changed == [
        ('version = "2026-10-01"', f'version = "{people.clocks.calendar():%Y-%m-%d}"'),
        ("points = 15", "points = 12"),
        ("points = 30", "points = 37"),
    ]
    assert terreau("check").exit_code == 0


@pytest.mark.parametrize(
    ("version", "following"),
    [
        ("2026-10-01", "2026-11-02"), ("2026-11-02", "2026-11-02.2"), ("2026-11-02.2", "2026-11-02.3"),
        ("2026-11-02.x", "2026-11-02"), ("autumn", "2026-11-02"),
    ],
)  # fmt: skip
def test_the_version_that_follows_is_the_day_told_apart_from_others_of_that_day(version, following):
    assert next_version(version, date(2026, 11, 2)) == following


def test_a_suggestion_changes_nothing(content, people):
    answers(people, "webinaire", accepted=55, rejected=5)
    answers(people, "telechargement", accepted=10, rejected=50)
    before = (content / "definitions.toml").read_text()
    terreau("suggest", "--sample", "1")
    assert (content / "definitions.toml").read_text() == before
    assert "nothing would change" in terreau("plan").output
