"""The ledger of a lead's decisions in the reader's words: what, why, by which rule, on what values, until when."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from authoring.models.conditions import Condition
from authoring.models.steps import Case, Step, WaitFor
from authoring.site import Site
from base.translations import msgid
from console.conditions import in_words
from console.context import Viewer, moment, say, say_n
from console.entries import told_of_entry
from console.lead_dealings import MAILS
from console.left_alone import BACK
from console.names import Names
from console.reasons import told
from console.rule_places import Place, Written, caps, place, trigger_of, written
from console.step_words import act_of, trigger, wait_of
from console.ways import bears_on, led_to
from leads.answering import MAILABLE
from leads.facts import Facts
from leads.seen import Seen, seen
from reports.ledger import Decided
from reports.past import Past
from workflows.language import said as written_as
from workflows.values import REACHED

MOST_OF_A_REASON = 300  # characters that the engine keeps
LOOKED_INTO = 100  # the newest lines for which the values of then are computed again
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "entered": (msgid("came in"), "sprout"),
    "adopted": (msgid("follows an edit"), ""),
    "refused": (msgid("was not let in"), "hot"),
    "taken": (msgid("done"), "sprout"),
    "skipped": (msgid("left out"), "warm"),
    "delayed": (msgid("put off"), "warm"),
    "left": (msgid("left the sequence"), ""),
    "completed": (msgid("came to the end"), ""),
}
CONSENTS: Mapping[str, str] = {
    "asked": msgid("asked, not confirmed"),
    "granted": msgid("agreed"),
    "informed": msgid("told of it at a work address, no objection"),
    "withdrawn": msgid("withdrawn"),
    "": msgid("never asked"),
}
_CONDITION = re.compile(r"\{.*\}")
_CONSENT = re.compile(r"no consent for `(.+)`")


@dataclass(frozen=True, slots=True)
class Value:
    """A thing that was looked at. `asked`: in words; `written`: as the file says it; `said`: its value in words."""

    asked: str
    written: str
    value: str
    said: str
    held: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A decision, told. `word`: what came of it, `kind` its colour; `said`: why."""

    decided: Decided
    title: str
    step: str
    word: str
    kind: str
    said: str
    rule: Place | None
    values: tuple[Value, ...]
    to: str | None  # the step that was chosen among several

    def as_json(self) -> dict[str, Any]:
        one = self.decided
        return {
            "at_utc": _utc(one.at),
            "sequence": one.sequence,
            "step": one.step,
            "outcome": one.outcome,
            "mail": one.mail,
            "came_back": one.back.how if one.back else None,
            "reason": one.reason or one.mail_reason,
            "said": self.said,
            "rule": {"file": self.rule.file, "line": self.rule.line} if self.rule else None,
            "values": [{"asked": v.written, "value": v.value, "held": v.held} for v in self.values],
            "goes_on_at": self.to or None,
            "release": one.release_id,
            "next_try_utc": _utc(one.until) if one.until else None,
        }


def told_lines(
    conn: Connection,
    lead_id: int,
    decisions: tuple[Decided, ...],
    site: Site,
    sites: Mapping[int, Site],
    who: Viewer,
    step: str | None = None,
) -> Iterator[Line]:
    """The decisions as this reader reads them; those that bear on `step`, where one is named. `sites`: by release, for
    the rules that were in force then."""
    names, past = Names(site, who), Past(conn, lead_id, who.zone)
    capped = caps(conn, decisions)
    about = (
        (one, found)
        for one, found in written(conn, decisions)
        if step is None or bears_on(one, found.sequence if found else None, step)
    )
    for number, (one, found) in enumerate(about):
        then = sites.get(one.release_id, site)
        word, kind = _outcome(one)
        yield Line(
            decided=one,
            title=names("sequence", one.sequence),
            step=_step_name(one, found, then),
            word=word,
            kind=kind,
            said=_said(one, found, then, names),
            rule=place(one, found, capped),
            values=tuple(_values(past, one, _step(one, found), then, names)) if number < LOOKED_INTO else (),
            to=led_to(one, _step(one, found)),
        )


def _outcome(one: Decided) -> tuple[str, str]:
    back = BACK[one.back.how] if one.back is not None and one.mail in REACHED else None
    word, kind = back or MAILS.get(one.mail or "") or OUTCOMES[one.outcome]
    return say(word), kind


