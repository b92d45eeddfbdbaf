"""What somebody answers about being written to, and what that changes, given what holds already.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

TRACKING = frozenset({"clicks", "opens"})  # purposes beside the topics: being measured, not being written to
ALL = "all"


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What a form asked in that exact wording, and whether the box was ticked (or the button was the act)."""

    topic: str
    wording: str
    given: bool


def newly_asked(held: Mapping[str, str], answers: Iterable[ConsentAnswer]) -> list[ConsentAnswer]:
    """The answers to note as asked, given `{topic: state}`: those that were ticked and are not granted already."""
    return [answer for answer in answers if answer.given and held.get(answer.topic) != "granted"]


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
