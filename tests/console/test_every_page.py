"""Every page of the console on a house that has lived: read by all, light, whole without scripts, in both languages.

The pages are those of the blueprint: a new one is looked at here without anybody adding it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from html.parser import HTMLParser
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from base.paths import data_path
from console import passwords, staff
from console.access import ACCESS, OUTSIDE
from console.blueprint import ROUTES
from storage.schema import hand_offs, messages, standings, tasks
from terreau import demo
from terreau.archetypes import LATE_EVERY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SECRET = "cinq loutres sous la lune"
HEAVIEST = 150_000  # bytes of a page, as they are before any compression
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LEADS = 3 * LATE_EVERY
# What a rule of the console may name, and how the example has it.
BY_NAME = {"name": "conseils-3d", "sequence": "conseils-3d", "step": "niveaux", "persona": "architecte-independante"}
ELSEWHERE = {"home", "nowhere"}  # a redirect, and a 404
# English words that no French sentence has: one of them on a French page is a sentence that was not translated.
ENGLISH = re.compile(
    r"\b(the|of|and|with|this|that|from|was|were|has|have|your|their|they|nothing|until|days?|which|when|who|why)\b",
    re.IGNORECASE,
)


@dataclass
class Lived:
    """The demo, and browsers that came in."""

    stage: Any
    chromium: Any
    signed: dict[tuple[str, str], Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.stage.base_url  # type: ignore[no-any-return]

    def one(self, query: Any) -> Any:
        with self.stage.house.database.read() as conn:
            return conn.execute(query).scalars().first()

    def page(self, role: str, locale: str, scripts: bool = True, **context: Any) -> Any:
        """A page of a browser that is signed in, or of nobody's (`role` "")."""
        context = {"base_url": self.url, "viewport": WIDE, "locale": locale, "reduced_motion": "reduce", **context}
        opened = self.chromium.new_context(
            java_script_enabled=scripts, storage_state=self._state(role, locale), **context
        )
        page = opened.new_page()
        page.on("console", lambda message: self.faults.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: (self.faults.append(f"{page.url}: a dialog"), dialog.dismiss()))
        return page

    def seats(self, locale: str, scripts: bool = True) -> Callable[[str], Any]:
        """`seats(locale)(role)`: the page of that role, opened once."""
        return cache(lambda role: self.page(role, locale, scripts))

    def _state(self, role: str, locale: str) -> Any:
        if role and (role, locale) not in self.signed:
            email = f"{role}-{locale}@atelier-lumen.example"
            new = staff.NewStaff(email, f"Ada {role}", role, "nadia" if role == "sales" else None, locale)
            house = self.stage.house
            job = partial(
                staff.add, new=new, password_hash=passwords.hashed(SECRET), machine_now=house.clocks.machine()
            )
            house.database.write(job)
            opened = self.chromium.new_context(base_url=self.url)
            page = opened.new_page()
            page.goto("/console/sign-in")
            page.fill("[name=email]", email)
            page.fill("[name=password]", SECRET)
            page.click("main button.primary")
            page.wait_for_load_state()
            self.signed[role, locale] = opened.storage_state()
            opened.close()
        return self.signed.get((role, locale))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: Any, chromium: Any) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    wish = demo.Wish(data_path("content"), folder, 0, None, False, leads=LEADS)
    with demo.staged(wish, folder, Event()) as stage:
        yield Lived(stage, chromium)


@pytest.fixture(autouse=True)
def _no_open_windows(chromium: Any) -> Iterator[None]:
    yield
    for context in chromium.contexts:
        context.close()


def arguments(lived: Lived) -> dict[str, Any]:
    """A value for every argument of a rule: the lead is French, handed to nadia and not answered."""
    waiting = (hand_offs.c.owner == "nadia") & hand_offs.c.verdict.is_(None)
    with_their_score = select(hand_offs.c.lead_id).join(standings, standings.c.lead_id == hand_offs.c.lead_id)
    lead_id = lived.one(with_their_score.where(waiting).order_by(standings.c.engagement.desc()))
    return {
        **BY_NAME,
        "lead_id": lead_id,
        "hand_off_id": lived.one(select(hand_offs.c.id).where(hand_offs.c.lead_id == lead_id)),
        "message_id": lived.one(select(messages.c.id).where(messages.c.lead_id == lead_id)),
        "task_id": lived.one(select(tasks.c.id)),
    }


