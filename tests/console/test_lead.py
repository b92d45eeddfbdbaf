"""A lead's page: every figure with its reason, the story by pages, what staff change; light however long it is."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from console.curve import curve
from console.lead_score import in_tenths
from leads import events
from sales import calling, notebook
from sales.calling import Call
from sales.notebook import Author
from storage.schema import events as log
from storage.schema import hand_offs, leads, standings, wakes
from tests.arranging import lived_once

NADIA = Author("Nadia Ferreira", "nadia")
NAUGHTY = '"><script>alert(1)</script>{{ 7*7 }}'
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


def plain(text):
    """As people read it: no tags, ordinary spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text))).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
@lived_once
def ada(lively):
    """Ada has a story of some weeks: guide, consent, clicks, visits, a raised hand, and what nadia noted."""
    lead_id = lively.submits("ada", phone="+33639981234", last_name="Moreau", company="Trois Pignons", **STUDIO)
    lively.agrees(lead_id, "conseils-3d", "clicks")
    lively.does(lead_id, "asset_downloaded", "guide-3d", interests=["cao/3d"])
    lively.later(days=2)
    lively.does(lead_id, "link_clicked", "conseils-3d/niveaux", evidence="proxy")
    for _ in range(3):
        lively.does(lead_id, "page_seen", "demo", interests=["rendu/lumiere"])
        lively.later(days=1)
    lively.later(days=10)
    lively.submits("ada", "demo", need="Does the DWG import keep layers?", timeline="quarter", **STUDIO)
    now = lively.clocks.moment()
    for verb, given in (
        (notebook.add_note, ("Before ten",)),
        (notebook.note_bant, ("budget", "partial", "3 to 5 k")),
        (calling.log_call, (Call("voicemail", "On the machine"),)),
    ):
        lively.database.write(lambda conn, verb=verb, given=given: verb(conn, lead_id, *given, NADIA, now))
    lively.gives(lead_id, "nadia")
    lively.works()
    return lead_id


def test_whom_a_partners_link_brought_has_the_partner_named_in_words(staff_client, lively, ada):
    touch = {"brought_by": "partner:Agence Nord", "page": "guide-3d"}
    lively.database.write(lambda conn: conn.execute(update(leads).values(first_touch=touch)).rowcount)
    page = plain(staff_client("marketer").get(f"/console/leads/{ada}").text)
    assert "brought by: Partner: Agence Nord" in page
    assert "partner:Agence" not in page


def test_a_page_says_all_that_is_known(staff_client, ada):
    page = staff_client("sales").get(f"/console/leads/{ada}")
    said = plain(page.text)
    for text in (
        "Ada Moreau", "Trois Pignons", "06 39 98 12 34", "ada@lumen.example",  # who
        "Ada is asking for you", "Confirm a demonstration slot", "Accept",  # what waits
        "MQL for", "They asked for it, with the form “Ask for a slot”", "By rule: engagement",  # the way
        "Asked for a demonstration", "1 × 40", "MQL from 80 on", "50 fit of 65",  # the score
        "Interior architect", "missing, would be +15",  # the fit
        "IQL becomes MQL", "Nadia Ferreira notes", "Enters “3D advice”", "Mail sent:",  # the story
        "1 visit of a machine is left out",
        "CAD and 3D models", "Light and rendering",  # interests
        "Does the DWG import keep layers?", "Within three months",  # their words
        "BANT", "3 to 5 k", "I model, but it takes too long", "from a form, to be confirmed",
        "Before ten", "Message left", "On the machine",
        "Request for a demonstration", "waits for", "3D advice", "goal reached: “Asked for a demonstration”",
        "agreed", "never asked", "J'accepte.",  # consent, with its wording
        "First touch", "Organic search", "Last touch", "Nadia Ferreira",
    ):  # fmt: skip
        assert text in said, text
    assert "definitions.toml:" in page.text
    assert len(page.data) < 150_000


