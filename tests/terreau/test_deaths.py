"""A house may die at any point of its work (R2): begun again, it comes to the same end as one that never died.

The points of a letter's way are those of `tests/emails/test_kill.py`. `make chaos` dies twenty times at each, on both
databases.
"""

import os
import random
from collections import Counter
from contextlib import closing

import pytest
from sqlalchemy import select

from leads.forgetting import LIST, read_marks
from storage import schema
from storage.database import open_database
from tests.campaigns import seed
from tests.terreau.deathbed import POINTS, begin, live

__all__ = ["seed"]  # a fixture

FULL = os.environ.get("TERREAU_CHAOS") == "full"
DEATHS = 20 if FULL else 1
DATABASES = ["sqlite", *(["postgresql"] if FULL else [])]
OFTEN = {"form.validated", "form.inserted", "tick.selected", "fold.half", "fold.written", "fold.committed"}

# What is the truth of each table, without instants of the machine, numbers of processes and what is drawn at random.
TRUTH = {
    "leads": "id status email last_name fields tags", "wakes": "lead_id seq folded_seq due_at",
    "events": "lead_id seq name evidence subject", "submissions": "lead_id form page answers",
    "consents": "lead_id topic state", "standings": "lead_id stage cycle engagement fit temperature buckets",
    "stage_changes": "lead_id from_stage to_stage cycle reason", "hand_offs": "lead_id cycle stage owner",
    "enrolments": "lead_id sequence state step position due_at", "receipts": "enrolment_id step occurrence outcome",
    "messages": "lead_id klass sequence step occurrence state", "notifications": "lead_id cycle channel",
    "webhooks": "lead_id channel type state", "tallies": "name day subject n", "occupancy": "sequence step position n",
    "hits": "lead_id kind link klass", "suppressions": "scope reason", "erasures": "mark", "returned": "kind",
    "audit": "act",
}  # fmt: skip


# What is numbered: whoever died in a transaction may leave a number that nobody has, which is no difference.
NUMBERED = {"leads.id": "leads", "lead_id": "leads", "enrolment_id": "enrolments"}


def truth(url):
    """{table: its rows, as far as they must come out alike}"""
    found = {}
    with closing(open_database(url)) as database, database.read() as conn:
        places = {name: _places(conn, schema.metadata.tables[name]) for name in set(NUMBERED.values())}
        for name, told in TRUTH.items():
            columns = [schema.metadata.tables[name].c[one] for one in told.split()]
            of = [places.get(NUMBERED.get(one.name) or NUMBERED.get(str(one), ""), {}) for one in columns]
            rows = conn.execute(select(*columns))
            found[name] = Counter(repr(tuple(map(_placed, of, row))) for row in rows)
    return found


def _places(conn, table):
    """{number: which one it is of those there are}"""
    return {
        number: place for place, number in enumerate(conn.execute(select(table.c.id).order_by(table.c.id)).scalars())
    }


def _placed(places, value):
    return places[value] if places and value is not None else value


@pytest.fixture
def undisturbed(database_url, tmp_path, example):
    """What a life without a death comes to, and the house as it was before it."""
    begin(database_url, tmp_path, example)
    kept = as_it_is(database_url)
    assert live(database_url, tmp_path, 0) == "done"
    return truth(database_url), kept


@pytest.mark.timeout(7200 if FULL else 240)
@pytest.mark.parametrize("database_url", DATABASES, indirect=True)
def test_whoever_dies_at_any_point_comes_to_the_same_end(database_url, tmp_path, undisturbed, seed):
    whole, kept = undisturbed
    dice, deaths = random.Random(seed), 0
    for point in POINTS:
        for number in range(DEATHS):
            put_back(database_url, kept)
            folder = tmp_path / f"{point}-{number}"
            folder.mkdir()
            (folder / "blobs").symlink_to(tmp_path / "blobs")
            nth = dice.randrange(1, 4) if point in OFTEN else 1
            assert live(database_url, folder, 0, point, nth) == "killed", f"nobody came to {point}"
            assert live(database_url, folder, 1) == "done", point
            if FULL:
                assert live(database_url, folder, 2) == "done", "nothing is left to do, and nothing is done"
            found = truth(database_url)
            assert {name: found[name] - whole[name] for name in whole if found[name] != whole[name]} == {}, point
            assert {name: whole[name] - found[name] for name in whole if found[name] != whole[name]} == {}, point
            told = (folder / "told").read_text().split()
            assert len(set(told)) == 1, "the same word of it under the same number"
            assert len(told) == (2 if point == "alert.sent" else 1), point
            assert len(read_marks(folder / LIST)) >= 1, "the list of who was erased is complete"
            deaths += 1
    print(f"{deaths} deaths at {len(POINTS)} points, each the same in the end")


def as_it_is(url):
    """Every row of it."""
    with closing(open_database(url)) as database, database.read() as conn:
        return [(one, [row._asdict() for row in conn.execute(select(one))]) for one in schema.metadata.sorted_tables]


def put_back(url, kept):
    def job(conn):
        for table, _ in reversed(kept):
            conn.execute(table.delete())
        for table, those in kept:
            if those:
                conn.execute(table.insert(), those)

    with closing(open_database(url, durable=False)) as database:
        database.write(job)