def pages(lived: Lived) -> list[tuple[str, str]]:
    """(address, role that looks) of every page."""
    given, found = arguments(lived), []
    for route in ROUTES:
        if route.method != "GET" or route.endpoint in ELSEWHERE:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(given[match[1]]), route.rule)
        roles = ACCESS[route.endpoint].roles
        role = "" if roles is OUTSIDE else "sales" if "sales" in roles else "admin"
        found.append((f"/console{path}", role))
    return found


def opened(page: Any, path: str) -> Any:
    """The page, with everything that folds unfolded; its answer's status and weight are as they should be."""
    answer = page.goto(path)
    assert answer.status == 200, path
    assert len(answer.body()) <= HEAVIEST, f"{path} weighs {len(answer.body())} bytes"
    return answer


def is_whole(answer: Any) -> bool:
    """A page of ours: not a piece of one that a script asks for, not a mail as it would be sent."""
    return answer.text().lstrip().lower().startswith("<!doctype html>") and "<main" in answer.text()


# Once axe has seen a page, only what another ground or another width may have changed: contrast, size of targets.
AGAIN = """async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    await Promise.allSettled(document.getAnimations().map((one) => one.finished))
    const found = await axe.run(document, {runOnly: ["color-contrast", "target-size"]})
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))}`)
}"""


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_page_is_read_by_all_on_every_screen_by_day_and_by_night(lived, axe, locale):
    problems: list[str] = []
    lived.faults.clear()
    seat = lived.seats(locale)
    for path, role in pages(lived):
        page = seat(role)
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        if not is_whole(opened(page, path)):
            continue
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        problems += [f"{path} {locale}: {fault}" for fault in axe(page)]
        for look, size, scheme in (("dark", WIDE, "dark"), ("on a phone", PHONE, "light")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            problems += [f"{path} {locale} {look}: {fault}" for fault in page.evaluate(AGAIN)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append(f"{path} {locale} {look}: scrolls sideways")
    assert problems == []
    assert lived.faults == []


def test_every_page_says_the_same_without_scripts(lived):
    problems = []
    both = (lived.seats("fr"), lived.seats("fr", scripts=False))
    for path, role in pages(lived):
        told = []
        for seat in both:
            page = seat(role)
            answer = opened(page, path)
            page.wait_for_load_state("networkidle")
            whole, source = is_whole(answer), answer.text()
            told.append(words_of(page.inner_text("main")) if whole else [])
        missing = [word for word in told[0] if word not in told[1]]
        if len(missing) > 0.05 * len(told[0]):
            problems.append(f"{path}: without scripts nobody reads {' '.join(missing[:20])}")
        problems += [f"{path}: {fault}" for fault in needs_scripts(source) if whole]
    assert problems == []


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{3,}", text)


class Acts(HTMLParser):
    """What can be pressed, and whether a browser alone knows what to do with it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._forms: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        has = dict(given)
        if tag == "form":
            self._forms.append(has)
        asks = next((has[name] for name in ("hx-get", "hx-post", "hx-put", "hx-delete") if name in has), None)
        form = self._forms[-1] if self._forms else {}
        known = has.get("href") or has.get("action") or has.get("formaction") or form.get("action")
        is_a_comfort = has.get("hx-trigger", "") not in ("", "click", "submit")
        if asks and not known and not is_a_comfort:
            self.faults.append(f"<{tag}> asks for {asks} with scripts alone")
        if any(name.startswith("on") for name in has) or has.get("style"):
            self.faults.append(f"<{tag}> holds a script or a style of its own: {has}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._forms:
            self._forms.pop()


def needs_scripts(text: str) -> list[str]:
    acts = Acts()
    acts.feed(text)
    return acts.faults


NOTE = "the first start"  # with which the house signs the first release: a note of its author, kept as it is


def test_no_french_page_speaks_english(lived):
    problems = []
    seat = lived.seats("fr")
    for path, role in pages(lived):
        page = seat(role)
        if is_whole(opened(page, path)):
            said = [text.replace(NOTE, "") for text in page.evaluate(SPOKEN)]
            problems += [f"{path}: {text}" for text in said if ENGLISH.search(text)]
    assert problems == []


# Every text and label of the page, but what is written in another language or as in a file.
SPOKEN = """() => {
    const said = [document.title]
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
        const over = walk.currentNode.parentElement
        if (!over.closest("script, style, code, pre, kbd, samp, iframe, [lang=en], svg [data-name]")) {
            said.push(walk.currentNode.textContent.trim())
        }
    }
    for (const one of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
        if (!one.closest("[lang=en]")) {
            said.push(...["aria-label", "title", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""))
        }
    }
    return said.filter(Boolean)
}"""
