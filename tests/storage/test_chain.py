"""Whoever changes, deletes, moves or adds an entry of the audit chain is found, and the entry named."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from storage.chain import HEAD, Entry, record, verify
from storage.schema import audit, audit_payloads, facts

KEY = "suppression-key-of-the-tests-012345"
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ENTRIES = 12


@pytest.fixture
def chain(database):
    def write(conn):
        for number in range(ENTRIES):
            entry = Entry("lead_corrected", {"by": f"ada {number}"}, number, 1)
            record(conn, KEY, entry, AT + timedelta(minutes=number))

    database.write(write)
    return database


def breaks(database, key=KEY):
    with database.read() as conn:
        return {one.number for one in verify(conn, key).breaks}


def tamper(database, job):
    database.write(lambda conn: job(conn) and None)


def test_an_untouched_chain_holds(chain):
    with chain.read() as conn:
        found = verify(conn, KEY)
    assert (found.entries, found.erased, found.breaks) == (ENTRIES, 0, ())


def test_an_empty_chain_holds(database):
    assert breaks(database) == set()


def test_payloads_can_be_erased_and_the_chain_still_holds(chain):
    tamper(chain, lambda conn: conn.execute(delete(audit_payloads).where(audit_payloads.c.audit_id.in_([3, 12]))))
    with chain.read() as conn:
        found = verify(conn, KEY)
    assert (found.erased, found.breaks) == (2, ())


def test_a_payload_that_was_rewritten_is_found(chain):
    changed = update(audit_payloads).where(audit_payloads.c.audit_id == 5).values(payload={"by": "bob"})
    tamper(chain, lambda conn: conn.execute(changed))
    assert breaks(chain) == {5}


@pytest.mark.parametrize(
    ("gone", "named"), [(1, {1}), (6, {6}), (12, {12})], ids=["the first", "one between", "the last"]
)
def test_an_entry_that_was_deleted_is_found(chain, gone, named):
    def job(conn):
        conn.execute(delete(audit_payloads).where(audit_payloads.c.audit_id == gone))
        conn.execute(delete(audit).where(audit.c.id == gone))

    tamper(chain, job)
    assert named <= breaks(chain)


def test_two_entries_that_changed_places_are_found(chain):
    def job(conn):
        told = {row.id: dict(row._mapping) for row in conn.execute(select(audit).where(audit.c.id.in_([4, 9])))}
        for here, there in ((4, 9), (9, 4)):
            moved = {**told[there], "id": here}
            conn.execute(update(audit).where(audit.c.id == here).values(moved))

    tamper(chain, job)
    assert {4, 9} <= breaks(chain)


def test_an_entry_that_was_put_in_is_found_even_with_a_chain_made_by_another_key(chain):
    tamper(chain, lambda conn: record(conn, "some-other-key-0123456789", Entry("lead_erased", {}), AT))
    assert ENTRIES + 1 in breaks(chain)


def test_a_whole_chain_written_anew_is_found(chain):
    def job(conn):
        conn.execute(delete(audit_payloads))
        conn.execute(delete(audit))
        record(conn, "some-other-key-0123456789", Entry("staff_added", {}), AT)

    tamper(chain, job)
    assert 1 in breaks(chain)


def test_a_chain_that_was_thrown_away_is_found(chain):
    def job(conn):
        conn.execute(delete(audit_payloads))
        conn.execute(delete(audit))

    tamper(chain, job)
    assert breaks(chain) == {ENTRIES}
    tamper(chain, lambda conn: conn.execute(delete(facts).where(facts.c.key == HEAD)))
    assert breaks(chain) == set()  # nothing at all is left to hold against: a backup is


def test_every_one_of_a_thousand_random_alterations_is_found_and_its_row_named(chain):
    """R37. Each is undone before the next."""
    dice = random.Random(37)
    columns = ("act", "lead_id", "staff_id", "at", "payload_hash", "previous", "hash")
    with chain.read() as conn:
        rows = {row.id: dict(row._mapping) for row in conn.execute(select(audit))}

    def altered(row, column):
        value = row[column]
        if isinstance(value, int):
            return value + dice.randint(1, 9)
        if isinstance(value, datetime):
            return value + timedelta(seconds=dice.randint(1, 10_000))
        place = dice.randrange(len(value))
        return value[:place] + ("x" if value[place] != "x" else "y") + value[place + 1 :]

    missed = []

    def job(conn):
        for _ in range(1000):
            number, column = dice.randint(1, ENTRIES), dice.choice(columns)
            conn.execute(update(audit).where(audit.c.id == number).values({column: altered(rows[number], column)}))
            if number not in {one.number for one in verify(conn, KEY).breaks}:
                missed.append((number, column))
            conn.execute(update(audit).where(audit.c.id == number).values(rows[number]))

    chain.write(job)
    assert missed == []


def test_two_who_write_at_once_write_one_after_the_other(database):
    database.write(lambda conn: record(conn, KEY, Entry("a", {}), AT))
    assert database.write(lambda conn: record(conn, KEY, Entry("b", {}), AT)) == 2
    assert breaks(database) == set()
