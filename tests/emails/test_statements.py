"""The sender's work is for what is due: none of its statements reads a table of leads or mails from end to end."""

import re

import pytest

from storage.prepared import Prepared

SCAN = re.compile(r"^SCAN (leads|messages|events|consents|enrolments|wakes|preference_tokens|suppressions)\b")


@pytest.fixture
def prepared(monkeypatch):
    """Everything that was run by the driver: SQL and values."""
    ran = {}

    def watched(name):
        true = getattr(Prepared, name)

        def run(self, conn, values):
            given = true(self, conn, values)
            if (built := self._built.get("sqlite")) is not None:
                ran[built.sql] = built.row(values[0] if isinstance(values, list) else values)
            return given

        monkeypatch.setattr(Prepared, name, run)

    for name in ("rows", "count", "many"):
        watched(name)
    return ran


# PostgreSQL chooses by the size of a table, which a test does not have.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_statement_of_a_drain_reads_a_whole_table(house, inbox, sender_to, never, prepared):
    for number in range(60):
        house.owe(house.lead(f"Ada{number}"))
    prepared.clear()
    sender_to(inbox[1]).drain(never)
    assert house.states() == {"sent": 60}
    assert len(prepared) > 15

    with house.database.read() as conn:
        driver = conn.connection.driver_connection
        plans = {
            sql: [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", row)] for sql, row in prepared.items()
        }
    assert [(line, sql) for sql, lines in plans.items() for line in lines if SCAN.match(line)] == []
