"""What the campaigns of kills share: mails owed by the hundred, and the judgement by the server's own ledger."""

import random
import re
from collections import Counter

from sqlalchemy import select

from storage.schema import messages

CONNECTIONS = 2  # of the sender of `kill_child`: no death leaves more in doubt


def owe_many(house, count):
    """`count` due mails, to a lead each; a multiple of ten."""

    def some(conn):
        for _ in range(10):
            lead = house._lead(conn, "Ada", f"a{random.randrange(10**12)}@atelier.example", ("conseils-3d",), {})
            house._owe(conn, lead, "conseils-3d/niveaux", {})

    for _ in range(count // 10):
        house.run(some)


def kept(ledger):
    """The Message-IDs that the server took, in their order."""
    return ledger.read_text().split()


def count(ledger):
    """How many it took; asked five hundred times a second."""
    return ledger.read_bytes().count(b"\n")


def judge(house, ledger, sends, most_in_doubt):
    """Nothing lost, nothing doubled, every doubt listed with its reason; returns how many are in doubt."""
    with house.database.read() as conn:
        rows = conn.execute(select(messages.c.message_id, messages.c.state, messages.c.reason)).all()
    judged = Counter(kept(ledger))
    sent = {row.message_id for row in rows if row.state == "sent"}
    unknown = {row.message_id for row in rows if row.state == "unknown"}
    print(f"sent {len(sent)}, in doubt {len(unknown)}, of which arrived {len(unknown & judged.keys())}")
    assert house.states().keys() <= {"sent", "unknown"}
    assert [one for one, times in judged.items() if times > 1] == []  # doubled
    assert sent - judged.keys() == set()  # said to be sent, and lost
    assert judged.keys() - sent - unknown == set()  # arrived, and nobody knows
    assert len(sent) + len(unknown) == sends
    assert len(unknown) <= most_in_doubt
    assert all("died while the server was taking it" in row.reason for row in rows if row.state == "unknown")
    assert max(doubts_by_death(rows).values(), default=0) <= CONNECTIONS
    return len(unknown)


def doubts_by_death(rows):
    """{who died: how many letters are in doubt for it}, as the reasons name them."""
    return Counter(re.search(r"holder (\S+)\)", row.reason).group(1) for row in rows if row.state == "unknown")
