"""A lead's page of decisions: what came of each, by which line of which file, on what values."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from console.rule_places import PATHS
from storage.schema import decisions
from tests.arranging import lived_once


@pytest.fixture
@lived_once
def ada(lively):
    """She asked for the guide, agreed to the advice, and did not follow its first link."""
    lead_id = lively.submits("ada", profession="interior", practice="slow")
    lively.agrees(lead_id, "conseils-3d", "clicks")
    lively.works()
    return lead_id


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["Every decision", "3D advice", "came in", "Agrees to 3D advice", "release 1"]),
        (
            "fr",
            ["Toutes les décisions", "Conseils 3D", "entre dans la séquence", "Accepte « Conseils 3D »", "version 1"],
        ),
    ],
)
def test_every_decision_names_its_reason_and_its_line(staff_client, ada, locale, words):
    page = staff_client("admin", locale).get(f"/console/leads/{ada}/why").text
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\u00a0", " ")
    assert [word for word in words if word not in said] == []
    assert re.search(r"sequences/conseils-3d\.toml:\d+", said)


def test_the_leads_page_leads_there(staff_client, ada):
    assert f"/console/leads/{ada}/why" in staff_client("admin").get(f"/console/leads/{ada}").text


def test_a_condition_shows_the_value_that_it_met(staff_client, lively, ada):
    row = {
        "lead_id": ada, "sequence": "conseils-3d", "step": "ecoute", "outcome": "skipped", "release_id": 1,
        "reason": 'only_if { engagement_at_least = 900 } does not hold', "at": lively.clocks.moment().calendar,
    }  # fmt: skip
    lively.database.write(lambda conn: conn.execute(decisions.insert().values(row)).rowcount)
    page = staff_client("admin", "en").get(f"/console/leads/{ada}/why?sequence=conseils-3d&step=ecoute").text
    assert re.search(r"looked at engagement of 900 points or more: [\d.]+, so no", page)


def test_values_are_told_in_the_readers_words(staff_client, lively, ada):
    now = lively.clocks.moment().calendar
    asked = {
        'only_if { stage_at_least = "sql" } does not hold': r"examiné : stade SQL ou au-delà ; valeur IQL, donc non",
        'only_if { event = "form_submitted", subject = "guide-3d" } does not hold': r"valeur 1 fois, 2 nov\. 2026",
    }
    for reason in asked:
        row = {
            "lead_id": ada, "sequence": "conseils-3d", "step": "ecoute", "outcome": "skipped", "release_id": 1,
            "reason": reason, "at": now + timedelta(minutes=1),
        }  # fmt: skip
        lively.database.write(lambda conn, row=row: conn.execute(decisions.insert().values(row)).rowcount)
    page = staff_client("admin", "fr").get(f"/console/leads/{ada}/why?sequence=conseils-3d&step=ecoute").text
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\u00a0", " ")
    for wanted in asked.values():
        assert re.search(wanted, said), (wanted, said)


@pytest.mark.parametrize(
    ("reason", "places"), [("wait", 0), ("cap 1 per day: `lettre` goes first", 1)], ids=["a step", "a cap"]
)
def test_many_decisions_ask_once_for_what_decided_them(staff_client, lively, ada, reason, places):
    client, now = staff_client("admin", "en"), lively.clocks.moment().calendar
    row = {
        "lead_id": ada, "sequence": "conseils-3d", "step": "ecoute", "outcome": "delayed", "release_id": 1,
        "reason": reason, "at": now,
    }  # fmt: skip
    client.get(f"/console/leads/{ada}/why")  # the release is kept from here on
    asked = []
    for number in (1, 40):
        rows = [row] * number
        lively.database.write(lambda conn, rows=rows: conn.execute(decisions.insert(), rows).rowcount)
        with statements() as texts:
            page = client.get(f"/console/leads/{ada}/why?step=ecoute").text
        assert len(set(re.findall(r"definitions\.toml:\d+", page))) == places
        asked.append(len([one for one in texts if "FROM documents" in one]))
    assert asked[0] == asked[1] > 0


@contextmanager
def statements():
    """All that any database is asked inside."""
    asked = []

    def keep(conn, cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


def test_where_nothing_was_decided_the_page_says_so(staff_client, lively):
    lead_id = lively.submits("bob", "lettre")
    page = staff_client("admin", "en").get(f"/console/leads/{lead_id}/why?sequence=conseils-3d").text
    assert "Nothing was decided yet" in page


def test_every_place_is_looked_for_in_the_order_of_its_patterns():
    """The longer beginning stands before the shorter one."""
    beginnings = [pattern for pattern, _ in PATHS]
    assert beginnings.index("entered already|inside already") < beginnings.index("entered on")
