"""`terreau replay`: other rules over what leads did, through the doors and the engine; nothing is written."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from leads.what_if import StageShift, WhatIf
from storage.schema import metadata, stage_changes
from terreau.replay_text import stage_lines
from tests.arranging import lived_once
from tests.terreau.living import terreau, today
from tests.terreau.test_release_cli import edit

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
RULES = "definitions.toml"
# The rule of the stage that is handed to sales, within reach of one form.
EASIER = ("{ engagement_at_least = 80 }", "{ engagement_at_least = 15 }")
EASIER_LEAVE = ("leave = 60", "leave = 5")


@pytest.fixture
def people(lively):
    """Ada and Bob asked for the guide, and confirmed; Chloé asked for a demonstration."""
    lively.today = partial(today, lively)
    two_confirmed(lively)
    lively.today()
    return lively


@lived_once
def two_confirmed(lively):
    for who in ("ada", "bob"):
        lively.agrees(lively.submits(who, profession="interior", practice="slow"), "conseils-3d")
    lively.works()
    lively.clocks.advance(timedelta(days=3))
    lively.works()


def everything(database):
    with database.read() as conn:
        return {table.name: conn.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables}


def replayed(*words):
    said = terreau("replay", "--json", *words)
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


def test_the_rules_in_force_give_what_was_recorded(content, people, database):
    found = replayed("--rules", str(content / RULES))
    assert found["leads"] == 2
    assert {one["stage"]: one["leads"]["alike"] for one in found["stages"] if one["leads"]["alike"]} == {"iql": 2}
    with database.read() as conn:
        assert {row.to_stage for row in conn.execute(select(stage_changes))} == {"iql"}
    assert "nobody would have come to another stage" in terreau("replay", "--rules", str(content)).output


def test_easier_rules_say_who_would_have_been_handed_over_and_write_nothing(content, people, database):
    edit(content, EASIER, EASIER_LEAVE, file=RULES)
    before = everything(database)
    found = replayed("--rules", str(content / RULES))
    mql = next(one for one in found["stages"] if one["stage"] == "mql")
    assert mql["leads"]["newly"] == 2
    assert [one["lead"] for one in mql["examples"]["newly"]] == [1, 2]
    assert found["sales"]["new"]["never_answered"] == 2
    said = terreau("replay", "--rules", str(content / RULES), "--since", "6months").output
    assert "into mql\n  2 leads who never came, come" in said
    assert "not enough data yet" in said
    assert everything(database) == before


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ((20,), "  1 lead comes earlier"),
        ((90,), "  1 lead comes earlier, by 1 hour or more"),
        ((20, 50), "  2 leads come earlier"),
        ((90, 130), "  2 leads come earlier, half of them by 1 hour or more"),
    ],
)
def test_one_lead_is_told_of_as_one_and_no_time_at_all_is_left_out(minutes, told):
    shift = StageShift("mql")
    for number, early in enumerate(minutes):
        shift.add(number, NOON, NOON - timedelta(minutes=early))
    assert list(stage_lines(WhatIf((shift,), None), "UTC"))[2] == told


def test_a_sample_says_that_it_is_one(content, people):
    edit(content, EASIER, EASIER_LEAVE, file=RULES)
    assert replayed("--rules", str(content), "--sample", "1")["sample"] == {"looked_at": 1, "of": 2}
    assert "Of 2 leads 1 were played" in terreau("replay", "--rules", str(content), "--sample", "1").output


def test_a_span_leaves_out_what_was_before(content, people):
    assert replayed("--rules", str(content), "--since", "2026-12-01")["leads"] == 0
    assert replayed("--rules", str(content), "--since", "2026-11-01")["leads"] == 2


def test_rules_that_are_not_sound_are_told_with_their_lines(content, people):
    edit(content, ("points = 15", 'points = "many"'), file=RULES)
    said = terreau("replay", "--rules", str(content / RULES))
    assert said.exit_code == 1
    assert f"{content / RULES}:" in said.stderr  # the file that was given
    assert "Nothing was changed" not in said.stderr  # a replay never changes anything
    assert "cannot be read" in terreau("replay", "--rules", "nowhere.toml").stderr
    assert "is not a span of time" in terreau("replay", "--rules", str(content), "--since", "x").stderr


def test_a_plan_shows_what_changed_rules_would_have_made_of_the_past(content, people):
    edit(content, EASIER, EASIER_LEAVE, file=RULES)
    said = terreau("plan").output
    assert "Had these rules always held" in said
    assert "    2 leads who never came, come" in said
    mql = next(
        one
        for one in json.loads(terreau("plan", "--json").output)["rules"]["replay"]["stages"]
        if one["stage"] == "mql"
    )
    assert mql["leads"]["newly"] == 2
