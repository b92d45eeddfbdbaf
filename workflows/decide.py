"""What one enrolment does at this instant; what several of them together may do is left to arbiter, doing it to turn.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from authoring.models.conditions import Condition
from authoring.models.sequences import Branch, Sequence, Step, WaitFor
from base.calendars import local_moment
from leads.asked import APART, AT_MOST
from leads.conditions import holds, next_change
from leads.facts import DISQUALIFIED, REPLIED, Event, Facts
from leads.shares import held_out, way
from workflows.entries import outside
from workflows.language import answers_forms, below, is_below, said, zone_for
from workflows.outcomes import (
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
from workflows.picks import picked
from workflows.resting import missed, on_resume, pauses_of, resting, shifted
from workflows.values import REACHED, TERMINAL, Enrolment, Mail, Pause, Rules
from workflows.waits import due_moment, holidays_of, hours_of, later, opening, shut_by

HOURS_APART = APART // timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One enrolment before one step, at one instant."""

    enrolment: Enrolment
    sequence: Sequence
    step: Step
    facts: Facts
    rules: Rules
    now: datetime
    mail: Mail | None

    @property
    def then(self) -> str | None:
        return below(self.sequence, self.step.id)

    @property
    def zone_now(self) -> str:
        """What a window uses: the zone at send time."""
        return zone_for(self.facts.lead, self.sequence, self.rules.zone)

    @property
    def zone(self) -> str:
        """What a wait uses: the zone resolved when it began."""
        return self.enrolment.waiting_zone or self.zone_now

    @property
    def dated(self) -> datetime | None:
        """The date of the lead from which the wait counts; None where the step counts from none, or none is known."""
        field = self.step.dated_by
        written = None if field is None else self.facts.lead.value(field)
        return local_moment(str(written), self.zone) if written is not None else None

    @property
    def anchor(self) -> datetime:
        """What the wait counts from."""
        entered = self.step.wait_from == "entry"
        return self.dated or (self.enrolment.entered_at if entered else self.enrolment.anchor_at)

    @property
    def planned(self) -> datetime:
        """When the step is due by its wait alone, before windows and caps."""
        holidays = holidays_of(self.sequence)

        def due(anchor: datetime, arrived: datetime) -> datetime:
            return due_moment(self.step, anchor=anchor, arrived=arrived, zone=self.zone, holidays=holidays)

        arrived = self.enrolment.waiting_since or self.now
        return shifted(due, self.anchor, arrived, () if self.dated is not None else self.shifting)

    @property
    def pauses(self) -> list[Pause]:
        return pauses_of(self.rules.pauses, self.enrolment.sequence, self.sequence)

    @property
    def shifting(self) -> list[Pause]:
        """The pauses that make waits longer."""
        return self.pauses if on_resume(self.sequence) == "shift" else []

    def later(self, at: datetime, duration: str, zone: str | None = None) -> datetime:
        """`at` plus an authored duration, in the zone of the wait if no other is given."""
        return later(at, duration, zone or self.zone, holidays_of(self.sequence))

    @property
    def expires_at(self) -> datetime | None:
        """From when on the step's mail is too late; None = never."""
        late = self.sequence.expires_after
        return None if late is None else self.later(self.planned, late)

    def true(self, condition: Condition, facts: Facts | None = None) -> bool:
        return holds(condition, facts or self.facts, self.rules.site.definitions, self.now)


def decide(
    enrolment: Enrolment, sequence: Sequence, facts: Facts, rules: Rules, now: datetime, mail: Mail | None = None
) -> Outcome:
    """What an active enrolment does now. `sequence` is its pinned version, `mail` its current step's message.

    Exits are looked at before the goal, both before the step: a lead who may leave gets nothing more. `Take` of a
    marketing mail is a wish that the arbiter grants or delays.
    """
    if enrolment.step is None:
        return Complete()
    step = sequence.find(enrolment.step)
    if step is None:
        return Leave(f"the step `{enrolment.step}` is not in this version of the sequence")
    look = Look(enrolment, sequence, step, facts, rules, now, mail)
    outcomes = (ask(look) for ask in (_departure, _goal, _passed, _awaited_mail, _pause, _wait))
    return next((outcome for outcome in outcomes if outcome is not None), None) or _act(look)


