"""Photographs every page of the demo into docs/screenshots: `make shots`.

The demo is opened as a newcomer's is, on a house that has lived; Chromium and Pillow come with the development
requirements and the machine. Files are small: as many colours as a page has, which are few.
"""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from base.paths import data_path
from leads import consenting
from storage.schema import deals, hand_offs, leads, messages, standings
from terreau import demo
from terreau.accounts import Account, open_accounts
from terreau.stage import Stage

FOLDER = Path(__file__).parent / "screenshots"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip
WIDE, PHONE = (1280, 860), (390, 844)
TALLEST = {WIDE: 1300, PHONE: 1400}  # what is below says more of the same
COLOURS = 64

Address = Callable[["Set"], str]


@dataclass(frozen=True, slots=True)
class Shot:
    """A page, by the name of its files. `role` None: a visitor. `dark` and `english` are taken besides, when said; a
    telephone's unless said otherwise."""

    name: str
    address: Address
    role: str | None = None
    dark: bool = False
    english: bool = False
    phone: bool = True


@dataclass(slots=True)
class Set:
    """The demo's stage, and whom and what its pages are about."""

    stage: Stage
    accounts: dict[str, Account]
    rep: str = ""
    found: dict[str, Any] = field(default_factory=dict)

    def one(self, query: Any) -> Any:
        with self.stage.house.database.read() as conn:
            return conn.execute(query).scalars().first()

    @property
    def lead(self) -> int:
        """The hottest lead of the salesperson that waits for an answer."""
        waiting = (
            select(hand_offs.c.lead_id)
            .join(standings, standings.c.lead_id == hand_offs.c.lead_id)
            .where(hand_offs.c.verdict.is_(None), hand_offs.c.owner == self.rep)
            .order_by(standings.c.engagement.desc())
        )
        return int(self.one(waiting))

    @property
    def dealing(self) -> int:
        """The newest lead with whom a deal is open."""
        return int(self.one(select(deals.c.lead_id).where(deals.c.state == "open").order_by(deals.c.id.desc())))

    @property
    def company(self) -> str:
        """That of the hottest lead."""
        return str(self.one(select(leads.c.company_domain).where(leads.c.id == self.lead)))

    def token(self, topic: str) -> str:
        job: Callable[[Any], str] = lambda conn: consenting.preference_token(conn, self.lead, topic)  # noqa: E731
        return self.stage.house.database.write(job)

    def signed(self, purpose: str, **payload: Any) -> str:
        return self.stage.house.signer.sign(purpose, {"lead": self.lead, **payload})

    def message(self, state: str) -> int:
        marketing = (messages.c.state == state) & (messages.c.klass == "marketing")
        return int(self.one(select(messages.c.id).where(marketing).order_by(messages.c.id.desc())))


def at(path: str) -> Address:
    return lambda _: path


PUBLIC = (
    Shot("page-guide", at("/p/guide-3d"), dark=True, english=True),
    Shot("page-variants", at("/p/variantes")),
    Shot("page-levels", at("/p/trois-niveaux")),
    Shot("page-demonstration", at("/p/demo")),
    Shot("page-letter", at("/p/lettre")),
    Shot("thanks", at("/thanks/guide-3d")),
    Shot("confirm", lambda s: f"/confirm/{s.signed('confirm', topics=['conseils-3d'], submission=1)}"),
    Shot("magnet", lambda s: f"/m/{s.signed('magnet', magnet='guide-3d', message=1)}"),
    Shot("preferences", lambda s: f"/preferences/{s.token('')}"),
    Shot("unsubscribe", lambda s: f"/u/{s.token('conseils-3d')}"),
    Shot(
        "verdict",
        lambda s: f"/v/{s.one(select(hand_offs.c.token).where(hand_offs.c.lead_id == s.lead))}",
        dark=True,
    ),
    Shot("mailbox", at("/demo/")),
)
CONSOLE = (
    Shot("console-sign-in", at("/console/sign-in")),
    Shot("console-today", at("/console/today"), "sales", dark=True, english=True),
    Shot("console-leads", at("/console/leads"), "marketer", dark=True),
    Shot("console-lead", lambda s: f"/console/leads/{s.lead}", "sales", dark=True, english=True),
    Shot("console-lead-score", lambda s: f"/console/leads/{s.lead}/score", "sales"),
    Shot("console-lead-story", lambda s: f"/console/leads/{s.lead}/story", "sales"),
    Shot("console-lead-why", lambda s: f"/console/leads/{s.lead}/why", "sales"),
    Shot("console-sequences", at("/console/sequences"), "marketer"),
    Shot("console-sequence", at("/console/sequences/conseils-3d"), "marketer", dark=True, english=True),
    Shot("console-messages", at("/console/messages"), "marketer"),
    Shot("console-message", lambda s: f"/console/messages/{s.message('unknown')}", "marketer"),
    Shot("console-preview", at("/console/preview"), "marketer", dark=True),
    Shot("console-pages", at("/console/pages"), "marketer"),
    Shot("console-dashboard", at("/console/dashboard"), "marketer", dark=True, english=True),
    Shot("console-health", at("/console/health"), "marketer"),
    Shot("console-settings", at("/console/settings"), "sales"),
    Shot("console-staff", at("/console/staff"), "admin"),
    Shot("console-qualify", at("/console/qualify"), "sales"),
    Shot("console-hand-offs", at("/console/hand-offs"), "admin"),
    Shot("console-deal", lambda s: f"/console/leads/{s.dealing}", "admin", phone=False),
    Shot("console-lead-hits", lambda s: f"/console/leads/{s.lead}/hits", "admin", phone=False),
    Shot("console-lead-data", lambda s: f"/console/leads/{s.lead}/data", "admin", phone=False),
    Shot("console-lead-add", at("/console/leads/add"), "sales"),
    Shot("console-alike", at("/console/alike"), "admin", phone=False),
    Shot("console-companies", at("/console/companies"), "marketer"),
    Shot("console-company", lambda s: f"/console/companies/{s.company}", "marketer", phone=False),
    Shot("console-alerts", at("/console/alerts"), "admin", phone=False),
    Shot("console-held", at("/console/held"), "admin", phone=False),
    Shot("console-agreement", at("/console/agreement"), "marketer", english=True),
    Shot("console-imports", at("/console/imports"), "marketer", phone=False),
    Shot("console-data-protection", at("/console/data"), "admin", phone=False),
    Shot("console-second-factor", at("/console/settings/second-factor"), "sales", phone=False),
    Shot("console-report-funnel", at("/console/reports/funnel"), "marketer", dark=True),
    Shot("console-report-sources", at("/console/reports/sources"), "marketer", phone=False),
    Shot("console-report-costs", at("/console/reports/costs"), "marketer"),
    Shot("console-report-forecast", at("/console/reports/forecast"), "marketer", phone=False),
    Shot("console-report-handoff", at("/console/reports/handoff"), "marketer", phone=False),
    Shot("console-report-precision", at("/console/reports/precision"), "marketer", phone=False),
    Shot("console-report-leaks", at("/console/reports/leaks"), "marketer", phone=False),
)


