"""Links in mails: to the authored address only, recorded with consent only, confirmed once by the page."""

import gzip
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from base.paths import data_path
from leads import consenting, hit_log, judging, merging
from leads.classing import SETTLES
from leads.hit_log import Met
from leads.identity import Capture, record
from storage.schema import compiled, events, leads, messages, wakes
from storage.schema import hits as table

TOKEN = "0123456789abcdefghijKL"
PEOPLE = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept-Language": "fr",
}
OUTSIDE = "https://example.org/article?x=1#part"


@pytest.fixture
def mail(door):
    """A message of the sequence with two links, to chloé, who agreed to have her clicks known."""
    moment, release_id = door.clocks.moment(), door.site().release_id
    capture = Capture("guide-3d", "guide-3d", "fr", {}, {"email": "chloe@x.example"}, {}, (), {}, "k", release_id)
    links = ["https://lumen.example/p/demo", OUTSIDE, "https://lumen.example/en/p/guide-3d?utm_source=mail"]

    def job(conn):
        lead_id = record(conn, capture, moment).lead_id
        consenting.grant(conn, lead_id, ["clicks"], locale="fr", proof={}, now=moment, wordings={"clicks": "w"})
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


def judge(door):
    """What the engine's tick does with the hits that are due."""
    return door.database.write(lambda conn: judging.settle(conn, door.clocks.moment()))


def kept(door):
    """(class, hidden, marks) of what is known of hits."""
    with door.database.read() as conn:
        return [(row.klass, row.hidden, row.marks) for row in conn.execute(select(table).order_by(table.c.id))]


def look_at(browser, code=f"{TOKEN}0", page="demo", **more):
    return browser.post("/seen", {"c": code, "page": page, "acted": "1", **more})


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
        assert look_at(browser).status_code == 204
        judge(door)
    assert hits(door) == [CLICK, CONFIRMED, SEEN]


def test_a_click_a_week_later_is_another_hit(browser, door, mail, clocks):
    for _ in range(2):
        browser.open(f"/c/{TOKEN}0")
        look_at(browser)
        judge(door)
        clocks.advance(timedelta(days=7))
    assert hits(door) == [CLICK, CONFIRMED, SEEN] * 2


def test_the_beacon_without_a_click_or_for_another_page_says_nothing(browser, door, mail):
    look_at(browser)
    browser.open(f"/c/{TOKEN}0")
    for body in (
        {"c": f"{TOKEN}0", "page": "guide-3d"},
        {"c": f"{TOKEN}1", "page": "demo"},
        {"c": "x"},
        {"m": "x"},
        {},
    ):
        assert browser.post("/seen", {**body, "acted": "1"}).status_code == 204
    judge(door)
    assert hits(door) == [CLICK]


def test_a_page_that_nobody_touched_waits_for_what_else_is_known(browser, door, mail, clocks):
    browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"})
    assert judge(door) == 0
    clocks.advance(SETTLES)
    judge(door)
    assert hits(door) == [CLICK, ("hit_confirmed", "conseils-3d/niveaux", "presumed")]
    look_at(browser)
    judge(door)
    assert hits(door) == [CLICK, CONFIRMED, SEEN]


def test_a_click_without_a_script_is_believed_after_a_while_and_proves_nothing(browser, door, mail, clocks):
    browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    clocks.advance(SETTLES)
    judge(door)
    assert hits(door) == [CLICK, ("hit_confirmed", "conseils-3d/niveaux", "presumed")]
    assert ["missing", 4, 0] in click_data(door)["why"]


def test_a_program_that_names_itself_is_a_machine_with_its_reasons(browser, door, mail, clocks):
    browser.open(f"/c/{TOKEN}0", headers={"User-Agent": "curl/8.5.0"})
    clocks.advance(SETTLES)
    judge(door)
    assert hits(door) == [("link_clicked", "conseils-3d/niveaux", "machine")]
    assert {code for code, _, _ in click_data(door)["why"]} >= {"tool", "no_language"}


