"""The console on the example content: clients signed in by role, a real server with a real browser, and axe."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from authoring.blobs import BlobDirectory
from authoring.releases import Releases, apply
from base.config import Config
from base.tokens import Signer
from capture.blueprint import open_public_door
from capture.door import Door
from console import passwords, sessions, staff
from console.blueprint import console_blueprint
from console.context import Viewer
from console.door import ConsoleDoor
from console.security import cookie_name
from storage.database import Database
from terreau.web import WebServer, listen

PASSWORD = "quatre chevaux sur la lune"
# Hashing is made to take its time; the suite would wait for nothing else. `test_staff` looks at the real work.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
passwords.NOBODY = passwords.hashed("nobody's")
HASH = passwords.hashed(PASSWORD)
REPS = {"sales": "nadia"}
AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe" / "axe.min.js"


def address_of(role: str) -> str:
    return f"{role}@atelier-lumen.example"


def add_staff(door: ConsoleDoor, role: str, locale: str = "en", email: str | None = None) -> int:
    """Somebody in that role, known by `address_of(role)` and PASSWORD; of sales, nadia."""
    new = staff.NewStaff(email or address_of(role), role.title(), role, REPS.get(role), locale)
    return door.database.write(partial(staff.add, new=new, password_hash=HASH, machine_now=door.clocks.machine()))


def came_in(database: Database, config: Config, staff_id: int, machine_now: datetime) -> dict[str, Any]:
    """What a browser on this machine holds once they signed in, as Playwright's `storage_state`."""
    token = database.write(partial(sessions.begin, staff_id=staff_id, machine_now=machine_now))
    cookie = {
        "name": cookie_name(config), "value": token, "domain": "127.0.0.1", "path": "/",
        "httpOnly": True, "secure": False, "sameSite": "Lax", "expires": -1,
    }  # fmt: skip
    return {"cookies": [cookie], "origins": []}


def console_app(door: ConsoleDoor) -> Flask:
    """Public door and console, as `terreau.app` joins them."""
    app = Flask("terreau", static_folder=None)
    public = Door(door.database, door.releases, door.config, door.clocks, door.signer, door.keys, door.blobs)
    open_public_door(app, public)
    app.register_blueprint(console_blueprint(door))
    return app


