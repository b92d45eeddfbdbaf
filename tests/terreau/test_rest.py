"""At rest is when nothing is due; the names of what is still due are said when it takes too long."""

from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import insert

from storage.schema import leads, wakes, webhooks
from terreau.rest import Restless, busy_with, wait_for_rest

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(database, moment):
    def job(conn):
        conn.execute(
            insert(leads).values(
                id=1,
                status="lead",
                email="ada@x.example",
                fields={},
                tags=[],
                locale="fr",
                origin="inbound",
                created_at=moment.calendar,
            )
        )
        conn.execute(insert(wakes).values(lead_id=1, seq=0, folded_seq=0, due_at=None))

    database.write(job)


def look(database, moment):
    with database.read() as conn:
        return busy_with(conn, moment)


@pytest.mark.parametrize(
    ("due", "holder", "busy"),
    [
        (None, None, []),
        (HOUR, None, []),
        (-HOUR, None, ["leads to be looked at"]),
        (None, 7, ["leads to be looked at"]),
    ],
)
def test_a_lead_due_or_in_hand_is_work(database, moment, ada, due, holder, busy):
    at = None if due is None else moment.calendar + due
    database.write(lambda conn: conn.execute(wakes.update().values(due_at=at, holder=holder)))
    assert look(database, moment) == busy


@pytest.mark.parametrize(
    ("state", "due", "busy"),
    [
        ("due", -HOUR, ["webhooks to be delivered"]),
        ("due", HOUR, []),
        ("claimed", HOUR, ["webhooks to be delivered"]),
        ("sent", -HOUR, []),
    ],
)
def test_a_webhook_due_or_under_way_is_work_and_a_later_try_is_not(database, moment, ada, state, due, busy):
    row = {
        "lead_id": 1, "channel": "crm", "event_id": "e1", "type": "lead.hot", "payload": {}, "state": state,
        "due_at": moment.machine + due, "attempts": 0, "created_at": moment.calendar,
    }  # fmt: skip
    database.write(lambda conn: conn.execute(insert(webhooks).values(row)))
    assert look(database, moment) == busy


def test_waiting_nudges_until_all_is_calm():
    nudged, states = [], [["mails to be sent"], [], ["leads to be looked at"], [], []]
    wait_for_rest(lambda: states.pop(0), lambda: nudged.append(1), 5, Event())
    assert (states, len(nudged)) == ([], 2)


def test_waiting_too_long_names_what_is_left():
    with pytest.raises(Restless, match=r"after 0 s there was still work: mails to be sent"):
        wait_for_rest(lambda: ["mails to be sent"], lambda: None, 0, Event())
