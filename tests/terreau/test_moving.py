"""`terreau leads move`: a lead led to another stage by hand, or the reason why not; `terreau explain` tells of both."""

import json

import pytest
from sqlalchemy import select

from sales import calling
from sales.calling import Call
from sales.notebook import Author
from storage.schema import standings
from tests.terreau.living import terreau, today

NADIA = Author("Nadia Ferreira", "nadia")


@pytest.fixture
def ada(lively, content):
    """Ada asked for the guide; marketing may lead leads to MQL by hand, whose number must be known."""
    text = (content / "definitions.toml").read_text()
    edited = text.replace('moved_by = ["marketing"]', 'requires = ["phone"]\nmoved_by = ["marketing"]')
    (content / "definitions.toml").write_text(edited)
    assert terreau("apply").exit_code == 0
    lead_id = lively.submits("ada")
    today(lively)
    return lead_id


def move(to, by="marketing", *more):
    return terreau("leads", "move", "ada@lumen.example", to, "--as", by, "--reason", "Met at the fair", *more)


def stage_of(lively, lead_id):
    lively.later(minutes=5)  # the command's clock went on
    with lively.database.read() as conn:
        return conn.execute(select(standings.c.stage).where(standings.c.lead_id == lead_id)).scalar_one()


@pytest.mark.parametrize(
    ("to", "by", "said"),
    [
        ("mql", "sales", "Only marketing may move leads to MQL."),
        ("mql", "marketing", "asks for what nobody knows of the lead yet: "),
        (
            "sql",
            "marketing",
            "write `moved_by = ['sales']`, `['marketing']` or both under that stage in definitions.toml",
        ),
        ("disqualified", "sales", "by a verdict of sales alone"),
        ("nowhere", "sales", "The definitions have no stage “nowhere”: choose from contact, iql, mql, "),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(lively, ada, to, by, said):
    answer = move(to, by)
    assert answer.exit_code == 1
    assert said in answer.output
    assert stage_of(lively, ada) == "iql"


def test_a_lead_is_moved_once_all_is_known_and_its_story_says_by_whom(lively, ada):
    lively.submits("ada", phone="+33639981234")
    answer = move("mql", "marketing", "--author", "Inès")
    assert answer.exit_code == 0, answer.output
    assert stage_of(lively, ada) == "mql"
    told = terreau("explain", "ada@lumen.example").output
    assert "iql → mql: Moved by hand: “Met at the fair”" in told


def test_explain_tells_how_calls_ended_and_what_keeps_a_lead_from_a_stage(lively, ada):
    for call in (Call("no_answer"), Call("not_interested", reason="etudes")):
        lively.database.write(lambda conn, c=call: calling.log_call(conn, ada, c, NADIA, lively.clocks.moment()))
    for _ in range(3):
        lively.does(ada, "webinar_attended")
        lively.later(days=1)
    lively.submits("ada", profession="interior", practice="slow")
    today(lively)
    told = terreau("explain", "ada@lumen.example").output
    assert "not interested, Student or teacher: school licence" in told
    assert "asks for what nobody knows of the lead yet" in told
    found = json.loads(terreau("explain", "ada@lumen.example", "--json").output)
    assert [(one["outcome"], one["reason"]) for one in found["calls"]] == [
        ("no_answer", None),
        ("not_interested", "etudes"),
    ]
    assert found["held"] == {"stage": "mql", "fields": ["phone"], "bant": []}
    assert found["aside"] == {"recycled": 0, "disqualified": 0}
    assert "étudiant" in terreau("explain", "ada@lumen.example", "--lang", "fr").output.lower()
