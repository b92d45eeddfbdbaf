"""The files behind a signed link: listed, streamed, counted; nothing else can be reached."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from capture.magnets import MOST_DOWNLOADS, PURPOSE
from leads import judging
from leads.identity import Capture, record
from storage.schema import events


@pytest.fixture
def lead_id(door):
    moment = door.clocks.moment()
    capture = Capture(
        "guide-3d", "guide-3d", "fr", {}, {"email": "chloe@x.example"}, {}, (), {}, "k", door.site().release_id
    )
    return door.database.write(lambda conn: record(conn, capture, moment)).lead_id


@pytest.fixture
def token(door, lead_id):
    return door.signer.sign(PURPOSE, {"lead": lead_id, "magnet": "guide-3d", "message": 7})


def hits(door):
    with door.database.read() as conn:
        rows = conn.execute(select(events).where(events.c.name != "form_submitted").order_by(events.c.seq)).all()
    return [(row.name, row.subject, row.evidence) for row in rows]


def datas(door):
    with door.database.read() as conn:
        return (
            conn.execute(select(events.c.data).where(events.c.name != "form_submitted").order_by(events.c.seq))
            .scalars()
            .all()
        )


def beacon(browser, token):
    return browser.post("/seen", {"m": token, "acted": "1"})


def test_the_page_lists_the_files_in_the_leads_language_first_and_records_nothing(browser, door, token):
    page = browser.open(f"/m/{token}").text
    own, _, others = page.partition("<details")
    files = door.site().magnets["guide-3d"].file
    assert {one.locale for one in files} == {"fr", "en"}
    for number, one in enumerate(files):
        assert f'href="/m/{token}/{number}"' in (own if one.locale == "fr" else others)
    assert "ko" in own
    assert f'data-magnet="{token}"' in page
    assert hits(door) == []


def test_a_file_is_given_whole_to_keep_and_never_to_run(browser, door, token):
    answer = browser.open(f"/m/{token}/0")
    assert answer.status_code == 200
    path = door.site().magnets["guide-3d"].file[0].path
    stored = door.site().files[path]
    assert answer.data == b"".join(door.blobs.open(stored.hash))
    assert answer.content_length == stored.size
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{path.rpartition("/")[2]}"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert hits(door) == [("asset_downloaded", "guide-3d", "pending")]
    assert datas(door)[0]["message_id"] == 7
    assert datas(door)[0]["interests"] == ["cao/3d", "presentation/rendez-vous"]


def judge(door):
    """What the engine's tick does with the hits that are due."""
    door.database.write(lambda conn: judging.settle(conn, door.clocks.moment()))


def test_a_download_after_somebody_touched_the_page_is_a_humans(browser, door, token):
    assert beacon(browser, token).status_code == 204
    browser.open(f"/m/{token}/0")
    judge(door)
    assert hits(door) == [("asset_downloaded", "guide-3d", "pending"), ("hit_confirmed", "guide-3d", "human")]


def test_a_download_before_is_confirmed_by_the_page_once(browser, door, token):
    browser.open(f"/m/{token}/0")
    for _ in range(2):
        beacon(browser, token)
        judge(door)
    assert hits(door) == [("asset_downloaded", "guide-3d", "pending"), ("hit_confirmed", "guide-3d", "human")]
    confirmed = datas(door)[1]
    assert (confirmed["of"], confirmed["hit_seq"]) == ("asset_downloaded", 2)


def test_a_machine_that_takes_the_file_without_the_page_proves_nothing(browser, browse, door, token):
    beacon(browser, token)
    browse().open(f"/m/{token}/0")
    judge(door)
    assert hits(door) == [("asset_downloaded", "guide-3d", "pending")]


def test_head_gives_the_size_and_records_nothing(browser, door, token):
    answer = browser.client.head(f"/m/{token}/0", base_url=browser.base_url)
    assert answer.status_code == 200
    assert answer.content_length > 1000
    assert hits(door) == []


def test_a_link_works_for_its_days_and_then_says_how_to_get_another(browser, token, clocks):
    clocks.advance(timedelta(days=7))
    assert browser.open(f"/m/{token}/0").status_code == 200
    clocks.advance(timedelta(seconds=1))
    for path in (f"/m/{token}", f"/m/{token}/0"):
        answer = browser.open(path)
        assert answer.status_code == 410
        assert "Redemandez le document" in answer.text


def test_a_link_that_goes_around_is_used_up(browser, door, token):
    beacon(browser, token)
    for _ in range(MOST_DOWNLOADS):
        assert browser.open(f"/m/{token}/2").status_code == 200
    answer = browser.open(f"/m/{token}/2")
    assert answer.status_code == 410
    assert "Ce lien a beaucoup servi" in answer.text
    assert len(hits(door)) == MOST_DOWNLOADS


@pytest.mark.parametrize(
    "rest",
    [
        "/99",
        "/-1",
        "/0/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/",
        "/0%00",
        "/guide-3d.pdf",
        "/0x0",
        "/~",
    ],
)
def test_nothing_outside_the_list_can_be_reached(browser, door, token, rest):
    assert browser.open(f"/m/{token}{rest}").status_code == 404
    assert hits(door) == []


@pytest.mark.parametrize(
    "path",
    [
        "../config.toml",
        "..%2fconfig.toml",
        "%2e%2e/pyproject.toml",
        "/etc/passwd",
        "public.css%00.png",
        "fonts/../../x",
    ],
)
def test_the_static_folder_gives_its_own_files_only(browser, path):
    assert browser.open(f"/static/{path}").status_code == 404


def test_a_magnet_that_is_no_longer_given_and_an_altered_link(browser, door, lead_id, token):
    gone = door.signer.sign(PURPOSE, {"lead": lead_id, "magnet": "gone", "message": 1})
    for bad in (gone, token[:-1] + "x", "x"):
        assert browser.open(f"/m/{bad}").status_code == 404
        assert beacon(browser, bad).status_code == 204
    assert hits(door) == []


def test_when_the_database_is_away_for_writing_the_file_still_comes(browser, door, token):
    door.database.writes_gone = True
    assert browser.open(f"/m/{token}/0").status_code == 200
