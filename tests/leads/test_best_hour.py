"""When a lead answers best: guessed from their own days and hours, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.best_hour import EARLIEST, LATEST, BestHour, best_hour
from leads.facts import Event

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def there(*moments, name="page_seen", evidence="human", **data):
    """Events at (day, hour) in UTC."""
    return [
        Event(seq, name, MONDAY + timedelta(days=day, hours=hour), evidence, None, data)
        for seq, (day, hour) in enumerate(moments, 1)
    ]


@pytest.mark.parametrize(
    ("moments", "zone", "found"),
    [
        ([(0, 9), (1, 9), (2, 10)], "UTC", (9, 11, 3, 3)),
        ([(0, 9), (1, 9), (2, 15)], "UTC", (8, 10, 2, 3)),
        ([(0, 9), (1, 9), (2, 10)], "Europe/Paris", (10, 12, 3, 3)),
        ([(0, 9), (1, 9), (2, 10)], "America/Montreal", None),  # nobody is called at five in the morning
        ([(0, 9), (0, 10), (0, 15), (1, 9)], "UTC", None),  # two days are too few
        ([(0, 9), (1, 12), (2, 16)], "UTC", None),  # never twice at the same hours
        ([(0, 22), (1, 22), (2, 22), (3, 9), (4, 9)], "UTC", (8, 10, 2, 5)),
        ([], "UTC", None),
    ],
)
def test_two_hours_are_guessed_when_several_days_agree(moments, zone, found):
    assert best_hour(there(*moments), zone) == (None if found is None else BestHour(*found, zone))


def test_many_acts_of_one_hour_are_one_visit():
    busy = [(0, 15)] * 9
    assert best_hour(there(*busy, (1, 9), (2, 9)), "UTC").start == 8


@pytest.mark.parametrize(
    ("name", "evidence"),
    [("link_clicked", "proxy"), ("link_clicked", "machine"), ("mail.sent", "engine"), ("unsubscribed", "human")],
)
def test_what_machines_and_the_house_do_says_nothing_and_a_farewell_neither(name, evidence):
    assert best_hour(there((0, 9), (1, 9), (2, 9), name=name, evidence=evidence), "UTC") is None


def test_a_hit_counts_when_it_was_made_not_when_it_was_believed():
    clicks = there((0, 9), (1, 9), (2, 9), name="link_clicked", evidence="pending")
    believed = [
        Event(10 + one.seq, "hit_confirmed", one.at + timedelta(hours=6), "human", None, {"hit_seq": one.seq})
        for one in clicks
    ]
    assert best_hour([*clicks, *believed], "UTC").start == 8


def test_being_reached_on_the_telephone_says_when_too():
    calls = [Event(seq, "call_logged", MONDAY + timedelta(days=seq, hours=14), "engine", "reached") for seq in (1, 2)]
    assert best_hour([*there((0, 9)), *calls], "UTC").start == 13
    missed = [Event(one.seq, one.name, one.at, one.evidence, "no_answer") for one in calls]
    assert best_hour([*there((0, 9)), *missed], "UTC") is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 23)), max_size=40))
def test_a_guess_holds_what_it_says_and_lies_in_the_hours_of_work(moments):
    found = best_hour(there(*moments), "UTC")
    days = {day for day, _ in moments}
    if found is None:
        return
    assert EARLIEST <= found.start < found.end <= LATEST
    assert found.of == len(days)
    assert found.days == len({day for day, hour in moments if found.start <= hour < found.end})
