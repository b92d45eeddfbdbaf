"""The script of visits in a real browser: under the strict policy, no cookie before a yes, on other pages too."""

import http.server
import threading
from contextlib import closing

import pytest
from sqlalchemy import select

from base.clock import system_clocks
from storage.schema import visit_counts, visitors, visits
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force
from terreau.web import WebServer, listen
from tests.journeys.public_pages import AXE, PEOPLES

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "light")]


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another page of the company: it carries the script, and a policy that lets only that in."""

    def do_GET(self):
        home = self.server.home
        policy = f"default-src 'none'; script-src {home}; connect-src {home}"
        body = f'<!DOCTYPE html><title>Tarifs</title><script src="{home}/static/visit.js" defer></script><h1>x</h1>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def elsewhere():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def house(database_url, settings, elsewhere):
    usual = settings(database_url, 9)
    origin = f"http://127.0.0.1:{elsewhere.server_port}"
    asks = type(usual.tracking)(visits="consent", origins=[origin], beacon_seconds=0.2)
    config = usual.model_copy(update={"tracking": asks})
    elsewhere.home = config.site.base_url
    with closing(House.build(config, system_clocks())) as house:
        content_in_force(house)
        web = WebServer(create_app(house), listen("127.0.0.1", config.server.port), threads=config.server.threads)
        web.start()
        yield house
        web.stop()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(user_agent=PEOPLES)
    made = context.new_page()
    made.faults = []
    made.on("console", lambda told: made.faults.append(told.text) if told.type == "error" else None)
    yield made
    context.close()


def cookies(page):
    return {one["name"]: one["value"] for one in page.context.cookies() if one["name"] == "terreau_visitor"}


def kept(house):
    with house.database.read() as conn:
        return [(row.page, row.channel) for row in conn.execute(select(visits).order_by(visits.c.id))]


def test_no_cookie_before_a_yes_and_known_from_then_on(house, page):
    url = house.config.site.base_url
    page.goto(f"{url}/p/guide-3d?utm_medium=email&utm_source=lettre")
    page.wait_for_selector("#visits:not([hidden])")
    assert (cookies(page), kept(house)) == ({}, [])
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.click("[data-answer=yes]")
    page.wait_for_selector("#visits-undo:not([hidden])")
    assert len(cookies(page)["terreau_visitor"]) == 22
    assert page.is_hidden("#visits")
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.goto(f"{url}/p/demo")
    assert kept(house) == [("guide-3d", "email"), ("demo", "direct")]
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.click("#visits-undo")
    assert cookies(page) == {"terreau_visitor": "no"}
    assert kept(house) == []
    page.reload()
    assert page.is_hidden("#visits")
    assert page.faults == []


def test_a_no_is_remembered_and_nothing_is_kept(house, page):
    page.goto(f"{house.config.site.base_url}/p/demo")
    page.click("[data-answer=no]")
    assert cookies(page) == {"terreau_visitor": "no"}
    page.reload()
    assert page.is_hidden("#visits")
    with house.database.read() as conn:
        assert conn.execute(select(visitors)).all() == []


def test_another_page_of_the_company_tells_its_visits_under_its_own_policy(house, page, elsewhere):
    url = f"http://127.0.0.1:{elsewhere.server_port}"
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.goto(f"{url}/tarifs?utm_medium=cpc&utm_source=google")
    assert cookies(page) == {}
    house.views.flush(house.database)
    with house.database.read() as conn:
        [row] = conn.execute(select(visit_counts)).all()
    assert (row.page, row.channel, row.source, row.n) == ("127.0.0.1/tarifs", "paid_search", "google", 1)
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.evaluate("document.dispatchEvent(new CustomEvent('terreau:visits', { detail: 'yes' }))")
    page.wait_for_function("document.cookie.includes('terreau_visitor=')")
    with page.expect_response(lambda answer: answer.url.endswith("/visit")):
        page.goto(f"{url}/contact")
    assert kept(house) == [("127.0.0.1/tarifs", "paid_search"), ("127.0.0.1/contact", "direct")]
    with house.database.read() as conn:
        assert [row.wording for row in conn.execute(select(visitors))] == [""]
    assert page.faults == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_question_is_readable_by_all_at_every_width(house, chromium, width, scheme, tmp_path):
    size = {"width": width, "height": 900}
    context = chromium.new_context(viewport=size, color_scheme=scheme, user_agent=PEOPLES)
    page = context.new_page()
    page.goto(f"{house.config.site.base_url}/p/demo")
    page.wait_for_selector("#visits:not([hidden])")
    page.screenshot(path=tmp_path / f"visits-{width}-{scheme}.png")
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
