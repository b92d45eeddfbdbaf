"""What one request tells of itself, as marks: who asked goes no further than here, address and agent are not kept.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from leads.agents import agent_marks, is_bare
from leads.hits import Kind
from leads.networks import range_marks

_SPECULATIVE = ("prefetch", "prerender", "preview")
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `headers`: lower-case names; None = they were not recorded. `agent` None: not recorded, '' = none."""

    kind: Kind
    on: date
    method: str = "GET"
    agent: str | None = None
    address: str = ""
    headers: Mapping[str, str] | None = field(default=None)


def marks_of(asked: Asked) -> frozenset[str]:
    """The marks: words that `leads.classing` weighs."""
    marks = {"head"} if asked.method.upper() in ("HEAD", "OPTIONS") else set()
    marks |= range_marks(asked.address)
    marks |= _of_agent(asked)
    marks |= _of_headers(asked)
    return frozenset(marks)


def _of_agent(asked: Asked) -> frozenset[str]:
    """Mail readers that fetch a picture are old and odd by nature, and Apple's says nothing at all."""
    if asked.agent is None:
        return frozenset()
    if not asked.agent.strip() or asked.agent.strip() == "-":
        return frozenset({"no_agent"})
    if asked.kind == "open":
        if is_bare(asked.agent):
            return frozenset({"mail_proxy"})
        return agent_marks(asked.agent, asked.on) - {"old_browser", "odd_agent"}
    return agent_marks(asked.agent, asked.on)


def _of_headers(asked: Asked) -> frozenset[str]:
    if asked.headers is None:
        return frozenset()
    marks = set()
    said = " ".join(asked.headers.get(name, "") for name in _PURPOSES).lower()
    if any(word in said for word in _SPECULATIVE):
        marks.add("prefetch")
    if asked.kind != "open" and not asked.headers.get("accept-language"):
        marks.add("no_language")
    if asked.headers.get("sec-fetch-user") == "?1":
        marks.add("pressed")  # a browser says so when a person pressed the link
    return frozenset(marks)
