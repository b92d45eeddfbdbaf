"""Webhooks: signed as the standard has it, sent only where they may go, against a real server."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sales.webhooks import Endpoint, Forbidden, Refused, Taken, TryAgain, deliver, pinned, public, resolve

BODY = {"type": "lead.hot", "data": {"name": "Chloé"}}


@pytest.fixture
def endpoint(receiver, secret) -> Endpoint:
    return Endpoint("crm", receiver.url, secret, allow_private=True)


def test_what_arrives_is_signed_so_that_the_library_believes_it(endpoint, receiver, secret):
    now = datetime.now(UTC)
    assert deliver(endpoint, "msg_1", BODY, now) == Taken()
    headers, content = receiver.calls[0]
    assert Webhook(secret).verify(content, headers) == BODY
    assert headers["webhook-id"] == "msg_1"
    assert headers["host"] == receiver.url.split("/")[2]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(content.replace(b"lead.hot", b"lead.bad"), headers)
    assert json.loads(content) == BODY


def test_a_chat_room_gets_a_message_without_signature_and_its_address_is_never_told(receiver, moment):
    room = Endpoint("room", receiver.url, "", allow_private=True, chat=True)
    body = {
        "type": "lead.hot",
        "data": {"lead": {"id": 7, "first_name": "<!channel>"}, "locale": "en", "engagement": 92},
    }
    assert deliver(room, "msg_1", body, moment.machine) == Taken()
    headers, content = receiver.calls[0]
    told = json.loads(content)
    assert told["text"] == "Hot lead: &lt;!channel&gt; (92 points)"
    assert [block["type"] for block in told["blocks"]] == ["section"]
    assert not [name for name in headers if name.startswith("webhook-")]
    for url in ("ftp://hooks.example/SECRET", "https://ada:SECRET@hooks.example/", "http://hooks.example/SECRET"):
        outcome = deliver(Endpoint("room", url, "", chat=True), "msg_1", body, moment.machine)
        assert isinstance(outcome, Refused)
        assert "SECRET" not in outcome.reason


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (204, Taken, None),
        (500, TryAgain, "answered 500"),
        (429, TryAgain, "answered 429"),
        (404, TryAgain, "answered 404"),
        (410, Refused, "410"),
        (302, TryAgain, "redirect"),
    ],
)
def test_the_answer_decides(endpoint, receiver, moment, status, kind, said):
    receiver.statuses, receiver.headers = [status], {"location": receiver.url}
    outcome = deliver(endpoint, "msg_1", BODY, moment.machine)
    assert isinstance(outcome, kind)
    assert said is None or said in outcome.reason
    assert len(receiver.calls) == 1, "a redirect is not followed"


def test_an_endless_answer_is_not_read_to_its_end(endpoint, receiver, moment):
    receiver.body = b"x" * 50_000_000
    assert deliver(endpoint, "msg_1", BODY, moment.machine) == Taken()


def test_nobody_there_is_worth_another_try(endpoint, receiver, moment):
    receiver.close()
    assert isinstance(deliver(endpoint, "msg_1", BODY, moment.machine), TryAgain)
    receiver.__init__()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1",
        "not an address",
    ],
)  # fmt: skip
def test_only_public_addresses_are_connected_to(address, secret, moment):
    endpoint = Endpoint("crm", "https://crm.lumen.example/hook", secret)
    outcome = deliver(endpoint, "msg_1", BODY, moment.machine, resolve=lambda host, port: [address])
    assert isinstance(outcome, Refused)
    assert "is not a public address" in outcome.reason


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet_are_public(address):
    assert public(address)


def test_one_private_address_among_others_is_enough_to_refuse(secret):
    endpoint = Endpoint("crm", "https://crm.lumen.example/hook", secret)
    with pytest.raises(Forbidden):
        pinned(endpoint, lambda host, port: ["93.184.216.34", "127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    ["http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://localhost./"],
)
def test_other_spellings_of_this_machine_are_this_machine(url, secret, moment):
    endpoint = Endpoint("crm", url.replace("http:", "https:"), secret)
    outcome = deliver(endpoint, "msg_1", BODY, moment.machine)
    assert isinstance(outcome, Refused | TryAgain)
    assert "public" in outcome.reason or "gaierror" in outcome.reason


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "https://",
        "https://ada:pw@crm.lumen.example/",
        "https://crm:99999/",
        "http://crm.lumen.example/",
    ],
)
def test_an_address_of_another_kind_is_refused(url, secret, moment):
    outcome = deliver(Endpoint("crm", url, secret), "msg_1", BODY, moment.machine, resolve=lambda *_: ["93.184.216.34"])
    assert isinstance(outcome, Refused)


def test_what_is_connected_to_is_the_address_that_was_checked_under_the_name_it_was_asked_by(secret):
    asked = []

    def changing(host, port):
        asked.append((host, port))
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    endpoint = Endpoint("crm", "https://crm.lumen.example/hook?a=1#x", secret)
    assert pinned(endpoint, changing) == ("https://93.184.216.34:443/hook?a=1", "crm.lumen.example")
    assert asked == [("crm.lumen.example", 443)]


def test_a_secret_that_cannot_sign_is_refused_with_a_sentence(receiver, moment):
    outcome = deliver(Endpoint("crm", receiver.url, "", allow_private=True), "msg_1", BODY, moment.machine)
    assert isinstance(outcome, Refused)
    assert "secret" in outcome.reason
    assert receiver.calls == []


def test_this_machine_resolves_itself():
    assert "127.0.0.1" in resolve("127.0.0.1", 80)
