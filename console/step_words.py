"""What a sequence does, in the viewer's words: who comes in, what a step waits for, what it does, who leaves."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from babel.dates import get_day_names

from authoring.models.common import Localised
from authoring.models.conditions import Condition
from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import QuietHours, SendWindow, Step, WaitUntil
from authoring.site import Site
from base.translations import msgid
from base.typography import typeset
from console.conditions import duration, in_words
from console.context import day, moment, say, viewer
from console.names import Names
from console.reasons import PERIODS
from workflows.language import broadcast_moment
from workflows.waits import cap_parts

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ACT_ICONS = {
    "email": "mail", "pick": "mail", "notify": "bell", "task": "list-todo", "webhook": "send", "set": "tag",
    "enrol": "user-plus", "branch": "split", "split": "split", "holdout": "hand", "jump": "arrow-down",
    "exit": "log-out",
}  # fmt: skip
RE_ENTRY = {
    "never": msgid("once only"),
    "after_exit": msgid("again, when not inside"),
    "always": msgid("each time"),
}
TITLES = {
    "pick": msgid("The best text that is left"),
    "set": msgid("Changes the lead"),
    "branch": msgid("Which way?"),
    "split": msgid("By share"),
}
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def localised(text: Localised) -> str:
    return viewer().speech.text(text)


def weekdays(days: list[str]) -> str:
    """`Tuesday`, `Monday to Friday`, `Monday, Thursday`; nothing for all seven."""
    names: Any = get_day_names("wide", locale=viewer().locale.replace("-", "_"))
    at = sorted(WEEKDAYS.index(name) for name in days)
    if len(at) in (0, 7):
        return ""
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return say("%(first)s to %(last)s", first=names[at[0]], last=names[at[-1]])
    return ", ".join(names[one] for one in at)


def clock(text: str) -> str:
    """`09:00` as the viewer's language writes hours."""
    hours, minutes = (int(part) for part in text.split(":"))
    if viewer().language != "fr":
        return f"{hours}:{minutes:02}"
    return f"{hours}\u00a0h" + (f"\u00a0{minutes:02}" if minutes else "")


def wait_of(step: Step) -> str:
    """What stands before the act of a step; "" where nothing does."""
    parts = []
    if step.wait is not None:
        parts.append(_wait(step.wait, step))
    if step.wait_until is not None:
        until = _until(step.wait_until)
        parts.append(
            say("then until %(moment)s", moment=until) if parts else say("Waits until %(moment)s", moment=until)
        )
    if step.wait_for is not None:
        parts.append(say("Waits for something to happen, %(length)s at most", length=duration(step.wait_for.timeout)))
    return ", ".join(parts)


def _wait(length: str, step: Step) -> str:
    before, length = length.startswith("-"), duration(length.removeprefix("-"))
    if step.dated_by is not None and before:
        return say("Waits until %(length)s before the date in %(field)s", length=length, field=step.dated_by)
    if step.dated_by is not None:
        return say("Waits until %(length)s after the date in %(field)s", length=length, field=step.dated_by)
    if step.wait_from == "entry":
        return say("Waits %(length)s after the entry", length=length)
    return say("Waits %(length)s", length=length)


def awaited(step: Step, site: Site) -> str:
    """What a `wait_for` waits for; "" for others."""
    return condition(step.wait_for.when, site) if step.wait_for is not None else ""


def condition(asked: Condition, site: Site) -> str:
    return in_words(asked.model_dump(by_alias=True, exclude_none=True), Names(site, viewer()))


def _until(wait: WaitUntil) -> str:
    parts = [weekdays(list(wait.weekdays)), day_of(wait.date), clock(wait.time) if wait.time else ""]
    return " ".join(part for part in parts if part)


def day_of(text: str | None) -> str:
    return day(date.fromisoformat(text)) if text else ""


