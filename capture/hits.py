"""A request as a hit: what it tells of itself, and hashes that tell its network and its program from others.

Address and User-Agent go no further than this; what the hit is taken for is decided later (`leads.classing`).
"""

from dataclasses import dataclass

from flask import request

from base.clock import Moment
from base.tokens import keyed_hash
from capture.door import Door
from leads.hits import Kind
from leads.marks import Asked, marks_of
from leads.networks import network_of


@dataclass(frozen=True, slots=True)
class Told:
    """What one request told of itself; `network` and `client` are hashes that only this house can make."""

    marks: frozenset[str]
    network: str | None
    client: str | None


def told(door: Door, kind: Kind, now: Moment) -> Told:
    """Of the request that is being answered."""
    agent, address = request.user_agent.string, request.remote_addr or ""
    headers = {name.lower(): value for name, value in request.headers.items()}
    marks = marks_of(Asked(kind, now.machine.date(), request.method, agent, address, headers))
    network = network_of(address)
    if network is None:
        return Told(marks, None, None)
    return Told(marks, _mark(door, network), _mark(door, f"{network} {agent}"))


def _mark(door: Door, text: str) -> str:
    return keyed_hash(door.keys.session, f"hit {text}")
