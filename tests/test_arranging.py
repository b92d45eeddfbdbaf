"""What is lived once is there again for each further test, to the row and the hour, and undoes nothing."""

import pytest
from sqlalchemy import select

from storage.schema import leads, metadata
from tests.arranging import lived_once

LIVED, SEEN = [], {}


@pytest.fixture
@lived_once
def ada(lively):
    """Ada asks for the guide, and two days go by."""
    LIVED.append(lively.database.dialect)
    lead_id = lively.submits("ada")
    lively.later(days=2)
    return {"lead": lead_id}


def everything(database):
    with database.read() as conn:
        return {name: sorted(map(repr, conn.execute(select(table)))) for name, table in metadata.tables.items()}


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_finds_the_same_rows_and_the_same_hour_and_lives_on_from_there(lively, ada, time):
    assert LIVED.count(lively.database.dialect) == 1
    found = (dict(ada), lively.clocks.calendar_now, lively.clocks.machine_now, everything(lively.database))
    assert SEEN.setdefault(lively.database.dialect, found) == found
    ada["lead"] = "what a test does to it stays with that test"
    assert lively.submits("bob") == 2
    assert lively.submits("ada", "demo") == 1


def test_what_somebody_wrote_before_stays(lively):
    lively.submits("bob")
    lived_once(lambda lively: lively.submits("chloe"))(lively)
    with lively.database.read() as conn:
        assert list(conn.scalars(select(leads.c.first_name).order_by(leads.c.id))) == ["Bob", "Chloe"]
