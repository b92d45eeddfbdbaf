"""One lead kept in memory: what reading and writing do with tables, for simulation and forecast.

It takes the turns that production takes; what happens to the lead is told from outside.
Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from leads.events import makes_lead
from leads.facts import Event, Facts
from workflows.reading import CAPS_LOOK_BACK
from workflows.turn import take_turn
from workflows.values import REACHED, TERMINAL, Enrolment, LeadState, Mail, Message, Promised, Rules, Turn


class Restless(Exception):
    """The lead's rules do not come to rest at one instant."""


@dataclass(slots=True)
class Kept:
    """A lead with the rules it lives under. `due_at`: when time alone may change anything; None = never."""

    rules: Rules
    state: LeadState
    due_at: datetime | None
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def facts(self) -> Facts:
        return self.state.facts

    def knows(self, facts: Facts) -> None:
        """What a door writes at once: the lead's own fields, consents."""
        self.state = replace(self.state, facts=facts)

    def happens(
        self,
        name: str,
        at: datetime,
        *,
        evidence: str,
        subject: str | None = None,
        data: Mapping[str, Any] | None = None,
        due_at: datetime | None = None,
    ) -> Event:
        """Append the event and make the lead due, as `leads.events.append` does; at `due_at` where that is later."""
        event = Event(self.state.seq + 1, name, at, evidence, subject, dict(data or {}))
        facts = replace(self.facts, history=(*self.facts.history, event))
        if makes_lead(evidence, name):
            facts = replace(facts, lead=replace(facts.lead, status="lead"))
        self.state = replace(self.state, facts=facts, seq=event.seq, events=(*self.state.events, event))
        due = due_at or at
        self.due_at = due if self.due_at is None else min(self.due_at, due)
        return event

    def enters(self, enrolment: Enrolment, now: datetime) -> None:
        """Let in from outside, not by an event."""
        self.state = replace(self.state, enrolments=(*self.state.enrolments, replace(enrolment, id=self._number())))
        self.due_at = now

    def take_turn(self, now: datetime) -> Turn:
        """The lead's turn at `now`, and the lead as it leaves it."""
        turn = take_turn(self.state, self.rules, now)
        inside = self._enrolled(turn)
        mails = {one.id: mail for one in inside if (mail := self._mail(one, turn)) is not None and one.id is not None}
        promised = [one for one in self.state.promised if one.at >= now - CAPS_LOOK_BACK]
        promised += [Promised(letter.sequence, now) for letter in turn.messages if letter.klass == "marketing"]
        self.state = replace(
            self.state,
            facts=turn.facts,
            events=(),
            enrolments=inside,
            mails=mails,
            promised=tuple(promised),
            known=True,
            taken=self._taken(turn, inside),
            refold=None,
        )
        self.due_at = turn.due_at
        for one in turn.passages:
            due_at = one.due_at(now)
            self.happens(one.event, now, evidence="engine", subject=one.segment, data=one.data, due_at=due_at)
        return turn

    def mail_ends(self, letter: Message, now: datetime, state: str = "sent", reason: str | None = None) -> None:
        """What the outbox does when a mail that a turn promised has come to its end."""
        one = self.enrolment(letter.key)
        if one is not None and (one.step, one.occurrence) == (letter.step, letter.occurrence):
            self._note(one, Mail(state, reason, now if state in REACHED else None))
        place = f"{letter.sequence}/{letter.step}"
        data = {"enrolment_id": one.id if one else None, "reason": reason, "place": place, "locale": letter.locale}
        self.happens(f"mail.{state}", now, evidence="engine", subject=letter.email, data=data)

    def mails_under_way(self, now: datetime) -> list[Enrolment]:
        """Let the mails that were promised before arrive now; returns the enrolments that awaited them."""
        waiting = [one for one in self.state.enrolments if one.active and one.position == "awaiting_mail"]
        known = {one.key: self.state.mails.get(one.id) for one in waiting if one.id is not None}
        on_the_way = [one for one in waiting if (mail := known.get(one.key)) is None or mail.state not in TERMINAL]
        for one in on_the_way:
            self._note(one, Mail("sent", None, now))
            self.happens("mail.sent", now, evidence="engine", subject=f"{one.sequence}/{one.step}")
        return on_the_way

    def enrolment(self, key: tuple[str, str]) -> Enrolment | None:
        return next((one for one in self.state.enrolments if one.key == key), None)

    def entry_of(self, key: tuple[str, str]) -> Event | None:
        """What let the lead in there, where it is remembered."""
        one = self.enrolment(key)
        return next((event for event in self.facts.history if one and event.seq == one.entry_seq), None)

    def _note(self, one: Enrolment, mail: Mail) -> None:
        if one.id is not None and one.position == "awaiting_mail":
            self.state = replace(self.state, mails={**self.state.mails, one.id: mail})

    def _enrolled(self, turn: Turn) -> tuple[Enrolment, ...]:
        """Every enrolment after the turn; new ones are numbered."""
        inside = {one.key: one for one in self.state.enrolments}
        for one in turn.enrolments:
            inside[one.key] = one if one.id is not None else replace(one, id=self._number())
        return tuple(inside.values())

    def _taken(self, turn: Turn, inside: tuple[Enrolment, ...]) -> dict[int, dict[str, int]]:
        """The last passage through each step, with those of this turn."""
        numbers = {one.key: one.id or 0 for one in inside}
        taken = {number: dict(steps) for number, steps in self.state.taken.items()}
        for receipt in turn.receipts:
            taken.setdefault(numbers[receipt.key], {})[receipt.step] = receipt.occurrence
        return taken

    def _number(self) -> int:
        taken = {one.id for one in self.state.enrolments}
        return next(number for number in self._numbers if number not in taken)

    def _mail(self, one: Enrolment, turn: Turn) -> Mail | None:
        """The mail that the enrolment awaits: promised in this turn, or known from before."""
        if one.position != "awaiting_mail" or not one.active:
            return None
        posted = any(letter.key == one.key and letter.step == one.step for letter in turn.messages)
        return Mail("due") if posted or one.id is None else self.state.mails.get(one.id)


def settle(
    kept: Kept,
    now: datetime,
    arrived: Callable[[Message], None] = lambda letter: None,
    held_back: Callable[[Message], str | None] = lambda letter: None,
) -> list[Turn]:
    """Every turn that is due at `now`, all mails reaching their reader at once: `arrived` hears of each. `held_back`
    says why one is withdrawn instead, None for one that leaves. Raises Restless."""
    turns: list[Turn] = []
    while kept.due_at is not None and kept.due_at <= now:
        if len(turns) >= ASTRAY:
            raise Restless(f"the rules do not come to rest at {now:%Y-%m-%d %H:%M} UTC")
        turns.append(kept.take_turn(now))
        for letter in turns[-1].messages:
            if (reason := held_back(letter)) is not None:
                kept.mail_ends(letter, now, "withdrawn", reason)
                continue
            kept.mail_ends(letter, now)
            arrived(letter)
    return turns


ASTRAY = 2000  # turns at one instant after which the rules are said to go in a circle