def test_the_lines_that_are_shown_add_up_to_the_number_above_them(staff_client, lively, ada):
    lively.later(days=23)
    page = staff_client("admin").get(f"/console/leads/{ada}").text
    table = page[page.index('<table class="lines">') : page.index("</table>")]
    big = re.search(r'class="big">.*?</span>([\d.]+)<', page)[1]
    rows = [
        Decimal(n.replace("−", "-")) for n in re.findall(r'<td class="num"><span class="pts[^"]*">([+−]?[\d.]+)', table)
    ]
    assert sum(rows) == Decimal(big) > 0
    for row in re.findall(r"<tr><td>.*?</tr>", table, re.DOTALL):
        parts = [Decimal(n.replace("−", "-")) for n in re.findall(r'<li><span class="pts[^"]*">([+−]?[\d.]+)', row)]
        [shown] = re.findall(r'<td class="num"><span class="pts[^"]*">([+−]?[\d.]+)', row)
        assert sum(parts) == Decimal(shown.replace("−", "-"))


def test_every_line_of_the_score_has_a_page(staff_client, ada):
    page = plain(staff_client("sales").get(f"/console/leads/{ada}/score").text)
    for text in (
        "Every line of the score",
        "content/definitions.toml:",
        "demande-de-demonstration",
        "Together",
        "faded: half is gone after",
    ):
        assert text in page


def test_the_way_shows_only_stages_that_were_reached(staff_client, ada, lively, database):
    """Whoever is set aside came so far, and no further."""
    with database.read() as conn:
        number = conn.execute(select(hand_offs.c.id).where(hand_offs.c.lead_id == ada)).scalar_one()
    client = staff_client("sales")
    client.post(
        f"/console/hand-offs/{number}/verdict", {"choice": "recycle", "reason": "pas-maintenant", "back": "lead"}
    )
    lively.works()
    page = client.get(f"/console/leads/{ada}").text
    way = plain(page[page.index('<ol class="steps"') : page.index("</ol>")])
    assert way.split() == ["Contact", "IQL", "MQL", "Recycled"]


def test_a_forms_answer_says_more_than_that_nothing_is_known(staff_client, ada, lively):
    note = partial(notebook.note_bant, lead_id=ada, item="need", value="unknown", note="", author=NADIA)
    lively.database.write(lambda conn: note(conn, now=lively.clocks.moment()))
    page = staff_client("sales").get(f"/console/leads/{ada}").text
    item = plain(page[page.index('id="bant-need"') :].split("</li>")[0])
    assert "I model, but it takes too long from a form, to be confirmed" in item
    assert "not known · Nadia" not in item


def test_each_mail_of_the_story_opens_and_so_does_the_next_one(staff_client, ada):
    page = staff_client("admin").get(f"/console/leads/{ada}").text
    sent = re.search(r'<a href="(/console/messages/\d+)">Mail sent:', page)[1]
    assert staff_client("sales").get(sent).status_code == 200
    assert "/console/preview" not in staff_client("sales").get(f"/console/leads/{ada}").text


def test_a_first_look_teaches_what_will_stand_where(staff_client, lively):
    bob = lively.submits("bob", "lettre")
    page = plain(staff_client("sales").get(f"/console/leads/{bob}").text)
    for text in ("Contact", "to ask", "No number is known", "never asked", "nobody"):
        assert text in page, text
    french = plain(staff_client("admin", "fr").get(f"/console/leads/{bob}").text)
    assert "Aucun numéro n’est connu. Il sera ici dès qu’un formulaire le demandera." in french


def test_a_contact_that_never_did_anything_has_a_page_too(staff_client, lively):
    row = {
        "status": "contact", "email": "dora@lumen.example", "fields": {}, "tags": [], "locale": "fr",
        "origin": "purchased", "created_at": lively.clocks.calendar(),
    }  # fmt: skip
    made = insert(leads).values(row).returning(leads.c.id)
    dora = lively.database.write(lambda conn: conn.execute(made).scalar_one())
    page = plain(staff_client("admin").get(f"/console/leads/{dora}").text)
    assert "Nothing has happened yet" in page
    assert "No points yet" in page
    assert staff_client("admin").get(f"/console/leads/{dora}/score").status_code == 200
    assert staff_client("admin").get(f"/console/leads/{dora}/story").status_code == 200


# ---------------------------------------------------------------- the story by pages


def lines_in(text):
    return re.findall(r'<time datetime="([^"]+)">', text)


