"""The outbox of webhooks: sent once it can be, under one id, given up in the end, taken over from the dead."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select, update
from standardwebhooks import Webhook

from sales.notifier import TRIES, Notifier
from storage import holders
from storage.schema import holders as holders_table
from storage.schema import webhooks

STOP = threading.Event()


@pytest.fixture
def config(receiver, secret):
    hook = SimpleNamespace(name="crm", kind="signed", url=receiver.url, secret=secret, allow_private=True)
    return SimpleNamespace(webhooks=[hook])


@pytest.fixture
def notifier(database, config, clocks) -> Notifier:
    return Notifier(database, config, clocks, "ada:1")


@pytest.fixture
def promise(database, make_lead, clocks):
    """Promises a webhook; returns its event id."""
    lead_id = make_lead(email="chloe@lumen.example")

    def make(number: int, channel: str = "crm") -> str:
        row = insert(webhooks).values(
            lead_id=lead_id, channel=channel, event_id=f"msg_{number}", type="lead.hot", payload={"type": "lead.hot"},
            state="due", due_at=clocks.machine(), attempts=0, created_at=clocks.calendar(),
        )  # fmt: skip
        database.write(lambda conn: conn.execute(row) and None)
        return f"msg_{number}"

    return make


def row(database, event_id="msg_1"):
    with database.read() as conn:
        return conn.execute(select(webhooks).where(webhooks.c.event_id == event_id)).one()


def test_what_is_due_is_sent_once(database, notifier, promise, receiver):
    for number in range(12):
        promise(number)
    assert notifier.drain(STOP) == 12
    assert notifier.drain(STOP) == 0
    assert sorted(headers["webhook-id"] for headers, _ in receiver.calls) == sorted(f"msg_{n}" for n in range(12))
    assert (row(database).state, row(database).attempts) == ("sent", 1)


def test_a_retry_after_an_error_keeps_the_id_and_signs_anew(database, notifier, promise, receiver, clocks, secret):
    promise(1)
    receiver.statuses = [500]
    assert notifier.drain(STOP) == 1
    waiting = row(database)
    assert (waiting.state, waiting.attempts, waiting.holder) == ("due", 1, None)
    assert "500" in waiting.reason
    pause = waiting.due_at - clocks.machine()
    assert timedelta(seconds=48) <= pause <= timedelta(seconds=72)
    assert notifier.drain(STOP) == 0, "not before its time"
    clocks.advance(timedelta(minutes=2))
    assert notifier.drain(STOP) == 1
    assert [headers["webhook-id"] for headers, _ in receiver.calls] == ["msg_1", "msg_1"]
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in receiver.calls]
    assert stamps[1] - stamps[0] == 120
    assert row(database).state == "sent"
    headers, content = receiver.calls[1]
    signature = Webhook(secret).sign("msg_1", clocks.machine(), content.decode())
    assert headers["webhook-signature"] == signature


def test_eight_tries_are_enough(database, notifier, promise, receiver, clocks):
    promise(1)
    receiver.statuses = [503] * 20
    for _ in range(20):
        notifier.drain(STOP)
        clocks.advance(timedelta(days=2))
    assert (row(database).state, row(database).attempts) == ("failed", TRIES)
    assert len(receiver.calls) == TRIES


def test_gone_ends_it_at_once(database, notifier, promise, receiver, clocks):
    promise(1)
    receiver.statuses = [410]
    notifier.drain(STOP)
    clocks.advance(timedelta(days=2))
    notifier.drain(STOP)
    assert row(database).state == "failed"
    assert len(receiver.calls) == 1


def test_a_channel_that_the_settings_do_not_have_fails_with_a_sentence(database, notifier, promise):
    promise(1, channel="erp")
    notifier.drain(STOP)
    assert (row(database).state, row(database).reason) == ("failed", "config.toml has no [[webhooks]] named erp")


def test_what_the_dead_had_in_hand_is_sent_by_the_living(database, notifier, promise, receiver, clocks):
    promise(1)

    def die(conn):
        dead = holders.register(conn, "bob:2", clocks.machine())
        claimed = update(webhooks).values(state="claimed", holder=dead.id, fence=dead.fence)
        return conn.execute(claimed).rowcount

    database.write(die)
    assert notifier.drain(STOP) == 0, "bob may still be at it"
    clocks.advance(timedelta(seconds=61))
    assert notifier.drain(STOP) == 1
    assert row(database).state == "sent"
    assert len(receiver.calls) == 1


def test_whoever_was_declared_dead_settles_nothing_and_registers_again(database, notifier, promise, receiver, clocks):
    promise(1)
    notifier.drain(STOP)
    promise(2)
    bury = update(holders_table).values(fence=holders_table.c.fence + 1)
    database.write(lambda conn: conn.execute(bury).rowcount)
    assert notifier.drain(STOP) == 1
    assert row(database, "msg_2").state == "sent"


def test_what_we_left_behind_ourselves_is_taken_up_again(database, notifier, promise, receiver):
    promise(1)
    notifier.drain(STOP)
    promise(2)
    ours = row(database, "msg_1")
    back = update(webhooks).where(webhooks.c.event_id == "msg_2")
    database.write(
        lambda conn: conn.execute(back.values(state="claimed", holder=ours.holder, fence=ours.fence)).rowcount
    )
    assert notifier.drain(STOP) == 1
    assert row(database, "msg_2").state == "sent"


def test_a_house_that_stops_lets_go_of_what_it_had_not_begun(database, config, clocks, promise, receiver):
    for number in range(3):
        promise(number)
    stop = threading.Event()

    class StopsAfterOne:
        def __call__(self, host, port):
            stop.set()
            return ["127.0.0.1"]

    notifier = Notifier(database, config, clocks, "ada:1", resolve=StopsAfterOne())
    assert notifier.drain(stop) == 1
    with database.read() as conn:
        states = sorted(conn.execute(select(webhooks.c.state)).scalars())
    assert states == ["due", "due", "sent"]
