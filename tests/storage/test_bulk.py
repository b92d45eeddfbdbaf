"""Many rows go in at once, in the types of the house; one that meets a key leaves none of them."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import select

from storage.bulk import insert_rows
from storage.schema import events


def event(lead_id, seq, moment, **data):
    return {
        "lead_id": lead_id, "seq": seq, "name": "imported", "at": moment.calendar, "recorded_at": moment.machine,
        "evidence": "engine", "subject": "tab\there\nand \\N", "data": data,
    }  # fmt: skip


def test_rows_come_out_as_they_went_in(database, make_leads, moment):
    ada, bob = make_leads(2)
    rows = [event(ada, 1, moment, says="été ☃", more=[1, None]), {**event(bob, 1, moment), "subject": None}]
    database.write(lambda conn: insert_rows(conn, events, rows))
    database.write(lambda conn: insert_rows(conn, events, []))
    with database.read() as conn:
        assert [row._asdict() for row in conn.execute(select(events).order_by(events.c.lead_id))] == rows


def test_rows_of_which_one_meets_a_key_are_an_error_and_leave_nothing(database, make_leads, moment):
    [ada] = make_leads(1)
    twice = [event(ada, 1, moment), event(ada, 2, moment), event(ada, 1, moment)]
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        database.write(lambda conn: insert_rows(conn, events, twice))
    with database.read() as conn:
        assert conn.execute(select(events)).all() == []
