"""kill -9 of the sending process, again and again, against a mail server whose fsynced ledger is the judge."""

import os
import random
import signal
import time

import pytest

from tests.emails.judging import CONNECTIONS, count, judge, owe_many
from tests.emails.points import POINTS

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
CAMPAIGNS = (
    {"sqlite": (10_000, 200), "postgresql": (10_000, 200)} if FULL else {"sqlite": (500, 5), "postgresql": (300, 3)}
)  # sends, kills
SEEDS = (1, 2, 3, 4) if FULL else (None,)  # None: another one each time
ON_THEIR_WAY = 20  # letters that may leave between our look at the ledger and the kill
ONCE = {"smtp.connected", "lease.taken"}  # what a sender of so few letters does but once or twice
AT_THE_END = "result.after_commit"  # results go with the next intent: by themselves, where no letter follows


class Lives:
    """Senders that live one after the other in a process of their own, at the other end of that line."""

    def __init__(self, line):
        self._line, self._lives = line, 0

    def begin(self, *armed):
        """A new one; its pid."""
        self._line.send((self._lives, *armed))
        self._lives += 1
        return self._line.recv()

    def end(self):
        """How it ended: killed, or done."""
        return self._line.recv()


@pytest.fixture
def lives(house, server, start):
    return Lives(start(house.database.url, server[1]))


@pytest.mark.timeout(3600 if FULL else 180)
@pytest.mark.parametrize("seed", SEEDS, indirect=True)
def test_no_mail_is_lost_or_doubled_by_kills_and_what_is_in_doubt_is_listed(house, server, lives, seed):
    ledger, _port = server
    dice = random.Random(seed)
    sends, kills = CAMPAIGNS[house.database.dialect]
    owe_many(house, sends)
    for life in range(kills):
        already = count(ledger)
        pid = lives.begin()
        target = already + dice.randrange(1, max(2, share(sends - already, kills - life)))
        while count(ledger) < target:
            time.sleep(0.002)
        time.sleep(dice.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        assert lives.end() == "killed"
    lives.begin()
    assert lives.end() == "done"
    judge(house, ledger, sends, kills * CONNECTIONS)


def share(left, kills):
    """Twice what each of so many lives may write on the average, so that the last one finds some left."""
    return 2 * (left - ON_THEIR_WAY * kills) // (kills + 2)


@pytest.mark.timeout(3600 if FULL else 180)
def test_a_sender_that_is_asked_to_end_at_any_moment_leaves_nothing_in_doubt(house, server, lives, seed):
    ledger, _port = server
    dice = random.Random(seed)
    sends, ends = (10_000, 200) if FULL else (300, 3)
    owe_many(house, sends)
    for life in range(ends):
        already = count(ledger)
        pid = lives.begin()
        moment = time.monotonic() + dice.random() * 0.3
        while time.monotonic() < moment and count(ledger) < already + share(sends - already, ends - life):
            time.sleep(0.002)  # on a quick machine nothing would be left to send, and nobody there to be asked
        os.kill(pid, signal.SIGTERM)
        asked = time.monotonic()
        assert lives.end() == "done"
        assert time.monotonic() - asked < 15
    lives.begin()
    assert lives.end() == "done"
    assert judge(house, ledger, sends, most_in_doubt=0) == 0


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("database_url", ["sqlite", *(["postgresql"] if FULL else [])], indirect=True)
def test_a_sender_may_die_at_any_point_of_a_letters_way(house, server, lives, seed):
    ledger, _port = server
    dice = random.Random(seed)
    deaths = 20 if FULL else 1
    some = 20 * deaths
    owe_many(house, some * (len(POINTS) - 1))
    for point in (one for one in POINTS if one != AT_THE_END):
        for _ in range(deaths):
            lives.begin(point, dice.randrange(1, 4) if point not in ONCE else 1)
            assert lives.end() == "killed", f"nobody came to {point}"
    lives.begin()
    assert lives.end() == "done"
    for _ in range(deaths):
        owe_many(house, 20)
        lives.begin(AT_THE_END, 1)
        assert lives.end() == "killed"
    lives.begin()
    assert lives.end() == "done"
    judge(house, ledger, some * len(POINTS), most_in_doubt=len(POINTS) * deaths * CONNECTIONS)
