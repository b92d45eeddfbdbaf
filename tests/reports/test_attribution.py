"""By which channels leads came: first, last and every touch, and the visits beside them, on figures counted by hand."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, update

from leads.erasing import anonymise
from storage import schema
from tests.reports.test_money import NOON, OCTOBER, answered, lead

SEARCH = {"referrer": "https://www.google.fr/"}
LETTER = {"utm_medium": "email", "utm_campaign": "novembre"}
ADVERT = {"utm_medium": "cpc", "utm_source": "google"}


@pytest.fixture
def people(database):
    """Ada came by a search and later by a letter; Bob by an advertisement alone; Eve came in September."""

    def make(conn):
        ada = lead(conn, 1, source="organic", first_touch=SEARCH, last_touch=LETTER)
        bob = lead(conn, 2, source="paid_search", first_touch=ADVERT, last_touch=ADVERT)
        lead(conn, 3, at=NOON - timedelta(days=40), source="organic", first_touch=SEARCH, last_touch=SEARCH)
        for number, (channel, touch) in enumerate((("organic", SEARCH), ("social", {}), ("email", LETTER), ("", {}))):
            at = NOON + timedelta(hours=number)
            row = {"visitor": "v", "page": "demo", "channel": channel, "touch": touch, "at": at, "lead_id": ada}
            conn.execute(insert(schema.visits).values(row))
        counts = [
            {
                "day": date(2026, 10, 9),
                "page": "demo",
                "channel": "organic",
                "source": "google.fr",
                "campaign": "",
                "n": 7,
            },
            {
                "day": date(2026, 10, 9),
                "page": "lettre",
                "channel": "email",
                "source": "",
                "campaign": "novembre",
                "n": 2,
            },
            {
                "day": date(2026, 9, 9),
                "page": "demo",
                "channel": "organic",
                "source": "google.fr",
                "campaign": "",
                "n": 99,
            },
        ]
        conn.execute(insert(schema.visit_counts), counts)
        return ada, bob

    return database.write(make)


def table(database, site, name):
    return answered(database, site, "sources").as_json()["tables"][name]["rows"]


def test_each_lead_is_counted_once_by_a_channel_and_visits_stand_beside(database, site, people):
    told = {
        row["source"]: (row["first"], row["last"], row["ever"], row["visits"])
        for row in table(database, site, "touches")
    }
    assert told == {
        "organic": (1, 0, 1, 8),
        "email": (0, 1, 1, 3),
        "social": (0, 0, 1, 1),
        "paid_search": (1, 1, 1, 0),
    }


def test_where_visits_came_from_the_most_frequent_first(database, site, people):
    assert table(database, site, "visits") == [
        {"source": "organic", "from": "google.fr", "campaign": "", "visits": 7},
        {"source": "email", "from": "", "campaign": "novembre", "visits": 2},
    ]


def test_two_leads_who_are_one_are_counted_once_with_the_touches_of_both(database, site, people):
    ada, bob = people

    def merge(conn):
        conn.execute(update(schema.leads).where(schema.leads.c.id == bob).values(merged_into=ada, merged_at=NOON))
        for number, survivor in ((ada, None), (bob, ada)):
            conn.execute(insert(schema.wakes).values(lead_id=number, seq=0, folded_seq=0, survivor_id=survivor))
        release = insert(schema.releases).values(hash="h", tree={}, author="ada", created_at=NOON)
        release_id = conn.execute(release.returning(schema.releases.c.id)).scalar_one()
        row = {"lead_id": bob, "event_seq": 1, "form": "demo", "locale": "fr", "answers": {}, "touch": ADVERT}
        more = {"release_id": release_id, "idempotency_key": "k", "at": NOON, "recorded_at": NOON}
        conn.execute(insert(schema.submissions).values(**row, **more))

    database.write(merge)
    told = {row["source"]: (row["first"], row["ever"]) for row in table(database, site, "touches")}
    assert told == {"organic": (1, 1), "email": (0, 1), "social": (0, 1), "paid_search": (0, 1)}


def test_the_nameless_stay_under_their_source(database, site, people, moment):
    _, bob = people

    def anonymous(conn):
        conn.execute(insert(schema.wakes).values(lead_id=bob, seq=0, folded_seq=0))
        return anonymise(conn, bob, "key", moment) and None

    database.write(anonymous)
    [row] = [row for row in table(database, site, "touches") if row["source"] == "paid_search"]
    assert (row["first"], row["last"], row["ever"]) == (1, 1, 1)


def test_days_without_anybody_have_no_lines(database, site):
    assert OCTOBER.count == 31
    assert table(database, site, "touches") == table(database, site, "visits") == []
