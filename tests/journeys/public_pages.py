"""A house whose public pages are looked at in a real browser, and what a look finds."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from base.clock import system_clocks
from leads import consenting, judging
from leads.answering import ConsentAnswer
from leads.identity import Capture, record
from storage.schema import compiled, events, hand_offs, messages
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.web import WebServer, listen

AXE = Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js"
TOKEN = "0123456789abcdefghijKL"
PEOPLES = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
WHOLE, COLOURS = "{resultTypes: ['violations']}", "{runOnly: ['color-contrast']}"
# Width, scheme, and what axe is asked for: another ground may have changed contrasts alone.
LOOKS = ((320, "light", WHOLE), (1280, "light", WHOLE), (1280, "dark", COLOURS), (390, "dark", COLOURS))
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


@dataclass
class Shown:
    """A house that answers, a browser that looks, and the links that chloé's mails hold."""

    house: House
    url: str
    browser: Any
    lead_id: int
    paths: dict[str, str]

    def page(self, width: int = 1280, **options: Any) -> Any:
        return self.browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()

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
        web = WebServer(create_app(house), listen("127.0.0.1", config.server.port), threads=config.server.threads)
        web.start()
        yield Shown(house, config.site.base_url, chromium, lead_id, paths)
        web.stop()


def furnish(house: House) -> tuple[int, dict[str, str]]:
    """A lead with a mail of two links and a hand-off; the address of every page by its name."""
    moment, release_id = house.clocks.moment(), house.releases.in_force().release_id
    asked = tuple(ConsentAnswer(topic, "J’accepte.", True) for topic in ("conseils-3d", "lettre"))
    capture = Capture("guide-3d", "guide-3d", "fr", {}, {"email": "chloe@x.example"}, {}, asked, {}, "k", release_id)

    def job(conn: Any) -> tuple[int, str, str]:
        lead_id = record(conn, capture, moment).lead_id
        consenting.grant(conn, lead_id, ["clicks"], locale="fr", proof={}, now=moment, wordings={"clicks": "w"})
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
            consenting.preference_token(conn, lead_id, "conseils-3d"),
            consenting.preference_token(conn, lead_id, ""),
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
    """What axe has to say at each width, by day and night (WCAG 2.2 AA, best practice); what folds is unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    problems = []
    for width, scheme, wish in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.getAnimations().forEach((one) => one.finish())")  # no colour is left half way
        found = page.evaluate(f"axe.run(document, {wish}).then((result) => result.violations)")
        look = f"{name} at {width}, {scheme}"
        problems += [f"{look}: {one['id']}: {[_start(node) for node in one['nodes'][:3]]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{look}: scrolls sideways")
    page.emulate_media(color_scheme="light")
    return problems


def _start(node: dict[str, str]) -> str:
    return node["html"][:120]