@dataclass
class Client:
    """A browser without scripts: fetches pages, sends their forms with the token they hold."""

    client: FlaskClient
    base_url: str = "http://localhost"

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=self.base_url, **options)

    def token(self, path: str = "/console/settings") -> str:
        return token_in(self.get(path).text)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """With the token of a page of this browser."""
        page = self.get("/console/settings")
        token = token_in(page.text) if page.status_code == 200 else self.token("/console/sign-in")
        return self.raw_post(path, {"csrf-token": token, **(data or {})}, **options)

    def raw_post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data=data, base_url=self.base_url, **options)

    def sign_in(self, role: str, password: str = PASSWORD, **more: str) -> TestResponse:
        page = self.get("/console/sign-in?lang=en")
        form = {"email": address_of(role), "password": password, "csrf-token": token_in(page.text), **more}
        return self.raw_post("/console/sign-in?lang=en", form)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf-token" value="([^"]+)"', page)
    assert found, "the page holds no form with a token"
    return found[1]


@pytest.fixture(scope="module")
def speaking() -> Callable[[str], AbstractContextManager[Viewer]]:
    """`with speaking("fr") as viewer:` inside a request of a salesperson who reads French."""
    app = Flask("terreau")

    @contextmanager
    def spoken(locale: str) -> Iterator[Viewer]:
        with app.test_request_context():
            g.viewer = Viewer(1, "Ada", "sales", "nadia", locale, "Europe/Paris")
            yield g.viewer

    return spoken


@pytest.fixture
def console_config() -> Config:
    return Config.model_validate({"site": {"base_url": "http://localhost"}})


@pytest.fixture
def console_door(
    database: Database, clocks: Any, keys: Any, console_config: Config, tmp_path: Path, example: Any
) -> ConsoleDoor:
    """The example content in force, nobody in it."""
    tree, site = example
    blobs = BlobDirectory(tmp_path / "blobs")
    apply(database, tree, site, "ada", None, None, clocks.moment(), blobs)
    releases = Releases(database, blobs)
    signer = Signer(keys.signing, clocks.machine)
    return ConsoleDoor(database, releases, console_config, clocks, signer, keys, blobs)


@pytest.fixture
def staff_client(console_door: ConsoleDoor) -> Callable[..., Client]:
    """`staff_client("sales")`: a browser signed in as somebody in that role, in English unless told otherwise."""
    app, known = console_app(console_door), set()

    def made(role: str, locale: str = "en") -> Client:
        client = Client(app.test_client())
        if role not in known:
            add_staff(console_door, role, locale)
            known.add(role)
        assert client.sign_in(role).status_code == 303
        return client

    return made


@pytest.fixture
def make_client() -> Callable[..., Client]:
    """`make_client(door, role, base_url)`: a browser that has not come in yet, on a house of its own settings."""

    def made(door: ConsoleDoor, role: str, base_url: str) -> Client:
        add_staff(door, role)
        return Client(console_app(door).test_client(), base_url)

    return made


@dataclass
class ConsoleServer:
    """The console behind waitress, and Chromium before it."""

    url: str
    door: ConsoleDoor
    browser: Any
    faults: list[str] = field(default_factory=list)  # violations of the policy, errors, messages of the console
    signed: dict[str, int] = field(default_factory=dict)  # staff by role

    def page(self, role: str | None = "admin", locale: str = "en", **context: Any) -> Any:
        """A page of a fresh browser, signed in unless `role` is None. `context`: viewport, color_scheme, …"""
        state = None if role is None else self._came_in(role, locale)
        opened = self.browser.new_context(base_url=self.url, locale=locale, storage_state=state, **context)
        page = opened.new_page()
        page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        if role is not None:
            page.goto("/console")
        return page

    def _came_in(self, role: str, locale: str) -> Any:
        if role not in self.signed:
            self.signed[role] = add_staff(self.door, role, locale)
        return came_in(self.door.database, self.door.config, self.signed[role], self.door.clocks.machine())

    def sign_in(self, page: Any, role: str, locale: str = "en") -> None:
        """By hand, as `test_frame` looks at it."""
        if role not in self.signed:
            self.signed[role] = add_staff(self.door, role, locale)
        page.goto("/console/sign-in")
        page.fill("[name=email]", address_of(role))
        page.fill("[name=password]", PASSWORD)
        page.click("main button.primary")
        page.wait_for_load_state()


@pytest.fixture
def console_server(console_door: ConsoleDoor, chromium: Any) -> Iterator[ConsoleServer]:
    """The console on a real port of this machine, for `console_server.page(role)`."""
    web = WebServer(console_app(console_door), listen("127.0.0.1", 0), threads=4)
    web.start()
    server = ConsoleServer(f"http://127.0.0.1:{web.port}", console_door, chromium)
    yield server
    for context in chromium.contexts:
        context.close()
    web.stop()


def axe_violations(page: Any) -> list[str]:
    """What axe finds on the page: WCAG 2.2 AA and its best practices; one sentence each.

    axe is given through the browser's tools, so that the page's policy stays as it is. It looks into no frame: those
    of mails run no scripts, so that it would wait for answers that cannot come.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    wish = "{resultTypes: ['violations'], iframes: false}"
    found = page.evaluate(f"async () => (await axe.run(document, {wish})).violations")
    return [
        f"{one['id']}: {one['help']} — " + "; ".join(node["html"][:160] for node in one["nodes"][:4]) for one in found
    ]


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """`axe(page)`: what axe finds on it."""
    return axe_violations


@pytest.fixture
def machine_now(clocks: Any) -> datetime:
    return clocks.machine()  # type: ignore[no-any-return]
