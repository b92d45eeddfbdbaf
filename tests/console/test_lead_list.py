"""The list of leads: what each role finds in it, what its address narrows, in both languages, with and without htmx."""

import re
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import insert, update

from console.lead_filters import place_in, written
from leads import standings
from leads.facts import Standing
from leads.identity import Capture, load_leads, record
from leads.recounting import Recounter
from reports.lead_few import Place
from storage import schema

LIST = "/console/leads"
PEOPLE = {
    # who: (first, last, company, owner, stage, engagement, source)
    "ada": ("Ada", "Moreau", "Trois Pignons", "nadia", "mql", 92_500, "organic"),
    "bob": ("Bob", "Keller", "Val-Tortu", "karim", "mql", 84_000, "paid"),
    "chloé": ("Chloé", "Lefèvre", "Brindille", None, "iql", 35_000, "organic"),
}


def house_of(door, clocks):
    """Ada of nadia, bob of karim, chloé of nobody; as doors and engine write them. Returns ids by name."""
    return {who: _live(door, clocks, who, *row) for who, row in PEOPLE.items()}


def _live(door, clocks, who, first, last, company, owner, stage, engagement, source):
    site, now = door.site(), clocks.moment()
    columns = {"email": f"{who}@lumen.example".replace("é", "e"), "first_name": first, "last_name": last}
    touch = {"utm_medium": {"paid": "cpc"}.get(source, source)}
    given = Capture(
        "demo", "demo", "fr", {}, {**columns, "company": company}, {}, (), touch, who, site.release_id
    )  # fmt: skip

    def job(conn):
        lead_id = record(conn, given, now).lead_id
        conn.execute(update(schema.leads).where(schema.leads.c.id == lead_id).values(owner=owner))
        fresh = Standing.fresh(site, now.calendar)
        stood = {name: getattr(fresh, name) for name in fresh.__slots__} | {"stage": stage, "engagement": engagement}
        rule = next(one for one in site.definitions.scoring.engagement if one.cap is None)
        stood["buckets"] = {rule.id: {now.calendar.date().isoformat(): engagement}}
        standings.save(conn, {lead_id: Standing(**stood)}, load_leads(conn, [lead_id]), site.release_id, "UTC")
        return lead_id

    return door.database.write(job)


@pytest.fixture
def people(console_door, clocks):
    return house_of(console_door, clocks)


def names_in(answer):
    assert answer.status_code == 200
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', answer.text)


def test_the_list_begins_with_the_highest_score_and_tells_who_stands_where(staff_client, people):
    page = staff_client("admin").get(LIST)
    assert names_in(page) == ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]
    for text in (
        "MQL",
        "Hot",
        "<b>92</b>",
        "Trois Pignons",
        "Organic search",
        "Nadia Ferreira",
        "nobody",
        "1 – 3 of 3",
    ):
        assert text in page.text
    assert "Asked for a demonstration, 10:00" in page.text
    assert "2 leads are hot" in page.text


def test_what_is_said_of_the_hot_ones_agrees_with_how_many_they_are(staff_client, console_door, clocks):
    """Chloé is not hot, and has nothing planned all along."""
    client, at, ids = staff_client("admin", "fr"), clocks.calendar(), {}

    def comes(who):
        ids[who] = _live(console_door, clocks, who, *PEOPLE[who])

    def plans(who):
        row = {"lead_id": ids[who], "title": "ring", "due_at": at + timedelta(days=1), "created_by": "x", "at": at}
        console_door.database.write(lambda conn: conn.execute(insert(schema.tasks).values(row)).rowcount)

    for act, who, said in (
        (comes, "chloé", "Aucun lead n’est chaud en ce moment."),
        (comes, "ada", "1 lead est chaud. Rien n’est prévu pour lui."),
        (plans, "ada", "1 lead est chaud, et il a une suite."),
        (comes, "bob", "2 leads sont chauds. Pour 1 d’entre eux, rien n’est prévu."),
        (plans, "bob", "2 leads sont chauds, et chacun d’eux a une suite."),
    ):
        act(who)
        assert said in client.get(LIST).text, (act, who)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("?q=mor", ["Ada Moreau"]),
        ("?q=LEFEVRE+chlo", ["Chloé Lefèvre"]),
        ("?q=tortu", ["Bob Keller"]),
        ("?q=%22", []),
        ("?q=zoé", []),
        ("?q=a&stage=mql", ["Ada Moreau"]),
        ("?stage=iql", ["Chloé Lefèvre"]),
        ("?temperature=hot", ["Ada Moreau", "Bob Keller"]),
        ("?temperature=warm&source=organic", ["Chloé Lefèvre"]),
        ("?source=paid&owner=karim", ["Bob Keller"]),
        ("?owner=-", ["Chloé Lefèvre"]),
        ("?sort=newest", ["Chloé Lefèvre", "Bob Keller", "Ada Moreau"]),
        ("?segment=sur-plans", []),
        ("?stage=nonsense&sort=&owner=&temperature=boiling", ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]),
        ("?after=nonsense&from=-4", ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]),
    ],
)
def test_an_address_says_whom_the_list_holds(staff_client, people, address, found):
    assert names_in(staff_client("admin").get(LIST + address)) == found


