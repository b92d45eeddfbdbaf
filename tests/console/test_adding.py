"""Adding a lead by hand in the console: whoever brings it is named, and what is wrong is said beside what was typed."""

import re

import pytest
from sqlalchemy import select

from storage.schema import leads

DORA = {
    "email": "dora@zinc.fr", "first_name": "Dora", "origin": "vendor", "who": "LeadActif", "ground": "interest",
    "note": "contract 12", "interest": "a quote", "locale": "en",
}  # fmt: skip


def rows(lively):
    with lively.database.read() as conn:
        return conn.execute(select(leads)).all()


@pytest.fixture
def client(lively, console_door, staff_client):
    return staff_client("sales")


def test_sales_adds_a_vendors_lead_and_sees_where_it_came_from(client, lively):
    answer = client.post("/console/leads/add", DORA)
    assert answer.status_code == 303
    [row] = rows(lively)
    assert (row.origin, row.source, row.owner, row.locale) == ("vendor", "vendor:LeadActif", "nadia", "en")
    lively.works()
    page = client.get(answer.location).text
    origin = page.partition("<dt>Origin</dt><dd>Vendor: LeadActif<small>")[2].partition("</dd>")[0]
    assert "Vendor: LeadActif, added by Sales." in origin
    assert "Ground: our legitimate interest, weighed against theirs." in origin
    assert "Interest: a quote. Note: contract 12." in origin
    assert "Sales adds the lead: Vendor: LeadActif" in page
    assert "our legitimate interest, weighed against theirs" in page
    assert "contract 12" in page
    assert "Vendor: LeadActif" in client.get("/console/leads").text
    report = client.get("/console/reports/sources").text
    row = re.search(r"Vendor: LeadActif</th>.*", report)
    assert row is not None
    assert 'data-head="Leads">1</td>' in row[0]


def test_what_is_wrong_is_said_and_what_was_typed_stays(client, lively):
    answer = client.post("/console/leads/add", {**DORA, "email": "", "first_name": "Dora"})
    assert answer.status_code == 422
    assert "Neither an address nor a number" in answer.text
    assert 'value="Dora"' in answer.text
    assert "“x” cannot be reached" in client.post("/console/leads/add", {**DORA, "email": "x"}).text
    assert rows(lively) == []


def test_who_is_known_already_is_one_link_away(client, lively):
    lead_id = lively.submits("dora", email="dora@zinc.fr")
    answer = client.post("/console/leads/add", DORA)
    assert f"Lead {lead_id} is this person already" in answer.text
    assert f'href="/console/leads/{lead_id}"' in answer.text


def test_a_number_alone_is_called(client, lively):
    client.post("/console/leads/add", {**DORA, "email": "", "phone": "06 39 98 12 34", "first_name": "Dora"})
    lively.works()
    page = client.get("/console/today").text
    assert "06\u00a039\u00a098\u00a012\u00a034" in page
    assert "no address" in page
