"""What is wrong with a sequence that reads well: sends that never come, exits at the entry, entries without end.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator

from authoring.models.conditions import Condition
from authoring.models.forms import Form
from authoring.models.sequences import Sequence, Trigger
from authoring.site import Locate, Site
from base.problems import Problem, Severity
from base.saying import Said, said
from leads.conditions import stage_rank
from workflows.coldness import commercial_to_cold
from workflows.crowding import crowded
from workflows.effects import IDENTITY
from workflows.hours import closed_hours, idle_holidays
from workflows.lateness import never_in_time
from workflows.waits import cap_parts

Path = tuple[str | int, ...]
Found = Iterator[tuple[Severity, Path, Said, Said]]  # how bad, where in the file, what is wrong, what to do

MADE_BY_A_MAIL = ("link_clicked", "mail.sent")


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem of the sequences, each taken with the definitions and forms of the site."""
    found = [
        Problem(file, *locate(file, path), severity, message, hint)
        for name, sequence in sorted(site.sequences.items())
        for check in CHECKS
        for file in (f"sequences/{name}.toml",)
        for severity, path, message, hint in check(name, sequence, site)
    ]
    for path, cap in _caps(site):
        if cap_parts(cap)[0] == 0:
            message = said("the cap `%(cap)s` lets no marketing mail leave at all", cap=cap)
            found.append(Problem(_DEFINITIONS, *locate(_DEFINITIONS, path), "error", message, said("count from 1")))
    for name, path, message, hint in crowded(site):
        file = f"sequences/{name}.toml"
        found.append(Problem(file, *locate(file, path), "warning", message, hint))
    return sorted(found)


def _caps(site: Site) -> Iterator[tuple[Path, str]]:
    yield from ((("pressure", "caps", index), cap) for index, cap in enumerate(site.definitions.pressure.caps))
    for index, stage in enumerate(site.definitions.stages):
        yield from ((("stages", index, "cadence", place), cap) for place, cap in enumerate(stage.cadence))


_DEFINITIONS = "definitions.toml"

# ---------------------------------------------------------------- entries


def _entries(name: str, sequence: Sequence, site: Site) -> Found:
    if sequence.min_interval is not None and sequence.re_entry == "never":
        message = said('`min_interval` does nothing with re_entry = "never"')
        hint = said('say re_entry = "after_exit" or "always", or leave `min_interval` out')
        yield "warning", ("min_interval",), message, hint
    for index, trigger in enumerate(sequence.trigger):
        if _endless(trigger, sequence, name):
            if trigger.sequence is not None:
                message = said("the sequence lets its leads in again by its own end, without end")
            else:
                message = said(
                    "the sequence lets its leads in again by its own mails (`%(event)s`), without end",
                    event=trigger.event,
                )
            yield "error", ("trigger", index), message, said("give it a `min_interval`, or another trigger")
        yield from _too_early(index, trigger, sequence, site)


def _endless(trigger: Trigger, sequence: Sequence, name: str) -> bool:
    if trigger.sequence == name and trigger.when == "completed":
        return _again_at_once(sequence)
    own = trigger.subject is None or trigger.subject.startswith(f"{name}/")
    made_by_mail = trigger.event is not None and trigger.event.startswith("mail.")
    return made_by_mail and own and sequence.re_entry != "never" and sequence.min_interval is None


def _too_early(index: int, trigger: Trigger, sequence: Sequence, site: Site) -> Found:
    """A form asks for consent and lets in at once; consent comes with the confirmation, minutes or days later."""
    topic = sequence.topic
    if sequence.class_ != "marketing" or any(_confirms(other, topic) for other in sequence.trigger):
        return
    asking = next((form for form in _forms(trigger, site) if topic in _asked_by(form, site)), None)
    if asking is not None:
        message = said(
            "whoever agrees to `%(topic)s` on the form `%(form)s` has not confirmed yet when it lets them in",
            topic=topic,
            form=asking,
        )
        hint = said('add [[trigger]] event = "consent_granted", subject = "%(topic)s"', topic=topic)
        yield "warning", ("trigger", index), message, hint


def _confirms(trigger: Trigger, topic: str | None) -> bool:
    return trigger.event == "consent_granted" and trigger.subject in (None, topic)


def _forms(trigger: Trigger, site: Site) -> list[str]:
    """The forms that pull this trigger."""
    if trigger.magnet is not None:
        return [name for name, form in sorted(site.forms.items()) if form.magnet == trigger.magnet]
    return [trigger.form] if trigger.form is not None and trigger.form in site.forms else []


def _asked_by(name: str, site: Site) -> set[str | None]:
    form = site.forms[name]
    return {form.subscribe, *(field.topic for field in form.field if field.kind == "consent")}


def _told_by(form: Form) -> set[str | None]:
    """The topics that addresses at work are told of."""
    return {field.topic for field in form.field if field.kind == "objection"}