def act_of(step: Step, sequence: str, site: Site) -> str:
    """What the step does, as a title; "" for one that only waits."""
    if step.email is not None:
        return subject_of(site, sequence, step.email)
    if step.notify is not None:
        return localised(step.notify.subject)
    if step.task is not None:
        return localised(step.task.title)
    if step.act in TITLES:
        return say(TITLES[step.act])
    if step.webhook is not None:
        return say("Tells %(channel)s", channel=step.webhook)
    if step.enrol is not None:
        return say("Also begins %(sequence)s", sequence=Names(site, viewer())("sequence", step.enrol))
    if step.holdout is not None:
        return say("%(share)s %% go no further", share=step.holdout)
    return _leading(step)


def _leading(step: Step) -> str:
    if step.jump is not None and step.max_passes is not None:
        return say("Back to %(step)s, %(count)s times at most", step=step.jump, count=step.max_passes)
    if step.jump is not None:
        return say("Goes on at %(step)s", step=step.jump)
    return say("Leaves: %(reason)s", reason=step.exit) if step.exit is not None else ""


def subject_of(site: Site, sequence: str, email: str) -> str:
    """The subject of a mail in the viewer's language, else in any; what is filled in per lead becomes dots."""
    locales = sorted(site.locales_of(sequence, email), key=lambda one: (one != viewer().locale, one))
    if not locales:
        return email
    return typeset(_EXPRESSION.sub("…", site.emails[sequence, email, locales[0]].subject).strip(), locales[0])


def details_of(step: Step, site: Site) -> Iterator[str]:
    """The small print of a step: its condition, where its ways lead, when it may send. Text, and code in backticks."""
    if step.only_if is not None:
        yield say("only if %(condition)s", condition=condition(step.only_if, site))
    if step.branch is not None:
        for case in step.branch.case:
            yield say("%(condition)s leads to %(step)s", condition=condition(case.when, site), step=f"`{case.to}`")
        otherwise = step.branch.otherwise
        yield say("otherwise %(step)s", step=f"`{otherwise}`") if otherwise else say("otherwise the next step")
    for share in step.split or ():
        of = sum(share.weight for share in step.split or ())
        yield say("%(part)s of %(whole)s go to %(step)s", part=share.weight, whole=of, step=f"`{share.to}`")
    if step.pick is not None and step.pick.phase is not None:
        yield say("of the phase %(phase)s", phase=step.pick.phase)
    if step.task is not None and step.task.due is not None:
        yield say("to be done within %(length)s", length=duration(step.task.due))
    if step.set is not None:
        yield f"`{', '.join(_changes(step))}`"
    if step.send_window is not None:
        yield window(step.send_window)


def _changes(step: Step) -> Iterator[str]:
    assert step.set is not None
    yield from (f"{name} = {value}" for name, value in step.set.fields.items())
    yield from (f"+{tag}" for tag in step.set.add_tags)
    yield from (f"−{tag}" for tag in step.set.remove_tags)


def window(given: SendWindow | None) -> str:
    """`Monday to Friday, 8:00 – 19:00`; any time where nothing is said."""
    if given is None:
        return say("at any time")
    hours = "" if (given.from_, given.to) == ("00:00", "24:00") else f"{clock(given.from_)} – {clock(given.to)}"
    return ", ".join(part for part in (weekdays(list(given.days)), hours) if part) or say("at any time")


def quiet(given: QuietHours) -> str:
    return say("never between %(begin)s and %(end)s", begin=clock(given.from_), end=clock(given.to))


def trigger(one: Trigger, sequence: Sequence, site: Site) -> str:
    """Who is let in."""
    names = Names(site, viewer())
    if one.form is not None:
        return say("sends the form %(form)s", form=names("form", one.form))
    if one.magnet is not None:
        title = localised(site.magnets[one.magnet].title) if one.magnet in site.magnets else one.magnet
        return say("asks for %(magnet)s", magnet=title)
    if one.stage is not None:
        return say("comes to the stage %(stage)s", stage=names.stage(one.stage))
    if one.at is not None:
        return say("everybody whom it is for, on %(moment)s", moment=moment(broadcast_moment(one, viewer().zone)))
    if one.kind in ALONE:
        return say(ALONE[one.kind])
    if one.kind in _TRIGGERS:
        return _TRIGGERS[one.kind](one, site)
    if one.event == "consent_granted" and one.subject:
        return say("agrees to %(topic)s", topic=names("topic", one.subject))
    return say("does %(event)s", event=condition(Condition(event=one.event, subject=one.subject), site))