def test_the_list_is_in_the_order_of_what_is_left_of_the_points_and_says_until_when_it_is_not(
    staff_client, console_door, clocks, people
):
    """What was counted last is highest for ada, who has less than bob today, and is hot as before."""
    rule = next(one for one in console_door.site().definitions.scoring.engagement if one.cap is None)
    old = update(schema.standings).where(schema.standings.c.lead_id == people["ada"])
    today = clocks.calendar().date()
    earned = {"buckets": {rule.id: {today.isoformat(): 82_000}}, "fades_on": today}
    console_door.database.write(lambda conn: conn.execute(old.values(**earned)).rowcount)
    at_rest = update(schema.wakes).values(due_at=None)  # the engine has been there
    console_door.database.write(lambda conn: conn.execute(at_rest).rowcount)
    client, said = staff_client("admin"), "today&#39;s points are still being counted"
    late = client.get(LIST)
    assert names_in(late) == ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]
    assert said in late.text
    assert said not in client.get(f"{LIST}?sort=newest").text
    zone = console_door.config.site.timezone
    Recounter(console_door.database, console_door.releases, clocks, zone).drain(Event())
    now = client.get(LIST)
    assert names_in(now) == ["Bob Keller", "Ada Moreau", "Chloé Lefèvre"]
    assert said not in now.text


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("admin", ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]),
        ("marketer", ["Ada Moreau", "Bob Keller", "Chloé Lefèvre"]),
        ("sales", ["Ada Moreau", "Chloé Lefèvre"]),  # nadia
    ],
)
def test_sales_finds_its_own_leads_and_those_of_nobody_whatever_it_asks(staff_client, people, role, found):
    client = staff_client(role)
    assert names_in(client.get(LIST)) == found
    assert names_in(client.get(f"{LIST}?sort=newest")) == found[::-1]
    bobs = [names_in(client.get(LIST + address)) for address in ("?q=bob", "?q=bob@lumen.example", "?owner=karim")]
    assert ("Bob Keller" in bobs[0], "Bob Keller" in bobs[1], "Bob Keller" in bobs[2]) == (("Bob Keller" in found),) * 3
    assert (
        client.get("/console/search?q=bob@lumen.example")
        .headers["Location"]
        .endswith(f"/leads/{people['bob']}" if "Bob Keller" in found else "q=bob@lumen.example")
    )