def test_whoever_follows_the_hidden_link_was_a_machine_all_along(browser, door, mail, clocks):
    browser.open(f"/c/{TOKEN}1", headers=PEOPLE)
    clocks.advance(SETTLES)
    judge(door)
    assert hits(door)[-1] == ("hit_confirmed", "conseils-3d/niveaux", "presumed")
    answer = browser.open(f"/c/{TOKEN}3", headers=PEOPLE)
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/")
    judge(door)
    assert hits(door) == [
        ("link_clicked", "conseils-3d/niveaux", "machine"),
        ("hit_confirmed", "conseils-3d/niveaux", "machine"),
    ]
    assert [(klass, hidden) for klass, hidden, _ in kept(door)] == [("machine", False), ("machine", True)]


def test_a_hit_that_is_judged_again_has_its_own_hour_of_neighbours(browser, door, mail, clocks):
    """What was followed 50 minutes before a click speaks of it still when another, 50 minutes after it, is judged."""
    browser.open(f"/c/{TOKEN}3", headers=PEOPLE)
    for number in (1, 0):
        clocks.advance(timedelta(minutes=50))
        browser.open(f"/c/{TOKEN}{number}", headers=PEOPLE)
        clocks.advance(SETTLES)
        judge(door)
    assert [klass for klass, _, _ in kept(door)] == ["machine", "machine", "human"]


def test_nobody_gets_lost_in_a_crowd(browser, door, mail, clocks):
    """A program in the mails of ten thousand: each of its hits is told, however many came before it."""
    with door.database.read() as conn:
        [lead] = conn.execute(select(leads)).mappings()
    browser.open(f"/c/{TOKEN}1", headers=PEOPLE)
    with door.database.read() as conn:
        [row] = conn.execute(select(table)).mappings()
    others = [{**lead, "id": lead["id"] + n, "email": f"l{n}@x.example"} for n in range(1, 20)]
    old = {**row, "id": None, "event_seq": None, "klass": "machine", "due_at": None, "message_id": 0}
    one_lead = [{**old, "id": row["id"] + n} for n in range(1, 6_001)]
    many = [{**old, "id": row["id"] + 6_000 + n, "lead_id": lead["id"] + n} for n in range(1, 20)]

    def job(conn):
        conn.execute(insert(leads), others)
        conn.execute(insert(table), one_lead)
        conn.execute(insert(table), many)

    door.database.write(job)
    clocks.advance(SETTLES)
    judge(door)
    with door.database.read() as conn:
        reasons = conn.execute(select(table.c.reasons).where(table.c.id == row["id"])).scalar_one()
    assert ["crowd", 8, 12] in reasons


def test_nothing_that_names_anybody_is_kept_of_a_request(browser, door, mail):
    browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    with door.database.read() as conn:
        [row] = conn.execute(select(table)).all()
    assert "127.0.0" not in str(row)
    assert "Firefox" not in str(row)
    assert len(row.network) == len(row.client) == 64


def test_without_consent_the_link_works_and_nothing_is_known(browser, door, mail, clocks):
    withdraw(door, mail)
    answer = browser.open(f"/c/{TOKEN}0")
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/p/demo")
    look_at(browser)
    browser.open(f"/c/{TOKEN}3")
    assert hits(door) == kept(door) == []


def test_consent_withdrawn_between_click_and_beacon_leaves_nothing(browser, door, mail):
    browser.open(f"/c/{TOKEN}0")
    withdraw(door, mail)
    look_at(browser)
    judge(door)
    assert hits(door) == kept(door) == []


def test_what_was_believed_with_consent_stays_and_its_signals_go(browser, door, mail):
    browser.open(f"/c/{TOKEN}0")
    look_at(browser)
    judge(door)
    withdraw(door, mail)
    assert hits(door) == [CLICK, CONFIRMED, SEEN]
    assert kept(door) == []


