"""Ids of other systems on the pages of a lead: seen, noted, taken away, and never of two leads."""

import pytest


@pytest.fixture
def ada(lively, console_door):
    return lively.submits("ada")


def test_marketing_notes_an_id_and_everybody_sees_it(ada, lively, staff_client):
    client, path = staff_client("marketer"), f"/console/leads/{ada}/data"
    assert client.post(f"{path}/ids", {"system": "HubSpot", "value": " 51200034 "}).status_code == 303
    assert "hubspot: <code>51200034</code>" in client.get(path).text
    assert "hubspot: <code>51200034</code>" in staff_client("sales").get(f"/console/leads/{ada}").text
    bob = lively.submits("bob")
    refused = client.post(f"/console/leads/{bob}/data/ids", {"system": "hubspot", "value": "51200034"})
    assert refused.status_code == 422
    assert f"hubspot 51200034 is lead {ada}" in refused.text
    assert client.post(f"{path}/ids", {"system": "hubspot", "value": "51200034", "take": "1"}).status_code == 303
    assert "51200034" not in client.get(path).text


def test_sales_notes_none(ada, staff_client):
    answer = staff_client("sales").post(f"/console/leads/{ada}/data/ids", {"system": "hubspot", "value": "1"})
    assert answer.status_code == 403
