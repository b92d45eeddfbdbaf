"""When a mail that was put off is tried again: the schedule of annex C, whatever luck and servers do to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails.retrying import GIVEN_UP_AFTER, LONGEST_WISH, LUCKY, UNLUCKY, next_try, patience, wish

FIRST = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTES = (1, 5, 15, 60, 180, 360, 720, 1440)
luck = some.floats(UNLUCKY, LUCKY)
wishes = some.none() | some.timedeltas(timedelta(seconds=1), LONGEST_WISH)


@pytest.mark.parametrize(("attempts", "minutes"), list(enumerate(MINUTES, start=1)))
def test_each_try_waits_as_the_schedule_says(attempts, minutes):
    assert next_try(attempts, FIRST, FIRST, 1.0) == FIRST + timedelta(minutes=minutes)


@given(some.lists(some.tuples(luck, wishes), min_size=60, max_size=60))
def test_whatever_the_luck_tries_go_forward_and_end_after_two_days(lives):
    now, pauses = FIRST, []
    for attempts, (chance, wished) in enumerate(lives, start=1):
        due_at = next_try(attempts, FIRST, now, chance, wished)
        if due_at is None:
            break
        assert now < due_at <= FIRST + GIVEN_UP_AFTER
        if wished is not None and due_at < FIRST + GIVEN_UP_AFTER:
            assert wished <= due_at - now <= wished * 1.21
        pauses.append(due_at - now)
        now = due_at
    else:
        assert all(wished is not None for _, wished in lives[8:]), "only a server that says so is asked so often"
    assert due_at is not None or now == FIRST + GIVEN_UP_AFTER, "the last try is made when the two days are over"


@given(some.integers(1, 20), luck)
def test_a_pause_is_never_off_by_more_than_a_fifth(attempts, chance):
    planned = timedelta(minutes=MINUTES[min(attempts, 8) - 1])
    assert planned * 0.79 <= next_try(attempts, FIRST, FIRST, chance) - FIRST <= planned * 1.21


def test_who_counts_no_tries_waits_along_the_same_schedule():
    waited, pauses = timedelta(0), []
    while waited < timedelta(hours=40):
        pauses.append(patience(waited))
        waited += pauses[-1]
    assert [pause / timedelta(minutes=1) for pause in pauses] == list(MINUTES)


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("451 4.7.1 Greylisted, please try again in 300 seconds", 300),
        ("450 4.2.0 Greylisted for 5 minutes", 300),
        ("451 try again in 1 hour", 3600),
        ("421 retry after 90s", 90),
        ("450 Greylisting: come back in 2 min", 120),
        ("450 4.7.1 please wait 10 minutes", 600),
        ("450 try again later", None),
        ("450 mailbox busy", None),
        ("452 quota of 5 messages", None),
        ("451 try again in 9000 hours", None),
        ("451 try again in 0 seconds", None),
    ],
)
def test_a_server_says_in_words_when_to_come_again(word, seconds):
    assert wish(word) == (None if seconds is None else timedelta(seconds=seconds))
