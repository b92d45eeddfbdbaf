"""Precision by rule and by source: with its interval, or not enough data yet, in every form it is given."""

import csv
import io
import json

import pytest

from reports.intervals import Share, wilson
from tests.answers import write_answers
from tests.terreau.living import terreau, today

NONE = {"data": "few", "share": None, "low": None, "high": None}


@pytest.fixture
def answered(content, lively):
    """Thirty answers to leads of a webinar, of whom 24 were accepted; ten to leads of a form, none."""
    release_id, at = lively.releases.in_force().release_id, lively.clocks.calendar()

    def make(conn):
        write_answers(conn, release_id, at, rule="webinaire", accepted=24, rejected=6)
        write_answers(conn, release_id, at, rule="demande", rejected=10, source="paid")

    lively.database.write(make)
    today(lively)


def told(*words):
    said = terreau("report", "precision", *words)
    assert said.exit_code == 0, said.output
    return said.output


def test_shares_are_given_with_their_interval_where_there_are_enough_answers(answered):
    found = json.loads(told("--json"))
    low, high = (round(end, 4) for end in wilson(Share(24, 30)))
    rules = {row["rule"]: row for row in found["tables"]["by_rule"]["rows"]}
    assert rules["webinaire"] == {
        "rule": "webinaire", "data": "enough", "accepted": 24, "answered": 30, "share": 0.8, "low": low, "high": high
    }  # fmt: skip
    assert rules["demande"] == {"rule": "demande", "accepted": 0, "answered": 10, **NONE}
    assert rules["clic"] == {"rule": "clic", "accepted": 0, "answered": 0, **NONE}
    sources = found["tables"]["by_source"]["rows"]
    assert [(row["source"], row["accepted"], row["answered"]) for row in sources] == [
        ("organic", 24, 30),
        ("paid", 0, 10),
    ]
    assert found["tables"]["by_source"]["total"]["answered"] == 40
    assert found["definitions"] == "2026-10-01"


def test_only_hand_offs_of_those_days_count(answered):
    found = json.loads(told("--json", "--from", "2026-01-01", "--to", "2026-01-31"))
    assert found["tables"]["by_source"]["rows"] == []
    assert found["tables"]["by_rule"]["total"]["answered"] == 0


def test_a_terminal_reads_it_in_both_languages(answered):
    said = told("--locale", "en")
    assert said.startswith("Whom sales wanted, ")
    assert "definitions 2026-10-01" in said.splitlines()[0]
    assert "not enough data yet" in said
    assert "pas encore assez de données" in told("--locale", "fr")


@pytest.mark.parametrize("report", ["precision", "funnel", "leaks"])
def test_a_spreadsheet_ends_with_the_version_of_the_definitions(answered, report):
    said = terreau("report", report, "--csv", "--locale", "en").output
    assert list(csv.reader(io.StringIO(said)))[-1] == ["Definitions", "2026-10-01"]
