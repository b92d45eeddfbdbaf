"""One POST of a webhook: signed, or as a chat takes it; to a checked address, no redirects; retrying is the notifier's.

Standard Webhooks 1.0: headers webhook-id, webhook-timestamp, webhook-signature; 2xx takes it, 410 asks to stop.
"""

import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from standardwebhooks import Webhook as Signature
from standardwebhooks.webhooks import EmptyWebhookSecretError

from base.clock import elapsed
from sales.chat import chat_body

SECONDS = 10.0
REPLY_BYTES = 64 * 1024
PORTS = {"http": 80, "https": 443}
GONE = 410

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address is in the last 32 bits
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A [[webhooks]] entry of config.toml. Of `chat` the address itself is the secret: no sentence may tell it."""

    name: str
    url: str
    secret: str
    allow_private: bool = False
    chat: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It may pass later; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It never will."""

    reason: str


Outcome = Taken | TryAgain | Refused


class Forbidden(Exception):
    """What config.toml says of this endpoint may not, or cannot, be used."""


def resolve(host: str, port: int) -> list[str]:
    """Every address that the name has now. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def deliver(
    endpoint: Endpoint, event_id: str, body: Mapping[str, Any], machine_now: datetime, resolve: Resolve = resolve
) -> Outcome:
    """Send `body` once. The name is resolved once, and what is connected to is the address that was checked."""
    try:
        sealed = _sealed(endpoint, event_id, body, machine_now)
        url, host = pinned(endpoint, resolve)
        return _judge(_post(url, host, sealed))
    except Forbidden as error:
        return Refused(str(error))
    except (OSError, UnicodeError, httpx.HTTPError) as error:
        return TryAgain(f"{endpoint.name}: {type(error).__name__}: {error}"[:300])


def pinned(endpoint: Endpoint, resolve: Resolve) -> tuple[str, str]:
    """The endpoint's URL with the checked address in place of its name, and the name. Raises Forbidden, OSError."""
    host, port = _host_and_port(endpoint)
    parts = urlsplit(endpoint.url)
    addresses = resolve(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    closed = [address for address in addresses if not public(address)]
    if closed and not endpoint.allow_private:
        raise Forbidden(f"{endpoint.name}: {host} is at {closed[0]}, which is not a public address")
    address = addresses[0]
    literal = f"[{address}]" if ":" in address else address
    return urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, "")), host


def unusable(endpoint: Endpoint, machine_now: datetime) -> str | None:
    """Why nothing could ever be sent there, whoever answers: its address or its secret; None when all is well."""
    try:
        _sealed(endpoint, "msg_0", {}, machine_now)
        _host_and_port(endpoint)
    except Forbidden as error:
        return str(error)
    return None


def public(address: str) -> bool:
    """Whether that address is reached over the internet: not private, local, shared, reserved, multicast or mapped."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(ip)
    local = isinstance(inner, ipaddress.IPv6Address) and (inner.is_site_local or inner in _LOCAL_NAT64)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved and not local


def _inner(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo, or translated (RFC 6052)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip


def _host_and_port(endpoint: Endpoint) -> tuple[str, int]:
    try:
        parts = urlsplit(endpoint.url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise Forbidden(f"{endpoint.name}: {_shown(endpoint)} is not an http or https address") from None
    if not parts.hostname or parts.username or parts.password:
        raise Forbidden(f"{endpoint.name}: {_shown(endpoint)} needs a host name, and no name or password before it")
    if parts.scheme != "https" and not endpoint.allow_private:
        raise Forbidden(f"{endpoint.name}: {_shown(endpoint)} is not https, and what it carries is personal")
    return parts.hostname, port


def _shown(endpoint: Endpoint) -> str:
    return "its address" if endpoint.chat else repr(endpoint.url)


def _sealed(
    endpoint: Endpoint, event_id: str, body: Mapping[str, Any], machine_now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The bytes and the headers that prove where they come from; a chat room proves it by knowing its own address."""
    text = json.dumps(chat_body(body) if endpoint.chat else body, ensure_ascii=False, separators=(",", ":"))
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Terreau"}
    if endpoint.chat:
        return text.encode(), headers
    try:
        signature = Signature(endpoint.secret).sign(event_id, machine_now, text)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise Forbidden(f"{endpoint.name}: its secret cannot sign: it is base64 text, after whsec_ or not") from error
    return text.encode(), {
        **headers,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(machine_now.timestamp())),
        "webhook-signature": signature,
    }


def _post(url: str, host: str, sealed: tuple[bytes, dict[str, str]]) -> int:
    """The status of the answer, of which at most REPLY_BYTES are read; SNI and certificate are the name's."""
    content, headers = sealed
    deadline = elapsed() + SECONDS
    parts = urlsplit(url)
    named = f"[{host}]" if ":" in host else host
    netloc = named if parts.port == PORTS[parts.scheme] else f"{named}:{parts.port}"
    with (
        httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", url, content=content, headers={**headers, "host": netloc}, extensions={"sni_hostname": host}
        ) as answer,
    ):
        read = 0
        for chunk in answer.iter_raw():
            read += len(chunk)
            if read >= REPLY_BYTES or elapsed() >= deadline:
                break
        return answer.status_code


def _judge(status: int) -> Outcome:
    if 200 <= status < 300:
        return Taken()
    if status == GONE:
        return Refused("410: the receiver wants no more of these")
    if 300 <= status < 400:
        return TryAgain(f"{status}: a redirect, which is not followed: write the final address in config.toml")
    return TryAgain(f"the receiver answered {status}")
