"""Readers who leave while mail is on its way: no intent is begun after a farewell was answered (R19).

`make chaos` lets 10,000 leads leave, by two senders on each database; the suite a few hundred.
"""

import os
import random
import threading
import time

import pytest
from sqlalchemy import select

from emails import committer
from leads import consenting
from storage.schema import messages
from tests.emails.judging import owe_many

FULL = os.environ.get("TERREAU_CHAOS") == "full"
LEAVERS = 10_000 if FULL else 200


@pytest.fixture
def intents(monkeypatch):
    """{message: when the transaction of its intent began}, for letters that may be written."""
    begun = {}

    def watched(true):
        def intend(conn, *given):
            at = time.monotonic()
            granted = true(conn, *given)
            ids = granted if isinstance(granted, frozenset) else [given[0].one.message.id] * granted
            begun.update(dict.fromkeys(ids, at))  # a transaction that is given up begins anew: the last one counts
            return granted

        return intend

    for name in ("intend_all", "intend"):
        monkeypatch.setattr(committer, name, watched(getattr(committer, name)))
    return begun


def leave(house, lead_id):
    house.run(lambda conn: consenting.withdraw(conn, lead_id, None, locale="fr", proof={}, now=house.now))
    return time.monotonic()


@pytest.mark.timeout(3600 if FULL else 180)
def test_nobody_is_written_to_after_their_farewell_was_answered(house, inbox, sender_to, never, intents, seed):
    dice = random.Random(seed)
    owe_many(house, LEAVERS)
    leaving = list(range(1, LEAVERS + 1))
    dice.shuffle(leaving)
    senders = [sender_to(inbox[1], connections=2) for _ in range(2)]
    threads = [threading.Thread(target=sender.drain, args=(never,)) for sender in senders]
    for thread in threads:
        thread.start()
    left = {}
    for lead_id in leaving:
        left[lead_id] = leave(house, lead_id)
        if not any(thread.is_alive() for thread in threads):
            break
    for thread in threads:
        thread.join()

    with house.database.read() as conn:
        lead_of = dict(conn.execute(select(messages.c.id, messages.c.lead_id)).all())
    both = {message: lead for message, lead in lead_of.items() if message in intents and lead in left}
    print(f"{len(left)} left, {len(intents)} were written to, {len(both)} before they left")
    assert [message for message, lead in both.items() if intents[message] > left[lead]] == []
    assert house.states().keys() <= {"sent", "withdrawn", "due"}
    assert len(inbox[0].arrived) == len(intents)
    assert len(left) > LEAVERS // 20  # both had their turn
    assert intents
