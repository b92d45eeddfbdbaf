"""What a turn adds to the figures: one tally for each thing that happened, one move for each enrolment that went on.

Reports add these up instead of reading the events: a lead's event is taken in once, so it is counted once.
Pure: no database, no clock, no network.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day
from leads.conditions import off_the_way, place
from leads.facts import ADDED, CREDIBLE, DEPARTURES, RECLASSED, Event
from leads.tallies import (
    BEGUN,
    COMPLETED,
    ENTERED,
    GOAL,
    LEAD,
    LEFT,
    PAGE,
    REACHED,
    SKIPPED,
    SOURCED,
    TAKEN,
    why_left,
)
from workflows.values import Enrolment, Turn


class Tally(NamedTuple):
    """One row of the table. `source` is '' for what no report breaks down."""

    name: str
    day: date
    subject: str
    source: str


class Place(NamedTuple):
    """Where enrolments stand: a step of a version, and in which position."""

    sequence: str
    version: str
    step: str
    position: str


def tallied(turn: Turn, today: date, definitions: Definitions, reached: Iterable[str]) -> Counter[Tally]:
    """What `turn` adds. `reached`: stages that the lead had come to in earlier turns, where it has gone back since;
    `today` is the site's day, events have their own."""
    source, zone = turn.facts.lead.source or "", turn.facts.zone
    found: Counter[Tally] = Counter()
    for event in turn.state.events:
        day = local_day(event.at, zone)
        found.update(tally(name, day, subject, source) for name, subject in of_event(event))
        found.subtract(_no_longer(event, zone, source))
    changes = [(change.from_stage, change.to_stage) for change in turn.stage_changes]
    for name, subject in (*of_stages(changes, definitions, reached), *_of_ways(turn)):
        found[tally(name, today, subject, source)] += 1
    return found


def tally(name: str, day: date, subject: str | None, source: str) -> Tally:
    return Tally(name, day, (subject or "")[:200], source if name in SOURCED else "")


def of_event(event: Event) -> Iterator[tuple[str, str | None]]:
    """The names and subjects that one event is counted under; none for what is not believed yet, or happened
    elsewhere."""
    if event.evidence not in CREDIBLE or event.by_list:
        return
    yield event.means, event.subject
    if event.name == "form_submitted" and event.data.get("page"):
        yield PAGE, str(event.data["page"])
    if event.seq == 1 and _makes_a_lead(event):
        yield LEAD, None


def _makes_a_lead(event: Event) -> bool:
    """An act of their own, or that whoever brought them saw their interest."""
    shown = event.name == ADDED and bool(event.data.get("interest"))
    return shown or (event.human and event.name not in DEPARTURES)


def _no_longer(event: Event, zone: Zone, source: str) -> Iterator[Tally]:
    """What was counted for hits that are believed no longer."""
    if event.name == RECLASSED:
        for one in event.data["counted"]:
            yield tally(one["name"], local_day(datetime.fromisoformat(one["at"]), zone), one["subject"], source)


def of_stages(
    changes: Iterable[tuple[str | None, str]], definitions: Definitions, reached: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """What the moves of one lead, each from and to a stage, are counted under."""
    furthest = max((place(definitions, stage) for stage in reached), default=0)
    for came_from, to in changes:
        yield ENTERED, to
        before = max(furthest, place(definitions, came_from or ""))
        furthest = max(before, place(definitions, to))
        yield from ((REACHED, stage) for stage in on_the_way(definitions, before + 1, furthest))


def on_the_way(definitions: Definitions, first: int, last: int) -> Iterator[str]:
    """The stages of those ranks, both included, that lie on the way forward."""
    stages = (stage.id for stage in definitions.stages[first : last + 1])
    return (stage for stage in stages if not off_the_way(definitions, stage))


def _of_ways(turn: Turn) -> Iterator[tuple[str, str]]:
    """How enrolments began, went on and ended."""
    before = {one.key for one in turn.state.enrolments}
    for one in turn.enrolments:
        if one.key not in before:
            yield BEGUN, one.sequence
        yield from of_end(one.sequence, one.state, one.exit_reason)
    for receipt in turn.receipts:
        yield of_receipt(receipt.key[0], receipt.step, receipt.outcome)
    for line in turn.decisions:
        yield from of_decision(line.sequence, line.step, line.outcome, line.reason)


def of_end(sequence: str, state: str, reason: str | None) -> Iterator[tuple[str, str]]:
    """How the end of an enrolment is counted; nothing for one that goes on."""
    if state == "completed":
        yield COMPLETED, sequence
    if state == "left":
        yield LEFT, f"{sequence}/{why_left(reason)}"


def of_receipt(sequence: str, step: str, outcome: str) -> tuple[str, str]:
    return (TAKEN if outcome == "taken" else SKIPPED), f"{sequence}/{step}"


def of_decision(sequence: str | None, step: str | None, outcome: str, reason: str) -> Iterator[tuple[str, str]]:
    """A goal that was reached, whether it leads out or further down."""
    if outcome in ("left", "skipped") and reason.startswith("goal reached"):
        yield GOAL, f"{sequence}/{step}"


def moved(turn: Turn) -> Counter[Place]:
    """By how many the places of `turn` are fuller or emptier."""
    before = {one.key: one for one in turn.state.enrolments}
    change: Counter[Place] = Counter()
    for one in turn.enrolments:
        change.update(_places(one))
        change.subtract(_places(before.get(one.key)))
    return Counter({at: by for at, by in change.items() if by})


def _places(one: Enrolment | None) -> list[Place]:
    if one is None or not one.active or one.step is None:
        return []
    return [Place(one.sequence, one.version, one.step, one.position)]
