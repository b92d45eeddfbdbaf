"""`terreau report`: the same figures in a terminal, as JSON and for a spreadsheet."""

import csv
import io
import json

import pytest

from tests.terreau.living import terreau


@pytest.fixture
def house(lively):
    lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5")
    lively.submits("bob", "guide-3d")
    return lively


def test_a_report_is_told_in_a_terminal_with_its_figures_in_columns(house, content):
    told = terreau("report", "funnel", "--locale", "en")
    assert told.exit_code == 0
    assert "From the page to the customer" in told.stdout
    [line] = [line for line in told.stdout.splitlines() if line.strip().startswith("New leads")]
    assert line.split()[2] == "2"


def test_the_same_as_json_and_for_a_spreadsheet(house, content):
    told = json.loads(terreau("report", "funnel", "--json").stdout)
    steps = {row["step"]: row["count"] for row in told["tables"]["funnel"]["rows"]}
    assert (steps["leads"], steps["mql"]) == (2, 1)
    rows = list(csv.reader(io.StringIO(terreau("report", "funnel", "--csv", "--locale", "en").stdout.lstrip("\ufeff"))))
    assert rows[3][:2] == ["leads", "2"]


@pytest.mark.parametrize(
    ("environment", "words", "head"),
    [
        ("C", (), "From the page to the customer"),
        ("fr_FR.UTF-8", (), "De la page au client"),
        ("fr_FR.UTF-8", ("--lang", "en"), "From the page to the customer"),
        ("C", ("--locale", "fr"), "De la page au client"),
    ],
)
def test_it_speaks_the_language_of_the_environment_as_every_command_does(
    house, content, monkeypatch, environment, words, head
):
    monkeypatch.setenv("LC_ALL", environment)
    assert terreau("report", "funnel", *words).stdout.startswith(head)
    told = terreau("explain", "ada@lumen.example").stdout
    assert ("Comment cette personne est venue" in told) is (environment != "C")


def test_a_loss_is_a_number_in_a_spreadsheet_too(house, content):
    said = terreau("report", "costs", "--from", "2026-10-01", "--to", "2026-10-31", "--csv").stdout
    returns = [row[-1] for row in csv.reader(io.StringIO(said)) if len(row) > 3]
    assert "-1.0" in returns, "money was spent, and nothing signed"


def test_days_before_anybody_came_are_empty(house, content):
    told = json.loads(terreau("report", "funnel", "--from", "2020-01-01", "--to", "2020-01-31", "--json").stdout)
    assert {row["count"] for row in told["tables"]["funnel"]["rows"]} == {0}


def test_days_that_end_before_they_begin_are_refused(house, content):
    told = terreau("report", "funnel", "--from", "2026-11-20", "--to", "2026-11-01", "--json")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "2026-11-20 lies after 2026-11-01" in told.stderr


def test_an_unknown_report_is_refused_with_the_known_ones(house, content):
    told = terreau("report", "moon")
    assert told.exit_code == 2
    assert "leaks" in told.stderr
