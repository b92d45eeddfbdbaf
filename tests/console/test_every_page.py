"""Every page of the console, on a house that has lived and on new ones: read by all, light, whole without scripts.

The pages are those of the blueprint: a new one is looked at here without anybody adding it.
"""

import io
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from base.paths import data_path
from console import lists, staff
from console.access import ACCESS, OUTSIDE
from console.blueprint import ROUTES
from console.door import ConsoleDoor
from console.messages import TABS
from console.routes import Route
from storage.schema import hand_offs, imports, leads, messages, standings, tasks
from terreau import demo
from terreau.archetypes import LATE_EVERY
from tests.console.conftest import AXE, HASH, came_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
HEAVIEST = 150_000  # bytes of a page, as they are before any compression
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
BETWEEN = (320, 768, 1920)  # widths at which nothing may scroll sideways either
LEADS = 2 * LATE_EVERY  # more than a page of the list, and two who turn hot just before the end
# What a rule of the console may name, and how the example has it.
BY_NAME = {"name": "conseils-3d", "sequence": "conseils-3d", "report": "costs"}
ELSEWHERE = {"home", "nowhere", "search", "import_rejects", "meeting_file", "report_file"}  # on, a 404, and files
FRAMES = {"message_frame", "preview_frame"}  # mails alone: seen inside the pages that frame them
# What else may be asked of a page, and by whom else: each of them looks different.
FURTHER = {
    "today": ("?done={answered_id}", " by admin"),
    "leads": ("?q={first_name}", "?stage=sql&source=organic&sort=newest", "?q=zzyzx", "?after=9000.1&from=51"),
    "lead": (" by admin", " by marketer"),
    "companies": ("?q=zzyzx", "?q={domain}"),
    "company": (" by marketer",),
    "lead_story": ("?from=1.1.1",),
    "sequence": ("?days=7 by viewer",),
    "messages": tuple(f"?view={view}" for view in TABS),
    "message": ("?part=text", "?part=headers", "?width=phone&night=1"),
    "preview": (
        "?width=phone&night=1", "?text=livraison/guide&reader=lead:{lead_id}&locale=en", "?address=nobody@example.org",
    ),
    "dashboard": ("?days=7 by viewer",),
    "settings": ("?said=saved",),
}  # fmt: skip
# English words that no French sentence has: one of them on a French page is a sentence that was not translated.
ENGLISH = re.compile(
    r"\b(the|of|and|with|this|that|from|was|were|has|have|your|their|they|nothing|until|days?|which|when|who|why)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sight:
    """One page as somebody opens it; of an outsider the role is ""."""

    endpoint: str
    path: str
    role: str


@dataclass
class Lived:
    """The demo, and browsers that came in."""

    stage: Any
    chromium: Any
    signed: dict[tuple[str, str], Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # what the browser's console says

    @property
    def url(self) -> str:
        return self.stage.base_url  # type: ignore[no-any-return]

    def one(self, query: Any) -> Any:
        with self.stage.house.database.read() as conn:
            return conn.execute(query).scalars().first()

    def seats(self, locale: str, scripts: bool = True) -> Callable[[str], Any]:
        """`seats(locale)(role)`: the page of that role, opened once."""
        return cache(lambda role: self._page(role, locale, scripts))

    def _page(self, role: str, locale: str, scripts: bool) -> Any:
        context = self.chromium.new_context(
            base_url=self.url,
            viewport=WIDE,
            locale=locale,
            reduced_motion="reduce",
            java_script_enabled=scripts,
            storage_state=self._state(role, locale) if role else None,
        )
        if scripts:
            context.add_init_script(path=AXE)  # each page has it from the start: to hand it to each costs twice as much
        page = context.new_page()
        page.on("console", lambda message: self.faults.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: (self.faults.append(f"{page.url}: a dialog"), dialog.dismiss()))
        return page

    def _state(self, role: str, locale: str) -> Any:
        """The cookies of somebody in that role who came in."""
        if (role, locale) not in self.signed:
            email = f"{role}-{locale}@atelier-lumen.example"
            new = staff.NewStaff(email, f"Ada {role}", role, "nadia" if role == "sales" else None, locale)
            house, machine_now = self.stage.house, self.stage.house.clocks.machine()
            add = partial(staff.add, new=new, password_hash=HASH, machine_now=machine_now)
            staff_id = house.database.write(add)
            self.signed[role, locale] = came_in(house.database, house.config, staff_id, machine_now)
        return self.signed[role, locale]


@contextmanager
def living(folder: Path, chromium: Any, content: Path, count: int) -> Iterator[Lived]:
    with demo.staged(demo.Wish(content, folder, 0, None, False, leads=count), folder, Event()) as stage:
        yield Lived(stage, chromium)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: Any, chromium: Any) -> Iterator[Lived]:
    with living(tmp_path_factory.mktemp("lived"), chromium, data_path("content"), LEADS) as house:
        a_list(house.stage.house)
        yield house


def a_list(house: Any) -> None:
    """A list that somebody is looking at, with a row that will not do."""
    door = ConsoleDoor(
        house.database, house.releases, house.config, house.clocks, house.signer, house.keys, house.blobs
    )
    lists.keep(door, "salon.csv", io.BytesIO(b"Nom;Courriel;Notes\nAda;ada@example.org;x\nBob;bob;y\n"), "Ada")


@pytest.fixture
def new_house(tmp_path: Path, chromium: Any) -> Iterator[Lived]:
    """The example's content, and nobody who has read it."""
    with living(tmp_path, chromium, data_path("content"), 0) as house:
        yield house


@pytest.fixture
def bare_house(tmp_path: Path, chromium: Any) -> Iterator[Lived]:
    """What marketing and sales agreed on, and nothing written yet."""
    content = tmp_path / "content"
    content.mkdir()
    shutil.copy(data_path("content") / "definitions.toml", content)
    with living(tmp_path, chromium, content, 0) as house:
        yield house


@pytest.fixture(autouse=True)
def _no_open_windows(chromium: Any) -> Iterator[None]:
    yield
    for context in chromium.contexts:
        context.close()


# ---------------------------------------------------------------- which pages


def arguments(lived: Lived) -> dict[str, Any]:
    """A value for every argument: the lead is nadia's, waits for an answer and has a score. None: there is none."""
    mine, open_ = hand_offs.c.owner == "nadia", hand_offs.c.verdict.is_(None)
    by_score = select(hand_offs.c.lead_id).join(standings, standings.c.lead_id == hand_offs.c.lead_id)
    lead_id = lived.one(by_score.where(mine, open_).order_by(standings.c.engagement.desc()))
    return {
        **BY_NAME,
        "lead_id": lead_id,
        "first_name": lived.one(select(leads.c.first_name).where(leads.c.id == lead_id)),
        "domain": lived.one(select(leads.c.company_domain).where(leads.c.id == lead_id)),
        "hand_off_id": lived.one(select(hand_offs.c.id).where(hand_offs.c.lead_id == lead_id)),
        "answered_id": lived.one(select(hand_offs.c.id).where(mine, ~open_)),
        "message_id": lived.one(select(messages.c.id).where(messages.c.lead_id == lead_id)),
        "task_id": lived.one(select(tasks.c.id)),
        "import_id": lived.one(select(imports.c.id)),
    }


def pages(lived: Lived) -> list[Sight]:
    """Every page once, by the first role that opens it; left out what is about somebody who is not there."""
    given = {name: value for name, value in arguments(lived).items() if value is not None}
    return [sight for route in ROUTES if (sight := _sight(route, given)) is not None]


def _sight(route: Route, given: dict[str, Any]) -> Sight | None:
    asked = re.search(r"<(?:\w+:)?(\w+)>", route.rule)
    if route.method != "GET" or route.endpoint in ELSEWHERE | FRAMES or (asked and asked[1] not in given):
        return None
    path = route.rule.replace(asked[0], str(given[asked[1]])) if asked else route.rule
    roles = ACCESS[route.endpoint].roles
    role = "" if roles is OUTSIDE else "sales" if "sales" in roles else "admin"
    return Sight(route.endpoint, f"/console{path}", role)


def further(lived: Lived, sights: list[Sight]) -> list[Sight]:
    """The same pages, asked for what FURTHER says."""
    given, found = arguments(lived), []
    for sight in sights:
        for wish in FURTHER.get(sight.endpoint, ()):
            more, _, role = wish.format(**given).partition(" by ")
            found.append(Sight(sight.endpoint, sight.path + more, role or sight.role))
    return found


def test_no_page_of_the_console_is_left_out(lived):
    seen = {sight.endpoint for sight in pages(lived)}
    assert seen | ELSEWHERE | FRAMES == {route.endpoint for route in ROUTES if route.method == "GET"}
    assert set(FURTHER) <= seen


def opened(page: Any, path: str) -> Any:
    """The answer: a page of ours, whole and light, with the mail in its frame where there is one."""
    answer = page.goto(path)
    assert answer.status == 200, path
    assert len(answer.body()) <= HEAVIEST, f"{path} weighs {len(answer.body())} bytes"
    assert answer.text().lstrip().lower().startswith("<!doctype html>"), path
    framed = page.evaluate("document.querySelectorAll('main iframe').length")  # a locator has to be brought in first
    for frame in page.locator("main iframe").all() if framed else ():
        frame.scroll_into_view_if_needed()
        assert frame.content_frame.locator("body").inner_text().strip(), f"{path} frames an empty mail"
    return answer


# ---------------------------------------------------------------- read by all


# Everything that folds is unfolded, but menus, of which one is open at a time.
UNFOLD = "document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true })"
# What another ground may have changed once axe has seen a page: contrast.
CONTRAST = """async () => {
    const found = await axe.run(document, {runOnly: ["color-contrast", "target-size"], iframes: false})
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))}`)
}"""
# No colour is left half way. (To wait for the end would take for ever: in a closed menu nothing moves.)
SETTLED = "document.getAnimations().forEach((one) => one.finish())"
# Each kind of menu in turn, and the keyboard's help; but those that stood on another page word for word, as they look
# now, which are `known`. (A hidden field is no word: it holds a token of its own on every page. Where a menu leads, for
# which of many, and from where one comes, are none either.)
MENUS = """async (known) => {
    const kinds = new Set(), said = [], words = []
    const look = async (part, name) => {
        const found = await axe.run(part, {resultTypes: ["violations"], iframes: false})
        said.push(...found.violations.map((one) => `${name}, ${one.id}: ${one.nodes[0].html.slice(0, 160)}`))
        if (document.documentElement.scrollWidth > innerWidth) said.push(`${name} scrolls sideways`)
    }
    for (const menu of document.querySelectorAll("details.menu")) {
        const kind = `${menu.className} in ${menu.closest("section, header")?.className}`
        const no_word = /<input type="hidden"[^>]*>| (href|action|value|aria-current)="[^"]*"|\\d/g
        const written = menu.outerHTML.replace(no_word, "")
        if (kinds.has(kind) || known.includes(written)) continue
        kinds.add(kind)
        words.push(written)
        menu.open = true
        document.getAnimations().forEach((one) => one.finish())
        await look(menu, kind)
        menu.open = false
    }
    return {said, words}
}"""
MAIN = "document.querySelector('main').innerText"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
# Two looks between which every colour and both layouts are seen, and the other two. Each language has its own: axe is
# asked for everything in the first language, for what other grounds and words change in the second.
ENDS = (("wide, by day", WIDE, "light"), ("on a phone, by night", PHONE, "dark"))
OTHERS = (("wide, by night", WIDE, "dark"), ("on a phone, by day", PHONE, "light"))


@dataclass
class Walk:
    """What was seen of a house in one language: faults by kind, and what each page says."""

    house: Lived
    locale: str
    axe: Callable[[Any], list[str]]
    problems: list[str] = field(default_factory=list)
    english: list[str] = field(default_factory=list)
    words: dict[Sight, list[str]] = field(default_factory=dict)
    taught: dict[Sight, list[list[str]]] = field(default_factory=dict)  # what each empty place says
    menus: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # looked at, for each look

    def see(self, sights: list[Sight], looks: Any) -> "Walk":
        seat = self.house.seats(self.locale)
        for sight in sights:
            page = seat(sight.role)
            opened(page, sight.path)
            self.words[sight] = words_of(page.evaluate(MAIN))
            self.taught[sight] = page.evaluate(EMPTY)
            self.english += [f"{sight.path}: {text}" for text in page.evaluate(SPOKEN) if is_english(text)]
            self.problems += [
                f"{sight.path} {self.locale}, {sight.role}, {fault}"
                for fault in looked_at(page, self.axe, looks, self.menus)
            ]
        self.problems += self.house.faults
        return self


def looked_at(page: Any, axe: Callable[[Any], list[str]], looks: Any, menus: dict[str, list[str]]) -> Iterator[str]:
    """What is wrong with the page, on every screen, by day and by night."""
    page.evaluate(UNFOLD)
    for number, (look, size, scheme) in enumerate(looks):
        if page.viewport_size != size:
            page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        yield from (f"{look}: {fault}" for fault in (colours(page) if number else axe(page)))
        found = page.evaluate(MENUS, menus[look])
        menus[look] += found["words"]
        yield from (f"{look}: {fault}" for fault in found["said"])
        if page.evaluate(SIDEWAYS):
            yield f"{look}: scrolls sideways"
    for width in BETWEEN:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(SIDEWAYS):
            yield f"{width} wide: scrolls sideways"
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def colours(page: Any) -> list[str]:
    return page.evaluate(CONTRAST)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def walked(lived: Lived, axe: Any) -> Callable[[str], Walk]:
    """`walked(locale)`: every page of the house that has lived was seen, once; what stands on it alone, in French."""

    @cache
    def walk(locale: str) -> Walk:
        lived.faults.clear()
        sights, walk = pages(lived), Walk(lived, locale, axe)
        if locale == "en":
            return walk.see(sights, OTHERS)
        return walk.see([*sights, *further(lived, sights)], ENDS)

    return walk


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_page_is_read_by_all_on_every_screen_by_day_and_by_night(walked, locale):
    assert walked(locale).problems == []


# ---------------------------------------------------------------- without scripts


def test_every_page_says_the_same_without_scripts(lived, walked):
    problems, seat = [], lived.seats("fr", scripts=False)
    for sight in pages(lived):
        page = seat(sight.role)
        source = opened(page, sight.path).text()
        said, told = words_of(page.evaluate(MAIN)), walked("fr").words[sight]
        missing = [word for word in told if word not in said]
        if len(missing) > 0.05 * len(told):
            problems.append(f"{sight.path}: without scripts nobody reads {' '.join(missing[:20])}")
        problems += [f"{sight.path}: {fault}" for fault in needs_scripts(source)]
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


# ---------------------------------------------------------------- in French


NOTE = "the first start"  # with which the house signs the first release: a note of its author, kept as it is
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


def is_english(text: str) -> bool:
    return bool(ENGLISH.search(text.replace(NOTE, "")))


def test_no_french_page_speaks_english(walked):
    assert walked("fr").english == []


# ---------------------------------------------------------------- where nothing happened yet
# New houses have little that is their own: one is seen by day and wide, the other by night and on a phone.


# Every empty place of a page: what is missing, and how it comes.
EMPTY = """() => [...document.querySelectorAll(".empty")].map((one) => [
    one.querySelector(".h").innerText, [...one.querySelectorAll("p:not(.h)")].map((text) => text.innerText).join(" "),
])"""
TEACHING = {"today", "leads", "messages", "dashboard"}
ALIKE = {"sign_in", "settings", "staff"}  # whoever has come


def untaught(walk: Walk, teaching: set[str]) -> list[str]:
    """Places with nothing in them that say neither what is missing nor how it comes; pages that have no such place."""
    silent = [sight.path for sight, places in walk.taught.items() if sight.endpoint in teaching and not places]
    said = [place for places in walk.taught.values() for place in places]
    return [*silent, *(str(place) for place in said if min(len(words_of(text)) for text in place) < 2)]


def emptied(house: Lived) -> list[Sight]:
    """The pages that have something to show once it happens, with every view of the messages."""
    sights = [sight for sight in pages(house) if sight.endpoint not in ALIKE]
    [mails] = [sight for sight in sights if sight.endpoint == "messages"]
    return [*sights, *(Sight("messages", f"{mails.path}?view={view}", mails.role) for view in TABS)]


def test_a_house_that_nobody_has_entered_teaches_what_will_stand_there(new_house, axe):
    sights = emptied(new_house)
    french = Walk(new_house, "fr", axe).see(sights, ENDS[:1])
    english = Walk(new_house, "en", axe).see([sight for sight in sights if sight.endpoint in TEACHING], ())
    for walk in (french, english):
        assert untaught(walk, TEACHING) == []
        assert walk.problems == []
    assert french.english == []


def test_a_house_in_which_nothing_is_written_teaches_how_to_begin(bare_house, axe):
    sights = [sight for sight in emptied(bare_house) if sight.endpoint != "sequence" and "?" not in sight.path]
    french, english = Walk(bare_house, "fr", axe).see(sights, ()), Walk(bare_house, "en", axe).see(sights, ENDS[1:])
    for walk in (french, english):
        assert untaught(walk, TEACHING | {"sequences", "pages", "preview"}) == []
        assert walk.problems == []
    assert french.english == []
