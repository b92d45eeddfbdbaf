"""What taking a step puts into the world: a promised mail, a notification, changed fields.

Pure: no database, no clock, no network.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from authoring.models.common import text_in
from authoring.models.hand_off import Rep
from authoring.models.steps import SetFields, Step
from authoring.site import UNLINKED
from leads.facts import COLUMNS, Facts, Lead
from leads.points import MILLI
from workflows.language import zone_for
from workflows.outcomes import Take
from workflows.values import Enrolment, Message, Rules, Task, Webhook
from workflows.waits import holidays_of, later

# What identifies a lead is changed by doors only; lint says so to the author.
IDENTITY = frozenset({"email", "phone"})
_NAMED = frozenset(COLUMNS) - IDENTITY


def with_fields(facts: Facts, change: SetFields) -> Facts:
    """The facts with the step's fields and tags set."""
    lead = facts.lead
    columns: dict[str, Any] = {name: str(value) for name, value in change.fields.items() if name in _NAMED}
    others = {name: value for name, value in change.fields.items() if name not in COLUMNS}
    kept = [tag for tag in lead.tags if tag not in change.remove_tags]
    tags = tuple(dict.fromkeys([*kept, *change.add_tags]))
    return replace(facts, lead=replace(lead, **columns, fields={**lead.fields, **others}, tags=tags))


def mail(enrolment: Enrolment, take: Take, facts: Facts, rules: Rules) -> Message:
    """The promise to send the step's text, in the lead's language where it is written in it."""
    sequence, email = rules.sequence(enrolment), str(take.email)
    return Message(
        key=enrolment.key,
        klass=sequence.class_,
        sequence=enrolment.sequence,
        step=take.step.id,
        occurrence=enrolment.occurrence,
        topic=sequence.topic,
        email=f"{enrolment.sequence}/{email}",
        locale=_locale(facts.lead, rules.site.locales_of(enrolment.sequence, email)),
        expires_at=expiry(enrolment, take, facts, rules),
        context={UNLINKED: True} if take.unlinked else None,
    )


def expiry(enrolment: Enrolment, take: Take, facts: Facts, rules: Rules) -> datetime | None:
    """From when on the step's mail is too late; None = never."""
    sequence = rules.sequence(enrolment)
    zone = enrolment.waiting_zone or zone_for(facts.lead, sequence, rules.zone)
    late = sequence.expires_after
    return None if late is None else later(take.planned, late, zone, holidays_of(sequence))


def notification(enrolment: Enrolment, step: Step, facts: Facts, rules: Rules) -> Message:
    """The promise to tell a salesperson, in their language."""
    assert step.notify is not None
    rep = rep_for(step.notify.rep or facts.lead.owner, rules.site.definitions.hand_off.reps)
    return Message(
        key=enrolment.key,
        klass="notification",
        sequence=enrolment.sequence,
        step=step.id,
        occurrence=enrolment.occurrence,
        topic=None,
        email="notify",
        locale=rep.locale,
        recipient=rep.email,
        context={"subject": text_in(step.notify.subject, rep.locale), "text": text_in(step.notify.text, rep.locale)},
    )


def task(enrolment: Enrolment, step: Step, facts: Facts, rules: Rules, now: datetime) -> Task:
    """What the step gives a salesperson to do, in their language."""
    assert step.task is not None
    rep = rep_for(step.task.owner or facts.lead.owner, rules.site.definitions.hand_off.reps)
    sequence = rules.sequence(enrolment)
    zone, holidays = zone_for(facts.lead, sequence, rules.zone), holidays_of(sequence)
    due_at = None if step.task.due is None else later(now, step.task.due, zone, holidays)
    return Task(enrolment.sequence, text_in(step.task.title, rep.locale), due_at, rep.id)


def webhook(enrolment: Enrolment, step: Step, facts: Facts) -> Webhook:
    """Who stands where, for a receiver that knows what it means."""
    lead, standing = facts.lead, facts.standing
    known = {name: getattr(lead, name) for name in (*COLUMNS, "locale", "source", "owner")}
    return Webhook(
        channel=str(step.webhook),
        type="sequence.step",
        data={
            "sequence": enrolment.sequence,
            "step": step.id,
            "occurrence": enrolment.occurrence,
            "lead": {"id": lead.id, **known, "fields": dict(lead.fields), "tags": list(lead.tags)},
            "stage": standing.stage,
            "temperature": standing.temperature,
            "engagement": standing.engagement // MILLI,
            "fit": standing.fit // MILLI,
            "segments": list(standing.segments),
        },
    )


def rep_for(wanted: str | None, reps: list[Rep]) -> Rep:
    """The rep of that id; the first one for a lead without owner, or whose owner has gone."""
    return next((rep for rep in reps if rep.id == wanted), reps[0])


def _locale(lead: Lead, written: frozenset[str]) -> str:
    wanted = (lead.locale, lead.locale.split("-")[0])
    return next((locale for locale in wanted if locale in written), min(written))
