"""Dashboard, sequences, pages, health: what they say is what happened, in two languages, to those who may read it."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask, g
from sqlalchemy import delete, insert, update

from console.health import PROBES
from console.health_lines import Looked
from console.viewing import nobody
from leads.tallies import REACHED
from reports.health import health
from reports.messages import Count
from reports.returned import came_back
from storage import schema
from tests.arranging import lived_once

PAGES = (
    "/console/dashboard",
    "/console/sequences",
    "/console/sequences/conseils-3d",
    "/console/pages",
    "/console/health",
)
REPORTS = PAGES[:4]


def tidy(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u202f", " ").replace("\xa0", " ")))


@pytest.fixture
@lived_once
def told(lively, database, moment):
    """A fortnight: ada confirms and reads on, bob only asks for the guide; twelve openings of its page."""
    ada, bob = lively.submits("ada"), lively.submits("bob")
    lively.agrees(ada, "conseils-3d", "clicks")
    lively.later(days=2)
    lively.does(ada, "link_clicked", "conseils-3d/niveaux")
    lively.later(days=7)
    opened = {"page": "guide-3d", "day": moment.calendar.date(), "views": 40}
    database.write(lambda conn: conn.execute(insert(schema.page_views).values(opened)) and None)
    return SimpleNamespace(ada=ada, bob=bob)


@pytest.mark.parametrize("role", ["viewer", "sales", "admin"])
def test_everybody_reads_numbers_and_nobody_a_name(staff_client, told, role):
    client = staff_client(role)
    for path in PAGES:
        page = client.get(path)
        assert page.status_code == 200
        assert "<h1" in page.text
        for known in ("ada@lumen.example", "bob@lumen.example", ">Ada<", ">Bob<"):
            assert known not in page.text


def test_the_list_of_sequences_says_who_is_inside_and_what_happened(staff_client, told):
    page = tidy(staff_client("viewer").get("/console/sequences").text)
    assert "1 lead is inside , in 1 sequence. 3 came in over 30 days." in page
    assert re.search(r"3D advice conseils-3d , Marketing 1 1 1", page)
    assert "Delivery of the guide" in page


def test_a_sequence_shows_its_stem_its_mails_and_its_settings(staff_client, told):
    page = tidy(staff_client("marketer").get("/console/sequences/conseils-3d").text)
    for said in (
        "1 lead is inside , 1 moves on within a week.",
        "Waits until Tuesday 9:00",
        "Waits for something to happen, 5 days at most",
        "leads to depuis-le-plan , otherwise croquis-d-abord",
        "agrees to 3D advice",
        "“Asked for a demonstration”",
        "Monday to Friday, 8:00 – 19:00",
        "since release",
        "Where to stop in the detail",
    ):
        assert said in page, f"{said!r} is not in {page}"


def test_a_sequence_that_is_not_written_is_not_found(staff_client, told):
    assert staff_client("viewer").get("/console/sequences/no-such").status_code == 404


def test_only_those_who_may_read_mails_are_led_to_them(staff_client, told):
    path = "/console/sequences/conseils-3d"
    assert "/console/preview?text=conseils-3d/niveaux" in staff_client("marketer").get(path).text
    assert "/console/preview" not in staff_client("viewer").get(path).text


def test_the_dashboard_counts_the_way_from_the_page_to_the_stage(staff_client, told):
    page = tidy(staff_client("viewer").get("/console/dashboard").text)
    assert "2 new leads." in page
    assert re.search(r"Pages opened by humans .*?40", page)
    assert re.search(r"Forms sent 2 5 ", page)
    assert re.search(r"New leads 2 too few ", page)
    assert re.search(r"topics confirmed 1", page)
    assert re.search(r"IQL 2 too few ", page)
    assert "The same people at every step" in page
    assert re.search(r"Organic search 2 –? ?too few", page) or "Organic search 2" in page


def test_more_than_the_step_above_is_no_share_of_it(staff_client, told, database, moment):
    """Three came to IQL before these days, and further since."""
    further = {"name": REACHED, "day": moment.calendar.date(), "source": "", "n": 5, "subject": "mql"}
    database.write(lambda conn: conn.execute(insert(schema.tallies).values(further)) and None)
    assert re.search(r"MQL 5 3 or more from before", tidy(staff_client("viewer").get("/console/dashboard").text))


def opened(database, moment, n):
    """The pages were opened so often in all."""
    told = update(schema.page_views).values(views=n, day=moment.calendar.date())
    database.write(lambda conn: conn.execute(told) and None)


def test_of_too_few_no_page_gives_a_share(staff_client, told, database, moment):
    """Two leads, one mail that left, three openings: nothing that a hundred could be made of."""
    opened(database, moment, 3)
    for path in (*REPORTS, "/console/reports/funnel", "/console/reports/handoff", "/console/reports/sources"):
        page = staff_client("viewer").get(path).text
        main = tidy(page[page.index("<main") :])
        assert not re.search(r"\d ?%", main), (path, main)


def test_more_forms_than_openings_are_no_share_of_them(staff_client, told, database, moment):
    opened(database, moment, 1)
    client = staff_client("viewer")
    page = tidy(client.get("/console/pages").text)
    assert "1 opening led to 2 forms sent . More forms than openings: machines are not counted" in page
    assert re.search(r"/p/guide-3d , fr en 1 2 too few", page)
    assert "from before" not in tidy(client.get("/console/dashboard").text)  # nobody was here before
    assert re.search(r"Forms sent 2 n/a n/a n/a", tidy(client.get("/console/reports/funnel").text))


def test_one_opening_is_spoken_of_as_one(staff_client, told, database, moment):
    opened(database, moment, 1)
    page = tidy(staff_client("viewer", locale="fr").get("/console/pages").text)
    assert "1 ouverture a mené à 2 formulaires envoyés . Plus de formulaires que d’ouvertures :" in page


def test_pages_say_what_an_opening_leads_to(staff_client, told):
    page = tidy(staff_client("viewer").get("/console/pages").text)
    assert "40 openings led to 2 forms sent : 5%." in page
    assert re.search(r"/p/guide-3d , fr en 40 2 5%", page)
    assert re.search(r"/p/demo , fr en 0 0 too few", page)


def test_the_period_is_chosen_in_the_address_and_nothing_else_is(staff_client, told, clocks):
    clocks.calendar_now += timedelta(days=20)
    client = staff_client("viewer")
    for path in REPORTS:
        pages = {asked: tidy(client.get(f"{path}?days={asked}").text) for asked in ("7", "30", "5000", "x")}
        assert pages["30"] == pages["5000"] == pages["x"]
        assert pages["7"] != pages["30"]


def test_without_anything_to_compare_no_column_of_movement_stands_empty(staff_client, told, database, moment):
    client = staff_client("viewer")
    for path in ("/console/dashboard", "/console/pages"):
        assert "Movement" not in client.get(path).text
    assert "Too little happened in the period before" in client.get("/console/dashboard").text
    before = {"page": "guide-3d", "day": moment.calendar.date() - timedelta(days=35), "views": 30}
    database.write(lambda conn: conn.execute(insert(schema.page_views).values(before)) and None)
    for path in ("/console/dashboard", "/console/pages"):
        assert "Movement" in client.get(path).text
    assert "The vertical line is the period before" in client.get("/console/dashboard").text


def test_htmx_gets_the_report_without_its_frame(staff_client, told):
    client = staff_client("viewer")
    for path in REPORTS:
        part = client.get(path, headers={"HX-Request": "true"})
        assert part.text.strip().startswith('<div id="report">')
        assert part.headers["Vary"] == "HX-Request"
        assert "<html" not in part.text
        assert client.get(path).text.count('<div id="report">') == 1


def test_french_pages_speak_french(staff_client, told):
    client = staff_client("viewer", "fr")
    for path in PAGES:
        page = tidy(client.get(path).text)
        for english in ("New leads", "Inside", "too few", "Waits", "Came in", "All is well", "Clicks"):
            assert english not in page
    page = tidy(client.get("/console/sequences/conseils-3d").text)
    for said in ("Attend jusqu’à mardi 9 h", "Attend 2 jours, puis jusqu’à mardi 9 h", "lundi à vendredi, 8 h – 19 h"):
        assert said in page


def test_on_the_first_day_every_page_says_what_comes_next(staff_client):
    client = staff_client("viewer")
    for path in PAGES:
        page = client.get(path)
        assert page.status_code == 200
        assert not re.search(r"\bNone\b(?! has| waits|\.)", tidy(page.text)), path


def test_without_any_content_the_pages_teach(staff_client, console_door, monkeypatch):
    from dataclasses import replace

    site = console_door.releases.in_force()
    bare = replace(site, sequences={}, pages={}, forms={}, magnets={}, emails={}, versions={})
    client = staff_client("admin")
    monkeypatch.setattr(type(console_door.releases), "in_force", lambda self: bare)
    for path, said in (
        ("/console/sequences", "No sequence is written yet"),
        ("/console/pages", "No page is written yet"),
        ("/console/preview", "No mail is written yet"),
    ):
        assert said in client.get(path).text


# ---------------------------------------------------------------- health


def lines(client):
    page = client.get("/console/health").text
    found = re.findall(r'<li class="(well|look|bad)">.*?<b>(.*?)</b>', page, re.DOTALL)
    return {subject: state for state, subject in found}


def test_a_house_without_an_engine_says_so_first(staff_client, lively, database):
    database.write(lambda conn: conn.execute(delete(schema.holders)) and None)
    client = staff_client("viewer")
    page = tidy(client.get("/console/health").text)
    assert "No engine has ever run here" in page
    assert "terreau serve" in page
    assert next(iter(lines(client).items())) == ("Engine", "bad")


def test_everything_well_is_said_in_one_sentence(staff_client, told, clocks):
    client = staff_client("admin")
    assert set(lines(client).values()) <= {"well", "look"}
    assert lines(client)["Leads due"] == "well"


def test_what_waits_too_long_is_worth_a_look_then_bad(staff_client, told, clocks, database):
    def late(minutes):
        due = clocks.calendar_now - timedelta(minutes=minutes)
        ours = schema.wakes.c.lead_id == told.ada
        database.write(lambda conn: conn.execute(update(schema.wakes).where(ours).values(due_at=due)) and None)

    client, seen = staff_client("viewer"), []
    for minutes in (1, 5, 60):
        late(minutes)
        seen.append(lines(client)["Leads due"])
    assert seen == ["well", "look", "bad"]


def test_doubts_failures_and_switches_are_told_with_what_to_do(staff_client, told, clocks, database):
    def spoil(conn):
        ids = list(conn.scalars(schema.messages.select().with_only_columns(schema.messages.c.id)))
        conn.execute(update(schema.messages).where(schema.messages.c.id == ids[0]).values(state="unknown"))
        conn.execute(update(schema.messages).where(schema.messages.c.id == ids[1]).values(state="failed"))
        row = {"name": "conseils-3d", "off": True, "reason": "a wrong price", "since": clocks.machine_now}
        conn.execute(insert(schema.switches).values(row))

    database.write(spoil)
    marketer, viewer = staff_client("marketer"), staff_client("viewer")
    assert {subject for subject, state in lines(viewer).items() if state == "look"} >= {
        "Mails in doubt", "Mails failed or refused", "Switches",
    }  # fmt: skip
    assert "a wrong price" in viewer.get("/console/health").text
    assert "/console/messages?view=unknown" in marketer.get("/console/health").text
    assert "/console/messages" not in viewer.get("/console/health").text
    assert "a wrong price" in viewer.get("/console/sequences/conseils-3d").text


def test_what_rests_is_parted_as_each_language_parts_it(staff_client, told, clocks, database):
    def rest(conn):
        row = {"off": True, "since": clocks.machine_now}
        reasons = {"conseils-3d": "a wrong price", "livraison": "nothing ran since 2026-11-02 09:00 UTC"}
        for name, reason in reasons.items():
            conn.execute(insert(schema.switches).values(name=name, reason=reason, **row))
        for name in ("yahoo.example", "orange.example"):
            away = {
                "name": name,
                "stopped": False,
                "reason": "too many",
                "until": clocks.machine_now + timedelta(hours=1),
            }
            conn.execute(insert(schema.obstacles).values(since=clocks.machine_now, **away))

    database.write(rest)
    french = staff_client("viewer", "fr").get("/console/health").text
    assert "<code>conseils-3d</code>\u00a0: a wrong price (" in french
    assert ")\u202f; <code>livraison</code>\u00a0: rien n’a tourné depuis le 2 nov. 2026, 10\u00a0h\u00a000 (" in french
    assert french.count("\u202f; <code>") == 2  # the switches, and the domains
    english = staff_client("admin").get("/console/health").text
    assert "); <code>livraison</code>: nothing ran since 2 Nov 2026, 10:00 (" in english


def test_addresses_that_go_on_being_written_to_because_nobody_reads_what_comes_back_are_worth_a_look(
    staff_client, told
):
    client = staff_client("viewer")
    assert "Nobody looks where they do" in client.get("/console/health").text
    assert lines(client)["Mails that came back"] == "look"


def test_the_senders_own_trouble_is_told(console_door, told):
    with console_door.database.read() as conn:
        found = health(conn, console_door.clocks.calendar(), console_door.clocks.machine())
        back = came_back(conn, console_door.clocks.machine())
    with Flask("test").test_request_context("/console/health?lang=en"):
        g.viewer, g.moment = nobody(console_door), console_door.clocks.moment()
        looked = Looked(found, back, Count(0), 0, console_door.config, "535 wrong password", "sqlite", (10, 1000))
        lines = {line.subject: line for line in (probe(looked) for probe in PROBES)}
    assert (lines["Mail server"].state, "535 wrong password" in lines["Mail server"].sentence) == ("bad", True)
    assert (lines["Disk"].state, lines["Disk"].figure) == ("bad", "1%")
