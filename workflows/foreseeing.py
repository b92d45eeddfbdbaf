"""What comes next for a lead if nothing else happens: production's own turns, played ahead in memory.

Every mail reaches its reader at once. Pure: no database, no clock, no network.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from workflows.memory import Kept, Restless, settle
from workflows.values import TERMINAL, LeadState, Mail, Rules, Turn

AHEAD = timedelta(days=90)
MOMENTS = 200  # at which something is due, before nothing more is asked

Key = tuple[str, str]  # sequence, entry key


@dataclass(frozen=True, slots=True)
class Fate:
    """What comes first for an enrolment: its next mail, or its end; `waits` when neither comes within AHEAD."""

    what: Literal["mail", "left", "completed", "waits"]
    at: datetime | None = None
    step: str | None = None


WAITS = Fate("waits")


def fates(state: LeadState, rules: Rules, now: datetime, watched: Collection[Key]) -> dict[Key, Fate]:
    """What comes first for each of those enrolments of the lead; one whose rules go in a circle waits."""
    found: dict[Key, Fate] = {}
    for at, turn in ahead(state, rules, now):
        for key, fate in _of(turn, at):
            if key in watched:
                found.setdefault(key, fate)
        if found.keys() >= set(watched):
            break
    return {key: found.get(key, WAITS) for key in watched}


def ahead(state: LeadState, rules: Rules, now: datetime) -> Iterator[tuple[datetime, Turn]]:
    """The turns to come, each with its moment, until nothing is due within AHEAD."""
    kept, at = Kept(rules, _arrived(state, now), now), now
    for _ in range(MOMENTS):
        try:
            turns = settle(kept, at)
        except Restless:
            return
        yield from ((at, turn) for turn in turns)
        if kept.due_at is None or kept.due_at > now + AHEAD:
            return
        at = max(kept.due_at, at)


def _arrived(state: LeadState, now: datetime) -> LeadState:
    """The same, with every mail on its way taken as sent now."""
    under_way = [
        one.id
        for one in state.enrolments
        if one.id is not None and one.position == "awaiting_mail" and _under_way(state.mails.get(one.id))
    ]
    return replace(state, mails={**state.mails, **dict.fromkeys(under_way, Mail("sent", None, now))})


def _under_way(mail: Mail | None) -> bool:
    return mail is None or mail.state not in TERMINAL


def _of(turn: Turn, at: datetime) -> Iterator[tuple[Key, Fate]]:
    for message in turn.messages:
        if message.klass != "notification":
            yield message.key, Fate("mail", at, message.step)
    for one in turn.enrolments:
        if one.state != "active":
            yield one.key, Fate(one.state, at)
