"""A receiver that knew somebody hears that they are gone: signed, by number alone, and again until it took it."""

import json
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select
from standardwebhooks import Webhook

from leads.erasing import plan
from leads.forgetting import Clerk, Desk, forget
from sales.notifier import Notifier
from storage.schema import webhooks

STOP = threading.Event()
CLERK = Clerk("the clerk")


@pytest.fixture
def notifier(database, clocks, receiver, secret):
    hooks = [
        SimpleNamespace(name=name, kind="signed", url=receiver.url, secret=secret, allow_private=True)
        for name in ("crm", "bi")
    ]
    return Notifier(database, SimpleNamespace(webhooks=hooks), clocks, "ada:1")


@pytest.fixture
def chloe(database, make_lead, clocks):
    """Somebody whom `crm` was told of, and whom `bi` never heard of."""
    lead_id = make_lead(email="chloe@lumen.example")
    row = insert(webhooks).values(
        lead_id=lead_id, channel="crm", event_id="msg_hot", type="lead.hot", payload={"email": "chloe@lumen.example"},
        state="sent", due_at=clocks.machine(), attempts=1, created_at=clocks.calendar(),
    )  # fmt: skip
    database.write(lambda conn: conn.execute(row) and None)
    return lead_id


def erased(database, keys, tmp_path, lead_id, clocks, told, way="erase"):
    forget(Desk(database, keys.suppression, tmp_path, told), lead_id, way, CLERK, clocks.moment())


@pytest.mark.parametrize("way", ["erase", "anonymise"])
def test_whoever_was_told_of_them_hears_that_they_are_gone_and_nobody_else(
    database, keys, tmp_path, clocks, chloe, notifier, receiver, secret, way
):
    erased(database, keys, tmp_path, chloe, clocks, ("crm", "bi"), way)
    receiver.statuses = [503]
    assert notifier.drain(STOP) == 1
    clocks.advance(timedelta(minutes=2))
    assert notifier.drain(STOP) == 1
    (first, _), (second, content) = receiver.calls
    assert first["webhook-id"] == second["webhook-id"]
    assert json.loads(content) == {
        "type": "lead_erased", "timestamp": (clocks.machine() - timedelta(minutes=2)).isoformat(),
        "data": {"lead_ids": [chloe], "way": way},
    }  # fmt: skip
    signature = Webhook(secret).sign(second["webhook-id"], clocks.machine(), content.decode())
    assert second["webhook-signature"] == signature
    with database.read() as conn:
        rows = conn.execute(select(webhooks).where(webhooks.c.type == "lead_erased")).all()
    assert [(row.channel, row.state, row.lead_id) for row in rows] == [("crm", "sent", None)]


def test_without_the_setting_nobody_is_told_and_the_plan_names_who_is_to_be(
    database, keys, tmp_path, clocks, chloe, notifier
):
    with database.read() as conn:
        assert plan(conn, chloe).told == ("crm",)
        assert plan(conn, chloe, ("crm",)).told == ()
    erased(database, keys, tmp_path, chloe, clocks, ())
    assert notifier.drain(STOP) == 0


def test_a_call_whose_answer_was_lost_counts_as_told(database, keys, tmp_path, clocks, chloe, notifier):
    lost = webhooks.update().values(state="due", attempts=1)
    database.write(lambda conn: conn.execute(lost) and None)
    erased(database, keys, tmp_path, chloe, clocks, ("crm",))
    assert notifier.drain(STOP) == 1
