"""Every public page and the verdict page in a real browser: readable by all, at every width, by day and night, without
scripts, and what the small script does."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from base.clock import system_clocks
from leads import consent, judging
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from storage.schema import compiled, events, hand_offs, messages
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.web import WebServer

AXE = Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js"
TOKEN = "0123456789abcdefghijKL"
PEOPLES = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
WIDTHS = (320, 390, 1280)
BRIEF = {
    "locale": "fr",
    "name": "Ada Moreau",
    "who": "Trois Pignons",
    "phone": "+33639981234",
    "phone_shown": "06 39 98 12 34",
    "email": "ada@trois-pignons.example",
    "owner": "nadia",
    "why_now": "Elle demande une démonstration.",
    "suggestion": "Appeler.",
    "score": [{"what": "Démonstration demandée", "points": "+40"}, {"what": "Atténuation", "points": "−8"}],
    "total": "32",
    "threshold": 80,
    "fit": {"sentence": "Profil : 50 sur 50."},
    "actions": [{"when": "hier 10:40", "what": "Démonstration demandée"}],
    "answers": [{"question": "La pièce à monter", "answer": "Un salon"}],
    "interests": [{"what": "CAO", "points": "20"}],
    "bant": [{"what": "Budget", "answer": None}],
    "stage": {"id": "mql", "label": "MQL", "meaning": "Mûre.", "version": "2026-10-01", "release": "93e1ac2"},
    "consents": {"granted": [], "not_granted": []},
    "words": {
        "why_now": "Pourquoi maintenant :",
        "suggestion": "Suggestion :",
        "accept": "Je la prends",
        "reject": "Pas pour moi",
        "score": "Le score",
        "total": "Engagement",
        "actions": "Dernières actions",
        "unknown": "Ce que l’on sait",
        "answers": "Ses réponses",
        "interests": "Intérêts",
    },
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@dataclass
class Shown:
    """A house that answers, a browser that looks, and the links that chloé's mails hold."""

    house: House
    url: str
    browser: Any
    lead_id: int
    paths: dict[str, str]

    def page(self, width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        return context.new_page()

    def persons(self) -> Any:
        """A page in a browser that calls itself what people's do, and does not say that a program runs it."""
        page = self.page(user_agent=PEOPLES)
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false })")
        return page

    def judged(self) -> list[tuple[str, str]]:
        """The lead's story once the engine's tick has judged what is due."""
        self.house.database.write(lambda conn: judging.settle(conn, self.house.clocks.moment()))
        return self.seen()

    def seen(self) -> list[tuple[str, str]]:
        query = select(events.c.name, events.c.evidence).where(events.c.lead_id == self.lead_id).order_by(events.c.seq)
        with self.house.database.read() as conn:
            return [tuple(row) for row in conn.execute(query) if row.name != "form_submitted"]


@pytest.fixture
def shown(database_url: str, settings: Any, chromium: Any) -> Iterator[Shown]:
    usual = settings(database_url, 9)
    config = usual.model_copy(update={"tracking": type(usual.tracking)(beacon_seconds=0.2)})
    with closing(House.build(config, system_clocks())) as house:
        content_in_force(house)
        lead_id, paths = furnish(house)
        web = WebServer(create_app(house), "127.0.0.1", config.server.port)
        web.start()
        yield Shown(house, config.site.base_url, chromium, lead_id, paths)
        web.stop()


def moves_the_mouse(page: Any) -> None:
    """From one place to another: that a page comes to lie under a pointer that rests is no act."""
    page.mouse.move(200, 200, steps=5)


def furnish(house: House) -> tuple[int, dict[str, str]]:
    """A lead with a mail of two links and a hand-off; the address of every page by its name."""
    moment, release_id = house.clocks.moment(), house.releases.in_force().release_id
    asked = ConsentAnswer("conseils-3d", "J’accepte.", True)
    capture = Capture("guide-3d", "guide-3d", "fr", {}, {"email": "chloe@x.example"}, {}, (asked,), {}, "k", release_id)

    def job(conn: Any) -> tuple[int, str, str]:
        lead_id = record(conn, capture, moment).lead_id
        consent.grant(conn, lead_id, ["clicks"], locale="fr", proof={}, now=moment, wordings={"clicks": "w"})
        links = [f"{house.config.site.base_url}/p/demo"]
        conn.execute(insert(compiled).values(hash="h", subject="s", html="h", text="t", links=links, constants={}))
        conn.execute(
            insert(messages).values(
                lead_id=lead_id, klass="marketing", occurrence=1, email="conseils-3d/niveaux", locale="fr",
                compiled_hash="h", token=TOKEN, state="sent", due_at=moment.machine, attempts=1,
                release_id=release_id, created_at=moment.calendar,
            )
        )  # fmt: skip
        conn.execute(
            insert(hand_offs).values(
                lead_id=lead_id, cycle=1, stage="mql", owner="nadia", token=TOKEN, brief=BRIEF, event_seq=1,
                opened_at=moment.calendar, answer_by=moment.calendar + timedelta(hours=4), release_id=release_id,
            )
        )  # fmt: skip
        return (
            lead_id,
            consent.preference_token(conn, lead_id, "conseils-3d"),
            consent.preference_token(conn, lead_id, ""),
        )

    lead_id, topic, everything = house.database.write(job)
    confirm = house.signer.sign("confirm", {"lead": lead_id, "topics": ["conseils-3d"], "submission": 1})
    magnet = house.signer.sign("magnet", {"lead": lead_id, "magnet": "guide-3d", "message": 1})
    pages = {f"page {name}": f"/p/{name}" for name in house.releases.in_force().pages}
    return lead_id, {
        **pages,
        "page in English": "/en/p/guide-3d",
        "thanks": "/thanks/guide-3d",
        "first page": "/",
        "confirm": f"/confirm/{confirm}",
        "unsubscribe": f"/u/{topic}",
        "preferences": f"/preferences/{everything}",
        "magnet": f"/m/{magnet}",
        "bad link": "/confirm/x",
        "nothing": "/nothing",
        "verdict": f"/v/{TOKEN}",
        "verdict rejecting": f"/v/{TOKEN}?choice=reject",
    }


