"""Companies in the console: the list, one with its leads, deals and acts, and the way there from a lead."""

import re
from datetime import date

import pytest
from sqlalchemy import update

from sales import deals as selling
from sales.deals import Forecast
from sales.notebook import Author
from storage.schema import standings

NADIA = Author("Nadia Ferreira", "nadia")


@pytest.fixture
def house(lively, console_door):
    ada = lively.submits("ada", email="ada@studio-brun.fr", last_name="Brun", company="Studio Brun")
    bob = lively.submits("bob", email="bob@studio-brun.fr", company="Studio Brun")
    lively.submits("chloe", email="chloe@orange.fr", company="Chez Chloé")
    return ada, bob


def test_the_list_says_how_many_leads_and_how_far_they_came(house, staff_client):
    page = staff_client("marketer").get("/console/companies").text
    assert "Studio Brun" in page
    assert "studio-brun.fr" in page
    assert "Chez Chloé" not in page
    assert "IQL" in page


def test_the_highest_engagement_is_what_one_of_its_leads_has_now_whoever_counted_most_before(
    house, staff_client, lively
):
    """Six others counted more when the engine last looked, and have nothing left."""
    older = [lively.submits(f"n{one}", email=f"n{one}@studio-brun.fr") for one in range(6)]

    def job(conn):
        stood = update(standings).where(standings.c.lead_id.in_(older))
        return conn.execute(stood.values(engagement=90_000, buckets={})).rowcount

    lively.database.write(job)
    page = staff_client("marketer").get("/console/companies").text
    assert re.findall(r'<td class="num p2"><b>(\d+)</b>', page) == ["15"]


def test_a_company_is_searched_for_by_its_words(house, staff_client):
    client = staff_client("marketer")
    assert "Studio Brun" in client.get("/console/companies?q=brun").text
    assert "No company was found" in client.get("/console/companies?q=zzyzx").text
    assert "/console/companies/studio-brun.fr" in client.get("/console/leads?q=brun").text


def test_a_companys_page_has_its_leads_acts_and_deals(house, staff_client, lively):
    ada, bob = house
    forecast = Forecast(amount=12_000_00, probability=50, close_on=date(2026, 12, 1))
    now = lively.clocks.moment()
    lively.database.write(lambda conn: selling.forecast(conn, ada, forecast, NADIA, now))
    lively.works()
    page = staff_client("marketer").get("/console/companies/studio-brun.fr").text
    assert f"/console/leads/{ada}" in page
    assert f"/console/leads/{bob}" in page
    assert "2 leads; the furthest:" in page
    assert "Open deals:" in page
    assert "12,000" in page
    assert "What they did last" in page
    assert "None of them has done anything yet" not in page


def test_a_leads_page_leads_to_its_company(house, staff_client):
    page = staff_client("sales").get(f"/console/leads/{house[0]}").text
    assert 'href="/console/companies/studio-brun.fr"' in page


def test_sales_sees_a_company_as_far_as_its_leads(house, staff_client, lively):
    for lead_id in house:
        lively.gives(lead_id, "karim")
    lively.works()
    client = staff_client("sales")
    assert client.get("/console/companies/studio-brun.fr").status_code == 404
    assert "Studio Brun" not in client.get("/console/companies").text
    assert staff_client("marketer").get("/console/companies/studio-brun.fr").status_code == 200


def test_marketing_names_a_company(house, staff_client):
    client = staff_client("marketer")
    assert client.post("/console/companies/studio-brun.fr", {"name": " Brun &  Cie "}).status_code == 303
    assert "Brun &amp; Cie" in client.get("/console/companies/studio-brun.fr").text
    assert client.post("/console/companies/nowhere.fr", {"name": "X"}).status_code == 404
    assert staff_client("sales").post("/console/companies/studio-brun.fr", {"name": "X"}).status_code == 403
