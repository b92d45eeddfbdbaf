"""What somebody answers about being written to, and what that changes, given what holds already.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TRACKING = frozenset({"clicks", "opens"})  # purposes beside the topics: being measured, not being written to
ALL = "all"
# The states in which a topic may be written about: agreed to; or told of at an address at work, and not objected to.
MAILABLE = frozenset({"granted", "informed"})
MEANWHILE = "meanwhile"  # in the proof of a line `asked`: the state that goes on until the yes is confirmed


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What a form asked in that exact wording, and whether the box was ticked (or the button was the act)."""

    topic: str
    wording: str
    given: bool


@dataclass(frozen=True, slots=True)
class ObjectionAnswer:
    """What a form told, in that exact wording, of mail that goes to addresses at work unless their reader objects, and
    whether the box says no (`given`). `choice`: what any other address is asked to confirm, in its exact wording."""

    topic: str
    wording: str
    given: bool
    choice: str


def newly_told(held: Mapping[str, str], answer: ObjectionAnswer, *, at_work: bool, left: Callable[[], bool]) -> str:
    """What an information with objection changes, given `{topic: state}`: the topic's new state, "" = nothing.

    A no always counts. No box that was left empty undoes an earlier no, or takes the place of a consent; whoever has
    ever left everything is told no more. An address that is nobody's `at_work` is asked instead.
    """
    known = held.get(answer.topic)
    if answer.given:
        return "withdrawn" if known != "withdrawn" else ""
    if known in ("granted", "informed", "withdrawn") or left():
        return ""
    if at_work:
        return "informed"
    return "asked" if known is None else ""


def newly_asked(held: Mapping[str, str], answers: Iterable[ConsentAnswer]) -> list[ConsentAnswer]:
    """The answers to note as asked, given `{topic: state}`: those that were ticked, of what is not granted already.
    A yes is worth more than having been told."""
    return [answer for answer in answers if answer.given and held.get(answer.topic) != "granted"]


def asked_meanwhile(known: str | None) -> dict[str, str]:
    """What the proof of a line `asked` says besides: what was told of goes on until the yes is confirmed."""
    return {MEANWHILE: known} if known == "informed" else {}


def in_force(state: str, proof: Mapping[str, Any] | None) -> str:
    """The state that a line of the ledger leaves the topic in."""
    return str((proof or {}).get(MEANWHILE, state)) if state == "asked" else state


def newly_granted(held: Mapping[str, str], topics: Iterable[str]) -> list[str]:
    """The topics that a confirmation changes, in order, each once."""
    return [topic for topic in dict.fromkeys(topics) if held.get(topic) != "granted"]


def newly_withdrawn(held: Mapping[str, str], topics: Iterable[str] | None) -> list[str]:
    """The topics that a farewell changes; None = everything that was ever asked."""
    return [topic for topic in dict.fromkeys(held if topics is None else topics) if held.get(topic) != "withdrawn"]


def farewells(withdrawn: Iterable[str], everything: bool, left_before: Callable[[], bool]) -> list[str]:
    """The subjects of `unsubscribed` that go with these withdrawals: the topics of mail, or `all`, once."""
    mail = [topic for topic in withdrawn if topic not in TRACKING]
    if not everything:
        return mail
    return [ALL] if mail or not left_before() else []