def looked_at(page: Any, name: str) -> list[str]:
    """What axe has to say at each width (WCAG 2.2 AA and best practice), with everything that folds unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    problems = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
        problems += [f"{name} at {width}: {one['id']}: {[_start(node) for node in one['nodes'][:3]]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{name} at {width}: scrolls sideways")
    return problems


def _start(node: dict[str, str]) -> str:
    return node["html"][:120]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_all_at_every_width(shown, scheme):
    problems: list[str] = []
    page = shown.page(scheme=scheme)
    page.add_init_script(path=AXE)
    for name, path in shown.paths.items():
        page.goto(shown.url + path)
        problems += looked_at(page, name)
    page.goto(shown.url + "/p/demo")
    page.click("form button[type=submit]")
    problems += looked_at(page, "errors")
    page.context.close()
    assert problems == []


def test_no_page_asks_for_anything_elsewhere_or_breaks_its_own_policy(shown):
    said: list[str] = []
    context = shown.page().context
    context.on("console", lambda message: said.append(message.text))
    context.on("request", lambda request: said.append(request.url) if not request.url.startswith(shown.url) else None)
    pages = []
    for path in (path for name, path in shown.paths.items() if name not in ("nothing", "bad link")):
        pages.append(context.new_page())
        pages[-1].goto(shown.url + path)
    for page in pages:  # all at once: each takes half a second to be called quiet
        page.wait_for_load_state("networkidle")
    assert said == []


def test_a_form_is_filled_and_sent_without_scripts_by_keyboard_alone(shown):
    page = shown.page(java_script_enabled=False)
    page.goto(shown.url + "/p/demo")
    page.focus("#first_name")
    for answer in ("Ada", "Moreau", "ada@gmial.com"):
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.title().startswith("Erreur, trois champs à corriger")
    assert page.url.endswith("#wrongs")
    assert page.input_value("#email") == "ada@gmial.com"
    page.click("#wrongs a >> nth=0")
    page.keyboard.type("Trois Pignons")
    page.check("#team-1")
    page.check("#timeline-now")
    with page.expect_navigation():
        page.click("form button[type=submit]")
    assert "/thanks/demo" in page.url
    assert "a•••a@gmail.com" in page.inner_text("main")
    page.context.close()


def test_after_an_error_the_summary_has_the_focus(shown):
    page = shown.page()
    page.goto(shown.url + "/p/demo")
    page.click("form button[type=submit]")
    page.locator("#wrongs:focus").wait_for(timeout=5_000)
    page.context.close()


def test_a_click_is_confirmed_by_the_page_and_its_code_forgotten(shown):
    page = shown.persons()
    page.goto(f"{shown.url}/c/{TOKEN}0")
    page.wait_for_url(f"{shown.url}/p/demo", timeout=10_000)
    assert shown.judged()[1:] == [("link_clicked", "pending")]
    with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        moves_the_mouse(page)
    assert shown.judged()[1:] == [("link_clicked", "pending"), ("hit_confirmed", "human"), ("page_seen", "human")]
    assert page.evaluate("localStorage.length") == 0
    page.context.close()


def test_a_driven_browser_that_moves_its_mouse_is_a_machine_all_the_same(shown):
    page = shown.page()
    page.goto(f"{shown.url}/c/{TOKEN}0")
    page.wait_for_url(f"{shown.url}/p/demo", timeout=10_000)
    with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        moves_the_mouse(page)
    assert shown.judged()[1:] == [("link_clicked", "machine")]
    page.context.close()


def test_a_download_after_the_page_was_looked_at_is_a_humans(shown):
    page = shown.persons()
    with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        page.goto(shown.url + shown.paths["magnet"])
    with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        moves_the_mouse(page)
    with page.expect_download() as download:
        page.click(".files a >> nth=0")
    assert download.value.suggested_filename.endswith(".pdf")
    assert shown.judged()[1:] == [("asset_downloaded", "pending"), ("hit_confirmed", "human")]
    page.context.close()


def test_confirming_with_one_key(shown):
    page = shown.page()
    page.goto(shown.url + shown.paths["confirm"])
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    page.wait_for_url("**done=1")
    assert page.inner_text("h1") == "C’est confirmé"
    page.context.close()
