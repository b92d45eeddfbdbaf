"""One lead's turn: react to what happened, move every enrolment as far as it goes, let the arbiter choose who sends.

The same code for production, simulation and replay; it says what is to be written and writes nothing.
Pure: no database, no clock, no network.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from authoring.models.sequences import Step
from base.tokens import digest
from leads.asked import Answer
from leads.calm import next_look as next_change_of_standing
from leads.facts import Event, Facts
from leads.repair import repaired
from leads.segments import Passage
from workflows import effects
from workflows.adopting import carry_out, due_edit
from workflows.arbiter import Alone, Delay, Want, arbitrate
from workflows.decide import decide, next_look
from workflows.entries import Pull, admit
from workflows.language import answers_forms, first_zone, waits, zone_for
from workflows.outcomes import (
    Adopt,
    Complete,
    Jump,
    Leave,
    Outcome,
    PassBy,
    Rest,
    Settled,
    Skip,
    Take,
    WaitForEvent,
    WaitUntil,
)
from workflows.react import react, stage_changes
from workflows.refolding import apart_or_one, refolded
from workflows.standing_triggers import by_end, next_pull
from workflows.values import (
    Decision,
    Edit,
    Enrolment,
    EnrolmentState,
    LeadState,
    Mail,
    Message,
    Receipt,
    Rules,
    Said,
    StageChange,
    Task,
    Turn,
    Webhook,
)
from workflows.waits import caps_of, hours_of, own_caps

ROUNDS = 20  # per lead and pass: more is a circle of rules
PARKED_FOR = timedelta(minutes=1)
# A moment of change that is not after now would wake the lead again at once, for ever.
SOONEST = timedelta(minutes=1)


def take_turn(state: LeadState, rules: Rules, now: datetime) -> Turn:
    """Everything a lead's new events and the time lead to at `now`. `state` is one consistent look at the lead."""
    game = _Turn(state, rules, now)
    parked = not any(game.settles() for _ in range(ROUNDS))
    if parked or any(passage.circles for passage in game.passages):
        game.park()
    if not parked:
        game.send()
    return game.written(parked)


