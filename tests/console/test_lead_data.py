"""Somebody's data in the console: seen by who sees the lead, put right by who writes, erased once it is typed whom."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from console import protection
from storage.schema import audit, departures, leads, submissions
from tests.arranging import lived_once


@pytest.fixture
@lived_once
def ada(lively):
    return lively.submits("ada", last_name="Lovelace")


@pytest.fixture
def client(ada, staff_client):
    return staff_client("admin")


def lead(database, lead_id):
    with database.read() as conn:
        return conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()


def acts(database):
    with database.read() as conn:
        return list(conn.scalars(select(audit.c.act).order_by(audit.c.id)))


def test_the_page_says_what_is_stored_and_the_lead_leads_to_it(client, ada):
    page = client.get(f"/console/leads/{ada}/data").text
    assert "Forms you sent" in page
    assert "Type ada@lumen.example to go on" in page
    assert f"/console/leads/{ada}/data" in client.get(f"/console/leads/{ada}").text


def test_a_copy_is_handed_out_and_entered_in_the_chain(client, ada, database):
    page = client.post(f"/console/leads/{ada}/data/export", {"form": "html"})
    file = client.post(f"/console/leads/{ada}/data/export", {"form": "json"})
    assert "Vos données chez" in page.text
    assert "attachment" in page.headers["Content-Disposition"]
    assert file.json["tables"]["leads"][0]["last_name"] == "Lovelace"
    assert acts(database) == ["staff_came_in", "lead_exported", "lead_exported"]


def test_the_wrong_address_erases_nothing(client, ada, database):
    answer = client.post(f"/console/leads/{ada}/data/erase", {"way": "erase", "typed": "bob@lumen.example"})
    assert (answer.status_code, "nothing was erased" in answer.text) == (422, True)
    assert lead(database, ada) is not None


def test_the_address_typed_erases_for_good(client, ada, database):
    answer = client.post(f"/console/leads/{ada}/data/erase", {"way": "erase", "typed": " ADA@lumen.example "})
    assert answer.status_code == 303
    assert lead(database, ada) is None
    page = client.get(answer.headers["Location"]).text
    assert "Erased. A keyed hash of the address stays" in page
    assert "lead erased" in page
    assert "Admin" in page
    assert "The chain holds" in page


def test_who_they_are_can_be_forgotten_alone(client, ada, database):
    client.post(f"/console/leads/{ada}/data/erase", {"way": "anonymise", "typed": "ada@lumen.example"})
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(submissions)).scalar_one() == 1
    assert lead(database, ada).email is None


def test_a_way_that_does_not_exist_is_refused(client, ada, database):
    assert (
        client.post(f"/console/leads/{ada}/data/erase", {"way": "all", "typed": "ada@lumen.example"}).status_code == 400
    )


def test_what_is_wrong_is_put_right(client, ada, database):
    answer = client.post(f"/console/leads/{ada}/data/correct", {"last_name": "Byron", "email": "ada@lumen.example"})
    assert "Put right." in client.get(answer.headers["Location"]).text
    assert lead(database, ada).last_name == "Byron"
    refused = client.post(f"/console/leads/{ada}/data/correct", {"email": "nothing"})
    assert (refused.status_code, "cannot be reached" in refused.text) == (422, True)


def test_two_leads_become_one_after_a_look_at_what_it_does(client, ada, lively, database):
    bob = lively.submits("lovelace", company="Lumen")
    plan = client.get(f"/console/leads/{ada}/merge?other={bob}").text
    assert "can be taken back" in plan
    assert "empty until now, then Lumen" in plan
    by_address = client.get(f"/console/leads/{ada}/merge?other=Lovelace@lumen.example").text
    assert f'name="other" value="{bob}"' in by_address
    done = client.post(f"/console/leads/{ada}/merge", {"other": bob})
    assert "Both are one lead now." in client.get(done.headers["Location"]).text
    assert lead(database, bob).merged_into == ada
    for wrong in ("nothing", "nobody@lumen.example", "4711", str(ada), "ada@lumen.example"):
        assert client.get(f"/console/leads/{ada}/merge?other={wrong}").status_code == 422


def test_a_merge_is_taken_back_from_the_page_of_the_lead(client, ada, lively, database):
    bob = lively.submits("lovelace", company="Lumen")
    client.post(f"/console/leads/{ada}/merge", {"other": bob})
    lively.works()
    assert f"/console/leads/{ada}/part?other={bob}" in client.get(f"/console/leads/{ada}").text
    assert "as if the two had been apart" in client.get(f"/console/leads/{ada}/part?other={bob}").text
    assert client.get(f"/console/leads/{ada}/part?other={ada}").status_code == 422
    client.post(f"/console/leads/{bob}/part", {"other": bob})
    assert lead(database, bob).merged_into == ada
    done = client.post(f"/console/leads/{ada}/part", {"other": bob})
    assert "They are two leads again." in client.get(done.headers["Location"]).text
    assert lead(database, bob).merged_into is None


def test_whose_time_is_up_is_announced_on_both_pages(client, ada, database, clocks):
    due = clocks.calendar_now + timedelta(days=20)
    row = {"lead_id": ada, "last_act_at": clocks.calendar_now, "announced_at": clocks.calendar_now, "due_at": due}
    database.write(lambda conn: conn.execute(insert(departures).values(row)) and None)
    assert "Their time is up" in client.get("/console/data").text
    assert "22 Nov 2026" in client.get(f"/console/leads/{ada}/data").text


def test_a_chain_that_was_changed_is_told(client, ada, database):
    client.post(f"/console/leads/{ada}/data/export", {"form": "json"})
    database.write(lambda conn: conn.execute(update(audit).values(act="lead_erased")) and None)
    assert "The chain is broken at entry 1" in client.get("/console/data").text


def test_of_a_long_chain_the_page_looks_at_the_newest_entries_and_says_so(client, ada, database, monkeypatch):
    monkeypatch.setattr(protection, "LOOKED_AT", 2)
    for _ in range(3):
        client.post(f"/console/leads/{ada}/data/export", {"form": "json"})
    assert "The newest 2 entries hold" in client.get("/console/data").text
    third = update(audit).where(audit.c.id == 3).values(act="lead_erased")
    database.write(lambda conn: conn.execute(third) and None)
    assert "The chain is broken at entry 3" in client.get("/console/data").text


def test_sales_sees_what_is_stored_and_neither_hands_it_out_nor_takes_it_away(ada, staff_client):
    sales = staff_client("sales")
    page = sales.get(f"/console/leads/{ada}/data").text
    assert "Forms you sent" in page
    assert "Erase" not in page
    for act in ("export", "correct", "erase"):
        assert sales.post(f"/console/leads/{ada}/data/{act}", {}).status_code == 403
    assert sales.get("/console/data").status_code == 403


def test_every_act_of_the_chain_has_its_words():
    assert {*protection.ACTS} >= {"lead_exported", "lead_corrected", "lead_erased", "lead_anonymised", "leads_merged"}