@pytest.mark.parametrize("by", ["who goes on", "who was merged"])
def test_a_withdrawal_drops_what_is_known_of_the_mails_to_all_who_are_one(browser, door, mail, clocks, by):
    capture = Capture("guide-3d", "guide-3d", "fr", {}, {"email": "c@y.example"}, {}, (), {}, "k2", 1)
    kept = door.database.write(lambda conn: record(conn, capture, clocks.moment())).lead_id
    door.database.write(lambda conn: conn.execute(update(wakes).values(folded_seq=wakes.c.seq)).rowcount)  # the engine
    door.database.write(lambda conn: merging.merge(conn, kept, mail, door.site(), clocks.moment()) and None)
    browser.open(f"/c/{TOKEN}0")
    with door.database.read() as conn:
        assert conn.execute(select(table.c.lead_id)).scalars().all() == [mail]
    met = Met(kept, "visit", "demo", "page_seen", "demo", page="demo")
    door.database.write(lambda conn: hit_log.note(conn, met, clocks.moment()))
    withdraw(door, {"who goes on": kept, "who was merged": mail}[by])
    with door.database.read() as conn:
        assert conn.execute(select(table)).all() == []
        assert conn.execute(select(events).where(events.c.evidence == "pending")).all() == []


def withdraw(door, lead_id):
    now = door.clocks.moment()
    door.database.write(lambda conn: consenting.withdraw(conn, lead_id, ["clicks"], locale="fr", proof={}, now=now))


def test_where_clicks_are_never_measured_the_link_only_leads(browse, door, mail):
    answer = browse(tracking={"clicks": "never"}).open(f"/c/{TOKEN}0")
    assert answer.location == "https://lumen.example/p/demo"
    assert hits(door) == []


def test_who_only_asks_whether_a_link_works_is_no_part_of_the_story(browser, door, mail, clocks):
    answer = browser.client.head(f"/c/{TOKEN}0", base_url=browser.base_url, headers=PEOPLE)
    assert answer.status_code == 302
    assert hits(door) == []
    browser.open(f"/c/{TOKEN}0", headers=PEOPLE)
    clocks.advance(SETTLES)
    judge(door)
    assert hits(door) == [("link_clicked", "conseils-3d/niveaux", "machine")]
    assert [(klass, marks) for klass, _, marks in kept(door)] == [("machine", ["head"]), ("machine", [])]


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


def test_the_script_that_says_a_page_was_looked_at_is_small():
    assert len(gzip.compress(data_path("static", "seen.js").read_bytes())) <= 3 * 1024


def test_a_mail_that_is_opened_is_a_proxys_or_a_humans_with_consent_to_that(browse, door, mail, clocks):
    browser, opens = browse(tracking={"opens": "consent"}), f"/o/{TOKEN}.gif"
    assert browser.open(opens, headers=PEOPLE).mimetype == "image/gif"
    assert kept(door) == []
    now = door.clocks.moment()
    door.database.write(lambda conn: consenting.grant(conn, mail, ["opens"], locale="fr", proof={}, now=now))
    for agent in ("Mozilla/5.0", PEOPLE["User-Agent"]):
        browser.open(opens, headers={"User-Agent": agent})
    browser.open("/o/nobody.gif")
    clocks.advance(SETTLES)
    judge(door)
    assert [klass for klass, _, _ in kept(door)] == ["proxy", "human"]
    with door.database.read() as conn:
        rows = conn.execute(select(events.c.name, events.c.evidence).order_by(events.c.seq)).all()
    told = [tuple(row) for row in rows if row.name in ("message_opened", "hit_confirmed")]
    assert told == [("message_opened", "proxy"), ("message_opened", "pending"), ("hit_confirmed", "presumed")]


def test_an_opening_is_never_noted_where_the_house_does_not_measure_them(browser, door, mail):
    now = door.clocks.moment()
    door.database.write(lambda conn: consenting.grant(conn, mail, ["opens"], locale="fr", proof={}, now=now))
    assert browser.open(f"/o/{TOKEN}.gif").status_code == 200
    assert kept(door) == []


def test_when_the_click_cannot_be_written_the_visitor_still_arrives(browser, door, mail):
    door.database.writes_gone = True
    answer = browser.open(f"/c/{TOKEN}0")
    assert (answer.status_code, answer.location) == (302, "https://lumen.example/p/demo")
    assert browser.post("/seen", {"c": f"{TOKEN}0", "page": "demo"}).status_code == 204
