"""Caps and priorities over all sequences of a lead: who goes first, who waits, until when, and to whom it lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from authoring.models.steps import SendWindow
from workflows.arbiter import Alone, Delay, Want, arbitrate
from workflows.values import Promised
from workflows.waits import Cap, Hours

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 3, 23, 0, tzinfo=UTC)  # in Paris
MONDAY = datetime(2026, 11, 8, 23, 0, tzinfo=UTC)
DAILY, WEEKLY = Cap("1 per day", 1, "day"), Cap("2 per week", 2, "week")


def want(name: str, priority: int = 50, *, planned=NOW, entered_at=NOW, window=None) -> Want:
    return Want((name, ""), priority, planned, entered_at, Hours(window), "Europe/Paris")


def ask(wants, promised=(), caps=(DAILY,)):
    answers = arbitrate(wants, [Promised(name, at) for name, at in promised], caps, NOW, "Europe/Paris")
    return {key[0]: answer for key, answer in answers.items()}


def test_without_caps_everybody_sends():
    assert ask([want("a"), want("b")], caps=()) == {"a": None, "b": None}


@pytest.mark.parametrize(
    "others",
    [
        want("b", 40),
        want("b", planned=NOW + HOUR),
        want("b", entered_at=NOW + HOUR),
        want("b"),
    ],
    ids=["higher priority", "due earlier", "entered earlier", "by name"],
)
def test_one_wins_and_the_loser_is_told_to_whom_it_lost(others):
    lost = Delay(MIDNIGHT, "cap 1 per day: `a` goes first")
    assert ask([want("a"), others]) == ask([others, want("a")]) == {"a": None, "b": lost}


@pytest.mark.parametrize(
    ("promised", "answer"),
    [
        ([("letter", NOW - HOUR)], Delay(MIDNIGHT, "cap 1 per day: used up by `letter`")),
        ([("letter", MIDNIGHT - DAY)], Delay(MIDNIGHT, "cap 1 per day: used up by `letter`")),
        ([("letter", MIDNIGHT - DAY - timedelta(seconds=1))], None),  # yesterday, in the lead's zone
        ([("letter", NOW - 3 * DAY), ("tips", NOW - 2 * DAY)], None),  # one of them was last week
        (
            [("letter", NOW - DAY), ("tips", NOW - DAY)],
            Delay(MONDAY, "cap 2 per week: used up by `letter`, `tips`"),
        ),
        # both caps are used up: the one that is free later decides
        (
            [("letter", NOW - DAY), ("tips", NOW - HOUR)],
            Delay(MONDAY, "cap 2 per week: used up by `letter`, `tips`"),
        ),
    ],
)
def test_promises_of_the_calendar_period_count(promised, answer):
    assert ask([want("a")], promised, (DAILY, WEEKLY)) == {"a": answer}


def test_a_cap_of_two_lets_two_of_three_go():
    answers = ask([want("a", 30), want("b", 20), want("c", 10)], caps=(Cap("2 per day", 2, "day"),))
    assert [name for name, answer in answers.items() if answer is None] == ["a", "b"]
    assert answers["c"].reason == "cap 2 per day: `a`, `b` goes first"


def test_a_cap_of_none_lets_nobody_go_and_names_no_winner():
    assert ask([want("a")], caps=(Cap("0 per day", 0, "day"),)) == {
        "a": Delay(MIDNIGHT, "cap 0 per day: it allows none")
    }


def test_a_sequences_own_cap_counts_its_own_mails_only():
    own = Cap("1 per week", 1, "week", "frequency_cap", "a")
    capped = replace(want("a"), caps=(own,))
    assert ask([capped], [("b", NOW - HOUR), ("c", NOW - HOUR)], ()) == {"a": None}
    assert ask([capped], [("a", NOW - DAY)], ()) == {"a": Delay(MONDAY, "frequency_cap 1 per week: used up by `a`")}


LATE = NOW + 2 * DAY


@pytest.mark.parametrize(
    ("alone", "held"),
    [
        ([], None),
        ([("a", 50, 0)], None),
        ([("a", 50, 0), ("z", 60, 0)], "z"),  # z need not want to send: it is first until it is over
        ([("a", 50, 0), ("z", 50, -1)], "z"),
        ([("a", 50, 0), ("z", 50, 1)], None),
        ([("y", 70, 0), ("z", 60, 0)], None),  # a is concurrent: it neither waits nor holds back
    ],
)
def test_of_sequences_that_are_not_concurrent_only_the_first_sends(alone, held):
    inside = [Alone((name, ""), priority, NOW + hours * HOUR) for name, priority, hours in alone]
    one = replace(want("a"), expires_at=LATE)
    answer = arbitrate([one], [], (), NOW, "Europe/Paris", inside)["a", ""]
    assert answer == (None if held is None else Delay(LATE, f"concurrent = false: `{held}` goes first"))


def test_who_is_held_back_by_another_uses_up_no_cap():
    inside = [Alone(("a", ""), 50, NOW), Alone(("z", ""), 40, NOW)]
    answers = arbitrate([want("z", 90), want("a")], [], (DAILY,), NOW, "Europe/Paris", inside)
    assert answers["a", ""] is None


def test_a_loser_comes_back_when_its_own_window_opens():
    window = SendWindow.model_validate({"days": ["fri"], "from": "09:00", "to": "18:00"})
    answer = ask([want("a", 60), want("b", window=window)])["b"]
    assert answer.until == datetime(2026, 11, 6, 8, 0, tzinfo=UTC)
