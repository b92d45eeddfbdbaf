"""Landing pages as they are shown: both languages, what search engines read, what browsers may do."""

import re

import pytest

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BASE = "https://lumen.example"


def plain(page):
    return page.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("path", "locale", "title", "button"),
    [
        ("/p/guide-3d", "fr", "Montrer un projet en 3D sans y passer ses nuits", "Recevoir le guide par e-mail"),
        ("/en/p/guide-3d", "en", "Show a project in 3D without losing sleep", "Email me the guide"),
    ],
)
def test_a_page_speaks_the_language_of_its_address(browser, path, locale, title, button):
    answer = browser.open(path, headers={"Accept-Language": "de"})
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == locale
    assert f'<html lang="{locale}">' in answer.text
    assert f"<title>{title} | Atelier Lumen</title>" in answer.text
    assert button in answer.text


def test_every_page_of_the_site_is_drawn_in_each_of_its_languages(browser, door):
    for name, page in door.site().pages.items():
        for locale in page.locales:
            answer = browser.open(f"/p/{name}" if locale == "fr" else f"/{locale}/p/{name}")
            assert answer.status_code == 200, (name, locale)
            assert answer.text.count("<h1>") == 1
            assert "{{" not in answer.text
            assert "%(" not in answer.text


def test_search_engines_are_told_the_one_address_and_the_other_language(browser):
    head = browser.open("/en/p/demo?utm_source=x", headers={"X-Forwarded-Host": "evil.example"}).text
    assert f'<link rel="canonical" href="{BASE}/en/p/demo">' in head
    assert f'<link rel="alternate" hreflang="fr" href="{BASE}/p/demo">' in head
    assert f'<link rel="alternate" hreflang="x-default" href="{BASE}/p/demo">' in head
    assert f'<meta property="og:url" content="{BASE}/en/p/demo">' in head
    assert "noindex" not in head
    assert "evil" not in head


@pytest.mark.parametrize(
    "path", ["/p/nothing", "/fr/p/demo", "/de/p/demo", "/en/p/nothing", "/EN/p/demo", "/p/demo/", "/p/"]
)
def test_there_is_no_page_at_any_other_address(browser, path):
    answer = browser.open(path)
    assert answer.status_code == 404
    assert "noindex" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "lumen.example.evil.example"])
def test_a_request_for_another_host_is_refused_and_reflected_nowhere(browser, host):
    answer = browser.client.get("/p/demo", base_url=f"https://{host}")
    assert answer.status_code == 400
    assert host not in answer.text


def test_scripts_styles_and_pictures_come_from_here_only(browser):
    answer = browser.open("/p/guide-3d")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    for rule in (
        "style-src 'self'",
        "script-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]* src=)", answer.text)
    assert not re.findall(r"src=\"(?!/static/)|<link[^>]*stylesheet[^>]*href=\"(?!/)", answer.text)


def test_https_brings_its_headers_and_its_cookie(browser, browse):
    answer = browser.open("/p/demo")
    assert answer.headers["Strict-Transport-Security"]
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 1
    assert cookies[0].startswith("__Host-terreau=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookies[0]
    assert "Domain" not in cookies[0]
    assert "Cookie" in answer.headers["Vary"]
    plain_http = browse(site={"base_url": "http://lumen.example"})
    answer = plain_http.client.get("/p/demo", base_url="http://lumen.example")
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["Set-Cookie"].startswith("terreau=")


@pytest.mark.parametrize(
    "path", ["/", "/brand.css", "/robots.txt", "/thanks/demo", "/healthz", "/nothing", "/static/public.css"]
)
def test_only_forms_need_a_session(browser, path):
    with browser.open(path) as answer:
        assert "Set-Cookie" not in answer.headers


def test_the_form_says_what_is_optional_and_describes_itself(browser):
    page = plain(browser.open("/p/demo").text)
    assert 'Téléphone <span class="optional">(facultatif)</span>' in page
    assert "Société ou atelier <span" not in page
    assert 'autocomplete="tel"' in page
    assert re.search(r'aria-describedby="phone-hint"', page)
    assert 'action="/p/demo#wrongs" method="post" novalidate' in page
    assert "placeholder" not in page


def test_no_box_is_ticked_beforehand_and_its_wording_stands_beside_it(browser):
    page = browser.open("/p/guide-3d").text
    assert " checked" not in page
    assert "J’accepte de recevoir par e-mail les conseils 3D d’Atelier Lumen" in page


def test_the_thanks_page_masks_the_address_and_asks_about_a_slip(browser):
    answers = {"email": "chloe@gmial.com"}
    location = browser.send("/p/lettre", answers).location
    page = plain(browser.open(location).text)
    assert "c•••e@gmial.com" in page
    assert 'Vouliez-vous dire <b class="who">c•••e@gmail.com</b> ?' in page
    assert 'href="/p/lettre#form"' in page
    assert "chloe@" not in page
    assert "chloe" not in location
    assert "noindex" in page


@pytest.mark.parametrize("ticked", [True, False])
def test_the_thanks_page_speaks_of_a_box_only_to_who_ticked_it(browser, ticked):
    answers = {
        "email": "ada@x.example", "first_name": "Ada", "company": "X", "profession": "interior", "practice": "slow",
        **({"consent_conseils": "y"} if ticked else {}),
    }  # fmt: skip
    page = plain(browser.open(browser.send("/p/guide-3d", answers).location).text)
    assert "l’e-mail d’<strong>Inès Caradec</strong>" in page
    assert ("Vous avez coché la case des conseils 3D : le même e-mail" in page) is ticked


def test_the_thanks_page_stands_alone_when_its_seal_is_old_or_altered(browser):
    for seal in ("", "?for=altered", "?for="):
        page = browser.open(f"/thanks/demo{seal}")
        assert page.status_code == 200
        assert "•••" not in page.text
    assert browser.open("/thanks/nothing").status_code == 404
    assert browser.open("/de/thanks/demo").status_code == 404


def test_pages_stay_up_while_the_database_is_away(browser, door):
    browser.open("/p/demo")
    door.database.gone = True
    assert browser.open("/p/demo").status_code == 200
    assert browser.open("/thanks/demo").status_code == 200


def test_a_database_that_was_never_there_is_a_503_with_a_time(browse, door):
    door.database.gone = True
    answer = browse().open("/p/demo", headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nous ne pouvons pas répondre" in plain(answer.text)
    assert "Traceback" not in answer.text
