"""One lead's turn: react to what happened, move every enrolment as far as it goes, let the arbiter choose who sends.

The same code for production, simulation and replay; it says what is to be written and writes nothing.
Pure: no database, no clock, no network.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from authoring.models.steps import Step
from leads.asked import Answer
from workflows import effects
from workflows.adopting import carry_out, due_edit
from workflows.arbiter import Alone, Delay, Want, arbitrate
from workflows.decide import decide
from workflows.language import answers_forms, first_zone, waits
from workflows.outcomes import (
    TAKEN_ALREADY,
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
from workflows.react import react
from workflows.slate import PARKED_FOR, Slate
from workflows.values import Decision, Edit, Enrolment, LeadState, Mail, Rules, Turn
from workflows.waits import caps_of, hours_of, own_caps

ROUNDS = 20  # per lead and pass: more is a circle of rules


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
class _Turn(Slate):
    """One turn being worked out on its slate."""

    # ------------------------------------------------------------ rounds

    def settles(self) -> bool:
        """Play one round: every active enrolment moves by at most one step. True when nothing moved any more."""
        if self.stale:
            self.react()
        moved = [self.move(enrolment) for enrolment in self.in_order()]
        return not any(moved)

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

    def post(self, enrolment: Enrolment, take: Take) -> Enrolment:
        picked = f"picked `{take.email}`" if take.step.pick else None
        self.receipt(enrolment, take.step.id, "taken", "; ".join(filter(None, (picked, take.reason))) or None)
        letter = effects.mail(enrolment, take, self.facts, self.rules)
        self.messages.append(letter)
        asks = not take.unlinked and self.rules.site.asks_to_confirm(enrolment.sequence, str(take.email))
        if asks or take.unlinked or answers_forms(self.rules.sequence(enrolment)):
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
        self.say("skipped", TAKEN_ALREADY, enrolment)
        ahead = tuple(name for name in enrolment.passed if name != passed.step.id)
        return self.on_to(replace(enrolment, passed=ahead), passed.then, anchor_at=enrolment.anchor_at)

    def adopt(self, _: Enrolment, adopt: Adopt) -> Enrolment:
        if adopt.reason is not None:
            self.say("adopted", adopt.reason, adopt.enrolment)
        return adopt.enrolment


def _once_more(enrolment: Enrolment, step: str) -> Enrolment:
    """Back up: what follows is taken for another time."""
    laps = {**enrolment.laps, step: enrolment.laps.get(step, 0) + 1}
    return replace(enrolment, occurrence=enrolment.occurrence + 1, laps=laps)


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