def _by_segment(one: Trigger, site: Site) -> str:
    labels = {segment.id: segment.label for segment in site.definitions.segments}
    name = localised(labels[one.segment]) if one.segment in labels else str(one.segment)
    if one.when == "left":
        return say("leaves the segment %(segment)s", segment=name)
    return say("comes into the segment %(segment)s", segment=name)


def _by_score(one: Trigger, site: Site) -> str:
    score = say("fit") if one.of == "fit" else say("engagement")
    if one.when == "falls":
        return say("%(score)s falls below %(points)s", score=score, points=one.score)
    return say("%(score)s reaches %(points)s", score=score, points=one.score)


def _by_date(one: Trigger, site: Site) -> str:
    offset = one.offset or "0 days"
    length, field = duration(offset.removeprefix("-")), one.date
    if one.offset is None:
        return say("the date in %(field)s has come", field=field)
    if offset.startswith("-"):
        return say("%(length)s before the date in %(field)s", length=length, field=field)
    return say("%(length)s after the date in %(field)s", length=length, field=field)


def _by_sequence(one: Trigger, site: Site) -> str:
    name = Names(site, viewer())("sequence", str(one.sequence))
    if one.when == "left":
        return say("leaves %(sequence)s before its end", sequence=name)
    return say("comes to the end of %(sequence)s", sequence=name)


ALONE = {"manual": msgid("is enrolled by hand"), "api": msgid("is enrolled by another program")}
_TRIGGERS = {"segment": _by_segment, "score": _by_score, "date": _by_date, "sequence": _by_sequence}


def rollout(sequence: Sequence) -> list[str]:
    """Who enters this version; nothing where everybody does."""
    if sequence.rollout is None:
        return []
    return [say("%(share)s %% enter this version, the others the one before", share=sequence.rollout)]


def settings(sequence: Sequence, site: Site) -> Iterator[tuple[str, list[str]]]:
    """How the sequence is set, as (what, lines); only what says something."""
    yield say("Comes in"), [*(trigger(one, sequence, site) for one in sequence.trigger), *rollout(sequence)]
    if sequence.filter is not None:
        yield say("Only if"), [condition(sequence.filter, site)]
    each = [say("each %(value)s on its own", value=sequence.entry_key)] if sequence.entry_key is not None else []
    yield say("Again"), [say(RE_ENTRY[sequence.re_entry]), *each]
    if sequence.goal is not None:
        within = [say("within %(length)s", length=duration(sequence.goal.within))] if sequence.goal.within else []
        yield say("Goal"), [condition(sequence.goal.when, site), *within]
    if sequence.suppress:
        yield say("Sends nothing while"), [condition(one, site) for one in sequence.suppress]
    leaves = [condition(one, site) for one in sequence.exit_when]
    if sequence.class_ == "marketing" and sequence.topic:
        leaves.insert(0, say("consent to %(topic)s withdrawn", topic=Names(site, viewer())("topic", sequence.topic)))
    if leaves:
        yield say("Leaves"), leaves
    yield say("Writes"), [site.definitions.senders[sequence.sender].name]
    never = [quiet(sequence.quiet_hours)] if sequence.quiet_hours is not None else []
    yield say("Sends"), [window(sequence.send_window), *never]
    if sequence.holidays:
        yield say("Days off"), [", ".join(sequence.holidays)]
    alone = [] if sequence.concurrent else [say("one of these sequences at a time")]
    own = [say(PERIODS[period], count=count) for count, period in map(cap_parts, sequence.frequency_cap)]
    yield say("Priority"), [str(sequence.priority), *alone, *own]