def _nobody_agrees(name: str, sequence: Sequence, site: Site) -> Found:
    """A topic that no form asks for: nobody is let in, unless another program brings the consent."""
    asked = {topic for name, form in site.forms.items() for topic in {*_asked_by(name, site), *_told_by(form)}}
    if (
        site.forms
        and sequence.class_ == "marketing"
        and sequence.topic in site.definitions.topics
        and sequence.topic not in asked
    ):
        message = said(
            "nobody can agree to `%(topic)s`: no form asks for it, so this sequence lets nobody in",
            topic=sequence.topic,
        )
        hint = said("let a form ask for it, by a field of kind `consent` or by `subscribe`")
        yield "warning", ("topic",), message, hint


# ---------------------------------------------------------------- exits


def _exits(name: str, sequence: Sequence, site: Site) -> Found:
    """A condition to leave that holds for everybody who enters."""
    for index, condition in enumerate(sequence.exit_when):
        for trigger in sequence.trigger:
            if any(_holds_at_entry(part, trigger, site) for part in (condition, *(condition.any or ()))):
                message = said("whoever enters leaves at once: this holds by the very event that lets them in")
                hint = said("name another event, or a `goal`: it counts from the entry")
                yield "error", ("exit_when", index), message, hint
                break


def _holds_at_entry(condition: Condition, trigger: Trigger, site: Site) -> bool:
    if trigger.stage is not None:
        return condition.stage == trigger.stage or _reached(condition.stage_at_least, trigger.stage, site)
    name, subject = ("form_submitted", trigger.form) if trigger.form is not None else (trigger.event, trigger.subject)
    once = condition.event == name and condition.event is not None and (condition.count or 1) == 1
    return once and condition.subject in (None, subject)


def _reached(wanted: str | None, stage: str, site: Site) -> bool:
    return wanted is not None and 0 <= stage_rank(site.definitions, wanted) <= stage_rank(site.definitions, stage)


# ---------------------------------------------------------------- steps


def _steps(name: str, sequence: Sequence, site: Site) -> Found:
    place = {f"{name}/{step.email}": index for index, step in enumerate(sequence.step) if step.email is not None}
    for index, step in enumerate(sequence.step):
        for field in sorted(IDENTITY & set(step.set.fields)) if step.set is not None else ():
            message = said("a step cannot change `%(field)s`: it says who the lead is", field=field)
            yield "error", ("step", index, "set", "fields", field), message, said("set another field")
        when = step.wait_for.when if step.wait_for is not None else None
        if when is not None and when.event in MADE_BY_A_MAIL and place.get(str(when.subject), -1) > index:
            message = said("the step `%(step)s` waits for a mail that is only sent further down", step=step.id)
            hint = said("move the step below that mail")
            yield "error", ("step", index, "wait_for", "when", "subject"), message, hint


def _circles(name: str, sequence: Sequence, site: Site) -> Found:
    """A lead led from sequence to sequence, and into the first again, without end."""
    hint = said('give one of them a `min_interval`, or re_entry = "never"')
    for index, step in enumerate(sequence.step):
        if step.enrol is not None and name in _led_to(step.enrol, site):
            message = said(
                "`%(sequence)s` leads back into this sequence, and both let their leads in again without end",
                sequence=step.enrol,
            )
            yield "error", ("step", index, "enrol"), message, hint
    for index, trigger in enumerate(sequence.trigger):
        before = trigger.sequence
        if before not in (None, name) and trigger.when == "completed" and before in _led_to(name, site):
            message = said(
                "this sequence leads back into `%(sequence)s`, whose end lets leads in here: they go round without end",
                sequence=before,
            )
            yield "error", ("trigger", index), message, hint


def _led_to(name: str, site: Site) -> set[str]:
    """The sequences that a lead may come to from that one, itself included, any number of times."""
    pending, seen = [name], set[str]()
    while pending:
        sequence = site.sequences.get(current := pending.pop())
        if sequence is not None and current not in seen and _again_at_once(sequence):
            seen.add(current)
            pending += [*_follows(current, site), *(step.enrol for step in sequence.step if step.enrol is not None)]
    return seen


def _follows(name: str, site: Site) -> list[str]:
    """The sequences that the end of that one lets in to."""
    return [
        other
        for other, sequence in site.sequences.items()
        if any(trigger.sequence == name and trigger.when == "completed" for trigger in sequence.trigger)
    ]


def _again_at_once(sequence: Sequence) -> bool:
    return sequence.re_entry != "never" and sequence.min_interval is None


def _own_caps(name: str, sequence: Sequence, site: Site) -> Found:
    for index, cap in enumerate(sequence.frequency_cap):
        if cap_parts(cap)[0] == 0:
            message = said("the cap `%(cap)s` lets no mail of this sequence leave at all", cap=cap)
            yield "error", ("frequency_cap", index), message, said("count from 1")


CHECKS: tuple[Callable[[str, Sequence, Site], Found], ...] = (
    closed_hours,
    _entries,
    _exits,
    _steps,
    idle_holidays,
    _circles,
    _own_caps,
    _nobody_agrees,
    never_in_time,
    commercial_to_cold,
)
