"""The demo's receiver of webhooks believes a signature, and nothing else."""

import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from terreau.calls import CallReceiver, Calls

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)


@pytest.fixture
def receiver():
    receiver = CallReceiver(Calls(SECRET, lambda: TUESDAY))
    receiver.start()
    yield receiver
    receiver.stop()


def signed(body: str, secret: str = SECRET) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }


def test_a_true_signature_is_taken_with_its_event(receiver):
    body = json.dumps({"type": "lead.hot", "data": {"first_name": "Chloé"}})
    assert httpx.post(receiver.url, content=body, headers=signed(body)).status_code == 204
    (call,) = receiver.calls.all()
    assert (call.event_id, call.type, call.at) == ("msg_1", "lead.hot", TUESDAY)
    assert "Chloé" in call.pretty


@pytest.mark.parametrize("forgery", ["another secret", "another body", "no signature"])
def test_a_forged_call_is_refused_and_counted(receiver, forgery):
    body = json.dumps({"type": "lead.hot"})
    headers = signed(body, "whsec_" + base64.b64encode(b"x" * 32).decode()) if forgery == "another secret" else {}
    if forgery == "another body":
        headers = signed('{"type": "lead.cold"}')
    assert httpx.post(receiver.url, content=body, headers=headers).status_code == 401
    assert receiver.calls.all() == ()
    assert receiver.calls.refused == 1


def test_a_call_too_long_is_not_read(receiver):
    assert httpx.post(receiver.url, content=b"x" * (1024 * 1024 + 1)).status_code == 413
    assert receiver.calls.all() == ()
