"""Pairs that look like one lead, in the console: shown with the reason, merged or told apart by an admin alone."""

import pytest


@pytest.fixture
def pair(lively, console_door):
    phone = "+33639981234"
    return lively.submits("ada", phone=phone), lively.submits("bob", phone=phone)


def test_an_admin_sees_the_pair_and_what_a_merge_would_do(pair, staff_client):
    older, newer = pair
    client = staff_client("admin")
    assert "/console/alike" in client.get("/console/leads").text
    page = client.get("/console/alike").text
    assert "the same number" in page
    assert f"/console/leads/{older}/merge?other={newer}" in page
    assert client.get(f"/console/leads/{older}/merge?other={newer}").status_code == 200
    assert "Likely also" in client.get(f"/console/leads/{older}").text


def test_a_pair_without_an_address_goes_into_the_one_with(lively, console_door, staff_client):
    alone = lively.submits("dora", email=None, phone="+33639981234")
    whole = lively.submits("ada", phone="+33639981234")
    page = staff_client("admin").get("/console/alike").text
    assert f"/console/leads/{whole}/merge?other={alone}" in page


def test_told_apart_the_pair_is_gone_and_stands_in_the_chain(pair, staff_client):
    client = staff_client("admin")
    assert client.post("/console/alike", {"lead": pair[0], "other": pair[1]}).status_code == 303
    page = client.get("/console/alike").text
    assert "No pair was found here" in page
    assert "two leads told apart" in client.get("/console/data").text


def test_nonsense_is_refused(pair, staff_client):
    client = staff_client("admin")
    assert client.post("/console/alike", {"lead": pair[0], "other": pair[0]}).status_code == 400
    assert client.post("/console/alike", {"lead": pair[0], "other": 999}).status_code == 404
    assert staff_client("sales").get("/console/alike").status_code == 403
