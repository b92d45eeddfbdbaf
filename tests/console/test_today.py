"""Today: the sentence on top, hand-offs with reasons and clock, calls, tasks, the week; with and without scripts."""

import re
from datetime import timedelta

import pytest
from flask import g
from sqlalchemy import update

from console.context import Viewer
from console.today import FIRST_CALLS, sentence
from storage.schema import hand_offs, leads, staff, standings

PAGE = "/console/today"
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


def give_to(lively, lead_id, rep):
    tables = ((leads, leads.c.id), (standings, standings.c.lead_id), (hand_offs, hand_offs.c.lead_id))
    for table, column in tables:
        changed = update(table).where(column == lead_id).values(owner=rep)
        lively.database.write(lambda conn, changed=changed: conn.execute(changed).rowcount)


@pytest.fixture
def raises(lively):
    """Somebody raises a hand, and is of that rep; returns their id."""

    def made(who, rep="nadia", **more):
        more = {"phone": "+33639981234", "company": "Trois Pignons", "need": f"Layers for {who}?", **STUDIO, **more}
        lead_id = lively.submits(who, "demo", **more)
        give_to(lively, lead_id, rep)
        return lead_id

    return made


def plain(text):
    """As people read it: no tags, ordinary spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ").replace("\u00a0", " ")


def test_a_first_day_says_what_will_stand_here(staff_client):
    for locale, sentences in (
        ("en", ("Every hand-off is answered, nothing is due.", "Nobody is waiting for an answer", "Nobody to call")),
        (
            "fr",
            (
                "Toutes les alertes ont une réponse, rien n’est dû.",
                "Personne n’attend de réponse",
                "Personne à appeler",
            ),
        ),
    ):
        page = plain(staff_client("sales" if locale == "en" else "admin", locale).get(PAGE).text)
        for text in sentences:
            assert text in page


def test_a_salesperson_whose_leads_nobody_named_is_told_who_names_them(staff_client, console_door, lively, raises):
    client = staff_client("sales")
    raises("ada")
    nobodys = update(staff).where(staff.c.role == "sales").values(rep=None)
    console_door.database.write(lambda conn: conn.execute(nobodys).rowcount)
    page = plain(client.get(PAGE).text)
    assert "You are not a rep yet" in page
    assert "An admin makes you one on the page Staff" in page
    assert "Ada" not in page


def test_the_sentence_names_who_is_first_and_what_comes_then(staff_client, lively, raises):
    client = staff_client("sales")
    raises("ada")
    lively.clocks.advance(timedelta(hours=1))
    raises("bob")
    lively.submits("chloe", phone="+33639985678")
    chloe = lively.submits("chloe", phone="+33639985678")
    lively.does(chloe, "webinar_attended")
    client.post("/console/tasks", {"title": "Quote"})
    said = plain(client.get(PAGE).text)
    assert "Two hot leads are waiting for an answer. Begin with Ada: 3 h left. Then 1 call and 1 task." in said
    lively.clocks.advance(timedelta(hours=3, minutes=5))
    assert "Begin with Ada: the time promised is over." in plain(client.get(PAGE).text)


def test_what_is_left_to_do_agrees_with_how_much_it_is(staff_client):
    client = staff_client("viewer")
    with client.client.application.test_request_context():
        g.viewer = Viewer(1, "Ada", "sales", "nadia", "fr", "Europe/Paris")
        said = [plain(" ".join(sentence([], 0, *left, None))) for left in ((1, 0), (0, 2), (1, 1))]
    answered = "Toutes les alertes ont une réponse."
    assert said == [
        f"{answered} Reste 1 appel.",
        f"{answered} Restent 2 tâches.",
        f"{answered} Restent 1 appel et 1 tâche.",
    ]


def test_answers_in_the_form_and_answers_of_sales_are_told_apart(staff_client, lively, raises):
    raises("ada")
    client = staff_client("sales", "fr")
    hand_off = re.search(r"/console/hand-offs/(\d+)/verdict", client.get(PAGE).text)[1]
    raises("bob")
    client.post(f"/console/hand-offs/{hand_off}/verdict", {"choice": "accept"})
    page = plain(client.get(PAGE).text)
    assert re.search(r"\d réponses? au formulaire", page)
    assert re.search(r"Transmis 2 1 verdict ", page)
    assert not re.search(r"\d réponses? (?!au formulaire)", page)


def test_the_sentence_counts_in_words_up_to_nine(staff_client):
    client = staff_client("viewer")
    with client.client.application.test_request_context():
        for locale, one, many in (
            ("en", "One hot lead is waiting for an answer.", "12 hot leads are waiting for an answer."),
            ("fr", "Un lead chaud attend une réponse.", "12 leads chauds attendent une réponse."),
        ):
            g.viewer = Viewer(1, "Ada", "sales", "nadia", locale, "Europe/Paris")
            assert [sentence([], count, 0, 0, None)[0] for count in (1, 12)] == [one, many]


def test_a_hand_off_shows_who_why_and_what_to_say(staff_client, lively, raises):
    ada = raises("ada", last_name="Moreau", job_title="Architecte d'intérieur")
    lively.does(ada, "page_seen", "demo")
    page = staff_client("sales").get(PAGE).text
    said = plain(page)
    for text in (
        "Ada Moreau", "Warm", "Trois Pignons", "06 39 98 12 34", "Ada is asking for you: Asked for a demonstration",
        "+40 Asked for a demonstration", "fit: 50 Interior architecture studio of 1 to 5", "Layers for ada?",
        "Confirm a demonstration slot", "4 h", "before 14:00", "Size of the team", "2 to 5 people",
    ):  # fmt: skip
        assert text in said
    assert 'href="tel:+33639981234"' in page
    assert f'href="/console/leads/{ada}"' in page


def test_every_choice_names_its_consequence(staff_client, raises):
    raises("ada")
    page = plain(staff_client("sales").get(PAGE).text)
    for text in (
        "goes back to IQL; only what they do from now on can call you again",
        "given back to marketing; on the day you choose, a task reminds you of them",
        "every sequence stops and nothing more is offered",
        "Structure, services or too large a building",
        "marketing sees the reason",
    ):
        assert text in page
    french = plain(staff_client("admin", "fr").get(PAGE).text)
    assert "repart en IQL ; seuls ses gestes à venir pourront vous rappeler" in french


def test_one_sees_ones_own_and_an_admin_everybodys(staff_client, lively, raises):
    raises("ada", "nadia")
    raises("bob", "karim")
    mine, everybodys = (plain(staff_client(role).get(PAGE).text) for role in ("sales", "admin"))
    assert "Ada" in mine
    assert "Bob" not in mine
    assert "Begin with" in everybodys
    assert "for Nadia Ferreira" in everybodys
    assert "for Karim Benali" in everybodys
    assert staff_client("viewer").get(PAGE).status_code == 403
    marketer = staff_client("marketer").get(PAGE).text
    assert "Bob" in marketer
    assert "/verdict" not in marketer


def test_an_answer_of_somebody_else_is_not_told_to_whom_it_is_none_of(staff_client, lively, raises):
    raises("bob", "karim")
    staff_client("admin").post("/console/hand-offs/1/verdict", {"choice": "accept"})
    assert "accepted by" in staff_client("admin").get(f"{PAGE}?done=1").text
    for path in (f"{PAGE}?done=1", f"{PAGE}?done=999", f"{PAGE}?done=x"):
        page = staff_client("sales").get(path)
        assert page.status_code == 200
        assert "accepted by" not in page.text


def test_a_lead_that_cooled_while_it_waited_says_so(staff_client, lively, raises):
    ada = raises("ada")
    lively.does(ada, "webinar_attended")
    lively.later(days=90)
    page = plain(staff_client("sales").get(PAGE).text)
    assert "Has cooled while waiting and is at IQL now. You may still accept them." in page


def test_the_badge_beside_today_counts_what_waits(staff_client, raises):
    client = staff_client("sales")
    assert 'id="badge-today"' not in client.get(PAGE).text
    raises("ada")
    assert re.search(r'id="badge-today">1<', client.get(PAGE).text)


def test_naughty_names_are_text(staff_client, lively, raises):
    naughty = '"><script>alert(1)</script>{{ 7*7 }}'
    raises("ada", first_name=naughty, last_name=naughty, company=naughty, job_title=naughty, need=naughty)
    bob = lively.submits("bob", phone="+33639985678", first_name=naughty, company=naughty)
    lively.does(bob, "webinar_attended", naughty)
    page = staff_client("sales").get(PAGE).text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}") > 6


def test_a_full_day_stays_light(staff_client, lively, raises):
    for number in range(24):
        raises(f"ada{number}", need="Layers? " * 60, last_name="x" * 60)
    answer = staff_client("sales").get(PAGE)
    assert len(answer.data) < 150_000
    assert "4 more wait behind these." in plain(answer.text)
    assert '<span class="n" id="hot-count">24</span>' in answer.text


def test_of_many_to_call_the_readiest_are_shown_and_the_others_open_below(staff_client, lively):
    for number in range(FIRST_CALLS + 2):
        lead_id = lively.submits(f"ada{number}", phone="+33639985678")
        lively.does(lead_id, "webinar_attended")
    page = staff_client("sales").get(PAGE).text
    shown, rest = page.split('<details class="rest">')
    assert shown.count('id="call-') == FIRST_CALLS
    assert rest.count('id="call-') == 2
    assert "2 more to call" in plain(rest)


@pytest.mark.parametrize(("waiting", "full"), [(3, False), (4, True)])
def test_the_calls_have_the_whole_width_once_what_waits_fills_the_column_beside_the_tasks(
    staff_client, raises, waiting, full
):
    for number in range(waiting):
        raises(f"ada{number}")
    assert ('class="split full"' in staff_client("sales").get(PAGE).text) is full


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.browser
def test_a_day_is_done_in_the_browser_in_place(console_server, lively, raises, axe):
    """Accept, recycle, call, tick: each where it is, no page being loaded anew; each database in a language."""
    locale = {"sqlite": "fr", "postgresql": "en"}[lively.database.dialect]
    for who in ("ada", "bob", "dora"):
        raises(who, last_name="Moreau")
    chloe = lively.submits("chloe", phone="+33639985678")
    lively.does(chloe, "webinar_attended")
    words = {"en": ("Two hot leads", "One hot lead"), "fr": ("Deux leads chauds", "Un lead chaud")}[locale]
    page = console_server.page("sales", locale, viewport={"width": 1280, "height": 900})
    page.goto(PAGE)
    assert axe(page) == []
    page.evaluate("window.untouched = true")
    page.click("#hand-1 button.primary")
    page.wait_for_selector("#hand-1.done")
    assert words[0] in page.inner_text("#sentence")
    assert page.inner_text("#hot-count") == "2"
    assert page.locator("#badge-today").text_content().split()[0] == "2", "the menu counts along"
    page.click("#hand-2 details.reject > summary")
    page.check("#hand-2 [name=choice][value=recycle]")
    page.check("#hand-2 [name=reason][value=etudes]")
    page.fill("#hand-2 [name=until]", "2027-02-01")
    assert axe(page) == []
    page.click("#hand-2 .sheet button")
    page.wait_for_selector("#hand-2.done")
    assert words[1] in page.inner_text("#sentence")
    page.click(f"#call-{chloe} button[value=voicemail]")
    page.wait_for_selector(f"#call-{chloe}.called")
    assert page.evaluate("window.untouched") is True, "the page was never left"
    page.reload()
    page.click("ul.tasks .tick")
    page.wait_for_selector("ul.tasks .ticked")
    assert axe(page) == []
    assert console_server.faults == []
    lively.works()
    with lively.database.read() as conn:
        stages = dict(conn.execute(standings.select().with_only_columns(standings.c.lead_id, standings.c.stage)).all())
    assert sorted(stages.values()) == ["iql", "mql", "recycled", "sql"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.browser
def test_a_day_is_done_without_scripts_too(console_server, raises):
    raises("ada")
    page = console_server.page("sales", java_script_enabled=False)
    page.goto(PAGE)
    page.click("#hand-1 details.reject > summary")
    page.check("#hand-1 [name=reason][value=etudes]")
    page.click("#hand-1 .sheet button")
    assert "rejected by Nadia Ferreira" in page.inner_text("#hand-1")
    page.click(".adding > summary")
    page.fill("#title-own", "Quote")
    page.click(".adding button")
    page.click("ul.tasks .tick")
    assert page.locator("ul.tasks .ticked").count() == 1
    assert console_server.faults == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.browser
def test_with_the_last_answer_the_menu_counts_nobody(console_server, raises):
    raises("ada")
    page = console_server.page("sales")
    page.goto(PAGE)
    assert page.locator("#badge-today").count() == 1
    page.click("#hand-1 button.primary")
    page.wait_for_selector("#hand-1.done")
    page.wait_for_selector("#badge-today", state="detached")
    assert console_server.faults == []
