"""What was typed is not lost without a word, and what is pressed twice is done once."""

import pytest
from sqlalchemy import delete, func, select

from storage.schema import calls, notes, staff_sessions

TYPED = "Rings back on Monday, wants the DWG import"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def ada(lively):
    return lively.submits("ada", phone="+33639981234", last_name="Moreau", company="Trois Pignons")


def ends_every_session(door):
    door.database.write(lambda conn: conn.execute(delete(staff_sessions)).rowcount)


def count(lively, table):
    with lively.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def presses_twice(page, button):
    """As a hand does on a quick house: the second press comes when the first one was answered."""
    box = button.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.mouse.down(click_count=1)
        page.mouse.up(click_count=1)
    page.wait_for_selector(".htmx-request", state="detached")
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)


def test_a_note_outlives_the_session_it_was_typed_in(console_server, lively, ada, axe):
    page = console_server.page("admin")
    page.goto(f"/console/leads/{ada}")
    page.fill("#note", TYPED)
    ends_every_session(console_server.door)
    page.click("#part-notes button")
    way_in = page.locator("#notice a")
    way_in.wait_for()
    assert "You were signed out" in page.inner_text("#notice")
    assert way_in.is_visible()
    assert page.evaluate("document.querySelector('#notice').getBoundingClientRect().top >= 0"), "beside what is typed"
    assert page.input_value("#note") == TYPED
    assert count(lively, notes) == 0
    assert axe(page) == []

    with page.expect_popup() as opened:
        way_in.click()
    console_server.sign_in(opened.value, "admin")
    page.click("#part-notes button")
    page.get_by_text("open for too long").wait_for()
    page.click("#part-notes button")
    page.wait_for_selector("#part-notes .notes li")
    assert page.inner_text("#part-notes .notes p") == TYPED
    assert page.inner_text("#notice") == ""
    assert count(lively, notes) == 1


def test_without_scripts_whoever_was_signed_out_reads_that_nothing_was_saved(console_server, lively, ada):
    page = console_server.page("admin", java_script_enabled=False)
    page.goto(f"/console/leads/{ada}")
    page.fill("#note", TYPED)
    ends_every_session(console_server.door)
    page.click("#part-notes button")
    assert "what you sent was not saved" in page.inner_text("[role=alert]")
    page.fill("[name=email]", "admin@atelier-lumen.example")
    page.fill("[name=password]", "quatre chevaux sur la lune")
    page.click("main button.primary")
    assert page.url.endswith(f"/console/leads/{ada}"), "back where it was typed"
    assert count(lively, notes) == 0


@pytest.mark.parametrize(("button", "table"), [("#part-notes button", notes), ("#part-calls [value=reached]", calls)])
def test_a_button_pressed_twice_is_pressed_once(console_server, lively, ada, button, table):
    page = console_server.page("admin")
    page.goto(f"/console/leads/{ada}")
    page.fill("#note", TYPED)
    pressed = page.locator(button)
    pressed.scroll_into_view_if_needed()
    presses_twice(page, pressed)
    page.reload()
    assert count(lively, table) == 1


def test_a_press_during_the_answer_to_the_first_one_sends_nothing(console_server, lively, ada):
    page = console_server.page("admin")
    page.goto(f"/console/leads/{ada}")
    page.fill("#note", TYPED)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.evaluate("{ const b = document.querySelector('#part-notes button'); b.click(); b.click(); b.click(); }")
    page.wait_for_selector("#part-notes .notes li")
    page.reload()
    assert count(lively, notes) == 1


def test_a_press_that_nobody_answers_is_told_and_can_be_repeated(console_server, lively, ada):
    page = console_server.page("admin")
    page.goto(f"/console/leads/{ada}")
    page.fill("#note", TYPED)
    page.context.set_offline(True)
    page.click("#part-notes button")
    page.get_by_text("No answer came").wait_for()
    assert page.input_value("#note") == TYPED
    page.context.set_offline(False)
    page.click("#part-notes button")
    page.wait_for_selector("#part-notes .notes li")
    assert page.inner_text("#notice") == ""
    assert count(lively, notes) == 1


def test_a_search_that_a_newer_one_replaces_is_no_trouble(console_server, ada):
    page = console_server.page("admin")
    page.goto("/console/leads")
    page.evaluate("""() => {
        const form = document.querySelector('form[role=search]');
        for (const words of ['a', 'ad', 'ada']) { form.q.value = words; form.requestSubmit(); }
    }""")
    page.wait_for_url("**q=ada*")
    assert page.inner_text("#notice") == ""
