"""The figures kept by the engine are those that counting all rows gives, whatever happened and however often."""

from datetime import date

import pytest
from sqlalchemy import delete, update

from storage import schema
from storage.upsert import add_up
from workflows import figures

GOAL = """
[goal]
when = { event = "form_submitted", subject = "demo" }
"""
TWO_WAYS = """
[[step]]
id = "one"
email = "one"

[[step]]
id = "ear"
wait_for = { when = { event = "page_seen", subject = "prices" }, timeout = "5 days" }

[[step]]
id = "fork"
branch = { case = [{ when = { event = "page_seen", subject = "prices" }, to = "warm" }], otherwise = "cold" }

[[step]]
id = "warm"
email = "warm"

[[step]]
id = "join"
jump = "last"

[[step]]
id = "cold"
email = "cold"

[[step]]
id = "last"
only_if = { stage_at_least = "mql" }
wait = "2 days"
email = "last"
"""


def kept(shop):
    counted = shop.rows(schema.tallies, "name", "day", "subject", "source", "n")
    return counted, [
        row for row in shop.rows(schema.occupancy, "sequence", "version", "step", "position", "n") if row[-1]
    ]


def counted_again(shop):
    definitions = shop.releases.in_force().definitions
    shop.database.write(lambda conn: figures.recount(conn, definitions, "Europe/Paris"))
    return kept(shop)


def named(shop, name):
    rows = [row for row in shop.rows(schema.tallies, "name", "subject", "n") if row[0] == name]
    totals = {}
    for _, subject, n in rows:
        totals[subject] = totals.get(subject, 0) + n
    return totals


@pytest.fixture
def lively(workshop):
    """Two weeks in which ada reads, bob stays cold, chloé asks for a demonstration and is judged twice."""
    shop = workshop({"tips": GOAL + TWO_WAYS})
    ada, bob, _ = (shop.submits(who) for who in ("ada", "bob", "chloé"))
    shop.database.write(
        lambda conn: (
            conn.execute(update(schema.leads).where(schema.leads.c.id == ada).values(source="organic")) and None
        )
    )
    shop.works()
    shop.mails_end()
    shop.works()
    shop.advance(days=1)
    for _ in range(5):
        shop.happens(ada, "page_seen", "prices")
    shop.happens(bob, "page_seen", "prices", evidence="pending")
    shop.works()
    shop.happens(ada, "verdict_given", "rejected", evidence="engine")
    shop.works()
    shop.advance(days=2)
    shop.submits("chloé", "demo", hand_raise=True)
    for _ in range(5):
        shop.happens(ada, "page_seen", "prices")
    shop.works()
    shop.happens(ada, "verdict_given", "accepted", evidence="engine")
    for _ in range(8):
        shop.works()
        shop.mails_end()
        shop.advance(days=2)
    shop.mails_end("withdrawn", "no consent")
    shop.works()
    return shop


def test_what_the_engine_kept_is_what_counting_gives(lively):
    before = kept(lively)
    assert sum(row[-1] for row in before[0]) > 40
    assert counted_again(lively) == before


def test_a_lead_reaches_a_stage_once_and_enters_it_each_time(lively):
    assert named(lively, "stage.entered")["mql"] == 3
    assert named(lively, "stage.reached") == {"iql": 3, "mql": 2, "sql": 1}


def test_people_pages_goals_and_ways_are_counted(lively):
    assert named(lively, "lead.known") == {"": 3}
    assert named(lively, "sequence.begun") == {"tips": 3}
    assert named(lively, "sequence.goal") == {"tips/ear": 1}
    assert named(lively, "sequence.left") == {"tips/goal": 1}
    assert named(lively, "sequence.completed") == {"tips": 2}
    assert named(lively, "step.skipped") == {"tips/ear": 1, "tips/last": 1}
    assert named(lively, "page_seen") == {"prices": 10}


def test_only_what_reports_ask_by_source_is_kept_by_source(lively):
    by_source = {row.name for row in lively.rows(schema.tallies) if row.source}
    assert by_source == {"lead.known", "stage.entered", "stage.reached", "form_submitted", "verdict_given"}
    assert {row.source for row in lively.rows(schema.tallies) if row.name == "lead.known"} == {"organic", "direct"}


def test_places_empty_and_fill_as_enrolments_go_on(workshop):
    shop = workshop()
    shop.submits("ada")
    shop.submits("bob")
    shop.works()
    assert [(row[2], row[3], row[4]) for row in kept(shop)[1]] == [("one", "awaiting_mail", 2)]
    shop.mails_end()
    shop.works()
    assert [(row[2], row[3], row[4]) for row in kept(shop)[1]] == [("two", "waiting", 2)]
    assert counted_again(shop)[1] == kept(shop)[1]


def test_the_day_is_the_sites_own(workshop):
    shop = workshop()
    shop.advance(hours=14, minutes=30)  # 23:30 UTC: the next day in Paris
    shop.submits()
    shop.works()
    assert {row.day for row in shop.rows(schema.tallies)} == {date(2026, 11, 3)}


def test_a_lead_that_moved_on_is_not_counted_twice(workshop):
    shop = workshop()
    ada = shop.submits()
    shop.after_reading(lambda: shop.happens(ada, "page_seen", "prices"))
    assert shop.engine.work() == 1
    assert shop.rows(schema.tallies) == []
    shop.works()
    assert named(shop, "form_submitted") == {"guide": 1}
    assert counted_again(shop) == kept(shop)


def test_contacts_that_were_brought_in_are_not_new_leads(workshop):
    shop = workshop({"tips": 'audience = "everyone"\n' + TWO_WAYS})
    ada = shop.submits()
    shop.database.write(lambda conn: conn.execute(delete(schema.events)) and None)
    shop.database.write(lambda conn: conn.execute(update(schema.wakes).values(seq=0)) and None)
    shop.happens(ada, "broadcast_due", "tips", evidence="engine")
    shop.advance(minutes=1)
    shop.happens(ada, "page_seen", "prices")
    shop.works()
    assert named(shop, "lead.known") == {}


def test_counting_again_is_repeatable(lively):
    assert counted_again(lively) == counted_again(lively)


def test_adding_up_adds_to_what_stands_and_makes_what_does_not(database):
    key = {"name": "x", "day": date(2026, 11, 2), "subject": "s", "source": ""}
    for n in (1, 2, -1):
        database.write(lambda conn, n=n: add_up(conn, schema.tallies, [{**key, "n": n}], "n"))
    with database.read() as conn:
        assert [row.n for row in conn.execute(schema.tallies.select())] == [2]
    database.write(lambda conn: add_up(conn, schema.tallies, [], "n"))


def test_nothing_is_counted_where_nothing_happened(workshop):
    shop = workshop()
    shop.works()
    assert kept(shop) == ([], [])


def test_an_upgrade_counts_what_was_there_before_and_only_then(lively):
    before, definitions = kept(lively), lively.releases.in_force().definitions
    lively.database.write(lambda conn: conn.execute(delete(schema.tallies)) and None)
    for _ in range(2):
        figures.fill_in(lively.database, definitions, "Europe/Paris")
        assert kept(lively) == before
    lively.database.write(lambda conn: conn.execute(update(schema.tallies).values(n=1)) and None)
    figures.fill_in(lively.database, definitions, "Europe/Paris")
    assert {row[-1] for row in kept(lively)[0]} == {1}