def _step_name(one: Decided, found: Written | None, site: Site) -> str:
    if one.outcome == "completed":
        return ""
    step = _step(one, found)
    return act_of(step, one.sequence, site) if step is not None and step.act else one.step or ""


def _step(one: Decided, found: Written | None) -> Step | None:
    return found.sequence.find(one.step) if found is not None and one.step is not None else None


def _said(one: Decided, found: Written | None, site: Site, names: Names) -> str:
    if one.outcome == "refused":
        return told(one.reason.split(": ", 1)[-1], names)
    if one.outcome == "entered" and found is not None:
        let_in = trigger(found.sequence.trigger[trigger_of(one, found.sequence)], found.sequence, site)
        return ", ".join(part for part in (let_in, told_of_entry(one.reason)) if part)
    if one.mail_reason and one.mail != "sent":
        return told(one.mail_reason, names)
    step = _step(one, found)
    if one.reason:
        late = led_to(one, step) if one.outcome == "skipped" and step is not None and step.wait_for else None
        reason = told(one.reason, names)
        return say("%(why)s; goes on at “%(step)s”", why=reason, step=late) if late else reason
    return (wait_of(step) if step is not None else "") or say("at once")


def _values(past: Past, one: Decided, step: Step | None, site: Site, names: Names) -> Iterator[Value]:
    """What the rule looked at, as it was then."""
    if match := _CONSENT.search(one.reason):
        topic = match[1]
        state = past.consents_at(one.at).get(topic, "")
        asked = say("consent to “%(topic)s”", topic=names("topic", topic))
        yield Value(asked, f'consent = "{topic}"', say(CONSENTS[state]), say(CONSENTS[state]), state in MAILABLE)
    asked_of = _asked(one, step)
    if asked_of:
        facts = past.facts_at(site, one.at)
        if one.outcome == "taken" and step is not None and step.wait_for is not None:
            facts = _counted(step.wait_for, facts, one)
        for condition in asked_of:
            yield from (_value(part, names) for part in seen(condition, facts, site.definitions, one.at))


def _asked(one: Decided, step: Step | None) -> list[Condition]:
    """What decided: of a branch, every condition that was asked, down to the one that was true."""
    if step is not None and step.branch is not None and one.outcome == "taken":
        whens = [case.when for case in step.branch.case]
        met = next((at for at, case in enumerate(step.branch.case, 1) if _chose(one, case)), len(whens))
        return whens[:met] if one.reason else []
    condition = _condition(one.reason)
    return [] if condition is None else [condition]


def _chose(one: Decided, case: Case) -> bool:
    return one.reason == f"goes on at `{case.to}`: {written_as(case.when)}"[:MOST_OF_A_REASON]


def _counted(wait: WaitFor, facts: Facts, one: Decided) -> Facts:
    """Only what the wait counted; since when a wait `since = "now"` counts is not kept: from the entry on."""
    since = 0 if wait.since == "ever" else one.entry_seq or 0
    return replace(facts, history=tuple(event for event in facts.history if event.seq > since))


def _value(part: Seen, names: Names) -> Value:
    asked = part.condition.model_dump(by_alias=True, exclude_none=True)
    flat = ", ".join(
        f"{key} = {value!r}" if isinstance(value, str) else f"{key} = {value}" for key, value in asked.items()
    )
    return Value(in_words(asked, names), flat.replace("'", '"'), part.value, _told_value(part, names), part.held)


def _told_value(part: Seen, names: Names) -> str:
    """Stages by their names; how often an act was done, and when last."""
    if part.condition.stage is not None or part.condition.stage_at_least is not None:
        return names.stage(part.value)
    if part.condition.event is not None:
        times, _, at = part.value.partition(", ")
        counted = say_n("%(count)s time", "%(count)s times", int(times))
        return f"{counted}, {moment(datetime.fromisoformat(at.replace(' UTC', '+00:00')))}" if at else counted
    return part.value


def _condition(reason: str) -> Condition | None:
    """The condition that a reason holds, as it was written; None where there is none, or only a part of one."""
    match = _CONDITION.search(reason)
    if match is None:
        return None
    try:
        return Condition.model_validate(tomllib.loads(f"it = {match[0]}")["it"])
    except (tomllib.TOMLDecodeError, ValidationError):
        return None


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
