"""What is wrong with a sequence that reads well: sends that never come, exits at the entry, entries without end.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.sequences import Sequence, Step, Trigger
from authoring.references import each
from authoring.site import Locate, Site
from base.calendars import WEEKDAYS
from base.problems import Problem, Severity
from leads.conditions import stage_rank
from workflows.effects import IDENTITY
from workflows.waits import Hours, Shut, cap_parts, later, opening, shut_by, window_of

Path = tuple[str | int, ...]
Found = Iterator[tuple[Severity, Path, str, str]]  # how bad, where in the file, what is wrong, what to do

MADE_BY_A_MAIL = ("link_clicked", "mail.sent")

# A week without a change of clocks, for questions about hours and weekdays.
_MONDAY = date(2026, 1, 5)


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
            message = f"the cap `{cap}` lets no marketing mail leave at all"
            found.append(Problem(_DEFINITIONS, *locate(_DEFINITIONS, path), "error", message, "count from 1"))
    return sorted(found)


def _caps(site: Site) -> Iterator[tuple[Path, str]]:
    yield from ((("pressure", "caps", index), cap) for index, cap in enumerate(site.definitions.pressure.caps))
    for index, stage in enumerate(site.definitions.stages):
        yield from ((("stages", index, "cadence", place), cap) for place, cap in enumerate(stage.cadence))


_DEFINITIONS = "definitions.toml"

# ---------------------------------------------------------------- sends


def _moments(step: Step) -> list[datetime]:
    """The instants of a plain week at which a fixed `wait_until` ends, as UTC stands for any zone."""
    written = step.wait_until
    if written is None or written.time is None:
        return []
    days = [_MONDAY + timedelta(days=offset) for offset in range(7)]
    chosen = [day for day in days if not written.weekdays or WEEKDAYS[day.weekday()] in written.weekdays]
    return [datetime.combine(day, time.fromisoformat(written.time), tzinfo=UTC) for day in chosen]


def _opens(hours: Hours) -> bool:
    try:
        return opening(hours, datetime.combine(_MONDAY, time(), tzinfo=UTC), "UTC") is not None
    except ValueError:
        return False


def _sends(name: str, sequence: Sequence, site: Site) -> Found:
    """A mail that waits for a moment at which it may never leave. Holidays are left out: no week is without one."""
    for index, step in enumerate(sequence.step):
        window, moments = window_of(sequence, step), _moments(step)
        if not step.mails:
            continue
        hours = Hours(window, sequence.quiet_hours)
        if window is not None and not window.days:
            yield "error", ("step", index), f"the step `{step.id}` never sends: its window has no day", "name its days"
        elif not _opens(hours):
            message = f"the step `{step.id}` never sends: its window only opens in the `quiet_hours`"
            yield "error", ("step", index), message, "widen `send_window`, or shorten `quiet_hours`"
        else:
            shut = [(at, by) for at in moments if (by := shut_by(hours, at, "UTC")) is not None]
            yield from _always_shut(index, step, sequence, hours, shut) if moments and len(shut) == len(moments) else ()


def _always_shut(
    index: int, step: Step, sequence: Sequence, hours: Hours, moments: list[tuple[datetime, Shut]]
) -> Found:
    path = ("step", index, "wait_until", "time")
    by = moments[0][1]
    where = "outside its window" if by.place == "outside the" else "in the `quiet_hours`"
    hint = f"wait for a moment {_allowed(hours, by)}"
    if all(shut.fallback == "skip" for _, shut in moments):
        message = f'the step `{step.id}` never sends: it waits for a moment {where}, and `fallback = "skip"`'
        yield "error", path, message, hint
    elif all(_expired(sequence, at, opening(hours, at, "UTC")) for at, _ in moments):
        message = f"the step `{step.id}` never sends: it expires before its window opens"
        yield "error", path, message, f"{hint}, or let `expires_after` be longer"
    else:
        message = f"the step `{step.id}` waits for a moment {where}, and always sends later than it says"
        yield "warning", path, message, hint


def _allowed(hours: Hours, shut: Shut) -> str:
    window = hours.window
    if window is None or shut.place != "outside the":
        return "outside the `quiet_hours`, or shorten them"
    return f"inside {window.from_}-{window.to}, {' '.join(window.days)}, or widen `send_window`"


def _expired(sequence: Sequence, at: datetime, opens: datetime) -> bool:
    late = sequence.expires_after
    return late is not None and later(at, late, "UTC") < opens


def _holidays(name: str, sequence: Sequence, site: Site) -> Found:
    """Holidays close windows and are no business days; a sequence with neither has no use for them."""
    lengths = [text for _, inner in each(sequence) for text in _durations(inner)]
    windows = [window_of(sequence, step) for step in sequence.step if step.mails]
    if sequence.holidays and not any(windows) and not any("business day" in text for text in lengths):
        message = "`holidays` does nothing: they close the `send_window`, and are no business days"
        yield "warning", ("holidays",), message, "give the sequence a `send_window`, or leave `holidays` out"


def _durations(model: Model) -> list[str]:
    names = ("wait", "due", "timeout", "within", "expires_after", "min_interval")
    return [text for name in names if isinstance(text := getattr(model, name, None), str)]


# ---------------------------------------------------------------- entries


def _entries(name: str, sequence: Sequence, site: Site) -> Found:
    if sequence.min_interval is not None and sequence.re_entry == "never":
        hint = 'say re_entry = "after_exit" or "always", or leave `min_interval` out'
        yield "warning", ("min_interval",), '`min_interval` does nothing with re_entry = "never"', hint
    for index, trigger in enumerate(sequence.trigger):
        if _endless(trigger, sequence, name):
            by = "end" if trigger.sequence is not None else f"mails (`{trigger.event}`)"
            message = f"the sequence lets its leads in again by its own {by}, without end"
            yield "error", ("trigger", index), message, "give it a `min_interval`, or another trigger"
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
        message = f"whoever agrees to `{topic}` on the form `{asking}` has not confirmed yet when it lets them in"
        hint = f'add [[trigger]] event = "consent_granted", subject = "{topic}"'
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


# ---------------------------------------------------------------- exits


def _exits(name: str, sequence: Sequence, site: Site) -> Found:
    """A condition to leave that holds for everybody who enters."""
    for index, condition in enumerate(sequence.exit_when):
        for trigger in sequence.trigger:
            if any(_holds_at_entry(part, trigger, site) for part in (condition, *(condition.any or ()))):
                message = "whoever enters leaves at once: this holds by the very event that lets them in"
                yield (
                    "error",
                    ("exit_when", index),
                    message,
                    "name another event, or a `goal`: it counts from the entry",
                )
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
            message = f"a step cannot change `{field}`: it says who the lead is"
            yield "error", ("step", index, "set", "fields", field), message, "set another field"
        when = step.wait_for.when if step.wait_for is not None else None
        if when is not None and when.event in MADE_BY_A_MAIL and place.get(str(when.subject), -1) > index:
            message = f"the step `{step.id}` waits for a mail that is only sent further down"
            yield "error", ("step", index, "wait_for", "when", "subject"), message, "move the step below that mail"


def _circles(name: str, sequence: Sequence, site: Site) -> Found:
    """A lead enrolled from sequence to sequence, and into the first again, without end."""
    for index, step in enumerate(sequence.step):
        if step.enrol is not None and name in _led_to(step.enrol, site):
            message = f"`{step.enrol}` leads back into this sequence, and both let their leads in again without end"
            hint = 'give one of them a `min_interval`, or re_entry = "never"'
            yield "error", ("step", index, "enrol"), message, hint


def _led_to(name: str, site: Site) -> set[str]:
    """The sequences that a lead may come to from that one by `enrol`, itself included, any number of times."""
    pending, seen = [name], set[str]()
    while pending:
        sequence = site.sequences.get(current := pending.pop())
        if sequence is not None and current not in seen and _again_at_once(sequence):
            seen.add(current)
            pending += [step.enrol for step in sequence.step if step.enrol is not None]
    return seen


def _again_at_once(sequence: Sequence) -> bool:
    return sequence.re_entry != "never" and sequence.min_interval is None


def _own_caps(name: str, sequence: Sequence, site: Site) -> Found:
    for index, cap in enumerate(sequence.frequency_cap):
        if cap_parts(cap)[0] == 0:
            message = f"the cap `{cap}` lets no mail of this sequence leave at all"
            yield "error", ("frequency_cap", index), message, "count from 1"


CHECKS: tuple[Callable[[str, Sequence, Site], Found], ...] = (
    _sends,
    _entries,
    _exits,
    _steps,
    _holidays,
    _circles,
    _own_caps,
)
