"""Proof of work in a real browser: found by our own script in its own thread, or done without by who runs none."""

import shutil
from collections import Counter
from contextlib import closing

import pytest
from sqlalchemy import select

from base.clock import system_clocks
from base.paths import data_path
from storage.schema import events
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.web import WebServer, listen

LOOKED_AT = "quelqu’un ici les regarde"

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


class Asking:
    """A house whose newsletter asks for work, and browsers that come to it."""

    def __init__(self, house, url, chromium):
        self.house, self.url, self._chromium, self.complaints = house, url, chromium, []

    def page(self, **options):
        page = self._chromium.new_context(viewport={"width": 390, "height": 900}, **options).new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.goto(f"{self.url}/p/trois-niveaux")
        return page

    def names(self):
        with self.house.database.read() as conn:
            return Counter(conn.execute(select(events.c.name)).scalars())


@pytest.fixture
def asking(database_url, settings, chromium, tmp_path):
    content = shutil.copytree(data_path("content"), tmp_path / "content")
    form = content / "forms" / "lettre.toml"
    form.write_text("proof_of_work = 14\n" + form.read_text())
    usual = settings(database_url, 9)
    config = usual.model_copy(update={"content": usual.content.model_copy(update={"dir": content})})
    with closing(House.build(config, system_clocks())) as house:
        content_in_force(house)
        web = WebServer(create_app(house), listen("127.0.0.1", config.server.port), threads=config.server.threads)
        web.start()
        yield Asking(house, config.site.base_url, chromium)
        web.stop()


def test_a_browser_does_the_work_and_the_form_is_taken(asking):
    page = asking.page()
    page.fill("#email", "chloe@atelier.fr")
    with page.expect_navigation():
        page.click("form button[type=submit]")
    assert "/thanks/lettre" in page.url
    assert LOOKED_AT not in page.inner_text("main")
    assert asking.names() == {"form_submitted": 1}
    assert asking.complaints == []
    page.context.close()


def test_without_scripts_it_is_said_beforehand_and_held(asking):
    page = asking.page(java_script_enabled=False)
    assert "Sans scripts" in page.inner_text("#form")
    page.fill("#email", "chloe@atelier.fr")
    page.wait_for_timeout(100)
    with page.expect_navigation():
        page.click("form button[type=submit]")
    assert LOOKED_AT in page.inner_text("main")
    assert asking.names() == {"form_held": 1}
    page.context.close()


def test_where_the_work_cannot_be_done_the_form_goes_without(asking):
    page = asking.page()
    page.evaluate("() => { window.Worker = function () { throw new Error('none') } }")
    page.fill("#email", "chloe@atelier.fr")
    with page.expect_navigation():
        page.click("form button[type=submit]")
    assert asking.names() == {"form_held": 1}
    page.context.close()
