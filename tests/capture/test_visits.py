"""Visits: counted of nobody; kept one by one, and joined to the lead, where the visitor agreed."""

import gzip
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from base.paths import data_path
from capture.views import MOST
from capture.visits import QUESTION
from leads import consenting, hit_log, judging, merging
from leads.classing import SETTLES
from reports.touches import touches
from storage.schema import events as log
from storage.schema import hits, leads, submissions, visit_counts, visitors, visits, wakes

HOME = "https://lumen.example"
PEOPLE = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept-Language": "fr",
}
ANSWERS = {
    "email": "ada@gmail.com",
    "first_name": "Ada",
    "company": "Atelier",
    "profession": "interior",
    "practice": "slow",
}
CLICK = "/p/guide-3d?utm_source=lettre&utm_medium=email&utm_campaign=mai"
ASKING = {"visits": "consent", "origins": ["https://www.lumen.example"]}


@pytest.fixture
def asking(browse):
    return browse(tracking=ASKING)


def tells(browser, path="/p/guide-3d", came="", origin=HOME, agent=PEOPLE["User-Agent"], **more):
    """What the script says when that page was opened."""
    headers = {**PEOPLE, "User-Agent": agent, "Origin": origin}
    return browser.post("/visit", {"at": f"{origin}{path}", "from": came, **more}, headers=headers)


def agrees(browser, *where, asked="fr", **more):
    """Yes to the question; what the cookie holds from then on."""
    cookie = tells(browser, *where, agree="1", asked=asked, **more).text
    browser.client.set_cookie("terreau_visitor", cookie, domain="lumen.example")
    return cookie


def rows(door, table):
    with door.database.read() as conn:
        return conn.execute(select(table).order_by(*table.primary_key.columns)).all()


def kept(door):
    return [(row.page, row.channel, row.lead_id) for row in rows(door, visits)]


def counted(door):
    door.views.flush(door.database)
    return {(row.page, row.channel, row.source, row.campaign): row.n for row in rows(door, visit_counts)}


def test_our_own_pages_are_counted_by_where_visitors_come_from_and_of_nobody(browser, door):
    came = {**PEOPLE, "Referer": "https://www.google.fr/search?q=who+i+am"}
    browser.open("/p/guide-3d", headers=came)
    browser.open("/p/guide-3d", headers=came)
    browser.open(CLICK, headers=PEOPLE)
    browser.open("/p/demo", headers=PEOPLE)
    browser.open("/p/demo", headers={**PEOPLE, "Referer": f"{HOME}/p/guide-3d"})
    browser.open("/p/demo", headers={**PEOPLE, "User-Agent": "Googlebot/2.1"})
    assert counted(door) == {
        ("guide-3d", "organic", "www.google.fr", ""): 2,
        ("guide-3d", "email", "lettre", "mai"): 1,
        ("demo", "direct", "", ""): 1,
    }
    assert rows(door, visitors) == rows(door, visits) == []


def test_other_pages_of_the_company_tell_theirs_and_strangers_tell_nothing(browse, door):
    browser = browse(tracking={"origins": ["https://www.lumen.example"]})
    answer = tells(browser, "/tarifs?utm_source=x&gclid=who", origin="https://www.lumen.example")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "https://www.lumen.example")
    assert "Set-Cookie" not in answer.headers
    tells(browser, "/tarifs", came="https://lumen.example/p/demo", origin="https://www.lumen.example")
    assert "Access-Control-Allow-Origin" not in tells(browser, "/tarifs", origin="https://evil.example").headers
    tells(browser, "/tarifs", origin="https://www.lumen.example", agent="curl/8")
    assert counted(door) == {("www.lumen.example/tarifs", "paid_search", "x", ""): 1}


def test_an_address_that_holds_what_one_likes_does_not_fill_the_table(browse, door):
    browser = browse(tracking={"origins": ["https://www.lumen.example"]})
    for number in range(MOST + 20):
        tells(browser, f"/{number}?utm_source=s{number}", origin="https://www.lumen.example")
    found = counted(door)
    assert len(found) == MOST + 1
    assert found["www.lumen.example", "campaign", "", ""] == 20


def test_a_house_that_does_not_ask_keeps_nobody(browser, door):
    assert tells(browser, agree="1").status_code == 204
    assert tells(browser, v="a" * 22).status_code == 204
    assert "visit.js" not in browser.open("/p/guide-3d").text
    assert rows(door, visitors) == []


def test_a_page_asks_and_says_what_for(asking, door):
    page = asking.open("/en/p/guide-3d")
    assert "Set-Cookie" not in page.headers or "terreau_visitor" not in page.headers["Set-Cookie"]
    assert (QUESTION % {"house": "Atelier Lumen"}) in page.text
    agrees(asking, asked="en")
    [row] = rows(door, visitors)
    assert row.wording == QUESTION % {"house": "Atelier Lumen"}
    assert row.visitor not in (asking.client.get_cookie("terreau_visitor", domain="lumen.example").value, "")


def test_what_was_seen_before_belongs_to_whoever_sends_a_form(asking, door, clocks):
    cookie = agrees(asking, CLICK, "https://mail.google.com/mail")
    clocks.advance(timedelta(days=3))
    tells(asking, "/p/demo", v=cookie)
    tells(asking, "/p/guide-3d", f"{HOME}/p/demo", v=cookie)
    assert kept(door) == [("guide-3d", "email", None), ("demo", "direct", None), ("guide-3d", "", None)]
    asking.send("/p/guide-3d", ANSWERS)
    [lead] = rows(door, leads)
    assert (lead.source, lead.first_touch["utm_campaign"]) == ("email", "mai")
    assert {lead_id for *_, lead_id in kept(door)} == {lead.id}
    tells(asking, "/p/demo", "https://www.linkedin.com/", v=cookie)
    assert kept(door)[-1] == ("demo", "social", lead.id)


