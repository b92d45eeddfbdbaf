"""`[agreement]`: no version of the rules is put in force that marketing or sales has not said yes to."""

import json

import pytest

from tests.terreau.living import terreau
from tests.terreau.test_rule_changes import DEARER, NEWER, edit

OLD, NEW = "2026-10-01", "2026-11-02"
MARKETING, SALES = 'marketing = { by = "Inès", version = "%s" }', 'sales = { by = "Nadia", version = "%s" }'
ASKED = "\n".join(["[agreement]", MARKETING % OLD, SALES % OLD])


@pytest.fixture
def agreed(lively, content):
    """The example, to which both have agreed."""
    path = content / "definitions.toml"
    path.write_text(f"{path.read_text()}\n{ASKED}\n")
    said = terreau("apply", "--author", "ada")
    assert (said.exit_code, "has agreed to" in said.output) == (0, False)
    return content


def refused(*words):
    """What `apply` says when it changes nothing; `plan` has said it before."""
    planned = terreau("plan")
    said = terreau("apply", "--author", "ada")
    assert (planned.exit_code, said.exit_code) == (1, 1)
    for sentence in words:
        assert sentence in planned.output
        assert sentence in said.stderr


def test_a_new_version_waits_until_each_side_has_written_it_on_its_line(agreed):
    edit(agreed, DEARER, NEWER)
    refused("marketing has agreed to version `2026-10-01`, not to `2026-11-02`", "sales has agreed to version")
    edit(agreed, (MARKETING % OLD, MARKETING % NEW))
    assert "marketing has agreed" not in terreau("check").output
    refused("sales has agreed to version `2026-10-01`, not to `2026-11-02`")
    edit(agreed, (SALES % OLD, SALES % NEW))
    assert terreau("apply", "--author", "ada").exit_code == 0
    assert json.loads(terreau("releases", "--json").stdout)[0]["effect"]["definitions"] == {"old": OLD, "new": NEW}


def test_each_side_is_named_in_french_too(agreed):
    edit(agreed, NEWER)
    said = terreau("check", "--lang", "fr").output.replace("\xa0", " ").replace("\u202f", " ")
    for side in ("le marketing", "les commerciaux"):
        assert f"{side} : accord sur la version `{OLD}`, pas sur `{NEW}`, que `terreau apply` refuse" in said
        assert f"qui parle pour {side} écrit cette version ici en l'acceptant" in said


def test_other_rules_under_the_version_both_agreed_to_are_refused_and_other_words_are_not(agreed):
    edit(agreed, DEARER)
    refused("the rules change and `version` stays `2026-10-01`: both sides have agreed to others")
    edit(agreed, (DEARER[1], DEARER[0]), ('en = "Webinar attended"', 'en = "Came to a webinar"'))
    assert terreau("apply", "--author", "ada").exit_code == 0


@pytest.mark.parametrize(
    "change",
    [
        ('answer_within = "4 hours"', 'answer_within = "9 hours"'),
        ("[pressure]", '[recycling]\nreset = "engagement"\n\n[pressure]'),
        ('field = "timeline"', ""),
        ("[[segments]]", '[[interests]]\nid = "son"\nlabel = { fr = "Son", en = "Sound" }\n\n[[segments]]'),
    ],
)
def test_hand_offs_coming_back_questions_and_interests_are_agreed_to_as_well(agreed, change):
    edit(agreed, change)
    refused("the rules change and `version` stays `2026-10-01`")
    edit(agreed, NEWER, (MARKETING % OLD, MARKETING % NEW), (SALES % OLD, SALES % NEW))
    assert terreau("apply", "--author", "ada").exit_code == 0


def test_who_is_away_waits_for_nobody(agreed):
    absent = '[[hand_off.reps]]\naway = [{ from = "2026-12-01", to = "2026-12-08" }]\n'
    edit(agreed, ("[[hand_off.reps]]\n", absent))
    assert terreau("apply", "--author", "ada").exit_code == 0


@pytest.mark.parametrize("others", [[], [DEARER, NEWER]])
def test_it_cannot_be_dropped_with_a_change_of_the_rules_or_before_one(agreed, others):
    edit(agreed, (ASKED, ""), *others)
    refused("`[agreement]` is gone: whatever the rules become, neither side would be asked")


def test_going_back_to_what_was_in_force_waits_for_nobody(lively, content):
    """Not even to rules from before anybody was asked."""
    path = content / "definitions.toml"
    path.write_text(f"{path.read_text()}\n{ASKED}\n".replace(OLD, NEW))
    edit(content, DEARER)
    assert terreau("apply", "--author", "ada").exit_code == 0
    said = terreau("rollback", "1", "--yes")
    assert (said.exit_code, "agree" in said.output) == (0, False), said.output
    assert terreau("apply", "--author", "ada").exit_code == 0, "and forth again"


def test_rules_are_replayed_before_anybody_agrees(agreed):
    edit(agreed, DEARER, NEWER)
    assert terreau("replay", "--rules", str(agreed / "definitions.toml")).exit_code == 0


def test_it_is_asked_for_by_the_release_that_brings_it(lively, content):
    path = content / "definitions.toml"
    path.write_text(f"{path.read_text()}\n{ASKED}\n".replace(SALES % OLD, SALES % "before"))
    refused("sales has agreed to version `before`, not to `2026-10-01`")
