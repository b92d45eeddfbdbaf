"""What the campaigns of kills share: mails owed by the hundred, and the judgement by the server's own ledger."""

import random
import re
from collections import Counter

from sqlalchemy import insert, select

from base.tokens import new_token
from storage.schema import consents, enrolments, events, leads, messages, wakes

CONNECTIONS = 2  # of the sender of `kill_child`: no death leaves more in doubt


def owe_many(house, count):
    """`count` due mails, to a lead each: the first as the house makes it, the others like it."""

    def some(conn):
        first = house._lead(conn, "Ada", _address(), ("conseils-3d",), {})
        house._owe(conn, first, "conseils-3d/niveaux", {})
        _others(conn, first, count - 1)

    house.run(some)


def _others(conn, first, count):
    """Leads who have all that the first one has: written one after the other, thirty thousand take a quarter of an
    hour."""
    people = _alike(conn, leads, leads.c.id == first, [{"email": _address()} for _ in range(count)])
    for table in (wakes, events, consents):
        _alike(conn, table, table.c.lead_id == first, [{"lead_id": one.id} for one in people])
    keyed = [{"lead_id": one.id, "entry_key": new_token()} for one in people]
    begun = _alike(conn, enrolments, enrolments.c.lead_id == first, keyed)
    owed = [{"lead_id": one.lead_id, "enrolment_id": one.id, "token": new_token()} for one in begun]
    _alike(conn, messages, messages.c.lead_id == first, owed)


def _alike(conn, table, which, own):
    """Rows like that one, each with what is its own."""
    row = conn.execute(select(table).where(which)).one()._asdict()
    row = {name: value for name, value in row.items() if value is not None and name != "id"}
    return conn.execute(insert(table).returning(table), [{**row, **one} for one in own]).all()


def _address():
    return f"a{random.randrange(10**12)}@atelier.example"


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
