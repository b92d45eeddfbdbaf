"""Tables on a telephone of 390 pixels: no word is broken, no column is out of sight, and who did it is told."""

from datetime import timedelta

import pytest

from tests.console.test_alert_pages import alert
from tests.console.test_imports import LIST

PHONE = {"width": 390, "height": 844}
# How many lines the text of an element takes.
LINES = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_long_an_answer_took_is_not_broken_within_a_word(console_server, scheme):
    now = console_server.door.clocks.calendar()
    answer = {"verdict": "rejected", "verdict_by": "nadia", "verdict_at": now, "opened_at": now - timedelta(days=1)}
    alert(console_server.door, "maximilienne-charlotte", "nadia", **answer)
    page = console_server.page("admin", "fr", viewport=PHONE, color_scheme=scheme)
    page.goto("/console/hand-offs")
    assert page.get_by_text("1\u00a0jour", exact=True).evaluate(LINES) == 1


def test_the_last_column_of_what_came_in_is_in_sight(console_server):
    page = console_server.page("marketer", "fr", viewport=PHONE)
    page.goto("/console/imports")
    name = "salon-de-l-habitat-2026-visiteurs-du-stand.csv"
    page.set_input_files("#f-file", {"name": name, "mimeType": "text/csv", "buffer": LIST.encode("cp1252")})
    page.get_by_role("button", name="Regarder").click()
    page.wait_for_url("**/imports/*")
    page.get_by_role("button", name="Importer", exact=True).click()
    page.get_by_text("attend la maison").wait_for()
    page.goto("/console/imports")
    assert page.locator(".scroll").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    assert page.locator("tbody th .only-phone").is_visible()


def test_the_audit_says_by_whom(console_server):
    page = console_server.page("admin", viewport=PHONE)
    console_server.sign_in(console_server.page(None), "admin")
    page.goto("/console/data")
    row = page.get_by_role("row", name="signed in")
    assert row.locator(".only-phone").first.is_visible()


def test_a_day_in_french_fits_in_the_narrowest_window(console_server):
    now = console_server.door.clocks.calendar()
    alert(console_server.door, "ada", "nadia", verdict="accepted", verdict_by="nadia", verdict_at=now)
    page = console_server.page("sales", "fr", viewport={"width": 320, "height": 640})
    page.goto("/console/today")
    assert page.get_by_text("un verdict sur deux plus vite").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_longest_names_do_not_widen_a_telephone(console_server, lively):
    lead_id = lively.submits(
        "maximilienne",
        "demo",
        first_name="Maximilienne-Élisabeth",
        last_name="Vandenbroucke" * 6,
        company="Anticonstitutionnellement" * 4,
        phone="+33639981234",
        need="Plan" * 60,
    )
    lively.gives(lead_id, "nadia")
    page = console_server.page("sales", viewport=PHONE)
    for path in ("/console/today", f"/console/leads/{lead_id}", "/console/leads?q=anti", "/console/companies"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_what_one_calls_and_notes_with_is_one_press_away(console_server, lively):
    lead_id = lively.submits("ada", phone="+33639981234")
    page = console_server.page("admin", viewport=PHONE)
    page.goto(f"/console/leads/{lead_id}")
    assert page.locator(".jump").bounding_box()["y"] < PHONE["height"]
    for name in page.locator(".jump a").all_inner_texts():
        page.locator(".jump").get_by_role("link", name=name).click()
        top = page.get_by_role("heading", name=name, exact=True).bounding_box()["y"]
        assert 0 <= top < PHONE["height"], name
        page.evaluate("window.scrollTo(0, 0)")
    page.set_viewport_size({"width": 1280, "height": 860})
    assert not page.locator(".jump").is_visible(), "where all of it stands beside the score"
