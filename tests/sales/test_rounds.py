"""Turns in the database: one after the other whoever takes them, and fair when many do at once."""

import threading
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from authoring.models.hand_off import HandOff, Rep
from leads.forgetting import Clerk
from sales import absences
from sales.absences import Away, away_on
from sales.rounds import take_turn
from sales.routing import EVERYBODY, OWNER, ROUTE, Found
from storage.schema import rounds
from tests.conftest import SUPPRESSION_KEY

CHLOÉ = Clerk("Chloé")

REPS = tuple(
    Rep(id=name, name=name.title(), email=f"{name}@lumen.example", weight=weight)
    for name, weight in (("ada", 3), ("bob", 1), ("chloe", 2))
)
ALL = Found(EVERYBODY, "", REPS)
BELGIUM = Found(ROUTE, "belgium", REPS[1:])


def test_turns_go_on_where_they_were_and_each_round_is_its_own(database):
    taken = [database.write(lambda conn: take_turn(conn, ALL)).rep for _ in range(6)]
    assert Counter(taken) == {"ada": 3, "chloe": 2, "bob": 1}
    other = [database.write(lambda conn: take_turn(conn, BELGIUM)).rep for _ in range(3)]
    assert Counter(other) == {"chloe": 2, "bob": 1}
    assert database.write(lambda conn: take_turn(conn, ALL)).rep == taken[0]


def test_who_is_found_by_name_takes_no_turn(database):
    own = Found(OWNER, "", REPS[:1], ("bob",))
    routed = database.write(lambda conn: take_turn(conn, own))
    assert (routed.rep, routed.by, routed.away) == ("ada", OWNER, ("bob",))
    with database.read() as conn:
        assert conn.execute(select(rounds)).all() == []


def test_turns_taken_by_many_at_once_are_as_fair_as_by_one(database):
    """Two rounds in opposite order in one transaction: nobody waits for each other for ever."""
    taken, failed, start = Counter(), [], threading.Barrier(6)

    def take(number):
        start.wait(10)
        for _ in range(10):
            order = (ALL, BELGIUM) if number % 2 else (BELGIUM, ALL)
            try:
                found = database.write(lambda conn, order=order: [take_turn(conn, one) for one in order])
            except Exception as error:
                failed.append(error)
                return
            taken.update((one.by, one.rep) for one in found)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert {key: n for key, n in taken.items() if key[0] == EVERYBODY} == {
        (EVERYBODY, "ada"): 30, (EVERYBODY, "chloe"): 20, (EVERYBODY, "bob"): 10,
    }  # fmt: skip
    assert {key: n for key, n in taken.items() if key[0] == ROUTE} == {(ROUTE, "chloe"): 40, (ROUTE, "bob"): 20}


CHOSEN = HandOff.model_validate(
    {
        "reps": [
            {"id": "ada", "name": "Ada", "email": "ada@lumen.example",
             "away": [{"from": "2026-12-24", "to": "2026-12-26"}]},
            {"id": "bob", "name": "Bob", "email": "bob@lumen.example"},
        ],
        "reject_reasons": [{"id": "no", "label": "No"}],
    }
)  # fmt: skip


def test_absences_of_the_definitions_and_those_noted_count_the_same(database, moment):
    def note(conn):
        return absences.add(conn, "bob", date(2026, 12, 26), date(2026, 12, 31), SUPPRESSION_KEY, CHLOÉ, moment)

    noted = database.write(note)
    with database.read() as conn:
        away = {day: away_on(conn, CHOSEN, date(2026, 12, day)) for day in (23, 24, 26, 27, 31)}
        after = away_on(conn, CHOSEN, date(2027, 1, 1))
        listed = absences.every(conn, CHOSEN, date(2026, 12, 1))
    assert away == {
        23: frozenset(), 24: frozenset({"ada"}), 26: frozenset({"ada", "bob"}), 27: frozenset({"bob"}),
        31: frozenset({"bob"}),
    }  # fmt: skip
    assert after == frozenset()
    assert listed == [
        Away("ada", date(2026, 12, 24), date(2026, 12, 26)),
        Away("bob", date(2026, 12, 26), date(2026, 12, 31), noted, "Chloé"),
    ]
    assert database.write(lambda conn: absences.remove(conn, noted, SUPPRESSION_KEY, CHLOÉ, moment))
    assert not database.write(lambda conn: absences.remove(conn, noted, SUPPRESSION_KEY, CHLOÉ, moment))


def test_an_absence_that_ends_before_it_begins_is_refused(database, moment):
    with pytest.raises(ValueError, match="before it begins"):
        database.write(
            lambda conn: absences.add(
                conn, "bob", date(2026, 12, 26), date(2026, 12, 25), SUPPRESSION_KEY, CHLOÉ, moment
            )
        )
