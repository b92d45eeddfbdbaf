"""Every public page and the verdict page in a real browser: readable by all, at every width, by day and night, without
scripts, and what the small script does."""

from typing import Any

import pytest

from tests.journeys.public_pages import AXE, TOKEN, looked_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def moves_the_mouse(page: Any) -> None:
    """From one place to another: that a page comes to lie under a pointer that rests is no act."""
    page.mouse.move(200, 200, steps=5)


def test_every_page_can_be_read_by_all_at_every_width(shown):
    """Of what an author writes; `test_every_public_page` looks at the others, with the same eyes, in both languages."""
    problems: list[str] = []
    page = shown.page()
    page.add_init_script(path=AXE)
    written = {name: path for name, path in shown.paths.items() if name.startswith("page")}
    assert len(written) > len(shown.house.releases.in_force().pages)
    for name, path in written.items():
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
    assert page.url.endswith("#main"), "it no longer says that anything is wrong"
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
    page.wait_for_selector("button:focus")  # a page takes the focus there once it is drawn
    page.keyboard.press("Enter")
    page.wait_for_url("**done=1")
    assert page.inner_text("h1") == "C’est confirmé"
    page.context.close()
