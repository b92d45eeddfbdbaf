"""The queue of whoever qualifies by calls: who is in it, in which order, and what is said of each."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import update

from sales import notebook
from sales.notebook import Author
from storage.schema import standings

PAGE = "/console/qualify"
PHONE = "+33639981234"
NADIA = Author("Nadia Ferreira", "nadia")


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ").replace("\u00a0", " ")


def names(page):
    return re.findall(r'<a class="name" href="/console/leads/\d+">([^<]+)</a>', page.text)


@pytest.fixture
def people(lively):
    """Ada is cold and has a number; bob left nothing but a number; chloé is warm enough to be called; dora has none;
    emil is colder than ada."""
    made = {
        "ada": lively.submits("ada", phone=PHONE, need="A room", profession="interior"),
        "bob": lively.submits("bob", phone="+33639980001", email=None),
        "chloe": lively.submits("chloe", phone="+33639980002"),
        "dora": lively.submits("dora"),
        "emil": lively.submits("emil", "lettre", phone="+33639980003"),
    }
    lively.does(made["chloe"], "webinar_attended")
    colder = update(standings).where(standings.c.lead_id == made["emil"]).values(engagement=0, buckets={})
    lively.database.write(lambda conn: conn.execute(colder).rowcount)
    return made


def test_the_warmest_come_first_and_whoever_stands_on_the_call_list_is_not_here(staff_client, people):
    page = staff_client("sales").get(PAGE)
    assert names(page) == ["Ada", "Emil"]
    said = plain(page.text)
    assert "Whoever left nothing but a number stands there from the first point" in said
    assert "fits no profile yet" in said
    today = plain(staff_client("sales").get("/console/today").text)
    assert today.index("Chloe") < today.index("Bob")


def test_the_queue_is_in_the_order_of_what_is_left_of_the_points(staff_client, lively, people):
    """What was counted last is higher for emil, who has not moved since; ada has more now."""
    counted = update(standings).where(standings.c.lead_id == people["emil"]).values(engagement=29_000)
    lively.database.write(lambda conn: conn.execute(counted).rowcount)
    assert names(staff_client("sales").get(PAGE)) == ["Ada", "Emil"]


def test_each_line_says_what_is_known_of_bant_and_what_to_ask(staff_client, lively, people):
    lively.database.write(
        lambda conn: notebook.note_bant(conn, people["ada"], "budget", "no", None, NADIA, lively.clocks.moment())
    )
    said = plain(staff_client("sales").get(PAGE).text)
    assert "1 of 4 of BANT known" in said
    assert "to ask: Decision maker, Need, Timeline" in said
    french = plain(staff_client("marketer", "fr").get(PAGE).text)
    assert "1 sur 4 du BANT connus" in french


def test_a_call_takes_a_lead_off_the_queue_and_marketing_reads_it_only(staff_client, people):
    client = staff_client("sales")
    form = {"outcome": "reached", "back": "qualify"}
    answer = client.post(f"/console/leads/{people['ada']}/calls", form)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert names(client.get(PAGE)) == ["Emil"]
    line = client.post(f"/console/leads/{people['emil']}/calls", form, headers={"HX-Request": "true"})
    assert f'id="call-{people["emil"]}"' in line.text
    assert "Nobody to qualify" in plain(client.get(PAGE).text)
    marketer = staff_client("marketer").get(PAGE)
    assert marketer.status_code == 200
    assert 'name="outcome"' not in marketer.text
    assert staff_client("viewer").get(PAGE).status_code == 403


def test_one_qualifies_ones_own_and_nobodys(staff_client, lively, people):
    lively.gives(people["ada"], "karim")
    assert names(staff_client("sales").get(PAGE)) == ["Emil"]
    assert names(staff_client("admin").get(PAGE)) == ["Ada", "Emil"]


def test_what_cannot_be_noted_is_refused_on_the_queue(staff_client, people):
    answer = staff_client("sales").post(f"/console/leads/{people['ada']}/calls", {"outcome": "x", "back": "qualify"})
    assert answer.status_code == 422
    assert "Say how the call ended" in plain(answer.text)


def test_more_than_a_page_is_counted_and_paged_through(staff_client, lively, people):
    """Nobody twice, nobody left out, though all are as warm as each other."""
    lively.gives(people["ada"], "karim")
    more = {lively.submits(f"more{n}", phone=f"+336399810{n:02}") for n in range(21)}
    client = staff_client("sales")
    first = client.get(PAGE)
    assert "22 leads with a number" in plain(first.text)
    assert "1 – 20 of 22" in plain(first.text)
    [following] = re.findall(r'rel="next" href="([^"]+)"', first.text)
    second = client.get(following.replace("&amp;", "&"))
    assert "21 – 22 of 22" in plain(second.text)
    assert 'rel="next"' not in second.text
    found = [re.findall(r'<a class="name" href="/console/leads/(\d+)">', page.text) for page in (first, second)]
    assert [len(those) for those in found] == [20, 2]
    assert {int(one) for those in found for one in those} == more | {people["emil"]}


def test_whoever_is_not_looked_at_is_not_said_to_be_nobody(staff_client, lively, monkeypatch):
    looked_through = "warmest are looked through for a number"
    lively.submits("ada")
    assert looked_through not in plain(staff_client("sales").get(PAGE).text)
    lively.submits("bob")
    monkeypatch.setattr("reports.qualifying.READ", 1)
    said = plain(staff_client("sales").get(PAGE).text)
    assert "Nobody to qualify" in said
    assert looked_through in said


def test_where_no_bant_is_defined_none_is_spoken_of(staff_client, console_door, people, monkeypatch):
    site = console_door.site()
    without = replace(site, definitions=site.definitions.model_copy(update={"bant": []}))
    monkeypatch.setattr(console_door.releases, "in_force", lambda: without)
    client = staff_client("sales")
    pages = [client.get(PAGE), client.get(f"/console/leads/{people['ada']}")]
    assert [page.status_code for page in pages] == [200, 200]
    assert ["BANT" in page.text for page in pages] == [False, False]
