"""The slate of one turn: what is known of the lead so far, how an enrolment goes on, and what is to be written.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from base.tokens import digest
from leads.calm import next_look as next_change_of_standing
from leads.facts import Event, Facts
from leads.repair import repaired
from leads.segments import Passage
from workflows.decide import next_look
from workflows.entries import Pull, admit
from workflows.language import zone_for
from workflows.outcomes import Take
from workflows.react import stage_changes
from workflows.refolding import apart_or_one, refolded
from workflows.standing_triggers import by_end, next_pull
from workflows.values import (
    Decision,
    Enrolment,
    EnrolmentState,
    LeadState,
    Message,
    Receipt,
    Rules,
    Said,
    StageChange,
    Task,
    Turn,
    Webhook,
)

PARKED_FOR = timedelta(minutes=1)
# A moment of change that is not after now would wake the lead again at once, for ever.
SOONEST = timedelta(minutes=1)


@dataclass(slots=True)
class Slate:
    """It begins with what is stored; whoever plays the turn writes on it."""

    state: LeadState
    rules: Rules
    now: datetime
    facts: Facts = field(init=False)
    enrolments: dict[tuple[str, str], Enrolment] = field(init=False)
    wishes: dict[tuple[str, str], Take] = field(default_factory=dict)
    posted: set[tuple[str, str]] = field(default_factory=set)  # await a mail of this turn: the one known is older
    stale: bool = True  # the standing has not taken in what is known
    folded: bool = False
    stage_changes: list[StageChange] = field(default_factory=list)
    raised: list[Event] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = self.state.facts
        self.enrolments = {enrolment.key: enrolment for enrolment in self.state.enrolments}
        if self.state.regroup is not None:
            self.facts, changes = apart_or_one(self.state, self.state.regroup, self.rules.site, self.now)
            self.stage_changes += changes
        if self.state.refold is not None:
            known = replace(self.state, facts=self.facts)
            self.facts, silent = refolded(known, self.state.refold, self.rules.site, self.now)
            self.stage_changes += silent
        if self.state.repair is not None:
            stage = self.facts.standing.stage
            self.facts, back = repaired(self.facts, self.state.repair, self.rules.site, self.now)
            self.stage_changes += stage_changes(stage, back)

    def in_order(self) -> list[Enrolment]:
        """The active enrolments, the more important first; a fixed order makes a fixed story."""
        active = [enrolment for enrolment in self.enrolments.values() if enrolment.active]
        return sorted(active, key=lambda one: (-self.rules.sequence(one).priority, one.entered_at, one.key))

    def zone(self, enrolment: Enrolment) -> str:
        return zone_for(self.facts.lead, self.rules.sequence(enrolment), self.rules.zone)

    def begun(self, enrolment: Enrolment, zone: str) -> Enrolment:
        """The enrolment with its wait's beginning noted, once."""
        if enrolment.waiting_since is not None:
            return enrolment
        return replace(enrolment, waiting_since=self.now, waiting_zone=zone, waiting_seq=self.state.seq)

    def on_to(self, enrolment: Enrolment, then: str | None, *, anchor_at: datetime) -> Enrolment:
        """Before the step `then`, its wait not begun; over when there is none."""
        if then is None:
            self.say("completed", "every step lies behind", enrolment)
            return self.over(replace(enrolment, anchor_at=anchor_at), "completed", None)
        return replace(_at_rest(enrolment), step=then, anchor_at=anchor_at)

    def over(self, enrolment: Enrolment, state: EnrolmentState, reason: str | None) -> Enrolment:
        short = None if reason is None else reason[:200]
        ended = replace(_at_rest(enrolment), state=state, step=None, exit_reason=short, ended_at=self.now)
        self.enrolments[enrolment.key] = ended
        for sequence, cause, key in by_end(ended, self.rules):
            self.let_in(sequence, cause, ended, key)
        return ended

    def let_in(self, sequence: str, cause: str, by: Enrolment, way: str) -> str | None:
        """Into that sequence, if it admits the lead; returns why not. One entry for each way out of `by`."""
        key = digest("/".join((*by.key, str(by.entry_seq), way, str(by.occurrence))))[:32]
        pull = Pull(sequence, cause, self.state.seq, key, self.facts.granted)
        entered, decision = admit(pull, self.facts, tuple(self.enrolments.values()), self.rules, self.now)
        if entered is not None:
            self.enrolments[entered.key] = entered
        self.decisions += [decision] if decision is not None else []
        return None if entered is not None or decision is None else decision.reason

    def receipt(
        self, enrolment: Enrolment, step: str, outcome: Literal["taken", "skipped"], reason: str | None = None
    ) -> None:
        short = None if reason is None else reason[:300]
        self.receipts.append(Receipt(enrolment.key, step, enrolment.occurrence, outcome, short))

    def say(self, outcome: Said, reason: str, enrolment: Enrolment, until: datetime | None = None) -> None:
        line = Decision(outcome, reason[:300], enrolment.sequence, enrolment.step, enrolment.key, until)
        self.decisions.append(line)

    # ------------------------------------------------------------ what is to be written

    @property
    def judged_again(self) -> bool:
        return any((self.state.refold, self.state.repair, self.state.regroup))

    def written(self, parked: bool) -> Turn:
        before = {enrolment.key: enrolment for enrolment in self.state.enrolments}
        stood = replace(self.state.facts.standing, as_of=self.facts.standing.as_of)
        return Turn(
            lead_id=self.facts.lead.id,
            facts=self.facts,
            standing_changed=not self.state.known or stood != self.facts.standing or self.judged_again,
            lead_changed=self.facts.lead != self.state.facts.lead,
            stage_changes=tuple(self.stage_changes),
            enrolments=tuple(one for key, one in self.enrolments.items() if before.get(key) != one),
            receipts=tuple(self.receipts),
            messages=tuple(self.messages),
            decisions=tuple(self.decisions),
            due_at=self.next_due(parked),
            state=self.state,
            raised=tuple(self.raised),
            tasks=tuple(self.tasks),
            webhooks=tuple(self.webhooks),
            passages=tuple(self.passages),
        )

    def next_due(self, parked: bool) -> datetime | None:
        """The earliest instant at which time alone may change anything for this lead."""
        active = self.in_order()
        moments = [one.due_at for one in active]
        moments += [next_look(one, self.rules.sequence(one), self.facts, self.rules, self.now) for one in active]
        moments += [next_change_of_standing(self.facts, self.rules.watch, self.now)]
        moments += [next_pull(self.facts, self.rules, self.now)]
        moments += [self.now + PARKED_FOR] if parked else []
        first = min((moment for moment in moments if moment is not None), default=None)
        return first if first is None or first > self.now else self.now + SOONEST


def _at_rest(enrolment: Enrolment) -> Enrolment:
    return replace(enrolment, position="ready", due_at=None, waiting_since=None, waiting_zone=None, waiting_seq=None)
