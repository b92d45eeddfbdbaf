"""Hits and visits that are too old: counted of nobody and let go, a batch at a time, once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from base.clock import Moment
from leads import thinning
from leads.thinning import BATCH, Thinned, thin, too_old
from storage.schema import hit_counts, hits, leads, visit_counts, visitors, visits
from tests.leads.conftest import MONDAY

NOW = Moment(MONDAY, MONDAY)
OLD, YOUNG = MONDAY - timedelta(days=397), MONDAY - timedelta(days=395)  # thirteen months are 396 days here
LEAD = {
    "id": 1, "status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": MONDAY,
}  # fmt: skip
HIT = {
    "lead_id": 1, "kind": "click", "link": "0", "hidden": False, "marks": [], "touched": False, "klass": "human",
    "reasons": [],
}  # fmt: skip


def visit(at, channel="email", visitor="a", **touch):
    return {"visitor": visitor, "page": "demo", "channel": channel, "touch": touch, "at": at}


@pytest.fixture
def kept(database):
    def job(conn):
        conn.execute(insert(leads), LEAD)
        conn.execute(insert(hits), [{**HIT, "at": OLD}] * (BATCH + 3) + [{**HIT, "at": OLD, "klass": "machine"}])
        conn.execute(insert(hits), {**HIT, "at": YOUNG})
        agreed = [("a", OLD), ("b", OLD), ("c", YOUNG)]
        conn.execute(insert(visitors), [{"visitor": v, "agreed_at": at, "wording": ""} for v, at in agreed])
        referrer = "https://a.example/x"
        conn.execute(
            insert(visits), [visit(OLD, utm_source="s", utm_campaign="c"), visit(OLD, "referral", referrer=referrer)]
        )
        conn.execute(insert(visits), [visit(OLD, ""), visit(YOUNG, visitor="b")])

    database.write(job)
    return database


def all_thinned(database, months=13):
    found = []
    while (some := database.write(lambda conn: thin(conn, months, "Europe/Paris", NOW))).total:
        found.append(some)
    return found


def counts(database, table):
    with database.read() as conn:
        return sorted(tuple(row)[1:] for row in conn.execute(select(table)))


def left(database, table):
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_is_too_old_is_counted_and_let_go_in_batches(kept):
    with kept.read() as conn:
        assert too_old(conn, 13, NOW) == Thinned(BATCH + 4, 3, 0)
    assert all_thinned(kept) == [Thinned(hits=BATCH), Thinned(hits=4), Thinned(visits=3), Thinned(visitors=1)]
    assert counts(kept, hit_counts) == [("", "click", "human", BATCH + 3), ("", "click", "machine", 1)]
    assert counts(kept, visit_counts) == [("demo", "email", "s", "c", 1), ("demo", "referral", "a.example", "", 1)]
    assert [left(kept, table) for table in (hits, visits, visitors)] == [1, 1, 2]
    assert all_thinned(kept) == []


def test_looking_changes_nothing_and_without_months_nothing_is_too_old(kept):
    with kept.read() as conn:
        thinning.too_old(conn, 13, NOW)
        assert too_old(conn, 0, NOW) == Thinned()
    assert all_thinned(kept, months=0) == []
    assert left(kept, hits) == BATCH + 5