def test_a_viewer_finds_no_list(staff_client, people):
    client = staff_client("viewer")
    for address in (LIST, f"{LIST}?q=ada", "/console/search?q=ada"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "Moreau" not in answer.text


def test_the_shortest_way_opens_the_one_and_lists_the_others(staff_client, people):
    client = staff_client("admin")
    ways = {
        "ada@lumen.example": f"{LIST}/{people['ada']}",
        "CHLOE": f"{LIST}/{people['chloé']}",
        "lumen.example": f"{LIST}?q=lumen.example",
        "": LIST,
    }
    for question, way in ways.items():
        answer = client.get("/console/search", query_string={"q": question})
        assert (answer.status_code, answer.headers["Location"]) == (303, way)


def test_a_page_leads_to_the_next_and_back_to_the_beginning(staff_client, people, monkeypatch):
    monkeypatch.setattr("reports.leads.listed.__defaults__", (None, 2))
    client = staff_client("admin")
    first = client.get(f"{LIST}?temperature=&sort=")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    assert names_in(first) == ["Ada Moreau", "Bob Keller"]
    second = client.get(following)
    assert names_in(second) == ["Chloé Lefèvre"]
    assert "3 – 3 of 3" in second.text
    assert f'href="{LIST}"' in second.text
    assert "From the beginning" in second.text


def test_htmx_is_given_the_list_alone(staff_client, people):
    client = staff_client("admin")
    part = client.get(f"{LIST}?q=ada", headers={"HX-Request": "true"})
    assert names_in(part) == ["Ada Moreau"]
    assert part.text.lstrip().startswith('<div id="leads" data-address="/console/leads?q=ada">')
    assert "<html" not in part.text
    whole = client.get(f"{LIST}?q=ada", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.text


def test_what_comes_next_is_said_and_so_is_its_lack(staff_client, people, console_door, clocks):
    at = clocks.calendar()
    rows = [
        (schema.hand_offs, {"lead_id": people["ada"], "cycle": 1, "stage": "mql", "owner": "nadia", "token": "t",
                            "brief": {}, "opened_at": at, "answer_by": at - timedelta(hours=1), "event_seq": 1,
                            "release_id": 1}),
        (schema.tasks, {"lead_id": people["bob"], "title": "ring <b>bob</b>", "due_at": at + timedelta(days=1),
                        "created_by": "ada", "at": at}),
    ]  # fmt: skip
    for table, values in rows:
        console_door.database.write(lambda conn, t=table, v=values: conn.execute(insert(t).values(**v)).rowcount)
    page = staff_client("admin").get(LIST).text
    assert '<span class="late">verdict due at 9:00</span>' in page
    assert "ring &lt;b&gt;bob&lt;/b&gt;, 3 Nov" in page
    assert page.count('class="doubt">nothing planned') == 0, "who is not hot usually has nothing planned"
    assert page.count('class="quiet-text">nothing planned') == 1
    assert names_in(staff_client("admin").get(f"{LIST}?following=none")) == ["Chloé Lefèvre"]
    rows = [
        (schema.meetings, {"lead_id": people["chloé"], "starts_at": at + timedelta(days=2), "minutes": 30,
                           "author": "nadia", "at": at}),
        (schema.deals, {"lead_id": people["bob"], "state": "open", "amount": 100, "close_on": at.date(),
                        "opened_at": at, "author": "nadia"}),
    ]  # fmt: skip
    for table, values in rows:
        console_door.database.write(lambda conn, t=table, v=values: conn.execute(insert(t).values(**v)).rowcount)
    page = staff_client("admin").get(LIST).text
    assert "meeting 4 Nov" in page
    assert "deal hoped for 2 Nov" in page
    assert names_in(staff_client("admin").get(f"{LIST}?following=none")) == []


def test_the_views_say_how_many_they_hold(staff_client, people):
    page = staff_client("sales").get(f"{LIST}?following=none").text
    views = dict(
        re.findall(r'<a href="[^"]*"(?: aria-current="page")?>([^<]+?)(?: <span class="n">([^<]+)</span>)?</a>', page)
    )
    assert {name: views[name] for name in ("All", "Hot", "Mine", "Of nobody", "Nothing planned", "Newest")} == {
        "All": "2", "Hot": "1", "Mine": "1", "Of nobody": "1", "Nothing planned": "2", "Newest": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "nobody", "found"),
    [
        ("en", ["No lead yet.", "Whoever sends a form"], "Nobody for “zoé”."),
        ("fr", ["Encore aucun lead.", "formulaire"], "Personne pour «\u202fzoé\u202f»."),
    ],
)
def test_an_empty_list_says_what_would_be_in_it(staff_client, locale, nobody, found):
    client = staff_client("admin", locale)
    page = client.get(LIST).text
    assert all(text in page for text in nobody)
    assert found in client.get(f"{LIST}?q=zoé").text


def test_on_the_first_day_the_list_says_what_the_first_lead_needs(staff_client, console_door, make_client):
    page = staff_client("admin").get(LIST).text
    assert "Nobody yet. 1 thing is missing for the first one to be received well." in page
    assert "No engine has ever run here" in page
    assert "5 pages answer." in page
    stuck = replace(console_door, trouble=lambda: "535 authentication failed")
    client = make_client(stuck, "marketer", "http://localhost")
    client.sign_in("marketer")
    page = client.get(LIST).text
    assert "2 things are missing" in page
    assert "Mail cannot leave: 535 authentication failed" in page
    assert "things are missing" not in client.get(f"{LIST}?q=zoé").text, "who searches is told about the search"


def test_the_page_is_french_where_the_viewer_is(staff_client, people):
    page = staff_client("admin", "fr").get(LIST).text
    for text in (
        "<b>92</b>",
        "Chaud",
        "Démonstration demandée, 10\u00a0h\u00a000",
        "rien de prévu",
        "Par score",
        "Dernier geste",
    ):
        assert text.lower() in page.lower(), text


def test_a_full_page_is_light(staff_client, console_door, clocks):
    """Fifty lines, each as long as people write them."""
    site, now = console_door.site(), clocks.moment()
    for number in range(60):
        columns = {"email": f"ada{number}@{'x' * 60}.example", "first_name": "Ada" * 20, "last_name": "Moreau" * 20}
        given = Capture("demo", "demo", "fr", {}, {**columns, "company": "Lumen " * 30}, {}, (), {}, str(number), 1)
        stood = Standing.fresh(site, now.calendar)

        def job(conn, given=given, stood=stood):
            lead_id = record(conn, given, now).lead_id
            standings.save(conn, {lead_id: stood}, load_leads(conn, [lead_id]), site.release_id, "UTC")

        console_door.database.write(job)
    page = staff_client("admin", "fr").get(LIST)
    assert len(names_in(page)) == 50
    assert len(page.data) < 150_000


@pytest.mark.parametrize("place", [Place(92_500, 7), Place(-5, 1), Place(0, 99)])
def test_a_place_comes_back_from_its_address(place):
    assert place_in(written(place)) == place


@pytest.mark.parametrize(
    "text", [None, "", "7", "x.7", "1.", ".7", "1.-7", "1.7.2", "9" * 30 + ".1", "1." + "9" * 30, "²1.1"]
)
def test_what_is_no_place_is_the_beginning(text):
    assert place_in(text) is None


# ---------------------------------------------------------------- in a browser

SIZES = {"phone": {"width": 360, "height": 720}, "wide": {"width": 1440, "height": 900}}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("wide", "light")])
def test_the_list_is_sound_for_everybody_at_every_width(console_server, clocks, axe, size, scheme):
    house_of(console_server.door, clocks)
    page = console_server.page("admin", "fr", viewport=SIZES[size], color_scheme=scheme)
    for address in ("", "?temperature=hot&source=paid&owner=karim&segment=&q=bob", "?q=zoé"):
        page.goto(LIST + address)
        page.locator("main details.menu > summary").click()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert console_server.faults == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_search_in_place_changes_the_list_and_its_address_and_keeps_the_focus(console_server, clocks):
    house_of(console_server.door, clocks)
    page = console_server.page("admin")
    page.goto(LIST)
    page.keyboard.press("/")
    page.keyboard.type("chlo")
    page.wait_for_selector("tr.pick >> nth=1", state="detached")
    assert page.locator("tr.pick th a").inner_text() == "Chloé Lefèvre"
    assert page.evaluate("location.search") == "?q=chlo"
    page.keyboard.type("é")
    page.locator("main details.menu > summary").click()
    page.select_option("select[name=stage]", "mql")
    page.wait_for_selector("#leads .empty")
    page.reload()
    assert page.locator("#q").input_value() == "chloé"
    assert page.locator("select[name=stage]").input_value() == "mql"
    assert page.locator(".chips .filter").count() == 2
    assert console_server.faults == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_typed_before_the_page_was_ready_is_searched_for(console_server, clocks):
    house_of(console_server.door, clocks)
    page = console_server.page("admin")
    held: list[Any] = []
    page.route("**/htmx.min.js*", lambda route: held.append(route))
    page.goto(LIST, wait_until="commit")
    page.locator("#q").type("chlo")
    page.wait_for_timeout(300)
    assert page.locator("tr.pick").count() > 1
    held[0].continue_()
    page.wait_for_selector("tr.pick >> nth=1", state="detached")
    assert page.evaluate("location.search") == "?q=chlo"
    assert console_server.faults == []
