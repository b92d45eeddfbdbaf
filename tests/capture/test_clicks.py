"""Links in mails: to the authored address only, recorded with consent only, confirmed once by the page."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from leads import consent
from leads.identity import Capture, record
from storage.schema import compiled, events, messages

TOKEN = "0123456789abcdefghijKL"
OUTSIDE = "https://example.org/article?x=1#part"


@pytest.fixture
def mail(door):
    """A message of the sequence with two links, to chloé, who agreed to have her clicks known."""
    moment, release_id = door.clocks.moment(), door.site().release_id
    capture = Capture("guide-3d", "guide-3d", "fr", {}, {"email": "chloe@x.example"}, {}, (), {}, "k", release_id)
    links = ["https://lumen.example/p/demo", OUTSIDE, "https://lumen.example/en/p/guide-3d?utm_source=mail"]

    def job(conn):
        lead_id = record(conn, capture, moment).lead_id
        consent.grant(conn, lead_id, ["clicks"], locale="fr", proof={}, now=moment, wordings={"clicks": "w"})
        conn.execute(insert(compiled).values(hash="h", subject="s", html="h", text="t", links=links, constants={}))
        conn.execute(
            insert(messages).values(
                lead_id=lead_id, klass="marketing", occurrence=1, email="conseils-3d/niveaux", locale="fr",
                compiled_hash="h", token=TOKEN, state="sent", due_at=moment.machine, attempts=1,
                release_id=release_id, created_at=moment.calendar,
            )
        )  # fmt: skip
        return lead_id

    return door.database.write(job)


def hits(door):
    names = ["link_clicked", "hit_confirmed", "page_seen"]
    with door.database.read() as conn:
        rows = conn.execute(select(events).where(events.c.name.in_(names)).order_by(events.c.seq)).all()
    return [(row.name, row.subject, row.evidence) for row in rows]


def click_data(door):
    with door.database.read() as conn:
        return conn.execute(select(events.c.data).where(events.c.name == "link_clicked")).scalars().first()


CLICK = ("link_clicked", "conseils-3d/niveaux", "pending")
CONFIRMED = ("hit_confirmed", "conseils-3d/niveaux", "human")
SEEN = ("page_seen", "demo", "human")


def test_a_link_leads_to_the_address_its_author_wrote(browser, door, mail):
    answer = browser.open(f"/c/{TOKEN}1")
    assert (answer.status_code, answer.location) == (302, OUTSIDE)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert hits(door) == [CLICK]
    data = click_data(door)
    assert (data["url"], data["link"]) == (OUTSIDE, 1)
    assert data["interests"] == list(door.site().emails["conseils-3d", "niveaux", "fr"].interests)


def test_our_own_page_is_told_which_click_it_was_so_that_it_can_confirm_it(browser, door, mail):
    answer = browser.open(f"/c/{TOKEN}0")
    assert answer.location == f"https://lumen.example/p/demo?c={TOKEN}0"
    page = browser.open(f"/p/demo?c={TOKEN}0").text
    assert f'data-code="{TOKEN}0" data-page="demo" data-after="3"' in page
    for _ in range(2):
        assert browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"}).status_code == 204
    assert hits(door) == [CLICK, CONFIRMED, SEEN]


def test_a_click_a_week_later_is_another_hit(browser, door, mail, clocks):
    for _ in range(2):
        browser.open(f"/c/{TOKEN}0")
        browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"})
        clocks.advance(timedelta(days=7))
    assert hits(door) == [CLICK, CONFIRMED, SEEN] * 2


def test_the_beacon_without_a_click_or_for_another_page_says_nothing(browser, door, mail):
    browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"})
    browser.open(f"/c/{TOKEN}0")
    for body in (
        {"c": f"{TOKEN}0", "page": "guide-3d"},
        {"c": f"{TOKEN}1", "page": "demo"},
        {"c": "x"},
        {"m": "x"},
        {},
    ):
        assert browser.post("/seen", body).status_code == 204
    assert hits(door) == [CLICK]


def test_without_consent_the_link_works_and_nothing_is_known(browser, door, mail, clocks):
    door.database.write(
        lambda conn: consent.withdraw(conn, mail, ["clicks"], locale="fr", proof={}, now=clocks.moment())
    )
    answer = browser.open(f"/c/{TOKEN}0")
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/p/demo")
    browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"})
    assert hits(door) == []


def test_consent_withdrawn_between_click_and_beacon_counts(browser, door, mail, clocks):
    browser.open(f"/c/{TOKEN}0")
    door.database.write(
        lambda conn: consent.withdraw(conn, mail, ["clicks"], locale="fr", proof={}, now=clocks.moment())
    )
    browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"})
    assert hits(door) == [CLICK]


def test_where_clicks_are_never_measured_the_link_only_leads(browse, door, mail):
    answer = browse(tracking={"clicks": "never"}).open(f"/c/{TOKEN}0")
    assert answer.location == "https://lumen.example/p/demo"
    assert hits(door) == []


def test_head_never_records(browser, door, mail):
    answer = browser.client.head(f"/c/{TOKEN}0", base_url=browser.base_url)
    assert answer.status_code == 302
    assert hits(door) == []


def test_a_scanner_that_hammers_a_link_does_not_fill_the_story(browser, door, mail):
    for _ in range(25):
        browser.open(f"/c/{TOKEN}1")
    assert len(hits(door)) == 20


@pytest.mark.parametrize(
    "code",
    [
        TOKEN + "9",
        TOKEN[::-1] + "0",
        TOKEN,
        TOKEN + "0?url=https://evil.example",
        "https://evil.example",
        "%2f%2fevil.example",
        TOKEN + "0%0d%0aLocation:%20https://evil.example",
    ],
)
def test_no_code_leads_where_no_author_pointed(browser, mail, code):
    answer = browser.open(f"/c/{code}")
    assert answer.status_code == 404 or answer.location.startswith("https://lumen.example/p/demo")


@pytest.mark.parametrize("code", ["<script>", TOKEN + "x", TOKEN + '0" onload="'])
def test_a_page_takes_no_code_that_is_none(browser, code):
    page = browser.open("/p/demo", query_string={"c": code}).text
    assert "seen.js" not in page
    assert code not in page


def test_when_the_click_cannot_be_written_the_visitor_still_arrives(browser, door, mail):
    door.database.writes_gone = True
    answer = browser.open(f"/c/{TOKEN}0")
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/p/demo")
    assert browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"}).status_code == 204
