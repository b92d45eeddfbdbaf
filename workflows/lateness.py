"""Which mails come too late for `expires_after` whoever waits for them.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.routes import END, targets, turns_away
from authoring.site import Site
from base.problems import Severity
from base.saying import Said, said
from base.toml import Loc
from workflows.waits import due_moment, later

Found = Iterator[tuple[Severity, Loc, Said, Said]]

ZONE = "UTC"  # stands for any zone, on a week without a change of clocks
MONDAY = datetime.combine(date(2026, 1, 5), time(), tzinfo=UTC)
WEEK = [MONDAY + timedelta(minutes=30 * half) for half in range(7 * 48)]


def never_in_time(name: str, sequence: Sequence, site: Site) -> Found:
    """A mail that counts from the entry, behind steps that together take longer than it may be late."""
    late = sequence.expires_after
    if late is None:
        return
    for index, step in enumerate(sequence.step):
        if step.mails and step.wait is not None and step.wait_from == "entry" and _always_late(sequence, step, late):
            message = said(
                "the step `%(step)s` never sends: those above it take longer than its `wait` and `expires_after`"
                " together",
                step=step.id,
            )
            yield "error", ("step", index, "wait"), message, said("wait longer, or count from the mail before")


def _always_late(sequence: Sequence, step: Step, late: str) -> bool:
    """Whatever the hour of the entry; half an hour is what lies between two that are tried."""
    for entry in WEEK[::2]:
        arrived = earliest(sequence, entry).get(step.id)
        if arrived is None:
            return False
        due = due_moment(step, anchor=entry, arrived=entry, zone=ZONE)
        if arrived - timedelta(hours=1) <= later(due, late, ZONE):
            return False
    return True


def earliest(sequence: Sequence, entry: datetime) -> dict[str, datetime]:
    """When whoever enters then comes to each step, at the earliest; without those that nobody comes to."""
    arrivals = {sequence.step[0].id: entry}
    if sequence.goal is not None and sequence.goal.on_reach not in END:
        arrivals[sequence.goal.on_reach] = entry
    for step in sequence.step:
        if step.id not in arrivals:
            continue
        leaves = _over(step, entry, arrivals[step.id])
        for following in _ways(sequence, step):
            arrivals[following] = min(leaves, arrivals.get(following, leaves))
    return arrivals


def _over(step: Step, entry: datetime, arrived: datetime) -> datetime:
    """When the step is over at the earliest: what waits for something may find it at once, and a date may be past."""
    if step.dated_by is not None:
        return arrived
    anchor = entry if step.wait_from == "entry" else arrived
    return max(arrived, due_moment(step, anchor=anchor, arrived=arrived, zone=ZONE))


def _ways(sequence: Sequence, step: Step) -> Iterator[str]:
    yield from (name for _, name in targets(step))
    below = sequence.next_after(step.id)
    if below is not None and (step.only_if is not None or not turns_away(step)):
        yield below.id