@dataclass(slots=True)
class _Turn:
    """The sheet on which one turn is worked out."""

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

    # ------------------------------------------------------------ rounds

    def settles(self) -> bool:
        """Play one round: every active enrolment moves by at most one step. True when nothing moved any more."""
        if self.stale:
            self.react()
        moved = [self.move(enrolment) for enrolment in self.in_order()]
        return not any(moved)

    def in_order(self) -> list[Enrolment]:
        """The active enrolments, the more important first; a fixed order makes a fixed story."""
        active = [enrolment for enrolment in self.enrolments.values() if enrolment.active]
        return sorted(active, key=lambda one: (-self.rules.sequence(one).priority, one.entered_at, one.key))

    def react(self) -> None:
        known = replace(self.state, facts=self.facts, enrolments=tuple(self.enrolments.values()))
        reaction = react(known, () if self.folded else self.state.events, self.rules, self.now)
        self.folded, self.stale = True, False
        self.facts = reaction.facts
        self.stage_changes += reaction.stage_changes
        self.decisions += reaction.decisions
        self.raised += reaction.raised
        self.passages += reaction.passages
        self.enrolments |= {enrolment.key: enrolment for enrolment in reaction.entered}

    def move(self, enrolment: Enrolment) -> bool:
        """Ask, and do what was answered; whether anything changed. What an edit asks for comes before the step."""
        edit = due_edit(enrolment, self.rules)
        if edit is not None:
            return self.edit(enrolment, edit)
        sequence = self.rules.sequence(enrolment)
        outcome = decide(enrolment, sequence, self.facts, self.rules, self.now, self.mail_of(enrolment))
        self.wishes.pop(enrolment.key, None)
        after = _DO[type(outcome)](self, enrolment, outcome)
        self.enrolments[enrolment.key] = after
        return after != enrolment

    def edit(self, enrolment: Enrolment, edit: Edit) -> bool:
        taken = self.state.taken.get(enrolment.id or 0, {})
        outcome = carry_out(edit, enrolment, self.rules, taken)
        noted = replace(enrolment, edit_release_id=edit.release_id)
        self.wishes.pop(enrolment.key, None)
        self.enrolments[enrolment.key] = _DO[type(outcome)](self, noted, outcome)
        return True

    def mail_of(self, enrolment: Enrolment) -> Mail | None:
        """How far the mail that it awaits has come; nothing is known yet of one that this turn has posted."""
        if enrolment.id is None or enrolment.key in self.posted:
            return None
        return self.state.mails.get(enrolment.id)

    def send(self) -> None:
        """Let the arbiter choose among those that want to send now."""
        wants = [self.want(self.enrolments[key], take) for key, take in self.wishes.items()]
        caps = caps_of(self.rules.site.definitions, self.facts.standing.stage)
        zone = first_zone(self.facts.lead.zone, self.rules.zone)
        answers = arbitrate(wants, self.state.promised, caps, self.now, zone, self.alone())
        for key, delay in answers.items():
            enrolment, take = self.enrolments[key], self.wishes[key]
            if delay is None:
                self.enrolments[key] = self.post(enrolment, take)
            else:
                self.enrolments[key] = self.delay(enrolment, delay)

    def want(self, enrolment: Enrolment, take: Take) -> Want:
        sequence = self.rules.sequence(enrolment)
        hours, zone = hours_of(sequence, take.step), self.zone(enrolment)
        caps, late = own_caps(enrolment.sequence, sequence), effects.expiry(enrolment, take, self.facts, self.rules)
        entered = enrolment.entered_at
        return Want(enrolment.key, sequence.priority, take.planned, entered, hours, zone, caps, late)

    def alone(self) -> list[Alone]:
        """The enrolments of which only one may send."""
        return [
            Alone(one.key, sequence.priority, one.entered_at)
            for one in self.enrolments.values()
            if one.active and not (sequence := self.rules.sequence(one)).concurrent
        ]

    def park(self) -> None:
        reason = f"parked after {ROUNDS} rounds: rules of several sequences may go in a circle"
        self.decisions.append(Decision("delayed", reason, until=self.now + PARKED_FOR))

    def zone(self, enrolment: Enrolment) -> str:
        return zone_for(self.facts.lead, self.rules.sequence(enrolment), self.rules.zone)

    # ------------------------------------------------------------ doing what was decided

    def take(self, enrolment: Enrolment, take: Take) -> Enrolment:
        if take.email is not None:
            if self.rules.sequence(enrolment).class_ == "transactional":
                return self.post(enrolment, take)
            self.wishes[enrolment.key] = take
            return enrolment
        self.receipt(enrolment, take.step.id, "taken", self.act(enrolment, take.step) or take.reason)
        if take.step.max_passes is not None:
            enrolment = _once_more(enrolment, take.step.id)
        return self.on_to(enrolment, take.then, anchor_at=self.now if waits(take.step) else enrolment.anchor_at)

    def act(self, enrolment: Enrolment, step: Step) -> str | None:
        """Do what the step does besides leading on; returns what its receipt shall tell."""
        if step.set is not None:
            self.facts = effects.with_fields(self.facts, step.set)
            self.stale = True
        if step.notify is not None:
            self.messages.append(effects.notification(enrolment, step, self.facts, self.rules))
        if step.task is not None:
            self.tasks.append(effects.task(enrolment, step, self.facts, self.rules, self.now))
        if step.webhook is not None:
            self.webhooks.append(effects.webhook(enrolment, step, self.facts))
        return None if step.enrol is None else self.enrol(enrolment, step, step.enrol)

    def enrol(self, enrolment: Enrolment, step: Step, sequence: str) -> str | None:
        """Into another sequence, if it lets the lead in; returns why not."""
        return self.let_in(sequence, f"enrolled by `{enrolment.sequence}/{step.id}`", enrolment, step.id)

    def let_in(self, sequence: str, cause: str, by: Enrolment, way: str) -> str | None:
        """Into that sequence, if it admits the lead; returns why not. One entry for each way out of `by`."""
        key = digest("/".join((*by.key, str(by.entry_seq), way, str(by.occurrence))))[:32]
        pull = Pull(sequence, cause, self.state.seq, key, self.facts.granted)
        entered, decision = admit(pull, self.facts, tuple(self.enrolments.values()), self.rules, self.now)
        if entered is not None:
            self.enrolments[entered.key] = entered
        self.decisions += [decision] if decision is not None else []
        return None if entered is not None or decision is None else decision.reason

    def post(self, enrolment: Enrolment, take: Take) -> Enrolment:
        self.receipt(enrolment, take.step.id, "taken", f"picked `{take.email}`" if take.step.pick else None)
        letter = effects.mail(enrolment, take, self.facts, self.rules)
        self.messages.append(letter)
        asks = self.rules.site.asks_to_confirm(enrolment.sequence, str(take.email))
        if asks or answers_forms(self.rules.sequence(enrolment)):
            self.facts = self.facts.answered(Answer(letter.email, asks, self.now))
        self.posted.add(enrolment.key)
        return replace(enrolment, position="awaiting_mail", due_at=None, anchor_at=self.now)

    def skip(self, enrolment: Enrolment, skip: Skip) -> Enrolment:
        self.receipt(enrolment, skip.step.id, "skipped", skip.reason)
        self.say("skipped", skip.reason, enrolment)
        return self.on_to(enrolment, skip.then, anchor_at=self.now if waits(skip.step) else enrolment.anchor_at)

    def settle(self, enrolment: Enrolment, settled: Settled) -> Enrolment:
        if settled.missed is not None:
            self.say("skipped", settled.missed, enrolment)
        return self.on_to(enrolment, settled.then, anchor_at=settled.anchor_at or enrolment.anchor_at)

    def jump(self, enrolment: Enrolment, jump: Jump) -> Enrolment:
        self.say("skipped", f"{jump.reason}; goes on at `{jump.to}`", enrolment)
        return self.on_to(enrolment, jump.to, anchor_at=self.now)

    def wait(self, enrolment: Enrolment, wait: WaitUntil) -> Enrolment:
        if wait.delayed:
            return self.delay(enrolment, Delay(wait.at, wait.reason))
        return replace(self.begun(enrolment, wait.zone), position="waiting", due_at=wait.at)

    def delay(self, enrolment: Enrolment, delay: Delay) -> Enrolment:
        """Its wait is over, and something holds its mail back; the ledger says so once."""
        begun, known = enrolment.waiting_since is not None, (enrolment.position, enrolment.due_at)
        if not begun or known != ("ready", delay.until):
            self.say("delayed", delay.reason, enrolment, until=delay.until)
        zone = enrolment.waiting_zone or self.zone(enrolment)
        return replace(self.begun(enrolment, zone), position="ready", due_at=delay.until)

    def wait_for_event(self, enrolment: Enrolment, wait: WaitForEvent) -> Enrolment:
        if enrolment.position == "awaiting_mail":
            return enrolment
        return replace(self.begun(enrolment, wait.zone), position="waiting", due_at=wait.at)

    def rest(self, enrolment: Enrolment, rest: Rest) -> Enrolment:
        """Its wait goes on in a pause, or begins in it; the ledger says so once."""
        if (enrolment.position, enrolment.due_at) != ("waiting", None) or enrolment.waiting_since is None:
            self.say("delayed", rest.reason, enrolment)
        return replace(self.begun(enrolment, rest.zone), position="waiting", due_at=None)

    def leave(self, enrolment: Enrolment, leave: Leave) -> Enrolment:
        if leave.step is not None:
            self.receipt(enrolment, leave.step.id, "taken")
        self.say("left", leave.reason, enrolment)
        return self.over(enrolment, "left", leave.reason)

    def complete(self, enrolment: Enrolment, _: Complete) -> Enrolment:
        return self.on_to(enrolment, None, anchor_at=enrolment.anchor_at)

    def pass_by(self, enrolment: Enrolment, passed: PassBy) -> Enrolment:
        self.say("skipped", "taken already, before an edit put it further down", enrolment)
        ahead = tuple(name for name in enrolment.passed if name != passed.step.id)
        return self.on_to(replace(enrolment, passed=ahead), passed.then, anchor_at=enrolment.anchor_at)

    def adopt(self, _: Enrolment, adopt: Adopt) -> Enrolment:
        if adopt.reason is not None:
            self.say("adopted", adopt.reason, adopt.enrolment)
        return adopt.enrolment

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


def _once_more(enrolment: Enrolment, step: str) -> Enrolment:
    """Back up: what follows is taken for another time."""
    laps = {**enrolment.laps, step: enrolment.laps.get(step, 0) + 1}
    return replace(enrolment, occurrence=enrolment.occurrence + 1, laps=laps)


def _at_rest(enrolment: Enrolment) -> Enrolment:
    return replace(enrolment, position="ready", due_at=None, waiting_since=None, waiting_zone=None, waiting_seq=None)


_DO: dict[type[Outcome], Callable[[_Turn, Enrolment, Any], Enrolment]] = {
    Take: _Turn.take,
    Skip: _Turn.skip,
    WaitUntil: _Turn.wait,
    WaitForEvent: _Turn.wait_for_event,
    Rest: _Turn.rest,
    Settled: _Turn.settle,
    Jump: _Turn.jump,
    Leave: _Turn.leave,
    Complete: _Turn.complete,
    PassBy: _Turn.pass_by,
    Adopt: _Turn.adopt,
}
