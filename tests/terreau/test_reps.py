"""`terreau reassign` and `terreau absences`, and why somebody has a lead in `terreau explain`."""

import json

import pytest
from sqlalchemy import select

from storage.schema import absences, audit, leads, messages
from tests.terreau.living import terreau, today

STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


@pytest.fixture
def ada(lively, content):
    """Ada has raised a hand, and is nadia's."""
    lead_id = lively.submits("ada", "demo", phone="+33639981234", need="A room", **STUDIO)
    today(lively)
    return lead_id


def rows(lively, table):
    with lively.database.read() as conn:
        return conn.execute(select(table).order_by(*table.primary_key.columns)).all()


def test_a_lead_is_given_away_once_and_the_new_rep_is_told(lively, ada):
    given = ("reassign", "ada@lumen.example", "karim", "--reason", "Speaks Flemish", "--author", "Chloé")
    assert terreau(*given).output == "Ada is with karim now, who is told by mail.\n"
    assert terreau(*given).output == "Ada is with karim already: nothing was changed.\n"
    assert rows(lively, leads)[0].owner == "karim"
    assert [row.email for row in rows(lively, messages) if row.recipient == "karim@atelier-lumen.example"] == ["alert"]
    assert [row.act for row in rows(lively, audit)] == ["lead_reassigned"]
    told = terreau("explain", "ada@lumen.example").output
    assert "Karim Benali, to whom Chloé gave the lead: Speaks Flemish. Before: Nadia Ferreira." in told
    found = json.loads(terreau("explain", "ada@lumen.example", "--json").output)
    assert found["hand_offs"][0]["by"] == "assigned"
    [moved] = found["given"]
    assert (moved["before"], moved["rep"], moved["author"], moved["reason"]) == (
        "nadia",
        "karim",
        "Chloé",
        "Speaks Flemish",
    )


def test_explain_says_why_a_lead_went_from_rep_to_rep_that_sales_was_never_told_of(lively, content):
    lively.submits("bob")
    today(lively)
    for rep, reason in (("karim", "His street"), ("nadia", "Asked for her"), ("nobody", "Back to marketing")):
        assert terreau("reassign", "bob@lumen.example", rep, "--reason", reason, "--author", "Ines").exit_code == 0
    told = terreau("explain", "bob@lumen.example").output
    for line in (
        "Nobody, since Ines said so: Back to marketing. Before: Nadia Ferreira.",
        "Nadia Ferreira, to whom Ines gave the lead: Asked for her. Before: Karim Benali.",
        "Karim Benali, to whom Ines gave the lead: His street\n",
    ):
        assert line in told
    assert "not handed to sales so far" not in told
    assert "Auparavant : Karim Benali." in terreau("explain", "bob@lumen.example", "--lang", "fr").output.replace(
        "\xa0", " "
    )


def test_explain_says_why_whoever_has_the_lead_has_it(ada):
    assert "Nadia Ferreira, because the form “" in terreau("explain", "ada@lumen.example").output
    assert "Nadia Ferreira, car le formulaire «" in terreau("explain", "ada@lumen.example", "--lang", "fr").output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("reassign", "ada@lumen.example", "karin", "--reason", "x"), "no rep `karin` (did you mean `karim`?)"),
        (("reassign", "bob@lumen.example", "karim", "--reason", "x"), "nobody is known as"),
        (("reassign", "ada@lumen.example", "karim"), "--reason"),
        (("absences", "add", "karin", "--from", "2026-12-24", "--to", "2026-12-31"), "did you mean `karim`?"),
        (("absences", "add", "karim", "--from", "2026-12-24", "--to", "2026-12-23"), "is before"),
        (("absences", "add", "karim", "--from", "tomorrow", "--to", "2026-12-23"), "tomorrow"),
        (("absences", "remove", "99"), "no absence 99"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(lively, ada, words, sentence):
    result = terreau(*words)
    assert result.exit_code > 0
    assert sentence in result.output
    assert rows(lively, leads)[0].owner == "nadia"
    assert rows(lively, absences) == []


def test_absences_are_noted_listed_and_taken_back(lively, ada):
    said = terreau("absences", "add", "nadia", "--from", "2026-12-24", "--to", "2027-01-02", "--author", "Chloé").output
    assert said == "Noted as 1: nadia is not there from 2026-12-24 to 2027-01-02, and gets no new lead.\n"
    assert "    1  2026-12-24 … 2027-01-02  nadia  Chloé" in terreau("absences").output
    written, listed = json.loads(terreau("absences", "--json").output)
    assert written == {"id": None, "rep": "karim", "from": "2026-12-24", "to": "2027-01-01", "author": None}
    assert listed == {"id": 1, "rep": "nadia", "from": "2026-12-24", "to": "2027-01-02", "author": "Chloé"}
    assert terreau("absences", "remove", "1").output == "Absence 1 is taken back.\n"
    assert terreau("absences").output == "    –  2026-12-24 … 2027-01-01  karim  definitions.toml\n"
    assert [row.act for row in rows(lively, audit)] == ["absence_noted", "absence_taken_back"]


def test_whoever_is_away_gets_no_new_lead(lively, content):
    today(lively)
    day = lively.clocks.calendar().date()
    terreau("absences", "add", "nadia", "--from", f"{day}", "--to", f"{day}")
    lively.submits("bob", "demo", phone="+33639981234", need="A room", **STUDIO)
    assert rows(lively, leads)[0].owner == "karim"
    told = terreau("explain", "bob@lumen.example").output
    assert "Karim Benali, whose turn it was by the rule “Independent studios”." in told
    assert "Not there: Nadia Ferreira." in told
