"""Gaps in time: one rule for outages, sleep, clocks that jump and copies; asked before anything is sent."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storage import schema
from workflows import gaps
from workflows.gaps import Ask, CatchUp, Incarnation, judge

NOON = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
A7, A8, B1 = Incarnation("a", 7), Incarnation("a", 8), Incarnation("b", 1)


@pytest.mark.parametrize(
    ("away", "found"),
    [
        (timedelta(), None),
        (6 * HOUR, None),
        (6 * HOUR + timedelta(seconds=1), CatchUp),
        (7 * DAY, CatchUp),
        (7 * DAY + timedelta(seconds=1), Ask),
        (3650 * DAY, Ask),
        (-timedelta(minutes=5), None),
        (-timedelta(minutes=5, seconds=1), Ask),
    ],
)
def test_the_length_of_a_gap_says_what_happens(away, found):
    judged = judge(NOON - away, A7, A7, NOON, beside=True)
    assert judged is None if found is None else isinstance(judged, found)
    if judged is not None:
        assert judged.since == min(NOON - away, NOON)


@pytest.mark.parametrize(
    ("known", "kept", "beside", "asks"),
    [
        (A7, A7, True, False),
        (A8, A7, True, False),  # it died between the database and the file
        (A7, A8, True, True),  # an older copy was put back
        (A7, B1, True, True),  # another database
        (A7, None, True, True),  # a copy that was carried elsewhere
        (A7, None, False, False),  # another machine of the same house
        (A7, A8, False, True),
        (None, A8, True, False),  # a new database beside an old file
    ],
)
def test_a_copy_is_known_by_its_incarnation(known, kept, beside, asks):
    assert isinstance(judge(NOON, known, kept, NOON, beside), Ask) is asks


def test_a_file_that_is_no_incarnation_is_none():
    assert [Incarnation.read(text) for text in (None, "", "a", "a b", "a -1")] == [None] * 5
    assert Incarnation.read(f"{A7}\n") == A7


@pytest.fixture
def looks(workshop, tmp_path):
    """A house that looks at the time after `away`, and keeps its file; returns (what was found, pauses)."""
    shop = workshop()
    path = tmp_path / "data" / "incarnation"

    def look(away=timedelta(), back=None):
        shop.clocks.advance(away)
        if back is not None:
            path.write_text(back)
        found, incarnation = shop.database.write(lambda conn: gaps.look(conn, path, True, shop.clocks.moment()))
        gaps.keep(path, incarnation)
        return found, [(row.name, row.ended_at is None) for row in shop.rows(schema.pauses)]

    look.shop, look.path = shop, path
    return look


def test_a_house_that_runs_all_the_time_has_no_gap(looks):
    for _ in range(50):
        assert looks(HOUR) == (None, [])
    assert Incarnation.read(looks.path.read_text()).count == 50


def test_a_day_is_caught_up_and_a_month_is_asked_about_once(looks):
    looks()
    found, rested = looks(DAY)
    assert (type(found), rested) == (CatchUp, [("all", False)])
    found, rested = looks(30 * DAY)
    assert (type(found), rested) == (Ask, [("all", False), ("all", True)])
    assert looks() == (None, [("all", False), ("all", True)])
    assert looks.shop.rows(schema.switches, "name", "off") == [("all", True)]


def test_a_restored_copy_starts_paused_and_sends_nothing(looks):
    looks()
    looks.shop.submits()
    found, rested = looks(HOUR, back=str(replace(Incarnation.read(looks.path.read_text()), count=99)))
    assert (type(found), rested) == (Ask, [("all", True)])
    looks.shop.works()
    assert looks.shop.rows(schema.messages) == []
    assert looks() == (None, [("all", True)])  # asked once: the copy has a life of its own now


def test_engines_that_look_at_once_make_no_gap(looks):
    """Several on one machine keep one file: it is never ahead of what the database says."""
    now = looks.shop.clocks.moment()

    def one_looks(_):
        found, incarnation = looks.shop.database.write(lambda conn: gaps.look(conn, looks.path, True, now))
        gaps.keep(looks.path, incarnation)
        return found

    with ThreadPoolExecutor(4) as many:
        assert set(many.map(one_looks, range(60))) == {None}
    assert looks()[0] is None


def test_the_engine_lets_the_time_be_looked_at_before_it_claims(workshop):
    shop = workshop()
    shop.submits()
    asked = []
    shop.engine.watched_by(lambda: asked.append(len(shop.rows(schema.messages))))
    shop.engine.work()
    shop.engine.work()
    assert asked == [0]  # and not again within seconds