def next_look(enrolment: Enrolment, sequence: Sequence, facts: Facts, rules: Rules, now: datetime) -> datetime | None:
    """The next instant at which time alone may change what lets this enrolment leave or jump; a lower bound."""
    definitions = rules.site.definitions
    moments = [next_change(condition, facts, definitions, now) for condition in sequence.exit_when]
    if sequence.goal is not None:
        moments.append(next_change(sequence.goal.when, since_entry(facts, enrolment), definitions, now))
    return min((moment for moment in moments if moment is not None), default=None)


# ---------------------------------------------------------------- which events count


def _with_events(facts: Facts, counts: Callable[[Event], bool]) -> Facts:
    return replace(facts, history=tuple(event for event in facts.history if counts(event)))


def since_entry(facts: Facts, enrolment: Enrolment) -> Facts:
    """Only what happened after the entry; the entry's own event is excluded."""
    return _with_events(facts, lambda event: event.seq > enrolment.entry_seq)


def _counted(wait: WaitFor, facts: Facts, enrolment: Enrolment) -> Facts:
    if wait.since == "entry":
        return since_entry(facts, enrolment)
    if wait.since == "now":
        began = enrolment.waiting_seq
        return _with_events(facts, lambda event: began is not None and event.seq > began)
    return facts


# ---------------------------------------------------------------- leaving, jumping


def _departure(look: Look) -> Outcome | None:
    topic = look.sequence.topic
    if look.sequence.class_ == "marketing" and topic is not None and topic not in look.facts.mailable:
        return Leave(f"no consent for `{topic}`")
    if _disqualified(look):
        return Leave("sales has disqualified the lead")
    for reason in outside(look.sequence, look.facts, look.rules):
        return Leave(reason)
    if _answered(look):
        return Leave("the lead has answered: somebody goes on from here")
    met = next((condition for condition in look.sequence.exit_when if look.true(condition)), None)
    return None if met is None else Leave(f"exit_when {said(met)} holds")


def _disqualified(look: Look) -> bool:
    """Everything under way ends; what the lead asks for afterwards is still answered, and nothing is offered."""
    standing = look.facts.standing
    under_way = look.sequence.class_ == "marketing" or look.enrolment.entered_at <= standing.stage_since
    return standing.stage == DISQUALIFIED and under_way


def _answered(look: Look) -> bool:
    """A person wrote back to a mail of this enrolment: what would come next by itself no longer fits."""
    ours = look.enrolment.id
    return ours is not None and any(
        event.name == REPLIED and event.human and event.data.get("enrolment_id") == ours for event in look.facts.history
    )


def _goal(look: Look) -> Outcome | None:
    goal = look.sequence.goal
    if goal is None or (goal.on_reach != "exit" and (_on_its_way(look) or not _ahead(look, goal.on_reach))):
        return None
    entered = look.enrolment.entered_at
    if goal.within is not None and look.now > look.later(entered, goal.within, look.zone_now):
        return None
    if not look.true(goal.when, since_entry(look.facts, look.enrolment)):
        return None
    reason = f"goal reached: {said(goal.when)}"
    return Leave(reason) if goal.on_reach == "exit" else Jump(goal.on_reach, reason)


def _on_its_way(look: Look) -> bool:
    """Whether a mail is promised that has not come to its end: nobody goes past it, or the next might overtake it."""
    return look.enrolment.position == "awaiting_mail" and (look.mail is None or look.mail.state not in TERMINAL)


def _ahead(look: Look, step_id: str) -> bool:
    return is_below(look.sequence, step_id, look.step.id)


