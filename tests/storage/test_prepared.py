"""Statements of the hot paths: on both databases they say what SQLAlchemy would, with the house's types."""

import sqlite3
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import bindparam, insert, select, update

from storage.prepared import Prepared
from storage.schema import events, facts, wakes
from storage.trouble import is_trouble

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
WRITE = Prepared(insert(events))
READ = Prepared(
    select(events.c.at, events.c.data, events.c.subject)
    .where(events.c.lead_id == bindparam("lead"), events.c.seq > 0)
    .order_by(events.c.seq)
)


def event(lead_id, seq, **more):
    row = {"lead_id": lead_id, "seq": seq, "name": "page_seen", "at": NOON, "recorded_at": NOON, "evidence": "human"}
    return {**row, "subject": None, "data": {"é": [1, None]}, **more}


def test_values_go_in_and_come_out_in_the_types_of_the_house(database, make_leads):
    (lead_id,) = make_leads(1)
    database.write(lambda conn: WRITE.count(conn, event(lead_id, 1, subject="guide")))
    with database.read() as conn:
        assert [tuple(row) for row in READ.rows(conn, {"lead": lead_id})] == [(NOON, {"é": [1, None]}, "guide")]
        assert conn.execute(select(events.c.at, events.c.data)).all() == [(NOON, {"é": [1, None]})]
        assert READ.rows(conn, {"lead": -1}) == []
        assert READ.value(conn, {"lead": lead_id}) == NOON
        assert READ.value(conn, {"lead": -1}) is None


def test_many_rows_are_written_and_changes_are_counted(database, make_leads):
    lead_ids = make_leads(3)
    stir = Prepared(update(wakes).where(wakes.c.lead_id == bindparam("lead")).values(seq=wakes.c.seq + bindparam("by")))
    database.write(lambda conn: WRITE.many(conn, [event(lead_id, 1) for lead_id in lead_ids]))
    with database.read() as conn:
        assert [len(READ.rows(conn, {"lead": lead_id})) for lead_id in lead_ids] == [1, 1, 1]
    assert database.write(lambda conn: stir.count(conn, {"lead": lead_ids[0], "by": 2})) == 1
    assert database.write(lambda conn: stir.count(conn, {"lead": -1, "by": 2})) == 0


def test_a_naive_instant_is_refused_as_everywhere(database, make_leads):
    (lead_id,) = make_leads(1)
    with pytest.raises(Exception, match="naive datetime"):
        database.write(lambda conn: WRITE.count(conn, event(lead_id, 1, at=NOON.replace(tzinfo=None))))


def test_a_broken_key_is_a_fault_of_its_job_alone(database):
    twice = Prepared(insert(facts))
    database.write(lambda conn: twice.count(conn, {"key": "a", "value": "1"}))
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)) as caught:
        database.write(lambda conn: twice.count(conn, {"key": "a", "value": "2"}))
    assert not is_trouble(caught.value)
    with database.read() as conn:
        assert conn.scalars(select(facts.c.value).where(facts.c.key == "a")).all() == ["1"]
