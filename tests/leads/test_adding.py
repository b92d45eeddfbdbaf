"""A lead made by hand: with its origin and its ground, without a consent, and never twice."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from leads import consent, erasing
from leads.adding import NewLead, NoAdding, add
from leads.events import all_of
from leads.forgetting import Clerk
from storage.schema import consents, leads, messages, standings
from tests.conftest import SUPPRESSION_KEY

NADIA = Clerk("Nadia Ferreira")
DORA = NewLead(
    {"email": "Dora@Zinc.FR", "phone": "06 39 98 12 34", "first_name": "Dora", "team": "2-5"},
    "partner",
    "Agence Nord",
    "request",
    note="mail of 3 November",
    interest="a demonstration",
    owner="nadia",
    fields=("team",),
)


@pytest.fixture
def adds(lively):
    def made(new):
        now = lively.clocks.moment()
        lead_id = lively.database.write(lambda conn: add(conn, new, SUPPRESSION_KEY, NADIA, now))
        lively.works()
        return lead_id

    return made


def row(lively, lead_id, table=leads, column=leads.c.id):
    with lively.database.read() as conn:
        return conn.execute(select(table).where(column == lead_id)).one()


def test_a_partners_lead_says_whose_it_is_on_which_ground_and_agreed_to_nothing(lively, adds):
    lead_id = adds(DORA)
    kept = row(lively, lead_id)
    assert (kept.email, kept.phone, kept.fields, kept.company_domain) == (
        "dora@zinc.fr", "+33639981234", {"team": "2-5"}, "zinc.fr",
    )  # fmt: skip
    assert (kept.status, kept.origin, kept.source, kept.owner) == ("lead", "partner", "partner:Agence Nord", "nadia")
    assert row(lively, lead_id, standings, standings.c.lead_id).source == "partner:Agence Nord"
    with lively.database.read() as conn:
        told = next(event for event in all_of(conn, lead_id) if event.name == "lead_added")
        assert consent.granted(conn, [lead_id])[lead_id] == frozenset()
        assert conn.execute(select(consents)).all() == conn.execute(select(messages)).all() == []
    assert told.evidence == "engine"
    assert told.data == {
        "staff": "Nadia Ferreira", "origin": "partner", "who": "Agence Nord", "ground": "request",
        "note": "mail of 3 November", "interest": "a demonstration",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "source"), [("outbound", "sales:Ines"), ("partner", "partner:Ines"), ("vendor", "vendor:Ines")]
)
def test_who_brings_them_is_their_source(lively, adds, origin, source):
    kept = row(lively, adds(replace(DORA, origin=origin, who=" Ines ")))
    assert (kept.origin, kept.source) == (origin, source)


def test_who_showed_no_interest_is_a_contact(lively, adds):
    lead_id = adds(replace(DORA, interest=""))
    assert row(lively, lead_id).status == "contact"
    assert row(lively, lead_id, standings, standings.c.lead_id).stage == "contact"


def test_an_interest_stands_for_the_download_it_tells_of_and_earns_nothing(lively, adds):
    lead_id = adds(replace(DORA, interest="the guide"))
    stood = row(lively, lead_id, standings, standings.c.lead_id)
    assert (stood.stage, stood.engagement) == ("iql", 0)
    with lively.database.read() as conn:
        assert [one.data for one in all_of(conn, lead_id) if one.name == "interest_shown"] == [
            {"interest": "the guide"}
        ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"told": {"first_name": "Dora"}}, "Neither an address nor a number"),
        ({"who": "  "}, "Say who brings them"),
        ({"ground": "because"}, "Say on which ground they may be kept: one of request, contract, interest, consent."),
        ({"told": {"email": "d@zinc.fr", "shoe_size": "44"}}, "There is no field shoe_size"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_added(lively, adds, changed, sentence):
    with pytest.raises(NoAdding, match=sentence):
        adds(replace(DORA, **changed))
    with lively.database.read() as conn:
        assert conn.execute(select(leads)).all() == []


@pytest.mark.parametrize("told", [{"email": "dora@zinc.fr"}, {"phone": "+33639981234"}])
def test_who_is_known_is_not_added_again_but_named(lively, adds, told):
    known = adds(replace(DORA, told=told))
    with pytest.raises(NoAdding, match=f"Lead {known} is this person already") as refused:
        adds(replace(DORA, told=told))
    assert refused.value.lead_id == known


def test_who_asked_to_be_forgotten_is_not_brought_back_by_a_colleague(lively, adds):
    lead_id = adds(DORA)
    lively.database.write(lambda conn: erasing.erase(conn, lead_id, SUPPRESSION_KEY, lively.clocks.moment()))
    for told in ({"email": "dora@zinc.fr"}, {"phone": "0639981234"}):
        with pytest.raises(NoAdding, match="asked to be forgotten"):
            adds(replace(DORA, told=told))
