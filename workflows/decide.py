"""What one enrolment does at this instant; what several of them together may do is left to arbiter, doing it to turn.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from authoring.models.sequences import Sequence
from authoring.models.steps import Branch, WaitFor
from leads.conditions import next_change
from leads.facts import DISQUALIFIED, REPLIED, Event, Facts
from leads.shares import held_out, way
from workflows.entries import outside
from workflows.language import is_below, said
from workflows.look import Look
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
from workflows.resting import resting, shifted
from workflows.sending import send
from workflows.values import REACHED, TERMINAL, Enrolment, Mail, Rules


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
        return Take(look.step, look.then, look.now, reason=f"came: {said(wait.when)}")
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
        return send(look)
    if step.jump is not None:
        return _jump(look, step.jump, step.max_passes or 0)
    if step.enrol is not None and step.enrol not in look.rules.site.sequences:
        return Skip(step, f"the release in force has no sequence `{step.enrol}`", look.then)
    return _way(look)


def _way(look: Look) -> Outcome:
    """Steps that every lead takes, each to where it leads them."""
    step, place = look.step, (look.facts.lead.id, look.enrolment.sequence, look.step.id)
    if step.holdout is not None:
        if held_out(step.holdout, *place):
            return Leave(f"held out: one of the {step.holdout} % who go no further", step)
        return Take(step, look.then, look.planned, reason=f"not one of the {step.holdout} % who go no further")
    if step.split is not None:
        to = way(step.split, *place)
        return Take(step, to, look.planned, reason=f"its share goes to `{to}`")
    if step.branch is not None:
        return _branch(look, step.branch)
    return Take(step, look.then, look.planned)


def _jump(look: Look, to: str, max_passes: int) -> Outcome:
    """Down as often as anybody comes here; back only so often, then on to the next step."""
    back, made = not is_below(look.sequence, to, look.step.id), look.enrolment.laps.get(look.step.id, 0)
    if back and made >= max_passes:
        return Skip(look.step, f"max_passes {max_passes} are used up", look.then)
    reason = f"goes back to `{to}`, {made + 1} of {max_passes} times" if back else f"goes on at `{to}`"
    return Take(look.step, to, look.planned, reason=reason)


def _branch(look: Look, branch: Branch) -> Take:
    met = next((case for case in branch.case if look.true(case.when)), None)
    to = met.to if met is not None else branch.otherwise or look.then
    because = said(met.when) if met is not None else "no case holds"
    where = f"goes on at `{to}`" if to is not None else "nothing follows"
    return Take(look.step, to, look.planned, reason=f"{where}: {because}")