def test_the_story_goes_on_page_by_page_with_and_without_scripts(staff_client, lively, ada):
    for number in range(60):
        lively.clocks.advance(timedelta(minutes=1))
        at = lively.clocks.moment()
        lively.database.write(
            lambda conn, n=number, at=at: events.append(
                conn, ada, "page_seen", at, evidence="human", subject=f"page-{n}"
            )
        )
    lively.works()
    client = staff_client("sales")
    first = client.get(f"/console/leads/{ada}").text
    link = re.search(r'hx-get="([^"]+)" hx-target="#further"', first)[1].replace("&amp;", "&")
    fragment = client.get(link, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert lines_in(first)[-1] >= lines_in(fragment.text)[0]
    whole, address = [], f"/console/leads/{ada}/story"
    while address:
        page = client.get(address).text
        whole += lines_in(page)
        further = re.search(r'class="btn" href="([^"]+)" hx-get', page)
        address = further[1].replace("&amp;", "&") if further else ""
    assert whole == sorted(whole, reverse=True)
    assert len(whole) > 80
    machines = client.get(f"/console/leads/{ada}/story?machines=1").text
    assert "visit of a machine" not in machines
    for broken in ("?from=x", "?from=1.2", "?from=<script>", "?machines="):
        assert client.get(f"/console/leads/{ada}/story{broken}").status_code == 200


def test_ten_thousand_events_make_no_page_heavier(staff_client, lively, ada):
    with lively.database.read() as conn:
        first = conn.execute(wakes.select().where(wakes.c.lead_id == ada)).one().seq + 1
    at = lively.clocks.calendar()
    for start in range(0, 10_000, 500):
        rows = [
            {
                "lead_id": ada, "seq": first + start + n, "name": "page_seen", "at": at, "recorded_at": at,
                "evidence": "human", "subject": f"{NAUGHTY}{start + n}", "data": {"interests": ["cao/3d"]},
            }
            for n in range(500)
        ]  # fmt: skip
        lively.database.write(lambda conn, rows=rows: conn.execute(insert(log), rows).rowcount)
    moved = update(wakes).where(wakes.c.lead_id == ada).values(seq=first + 9_999, due_at=at)
    lively.database.write(lambda conn: conn.execute(moved).rowcount)
    lively.works()
    client = staff_client("sales")
    for path in ("", "/story", "/score", "/why", "/story?machines=1"):
        answer = client.get(f"/console/leads/{ada}{path}")
        assert answer.status_code == 200
        assert len(answer.data) < 150_000, path
        assert "<script>alert" not in answer.text


# ---------------------------------------------------------------- who may see, and what is shown as text


def test_one_sees_ones_own_and_nobodys(staff_client, lively, ada):
    client = staff_client("sales")
    paths = ("", "/story", "/score", "/why")
    for owner, status in (("nadia", 200), ("karim", 404), (None, 200)):
        lively.database.write(
            lambda conn, owner=owner: conn.execute(update(leads).where(leads.c.id == ada).values(owner=owner)).rowcount
        )
        assert {client.get(f"/console/leads/{ada}{path}").status_code for path in paths} == {status}
    assert client.get("/console/leads/999999").status_code == 404
    assert staff_client("viewer").get(f"/console/leads/{ada}").status_code == 403


def test_a_merged_lead_leads_to_the_one_that_stands_for_both(staff_client, lively, ada):
    bob = lively.submits("bob")
    merge = update(leads).where(leads.c.id == bob).values(merged_into=ada)
    lively.database.write(lambda conn: conn.execute(merge).rowcount)
    answer = staff_client("admin").get(f"/console/leads/{bob}")
    assert (answer.status_code, answer.location) == (303, f"/console/leads/{ada}")


def test_whatever_people_write_is_shown_as_text(staff_client, lively):
    words = dict.fromkeys(("first_name", "last_name", "company", "job_title", "need", NAUGHTY), NAUGHTY)
    lead_id = lively.submits("ada", "demo", **words)
    lively.does(lead_id, "page_seen", NAUGHTY, interests=[NAUGHTY])
    lively.does(lead_id, NAUGHTY[:60], NAUGHTY)
    for locale, role in (("en", "admin"), ("fr", "marketer")):
        for path in ("", "/story", "/score"):
            page = staff_client(role, locale).get(f"/console/leads/{lead_id}{path}").text
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# ---------------------------------------------------------------- drawings and sums


@pytest.mark.parametrize(
    ("total", "parts"),
    [(12_345, [12_345]), (100_000, [33_333, 33_333, 33_334]), (40_000, [60_055, -20_055]), (0, []), (150, [149, 1]),
     (59_377, [90_000, -30_623]), (-1_250, [-1_250])],
)  # fmt: skip
def test_tenths_add_up(total, parts):
    shown = in_tenths(total, parts)
    assert sum(shown) == round(total / 100) * 100
    assert all(abs(part - whole) <= 100 for part, whole in zip(shown, parts, strict=True))


def test_the_curve_ends_today_and_fades_ahead(site, clocks):
    today = clocks.calendar().date()
    buckets = {"clic": {(today - timedelta(days=days)).isoformat(): 25_000 for days in (40, 10, 0)}}
    drawn = curve(buckets, site.definitions, today, [80])
    heights = [float(point.split(" ")[1]) for point in drawn.ahead[1:].split("L")]
    assert heights == sorted(heights), "lower and lower on the page"
    assert drawn.past.endswith(f"{drawn.at[0]} {drawn.at[1]}")
    assert drawn.milli == 60_000, "held at the cap"
    assert [level.points for level in drawn.levels] == [80]
    assert curve({}, site.definitions, today, [80]) is None


# ---------------------------------------------------------------- in the browser


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.browser
def test_a_lead_is_worked_on_in_place(console_server, lively, ada, axe):
    """Note, BANT, call, task, owner, earlier lines: each swaps its own section; then a verdict leads back here."""
    locale = {"sqlite": "fr", "postgresql": "en"}[lively.database.dialect]
    page = console_server.page("admin", locale, viewport={"width": 1280, "height": 900})
    page.goto(f"/console/leads/{ada}")
    assert axe(page) == []
    page.evaluate("window.untouched = true")
    page.fill("#note", NAUGHTY)
    page.click("#part-notes button")
    page.wait_for_selector("#part-notes .notes li:nth-child(2)")
    assert page.inner_text("#part-notes .notes li:first-child p") == NAUGHTY
    page.click("#bant-authority summary")
    page.check("#bant-authority [value=yes]")
    page.fill("#note-authority", "alone")
    page.click("#bant-authority button")
    page.wait_for_selector("#bant-authority .yes")
    page.fill("#call-note", "Monday")
    page.click("#part-calls button[value=reached]")
    page.wait_for_selector("#part-calls .notes li:nth-child(2)")
    page.click("#part-tasks .adding > summary")
    page.fill("#title-lead", "Quote")
    page.click("#part-tasks .adding button")
    page.wait_for_selector("#part-tasks .tasks li")
    page.click("#part-tasks .tick")
    page.wait_for_selector("#part-tasks .ticked")
    page.click("#part-owner summary")
    page.select_option("#part-owner select", "karim")
    page.fill("#owner-reason", "Speaks Flemish")
    page.click("#part-owner button")
    page.wait_for_selector("#part-owner p:has-text('Karim')")
    page.click("#further a")
    page.wait_for_selector("#further", state="detached")
    assert page.locator(".timeline li").count() > 25
    for summary in page.locator(".why > summary").all():
        summary.click()
    assert page.evaluate("window.untouched") is True, "the page was never left"
    assert axe(page) == []
    page.click(".brief .primary")
    page.wait_for_selector(".hand.done")
    assert page.url.endswith(f"/console/leads/{ada}?done=1")
    assert console_server.faults == []
    with lively.database.read() as conn:
        assert conn.execute(standings.select().where(standings.c.lead_id == ada)).one().owner == "karim"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.browser
def test_a_phone_shows_it_all_without_going_sideways(console_server, ada, axe):
    page = console_server.page("sales", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in (
        f"/console/leads/{ada}",
        f"/console/leads/{ada}/score",
        f"/console/leads/{ada}/story",
        "/console/today",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert axe(page) == []
    assert console_server.faults == []