def take(wanted: str = "") -> int:
    """Take every picture whose name matches `wanted`; returns the weight of all files in the folder, in bytes."""
    FOLDER.mkdir(exist_ok=True)
    with _set() as scene, sync_playwright() as playwright:
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for shot in (one for one in (*PUBLIC, *CONSOLE) if re.search(wanted, one.name)):
            for name, locale, scheme, size in _takes(shot):
                print(name, flush=True)
                _photograph(browser, scene, shot, name, locale, scheme, size)
        browser.close()
    return sum(file.stat().st_size for file in FOLDER.glob("*.png"))


def _takes(shot: Shot) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
    yield shot.name, "fr", "light", WIDE
    if shot.phone:
        yield f"{shot.name}-phone", "fr", "light", PHONE
    if shot.dark:
        yield f"{shot.name}-dark", "fr", "dark", WIDE
    if shot.english:
        yield f"{shot.name}-en", "en", "light", WIDE


@contextmanager
def _set() -> Iterator[Set]:
    with ExitStack() as way_out:
        folder = Path(way_out.enter_context(tempfile.TemporaryDirectory(prefix="terreau-shots-")))
        stop = Event()
        wish = demo.Wish(data_path("content"), folder, 0, None, False)
        stage = way_out.enter_context(demo.staged(wish, folder, stop))
        accounts = open_accounts(stage.house)
        first = {account.role: account for account in reversed(accounts)}
        yield Set(stage, first, first["sales"].rep or "")


def _photograph(
    browser: Browser, scene: Set, shot: Shot, name: str, locale: str, scheme: str, size: tuple[int, int]
) -> None:
    width, height = size
    context = browser.new_context(
        base_url=scene.stage.base_url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    if shot.role:
        _come_in(page, scene.accounts[shot.role], locale)
    address = shot.address(scene)
    prefixed = locale == "en" and shot.role is None
    answer = page.goto(f"/en{address}" if prefixed else address)
    if answer is None or not answer.ok:
        sys.exit(f"{address} answered {answer.status if answer else 'nothing'}")
    page.wait_for_load_state("networkidle")
    full = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(max(full, height), TALLEST[size])}
    _keep(page.screenshot(full_page=True, clip=clip), FOLDER / f"{name}.png")
    context.close()


def _come_in(page: Page, account: Account, locale: str) -> None:
    page.goto("/console/sign-in")
    page.fill("[name=email]", account.email)
    page.fill("[name=password]", account.password)
    page.click("main button.primary")
    page.wait_for_load_state()
    page.goto("/console/settings")
    page.check(f"input[name=locale][value={locale}]")
    page.click("form:has(input[name=locale]) button.primary")
    page.wait_for_load_state()


def _keep(png: bytes, file: Path) -> None:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    weight = take(*sys.argv[1:2])
    print(f"{len(list(FOLDER.glob('*.png')))} pictures, {weight / 1e6:.1f} MB in {FOLDER}")
