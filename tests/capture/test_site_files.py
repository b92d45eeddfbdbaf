"""Robots, sitemap, the brand's colours, the list of pages; and what watches the house."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from werkzeug.exceptions import TooManyRequests

from authoring.models.definitions import Brand
from storage import holders
from storage.schema import in_force

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_brand_is_twelve_values_by_day_and_by_night(browser, door):
    css = browser.open("/brand.css?v=1")
    brand = door.site().definitions.brand
    assert css.mimetype == "text/css"
    assert f"--accent: {brand.day.accent};" in css.text
    assert f"--accent: {brand.night.accent};" in css.text.partition("prefers-color-scheme: dark")[2]
    assert "--on-soil:" in css.text
    assert "immutable" in css.headers["Cache-Control"]


def test_a_font_cannot_close_its_rule(browser, door, monkeypatch):
    brand = door.site().definitions.brand
    hostile = Brand(day=brand.day, night=brand.night, font='Arial; } body { background: url("//evil.example") } /*')
    site = door.site()
    monkeypatch.setattr(type(door), "site", lambda self: changed(site, hostile))
    css = browser.open("/brand.css").text
    assert css.count("{") == 3
    assert "//" not in css


def changed(site, brand):
    from dataclasses import replace

    return replace(site, definitions=site.definitions.model_copy(update={"brand": brand}))


def test_robots_may_read_pages_and_nothing_that_belongs_to_a_lead(browser):
    text = browser.open("/robots.txt").text
    for path in ("/c/", "/confirm/", "/u/", "/preferences/", "/m/", "/v/", "/thanks/"):
        assert f"Disallow: {path}\n" in text
    assert "Sitemap: https://lumen.example/sitemap.xml" in text
    sitemap = browser.open("/sitemap.xml").text
    assert "<loc>https://lumen.example/en/p/demo</loc>" in sitemap


def test_the_first_page_lists_the_others_in_the_browsers_language(browser):
    french = browser.open("/", headers={"Accept-Language": "fr-CA,fr"}).text
    english = browser.open("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert 'href="/p/demo"' in french
    assert 'href="/en/p/demo"' in english.text
    assert "Accept-Language" in english.headers["Vary"]
    assert "Bienvenue. Choisissez ce que vous voulez lire, recevoir ou demander." in french
    assert "Welcome. Choose what you would like to read, receive or ask for." in english.text
    assert '<a href="/?lang=fr" hreflang="fr" lang="fr">Français</a>' in english.text
    assert '<link rel="alternate" hreflang="en" href="https://lumen.example/?lang=en">' in french
    assert '<link rel="alternate" hreflang="x-default" href="https://lumen.example/">' in french
    asked = browser.open("/?lang=fr", headers={"Accept-Language": "en"}).text
    assert 'href="/p/demo"' in asked
    assert 'href="/en/p/demo"' in browser.open("/?lang=xx", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/seen", 405), ("/p/demo", 405)])
@pytest.mark.parametrize(("language", "words"), [("fr", "Accueil"), ("en", "Home")])
def test_errors_are_pages_for_people_in_their_language(browser, path, status, language, words):
    method = browser.client.put if path == "/p/demo" else browser.client.get
    answer = method(path, base_url=browser.base_url, headers={"Accept-Language": language})
    assert answer.status_code == status
    if path != "/p/demo":
        assert words in answer.text
    assert "Werkzeug" not in answer.text
    if status == 405:
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Attendez une minute, puis réessayez, ou écrivez-nous."),
        ("en", "Wait a minute, then try again, or write to us."),
    ],
)
@pytest.mark.parametrize(("asked", "seconds"), [(None, "60"), (120, "120")])
def test_whoever_comes_too_often_is_told_when_to_come_back(browser, language, words, asked, seconds):
    def refused():
        raise TooManyRequests(retry_after=asked)

    browser.app.add_url_rule("/too-often", view_func=refused)
    answer = browser.open("/too-often", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, seconds)
    assert words in answer.text


def test_a_fault_of_ours_is_a_page_without_its_insides(browser, door, monkeypatch):
    def broken(self):
        raise RuntimeError("secret inside")

    browser.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(type(door), "site", broken)
    answer = browser.open("/robots.txt")
    assert answer.status_code == 200
    answer = browser.open("/sitemap.xml", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert "We made a mistake" in answer.text
    assert "secret" not in answer.text


def test_the_process_answers_whatever_happens_to_the_database(browser, door):
    door.database.gone = True
    assert browser.open("/healthz").json == {"status": "ok"}


def test_readiness_tells_the_release_and_how_long_the_engine_was_silent(browser, door, clocks):
    first = browser.open("/readyz")
    assert first.status_code == 200
    assert first.json["release"] == door.site().release_id
    assert first.json["engine_silent_for_seconds"] is None
    door.database.write(lambda conn: holders.register(conn, "machine:1", clocks.machine()))
    clocks.advance(timedelta(seconds=90))
    assert browser.open("/readyz").json["engine_silent_for_seconds"] == 90


def test_readiness_needs_reading_writing_and_a_release(browser, door, clocks):
    door.database.writes_gone = True
    assert browser.open("/readyz").status_code == 503
    door.database.writes_gone = False
    clocks.advance(timedelta(seconds=5))
    door.database.write(lambda conn: conn.execute(delete(in_force)))
    answer = browser.open("/readyz")
    assert answer.status_code == 503
    assert answer.json["release"] is None


def test_readiness_writes_at_most_once_in_five_seconds(browser, door, clocks, monkeypatch):
    written = []
    monkeypatch.setattr(door.database, "write", lambda job, timeout=None: written.append(clocks.machine()))
    for _ in range(20):
        assert browser.open("/readyz").status_code == 200
    assert len(written) == 1
    clocks.advance(timedelta(seconds=5))
    browser.open("/readyz")
    assert len(written) == 2


def test_a_static_file_with_its_hash_may_be_kept_for_a_year(browser):
    page = browser.open("/p/demo").text
    address = page.partition('href="/static/public.css')[2].partition('"')[0]
    assert address.startswith("?v=")
    with browser.open(f"/static/public.css{address}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.mimetype == "text/css"
    with browser.open("/static/public.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