def _passed(look: Look) -> Outcome | None:
    return PassBy(look.step, look.then) if look.step.id in look.enrolment.passed else None


# ---------------------------------------------------------------- waiting


def _awaited_mail(look: Look) -> Outcome | None:
    if look.enrolment.position != "awaiting_mail":
        return None
    mail = look.mail
    if mail is None or _on_its_way(look):
        return WaitForEvent(None, "its mail is on the way", look.zone)
    if mail.state in REACHED:
        return Settled(look.step, look.then, mail.sent_at, None)
    reason = mail.reason or mail.state
    if mail.state != "withdrawn" and look.sequence.on_failure == "exit":
        return Leave(f"its mail was not sent: {mail.state}, {reason}")
    if mail.state == "withdrawn":  # the lead may not be written to: not by the next step either
        return Leave(f"its mail was withdrawn: {reason}")
    return Settled(look.step, look.then, None, f"its mail was not sent: {mail.state}, {reason}")


def _pause(look: Look) -> Outcome | None:
    pause = resting(look.enrolment, look.facts.lead.id, look.sequence, look.pauses)
    return None if pause is None else Rest(f"paused: {pause.reason}", look.zone)


def _wait(look: Look) -> Outcome | None:
    if look.step.wait_for is not None:
        return _wait_for(look, look.step.wait_for)
    if look.step.dated_by is not None:
        return _wait_for_date(look, look.step.dated_by)
    begun = look.enrolment.waiting_since is not None
    if begun and look.enrolment.position == "ready":
        return None  # the wait is over; a window or a cap delays the act
    known = look.enrolment.due_at if begun and not look.shifting else None
    at = known if known is not None else look.planned
    return WaitUntil(at, "wait", look.zone) if at > look.now else None


def _wait_for_date(look: Look, field: str) -> Outcome | None:
    """A date may still be moved, so the wait is counted again at every look."""
    if look.dated is None:
        return Skip(look.step, f"the lead has no date in `{field}`", look.then)
    at = look.planned
    return WaitUntil(at, f"wait from the date in `{field}`", look.zone) if at > look.now else None


def _wait_for(look: Look, wait: WaitFor) -> Outcome:
    facts = _counted(wait, look.facts, look.enrolment)
    if look.true(wait.when, facts):
        return Take(look.step, look.then, look.now)
    since = look.enrolment.waiting_since or look.now
    timeout = shifted(lambda anchor, _: look.later(anchor, wait.timeout), since, since, look.shifting)
    if look.now >= timeout:
        return _timed_out(look, wait)
    change = next_change(wait.when, facts, look.rules.site.definitions, look.now)
    return WaitForEvent(min(timeout, change or timeout), f"waits for {said(wait.when)}", look.zone)


def _timed_out(look: Look, wait: WaitFor) -> Outcome:
    reason = f"{said(wait.when)} did not come within {wait.timeout}"
    if wait.on_timeout == "exit":
        return Leave(reason, look.step)
    return Skip(look.step, reason, look.then if wait.on_timeout == "next" else wait.on_timeout)


# ---------------------------------------------------------------- acting


def _act(look: Look) -> Outcome:
    step = look.step
    if step.only_if is not None and not look.true(step.only_if):
        return Skip(step, f"only_if {said(step.only_if)} does not hold", look.then)
    if step.exit is not None:
        return Leave(step.exit, step)
    if step.mails:
        return _send(look)
    if step.jump is not None:
        return _jump(look, step.jump, step.max_passes or 0)
    if step.enrol is not None and step.enrol not in look.rules.site.sequences:
        return Skip(step, f"the release in force has no sequence `{step.enrol}`", look.then)
    return _way(look)


