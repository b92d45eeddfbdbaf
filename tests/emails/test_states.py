"""The life of a message: the table, and that nobody moves a message without looking."""

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from emails.states import AGAIN, TERMINAL, TRANSITIONS, Move, move
from storage import claims, holders
from storage.schema import messages

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_every_state_can_be_reached_and_every_doubt_can_be_settled():
    reached, open_ = {"due"}, ["due"]
    while open_:
        new = TRANSITIONS[open_.pop()] - reached
        reached |= new
        open_ += new
    assert reached == set(TRANSITIONS)
    assert {"settled_delivered", "settled_dropped", "settled_resent"} <= TRANSITIONS["unknown"]
    assert {
        "sent", "refused", "failed", "withdrawn", "expired", "settled_delivered", "settled_resent", "settled_dropped",
    } == TERMINAL  # fmt: skip


def test_the_guide_shows_the_table_that_the_code_has():
    rows = re.findall(r"(?m)^\| (`\w+`(?: `\w+`)*) \| ([`\w ]*)\| ([`\w ]*)\|$", ARCHITECTURE.read_text())
    shown = [(one, *map(states_in, onward)) for states, *onward in rows for one in sorted(states_in(states))]
    assert sorted(shown) == sorted((one, TRANSITIONS[one], AGAIN.get(one, frozenset())) for one in TRANSITIONS)


def states_in(cell):
    return frozenset(re.findall(r"\w+", cell))


def test_nothing_leaves_a_terminal_state_and_nothing_is_sent_without_an_intent():
    assert [state for state in TERMINAL if TRANSITIONS[state]] == []
    assert AGAIN.keys() <= TERMINAL
    assert [state for state, onward in TRANSITIONS.items() if "sent" in onward] == ["in_data"]
    assert [state for state, onward in TRANSITIONS.items() if "in_data" in onward] == ["claimed"]


@pytest.fixture
def held(house, at):
    """A claimed message and its holder."""
    message_id = house.owe(house.lead("Ada"))
    holder = house.run(lambda conn: holders.register(conn, "test:1", at))
    (message,) = house.run(lambda conn: claims.claim(conn, messages, holder, at, 1))
    assert message.id == message_id
    return message, holder


def test_a_step_outside_the_table_is_a_bug(house, held):
    message, holder = held
    with pytest.raises(ValueError, match="does not go from claimed to sent"):
        house.run(lambda conn: move(conn, message, "claimed", Move("sent"), house.now, holder))


def test_only_one_of_two_moves_counts_and_the_end_is_told_once(house, held):
    message, holder = held
    gone = Move("withdrawn", "left")
    assert house.run(lambda conn: move(conn, message, "claimed", gone, house.now, holder)) is True
    assert house.run(lambda conn: move(conn, message, "claimed", gone, house.now, holder)) is False
    assert [name for name, _subject, _data in house.events_of(message.lead_id)] == ["mail.withdrawn"]


def test_who_was_declared_dead_moves_nothing(house, held, clocks):
    message, holder = held
    clocks.advance(timedelta(seconds=61))
    house.run(lambda conn: holders.bury(conn, clocks.machine()))
    assert house.run(lambda conn: move(conn, message, "claimed", Move("in_data"), house.now, holder)) is False
    assert house.message(message.id).state == "claimed"


def test_a_long_reason_is_cut_and_a_short_move_is_just_that(house, held):
    message, holder = held
    house.run(lambda conn: move(conn, message, "claimed", Move("failed", "x" * 900), house.now, holder))
    with house.database.read() as conn:
        assert len(conn.scalar(select(messages.c.reason))) == 300
    assert asdict(Move("due")) == {"to": "due", "reason": None, "reply": None, "values": ()}