def test_every_touch_is_kept_and_none_is_lost_when_two_leads_are_one(asking, browse, door, clocks):
    cookie = agrees(asking, CLICK)
    clocks.advance(timedelta(days=3))
    tells(asking, "/p/demo", f"{HOME}/p/guide-3d", v=cookie)
    tells(asking, "/p/guide-3d", "https://www.google.fr/", v=cookie)
    asking.send("/p/guide-3d", ANSWERS)
    clocks.advance(timedelta(days=30))
    other = browse()
    hidden = other.hidden("/p/guide-3d", headers={"Referer": "https://www.linkedin.com/feed/"})
    clocks.advance(timedelta(seconds=30))
    other.post("/p/guide-3d", {**hidden, **ANSWERS, "email": "ada.m@gmail.com"})
    ada, other = (row.id for row in rows(door, leads))
    door.database.write(lambda conn: conn.execute(update(wakes).values(folded_seq=wakes.c.seq)).rowcount)  # the engine
    door.database.write(lambda conn: merging.merge(conn, ada, other, door.site(), clocks.moment()) and None)
    with door.database.read() as conn:
        found = touches(conn, ada)
    assert [(one.by, one.channel, one.page) for one in found] == [
        ("visit", "email", "guide-3d"),
        ("visit", "organic", "guide-3d"),
        ("form", "social", "guide-3d"),
    ]


def test_a_second_reader_of_one_browser_takes_nothing_from_the_first(asking, door):
    cookie = agrees(asking, CLICK)
    asking.send("/p/guide-3d", ANSWERS)
    asking.send("/p/guide-3d", {**ANSWERS, "email": "bob@gmail.com"})
    tells(asking, "/p/demo", v=cookie)
    ada, bob = (row.id for row in rows(door, leads))
    assert [lead_id for *_, lead_id in kept(door)] == [ada, bob]


def test_where_a_visitor_landed_is_not_lost_on_the_way_to_the_form(browser, door):
    """Without any cookie: the page before still says in its address where they came from."""
    hidden = browser.hidden("/p/guide-3d", headers={"Referer": f"{HOME}{CLICK}"})
    browser.clocks.advance(timedelta(seconds=30))
    browser.post("/p/guide-3d", {**hidden, **ANSWERS})
    assert rows(door, submissions)[0].touch["utm_source"] == "lettre"


def test_a_known_browser_scores_only_once_its_lead_agreed_to_be_measured(asking, door, clocks):
    cookie = agrees(asking, CLICK)
    asking.send("/p/guide-3d", ANSWERS)
    [lead] = rows(door, leads)
    tells(asking, "/p/demo", v=cookie)
    assert rows(door, hits) == []
    given = {"locale": "fr", "proof": {}, "now": clocks.moment(), "wordings": {"clicks": "w"}}
    door.database.write(lambda conn: consenting.grant(conn, lead.id, ["clicks"], **given))
    tells(asking, "/p/demo", v=cookie)
    clocks.advance(SETTLES)
    door.database.write(lambda conn: judging.settle(conn, clocks.moment()))
    told = [(row.name, row.subject, row.evidence) for row in rows(door, log)][-2:]
    assert told == [("page_seen", "demo", "pending"), ("hit_confirmed", "demo", "presumed")]


def test_whoever_withdraws_is_known_no_longer(asking, door, clocks):
    cookie = agrees(asking, CLICK)
    asking.send("/p/guide-3d", ANSWERS)
    [lead] = rows(door, leads)
    door.database.write(lambda conn: hit_log.forget(conn, [lead.id], ["clicks"]))
    assert rows(door, visits) == rows(door, visitors) == []
    assert tells(asking, v=cookie).status_code == 410
    assert rows(door, visits) == []


def test_a_browser_that_says_no_later_is_forgotten(asking, door):
    cookie = agrees(asking, CLICK)
    assert tells(asking, v=cookie, leave="1").status_code == 204
    assert rows(door, visits) == rows(door, visitors) == []


@pytest.mark.parametrize("cookie", ["a" * 22, "'; drop", "é" * 22, "x", "0" * 500])
def test_a_cookie_that_nobody_was_given_knows_nobody(asking, door, cookie):
    assert tells(asking, v=cookie).status_code in (204, 410)
    assert rows(door, visits) == []


def test_one_network_does_not_fill_the_table(browse, door):
    browser = browse(tracking={**ASKING, "visits_per_hour": 3})
    outside = {"environ_base": {"REMOTE_ADDR": "81.2.3.4"}, "headers": {**PEOPLE, "Origin": HOME}}
    told = {"at": f"{HOME}/p/demo", "agree": "1"}
    assert [browser.post("/visit", told, **outside).status_code for _ in range(5)] == [200, 200, 200, 204, 204]


def test_a_database_that_is_away_costs_the_figure_and_not_the_page(asking, door):
    cookie = agrees(asking, CLICK)
    door.database.writes_gone = True
    assert tells(asking, v=cookie).status_code == 204


def test_the_script_is_small():
    assert len(gzip.compress(data_path("static", "visit.js").read_bytes())) < 3_000
