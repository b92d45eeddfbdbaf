"""What every page of the console stands in, in a real browser: policy, keys, menu, with and without scripts."""

import pytest

from console.nav import CONTENT, WORK

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
PAGES = ("/console/settings", "/console/staff", "/console/nowhere")
WIDTHS = ({"width": 320, "height": 640}, {"width": 390, "height": 844}, {"width": 1280, "height": 860})
REFUSED = "Failed to load resource: the server responded with a status of 4"  # what a browser says of a 404


def complaints(server):
    return [fault for fault in server.faults if REFUSED not in fault]


def is_wider_than_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize(("locale", "scheme"), [("fr", "light"), ("en", "dark")])
def test_the_way_in_and_the_frame_keep_every_rule(console_server, axe, locale, scheme):
    page = console_server.page(None, locale, color_scheme=scheme)
    page.goto("/console/sign-in")
    assert axe(page) == []
    page.fill("[name=email]", "nobody@example.org")
    page.fill("[name=password]", "not the password")
    page.click("main button.primary")
    page.locator("[role=alert]").wait_for()
    assert page.title().startswith({"fr": "Erreur", "en": "Error"}[locale])
    assert axe(page) == []
    console_server.sign_in(page, "admin", locale)
    for path in PAGES:
        page.goto(path)
        assert axe(page) == [], path
        for size in WIDTHS:
            page.set_viewport_size(size)
            assert not is_wider_than_the_window(page), (path, size)
    page.goto("/console/staff")
    page.set_viewport_size(WIDTHS[1])
    page.click(".who > summary")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(WIDTHS[0])
    assert page.locator(".nav.main > :visible").count() == 5, "four under the thumb, and what stands behind the fifth"
    page.click(".more > summary")
    assert page.locator(".more a[aria-current=page]").get_attribute("href") == "/console/staff"
    assert axe(page) == []
    assert complaints(console_server) == []


def test_a_script_or_a_style_in_the_page_would_be_refused(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")
    page.evaluate("""() => {
        const put = html => document.body.insertAdjacentHTML('beforeend', html);
        put('<p style="color: red">x</p>');
        put('<img src=x onerror="window.hit = 1">');
        const script = document.createElement('script');
        script.textContent = 'window.hit = 1';
        document.body.append(script);
        const ours = document.createElement('script');  // a file of this house, but not one that the page asked for
        ours.src = '/static/console/leads.js';
        ours.onload = () => { window.hit = 1; };
        document.body.append(ours);
    }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in fault for fault in console_server.faults)


def test_the_keyboard_goes_around(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")
    page.keyboard.press("?")
    page.locator("dialog#keys").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog#keys").wait_for(state="hidden")
    page.locator(".who > summary").focus()
    page.keyboard.press("Enter")
    page.locator(".who .sheet").wait_for()
    page.locator(".who .sheet a").last.focus()
    page.keyboard.press("Escape")
    page.locator(".who .sheet").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('.who > summary')")
    page.locator("#f-present").focus()
    page.keyboard.type("?gs")
    assert page.input_value("#f-present") == "?gs"
    assert not page.locator("dialog#keys").is_visible()
    assert complaints(console_server) == []


def test_every_letter_leads_to_its_page(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")
    shown = {entry.get_attribute("data-go"): entry.get_attribute("href") for entry in page.locator("[data-go]").all()}
    letters = [entry.key for entry in (*WORK, *CONTENT) if entry.key]
    assert len(letters) == len(set(letters))
    assert shown
    for letter, address in shown.items():
        page.goto("/console/settings")
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"**{address}*")


def test_keys_that_are_turned_off_are_silent(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")
    page.uncheck("[name=keys]")
    page.click("form[action='/console/settings'] button.primary")
    page.wait_for_url("**said=saved")
    page.keyboard.press("?")
    assert not page.locator("dialog#keys").is_visible()
    page.click(".who > summary")
    assert not page.locator(".with-keys").is_visible()


def test_the_first_tab_leads_past_the_menu(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(("theme", "ground"), [("day", "rgb(255, 254, 251)"), ("night", "rgb(27, 24, 20)")])
def test_the_theme_is_the_owners_whatever_the_device_says(console_server, theme, ground):
    page = console_server.page("admin", color_scheme="dark" if theme == "day" else "light")
    page.goto("/console/settings")
    page.check(f"[name=theme][value={theme}]")
    page.click("form[action='/console/settings'] button.primary")
    page.wait_for_url("**said=saved")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == ground


def test_it_all_works_without_scripts(console_server):
    page = console_server.page("admin", java_script_enabled=False)
    page.goto("/console/staff")
    page.fill("#f-name", "Ada Moreau")
    page.fill("#f-email", "ada@atelier-lumen.example")
    page.click("aside button.primary")
    assert page.locator(".secret").inner_text()
    page.click(".who > summary")
    page.click(".who form[action$=sign-out] button")
    assert page.url.startswith(f"{console_server.url}/console/sign-in")
    page.goto("/console/staff")
    assert "/console/sign-in" in page.url


def test_htmx_sends_the_token_and_shows_what_was_refused(console_server):
    page = console_server.page("admin")
    page.goto("/console/settings")

    def send(path):
        """Press a button that posts to `path` by htmx; the status of the answer."""
        page.evaluate(
            """path => {
                document.querySelector('#probe')?.remove();
                document.querySelector('#main').insertAdjacentHTML('beforeend',
                  `<div id="probe"><button id="press" hx-post="${path}" hx-target="#probe">press</button></div>`);
                htmx.process(document.querySelector('#probe'));
            }""",
            path,
        )
        with page.expect_response(lambda answer: path in answer.url) as told:
            page.click("#press")
        page.wait_for_timeout(150)
        return told.value

    refused = send("/console/staff/999/disable")
    assert refused.status == 422  # not 400: the token of the page went along
    assert refused.request.headers["x-csrftoken"]
    page.context.clear_cookies(name="terreau")
    old = send("/console/staff/999/disable")
    assert old.status == 400
    assert "open for too long" in page.locator("#notice").inner_text()
    assert page.locator("#probe").is_visible()
    assert [fault for fault in complaints(console_server) if "422" not in fault] == []


def test_a_first_visit_weighs_less_than_150_kilobytes(console_server):
    page = console_server.page("admin")
    weights = []
    page.on("response", lambda answer: weights.append((answer.url, len(answer.body()))))
    page.goto("/console/staff", wait_until="networkidle")
    assert sum(weight for _, weight in weights) < 150_000, weights
