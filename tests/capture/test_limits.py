"""More submissions than an hour takes: the surplus is kept and held, nothing follows from it, and people are told."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from leads import holding
from leads.identity import Capture, record
from leads.limits import Limit
from storage.database import open_database
from storage.schema import consents, events, held_submissions, leads, submission_counts, submissions

DEMO = {
    "first_name": "Ada",
    "last_name": "Moreau",
    "company": "Trois Pignons",
    "team": "1",
    "timeline": "now",
}
HELD_SENTENCE = "Unusually many answers are coming in"
OUTSIDE = "9.9.9.9"


def send(browser, email="ada@trois-pignons.fr", client="127.0.0.1", **more):
    browser.client.environ_base["REMOTE_ADDR"] = client
    return browser.send("/en/p/demo", {**DEMO, "email": email, **more})


def names(door):
    with door.database.read() as conn:
        return Counter(conn.execute(select(events.c.name)).scalars())


def count(door, table):
    with door.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.parametrize(
    ("limit", "sends"),
    [
        ({"address_per_hour": 2}, lambda n: {"need": f"room {n}"}),
        ({"network_per_hour": 2}, lambda n: {"email": f"a{n}@atelier.fr", "client": f"9.9.9.{n + 1}"}),
        ({"form_per_hour": 2}, lambda n: {"email": f"a{n}@atelier.fr", "client": f"9.9.{n}.9"}),
        ({"site_per_hour": 2}, lambda n: {"email": f"a{n}@atelier.fr", "client": f"2a01:{n}::1"}),
    ],
)
def test_what_comes_over_a_limit_is_kept_and_held(door, browse, limit, sends):
    browser = browse(limits=limit)
    answers = [send(browser, **sends(number)) for number in range(4)]
    assert [answer.status_code for answer in answers] == [303] * 4
    assert count(door, submissions) == 4
    assert names(door) == {"form_submitted": 2, "form_held": 2}
    [kind] = limit
    with door.database.read() as conn:
        reasons = conn.execute(select(held_submissions.c.reason)).scalars().all()
    assert reasons == [kind.split("_", 1)[0]] * 2


def test_a_limit_of_zero_is_none(door, browse):
    browser = browse(limits={"address_per_hour": 0, "form_per_hour": 0})
    for number in range(8):
        send(browser, need=f"room {number}")
    assert names(door) == {"form_submitted": 8}


def test_an_hour_later_it_goes_on_and_old_counts_are_swept(door, browse, clocks):
    browser = browse(limits={"site_per_hour": 1})
    send(browser)
    send(browser, "bob@atelier.fr")
    clocks.advance(timedelta(hours=1))
    send(browser, "chloe@atelier.fr")
    assert names(door) == {"form_submitted": 2, "form_held": 1}
    clocks.advance(timedelta(days=2))
    send(browser, "dora@atelier.fr")
    with door.database.read() as conn:
        assert len(set(conn.execute(select(submission_counts.c.hour)).scalars())) == 1


def test_who_is_over_the_limit_of_their_network_is_told_so(browse):
    browser = browse(limits={"network_per_hour": 1})
    first, second = (send(browser, f"a{n}@atelier.fr", OUTSIDE) for n in (1, 2))
    assert HELD_SENTENCE not in browser.open(first.location).text
    assert HELD_SENTENCE in browser.open(second.location).text


def test_of_an_address_that_somebody_else_used_nothing_is_told(browse):
    """Whether an address came before is nobody's business: same status, same page."""
    browser = browse(limits={"address_per_hour": 1})
    first, second = (send(browser, need=f"room {n}") for n in (1, 2))
    assert first.status_code == second.status_code
    pages = [browser.open(answer.location).text for answer in (first, second)]
    assert HELD_SENTENCE not in pages[1]
    assert len(pages[0]) == len(pages[1])


def test_a_network_that_floods_uses_up_nobody_else_s_share(door, browse):
    browser = browse(limits={"network_per_hour": 2, "site_per_hour": 4})
    for number in range(20):
        send(browser, f"bot{number}@atelier.fr", OUTSIDE)
    for number in range(2):
        send(browser, f"human{number}@atelier.fr", f"8.8.{number}.8")
    assert names(door) == {"form_submitted": 4, "form_held": 18}


def test_who_has_confirmed_is_not_held_up_by_a_flood_of_strangers(door, browse, clocks):
    browser = browse(limits={"site_per_hour": 2})
    send(browser)
    with door.database.read() as conn:
        [ada] = conn.execute(select(leads.c.id)).scalars()
    row = {"topic": "lettre", "state": "granted", "wording": "", "wording_hash": "", "locale": "fr", "proof": {}}
    at = {"at": clocks.calendar(), "recorded_at": clocks.machine()}
    door.database.write(lambda conn: conn.execute(consents.insert().values(lead_id=ada, **row, **at)))
    for number in range(5):
        send(browser, f"bot{number}@atelier.fr")
    send(browser, need="another room")
    assert names(door) == {"form_submitted": 3, "form_held": 4}


def test_addresses_of_one_s_own_network_are_not_counted(door, browse):
    """A proxy that nobody named would otherwise be everybody at once."""
    browser = browse(limits={"network_per_hour": 1})
    for number, client in enumerate(("127.0.0.1", "10.0.0.7", "192.168.1.9", "::1", "fd00::1", "")):
        send(browser, f"a{number}@atelier.fr", client)
    assert names(door) == {"form_submitted": 6}


def test_neither_the_address_nor_the_network_is_kept_with_the_counts(door, browser):
    send(browser, client=OUTSIDE)
    with door.database.read() as conn:
        kept = sorted(conn.execute(select(submission_counts.c.what)).scalars())
    assert [what for what in kept if len(what) != 64] == ["form demo", "site"]
    assert len(kept) == 4


def test_what_is_let_through_counts_as_sent(door, browse, clocks):
    browser = browse(limits={"site_per_hour": 1})
    send(browser)
    send(browser, "bob@atelier.fr")
    with door.database.read() as conn:
        [held] = conn.execute(select(held_submissions.c.submission_id)).scalars()
    now = clocks.moment()
    assert door.database.write(lambda conn: holding.let_through(conn, held, "Ada", now)) is not None
    assert door.database.write(lambda conn: holding.let_through(conn, held, "Ada", now)) is None
    assert names(door) == {"form_submitted": 2, "form_held": 1}
    with door.database.read() as conn:
        sent = conn.execute(select(events.c.data).where(events.c.name == "form_submitted")).scalars().all()
    [let_through] = [data for data in sent if "let_through_by" in data]
    assert (let_through["hand_raise"], let_through["let_through_by"]) == (True, "Ada")


def test_the_cap_of_the_site_holds_across_processes(door, database_url, clocks):
    """Four web processes at once, each with a connection and a pen of its own: as many as the cap pass."""
    most, each, doors = 20, 12, 4
    now, release = clocks.moment(), door.releases.in_force().release_id
    start, through = Barrier(doors), Counter()

    def flood(number):
        database = open_database(database_url)
        start.wait()
        for post in range(each):
            limits = (Limit("form", "form demo", None), Limit("site", "site", most))
            email = f"a{number}-{post}@atelier.fr"
            capture = Capture(
                "demo", None, "fr", {}, {"email": email}, {}, (), {}, f"k{number}-{post}", release, limits=limits
            )
            held = database.write(lambda conn, capture=capture: record(conn, capture, now)).held
            through[held] += 1
        database.close()

    threads = [Thread(target=flood, args=(number,)) for number in range(doors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert through == {None: most, "site": doors * each - most}
