"""Triggers that no event pulls: by what a standing became, by a date that has come, by the end of another sequence.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from authoring.models.sequences import Sequence, Trigger
from base.calendars import local_moment
from leads.conditions import earliest, next_change
from leads.facts import Facts, Standing
from leads.points import MILLI
from workflows.language import reaches, zone_for
from workflows.values import Enrolment, Rules
from workflows.waits import holidays_of, later

Pulled = tuple[str, str, str]  # the sequence, what pulled, what tells this entry from others


def by_change(before: Standing, after: Standing, rules: Rules) -> Iterator[Pulled]:
    """What is pulled because a score crossed a line, or because the lead came into a segment or left one."""
    for name, trigger in _triggers(rules, "score", "segment"):
        told = _crossed(trigger, before, after) if trigger.score is not None else _moved(trigger, before, after)
        if told is not None:
            yield name, told, told.replace(" ", "-")


def by_date(facts: Facts, rules: Rules, now: datetime) -> tuple[Mapping[str, str], list[Pulled]]:
    """The instants that are waited for from now on, and what those that have come pull.

    An instant that had passed when it became known is not waited for, and pulls nothing.
    """
    waiting: dict[str, str] = {}
    pulled: list[Pulled] = []
    for name, trigger in _triggers(rules, "date"):
        key = f"{name}/{trigger.date}/{trigger.offset or ''}"
        at = _instant(trigger, facts, rules.site.sequences[name], rules)
        if at is None:
            continue
        if at > now:
            waiting[key] = at.isoformat()
        elif facts.standing.dates.get(key) == at.isoformat():
            offset = f" {trigger.offset}" if trigger.offset else ""
            pulled.append((name, f"date {trigger.date}{offset}", f"{trigger.date}-{at:%Y-%m-%dT%H:%M}"))
    return waiting, pulled


def by_end(enrolment: Enrolment, rules: Rules) -> Iterator[Pulled]:
    """What is pulled by the end of an enrolment in another sequence."""
    for name, trigger in _triggers(rules, "sequence"):
        if (trigger.sequence, trigger.when) == (enrolment.sequence, enrolment.state):
            yield name, f"sequence {enrolment.sequence} {enrolment.state}", enrolment.state


def next_pull(facts: Facts, rules: Rules, now: datetime) -> datetime | None:
    """The first instant after `now` at which time alone may pull one of these triggers; a lower bound."""
    definitions = rules.site.definitions
    dates = [datetime.fromisoformat(at) for at in facts.standing.dates.values()]
    lines = [reaches(trigger, trigger.score) for _, trigger in _triggers(rules, "score") if trigger.score is not None]
    return earliest([*dates, *(next_change(line, facts, definitions, now) for line in lines)])


def with_dates(facts: Facts, dates: Mapping[str, str]) -> Facts:
    return facts if facts.standing.dates == dates else replace(facts, standing=replace(facts.standing, dates=dates))


def _triggers(rules: Rules, *kinds: str) -> Iterator[tuple[str, Trigger]]:
    for name, sequence in sorted(rules.site.sequences.items()):
        yield from ((name, trigger) for trigger in sequence.trigger if trigger.kind in kinds)


def _crossed(trigger: Trigger, before: Standing, after: Standing) -> str | None:
    line = (trigger.score or 0) * MILLI
    was, now = (getattr(standing, trigger.of) >= line for standing in (before, after))
    crossed = now and not was if trigger.when == "rises" else was and not now
    return f"{trigger.of} {trigger.when} to {trigger.score}" if crossed else None


def _moved(trigger: Trigger, before: Standing, after: Standing) -> str | None:
    was, now = (trigger.segment in standing.segments for standing in (before, after))
    moved = now and not was if trigger.when == "entered" else was and not now
    return f"segment {trigger.segment} {trigger.when}" if moved else None


def _instant(trigger: Trigger, facts: Facts, sequence: Sequence, rules: Rules) -> datetime | None:
    written = facts.lead.value(str(trigger.date))
    zone = zone_for(facts.lead, sequence, rules.zone)
    at = None if written is None else local_moment(str(written), zone)
    return at if at is None or trigger.offset is None else later(at, trigger.offset, zone, holidays_of(sequence))
