"""Openings of pages are counted by page and day, without machines; a database that is away loses none."""

from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from capture.views import PageViews, is_a_view
from storage.database import StorageUnavailable
from storage.schema import page_views

TUESDAY = date(2026, 11, 3)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PREFETCH = {"Sec-Purpose": "prefetch;prerender"}


def stored(database):
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(select(page_views).order_by(page_views.c.page, page_views.c.day))]


def test_each_opening_is_counted_once_by_page_and_day(door, browser, clocks):
    for path in ("/p/guide-3d", "/p/guide-3d", "/en/p/guide-3d", "/p/demo"):
        assert browser.open(path, headers={"User-Agent": FIREFOX}).status_code == 200
    clocks.advance(timedelta(hours=14, minutes=30))  # 23:30 UTC: tomorrow in Paris
    browser.open("/p/demo", headers={"User-Agent": FIREFOX})
    assert door.views.flush(door.database) == 5
    today = date(2026, 11, 2)
    assert stored(door.database) == [("demo", today, 1), ("demo", TUESDAY, 1), ("guide-3d", today, 3)]
    assert door.views.flush(door.database) == 0


@pytest.mark.parametrize(
    ("method", "agent", "purpose", "counts"),
    [
        ("GET", FIREFOX, "", True),
        ("GET", "", "", True),
        ("HEAD", FIREFOX, "", False),
        ("GET", FIREFOX, "prefetch", False),
        ("GET", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", False),
        ("GET", "curl/8.9.1", "", False),
        ("GET", "Slackbot-LinkExpanding 1.0", "", False),
        ("GET", "Mozilla/5.0 (Linux; Android 14; CUBOT X30) Chrome/126.0 Mobile", "", True),
    ],
)
def test_a_view_is_an_opening_in_a_browser(method, agent, purpose, counts):
    assert is_a_view(method, agent, purpose) is counts


def test_what_opens_nothing_is_not_counted(door, browser):
    browser.open("/p/no-such-page", headers={"User-Agent": FIREFOX})
    browser.open("/p/guide-3d", headers={"User-Agent": FIREFOX, **PREFETCH})
    browser.client.head("/p/guide-3d", base_url=browser.base_url, headers={"User-Agent": FIREFOX})
    assert door.views.flush(door.database) == 0


def test_what_could_not_be_written_is_written_later(door, fragile, database):
    door.views.count("guide-3d", TUESDAY)
    fragile.writes_gone = True
    with pytest.raises(StorageUnavailable):
        door.views.flush(fragile)
    door.views.count("guide-3d", TUESDAY)
    fragile.writes_gone = False
    assert door.views.flush(fragile) == 2
    door.views.count("guide-3d", TUESDAY)
    door.views.flush(fragile)
    assert stored(database) == [("guide-3d", TUESDAY, 3)]


def test_many_threads_lose_no_opening(database):
    views = PageViews()
    threads = [Thread(target=lambda: [views.count("demo", TUESDAY) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    written = [views.flush(database) for _ in range(5)]
    for thread in threads:
        thread.join()
    written.append(views.flush(database))
    assert sum(written) == 2000
    assert stored(database) == [("demo", TUESDAY, 2000)]