def _way(look: Look) -> Outcome:
    """Steps that every lead takes, each to where it leads them."""
    step, place = look.step, (look.facts.lead.id, look.enrolment.sequence, look.step.id)
    if step.holdout is not None and held_out(step.holdout, *place):
        return Leave(f"held out: one of the {step.holdout} % who go no further", step)
    if step.split is not None:
        to = way(step.split, *place)
        return Take(step, to, look.planned, reason=f"its share goes to `{to}`")
    if step.branch is not None:
        return Take(step, _branch(look, step.branch), look.planned)
    return Take(step, look.then, look.planned)


def _jump(look: Look, to: str, max_passes: int) -> Outcome:
    """Down as often as anybody comes here; back only so often, then on to the next step."""
    back = not is_below(look.sequence, to, look.step.id)
    if back and look.enrolment.laps.get(look.step.id, 0) >= max_passes:
        return Skip(look.step, f"max_passes {max_passes} are used up", look.then)
    return Take(look.step, to, look.planned)


def _branch(look: Look, branch: Branch) -> str | None:
    return next((case.to for case in branch.case if look.true(case.when)), branch.otherwise or look.then)


def _send(look: Look) -> Outcome:
    pick, sequence = look.step.pick, look.enrolment.sequence
    email = look.step.email if pick is None else picked(pick, sequence, look.facts, look.rules.site)
    if (reason := next(_refusals(look, email), None)) is not None:
        return Skip(look.step, reason, look.then)
    return _asked_enough(look, str(email)) or _shut(look) or Take(look.step, look.then, look.planned, email)


def _asked_enough(look: Look, email: str) -> Outcome | None:
    """Anybody may type anybody's address into a form: as long as nobody has proven it theirs, few mails answer."""
    name, asked = look.enrolment.sequence, look.facts.asked
    asks = look.rules.site.asks_to_confirm(name, email)
    if asked is None or look.facts.proven or not (asks or answers_forms(look.sequence)):
        return None
    if asks and asked.used_up:
        return Skip(look.step, f"the address was asked to confirm {AT_MOST} times and never did", look.then)
    if asked.knows_it(f"{name}/{email}"):
        return Skip(look.step, f"the address got this mail {AT_MOST} times and never confirmed anything", look.then)
    if asked.has_it(f"{name}/{email}", look.now):
        return Skip(look.step, f"the address has this mail since less than {HOURS_APART} hours, unconfirmed", look.then)
    opens = asked.open_at(look.now) if asks else None
    reason = f"the address was asked to confirm less than {HOURS_APART} hours ago"
    return None if opens is None else WaitUntil(opens, reason, look.zone_now, delayed=True)


def _refusals(look: Look, email: str | None) -> Iterator[str]:
    if look.expires_at is not None and look.now > look.expires_at:
        yield f"too late: it was due {look.planned:%Y-%m-%d %H:%M} UTC and expires_after {look.sequence.expires_after}"
    pause = missed(look.planned, look.pauses) if on_resume(look.sequence) == "skip" else None
    if pause is not None:
        yield f"it was due in a pause that began {pause.began_at:%Y-%m-%d %H:%M} UTC; on_resume = skip"
    if (met := next((one for one in look.sequence.suppress if look.true(one)), None)) is not None:
        yield f"suppress {said(met)} holds"
    if not look.facts.lead.email:
        yield "the lead has no email address"
    if email is None:
        yield "no text is left to pick"
    elif not look.rules.site.locales_of(look.enrolment.sequence, email):
        yield f"the release in force has no text `{look.enrolment.sequence}/{email}`"


def _shut(look: Look) -> Outcome | None:
    hours = hours_of(look.sequence, look.step)
    shut = shut_by(hours, look.now, look.zone_now)
    if shut is None:
        return None
    by = f"{shut.by} {look.zone_now}"
    if shut.fallback == "skip":
        return Skip(look.step, f"{shut.place} {by}", look.then)
    at = opening(hours, look.now, look.zone_now)
    if look.expires_at is not None and at > look.expires_at:
        return Skip(look.step, f"too late: {shut.place} {by} until it has expired", look.then)
    return WaitUntil(at, by, look.zone, delayed=True)
