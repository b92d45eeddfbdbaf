"""Whatever stands in config.toml as a webhook's address, and whatever the DNS makes of it: nothing inside is called.

The judge stands where a socket connects: what leads into one's own network raises there, and is written down.
"""

import socket
from datetime import UTC, datetime

import pytest

from sales.webhooks import Endpoint, Refused, Taken, TryAgain, deliver, public

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
INSIDE = "127.0.0.1"

# This machine and its neighbours, as somebody might write them.
HOSTS = (
    # decimal, octal, hexadecimal, short
    "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.0.0.01", "127.1",
    "127.0.1", "127.000.000.001", "0", "0.0.0.0", "00.0.0.0", "3232235777", "0xc0.0xa8.1.1", "0300.0250.1.1",
    "2852039166", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.254.43518", "10.0.0.1", "10.1", "012.0.0.1",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "127.0.0.1.", "127.255.255.254",
    # version 6, and version 4 inside it
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]",
    "[::127.0.0.1]", "[0:0:0:0:0:ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]",
    "[2002:7f00:1::]", "[2002:a00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]",
    "[fc00::1]", "[fd12:3456:789a::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    # names
    "localhost", "localhost.", "LOCALHOST", "ip6-localhost", "127.0.0.1.nip.example", "metadata.google.internal",
    "inside.example", "xn--localhost-.example",
    # other letters for the same: full-width digits and dots, circled numbers
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "１２７.0.0.1", "ⓛocalhost",
)  # fmt: skip
# Addresses that say one thing and mean another, or are no web address at all.
URLS = (
    "https://crm.example@127.0.0.1/", "https://127.0.0.1@crm.example/", "https://crm.example:pw@127.0.0.1/",
    "https://crm.example#@127.0.0.1/", "https://127.0.0.1#@crm.example/", "https://127.0.0.1\\@crm.example/",
    "https://crm.example\\@127.0.0.1/", "https:///127.0.0.1/", "https:127.0.0.1/", "https://127.0.0.1:22/",
    "https://127.0.0.1:25/", "https://[::1]:5432/", "https://[::1", "https://", "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%00.crm.example/", "https://127.0.0.1\t.crm.example/", "https://127.0.0.1\r\nHost: x/",
    "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:25/_HELO", "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/stat", "ldap://127.0.0.1/", "unix:///var/run/docker.sock", "jar:https://127.0.0.1!/",
    "data:text/plain,x", "javascript:alert(1)", "//127.0.0.1/", "127.0.0.1", "http://127.0.0.1/", "http://crm.example/",
)  # fmt: skip


class Gate:
    """Stands at `socket.connect`: remembers where to, and lets nobody through."""

    def __init__(self):
        self.tried = []

    def connect(self, _socket, address):
        self.tried.append(str(address[0]) if isinstance(address, tuple) else str(address))
        raise ConnectionRefusedError("the test lets nobody out")

    @property
    def inside(self):
        return [address for address in self.tried if not public(address)]


@pytest.fixture
def gate(monkeypatch):
    """And a DNS in which every name that is not a number leads inside."""
    gate, resolve = Gate(), socket.getaddrinfo

    def getaddrinfo(host, port, *args, **more):
        try:
            return resolve(host, port, *args, **{**more, "flags": socket.AI_NUMERICHOST})
        except (OSError, UnicodeError):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (INSIDE, port))]

    monkeypatch.setattr(socket.socket, "connect", lambda it, address: gate.connect(it, address))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda it, address: gate.connect(it, address))
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return gate


def call(url, secret, **more):
    return deliver(Endpoint("crm", url, secret, **more), "msg_1", {"type": "lead.hot"}, NOW)


def test_there_are_enough_of_them():
    assert len({*HOSTS, *URLS}) >= 80


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_a_place_inside_is_connected_to(host, gate, secret):
    outcome = call(f"https://{host}/hook", secret)
    assert isinstance(outcome, Refused | TryAgain)
    assert gate.tried == []


@pytest.mark.parametrize("url", URLS)
def test_no_address_that_says_one_thing_and_means_another_leads_inside(url, gate, secret):
    assert isinstance(call(url, secret), Refused | TryAgain)
    assert gate.inside == []


def test_a_name_that_leads_elsewhere_the_second_time_is_asked_once(gate, secret):
    """DNS rebinding: what was checked is what is connected to."""
    answers = iter(["93.184.216.34", INSIDE, INSIDE])
    outcome = deliver(
        Endpoint("crm", "https://crm.example/", secret), "msg_1", {}, NOW, resolve=lambda host, port: [next(answers)]
    )
    assert isinstance(outcome, TryAgain)
    assert gate.tried == ["93.184.216.34"]


@pytest.mark.parametrize("order", [["93.184.216.34", INSIDE], [INSIDE, "93.184.216.34"]])
def test_a_name_with_two_addresses_one_of_them_inside_is_not_called(order, gate, secret):
    endpoint = Endpoint("crm", "https://crm.example/", secret)
    assert isinstance(deliver(endpoint, "msg_1", {}, NOW, resolve=lambda host, port: order), Refused)
    assert gate.tried == []


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1/", "https://169.254.169.254/latest/", "file:///etc/passwd", "//x/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_inside(status, where, receiver, secret):
    """Whoever receives is our friend, and turns round: one call, to it alone."""
    receiver.statuses, receiver.headers = [status], {"location": where}
    assert isinstance(call(receiver.url, secret, allow_private=True), TryAgain)
    assert len(receiver.calls) == 1


def test_what_the_settings_allow_is_called(receiver, secret):
    assert call(receiver.url, secret, allow_private=True) == Taken()


def test_the_proxies_of_the_environment_lead_nobody_round(gate, secret, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    endpoint = Endpoint("crm", "https://crm.example/", secret)
    deliver(endpoint, "msg_1", {}, NOW, resolve=lambda host, port: ["93.184.216.34"])
    assert gate.tried == ["93.184.216.34"]
