"""When a step is due and when a mail may leave, as instants; who waits and who sends is left to decide.

Days, weeks and months keep the wall clock of the zone; hours and minutes are elapsed (base.calendars).
Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from authoring.models.definitions import Definitions
from authoring.models.sequences import Sequence
from authoring.models.steps import QuietHours, SendWindow, Step
from authoring.models.steps import WaitUntil as WrittenMoment
from base.calendars import WEEKDAYS, add, at_local, local_day, next_opening
from base.days_off import NONE, DaysOff, days_off
from base.durations import parse_duration

# Window and quiet hours are asked in turn until both are open: a week of days without a common hour has none at all.
_OPENINGS = 20


def later(at: datetime, duration: str, zone: str, holidays: DaysOff = NONE) -> datetime:
    """`at` plus an authored duration; business days pass over `holidays`."""
    return add(at, parse_duration(duration), zone, holidays)


def holidays_of(sequence: Sequence) -> DaysOff:
    return days_off(sequence.holidays)


def due_moment(step: Step, *, anchor: datetime, arrived: datetime, zone: str, holidays: DaysOff = NONE) -> datetime:
    """When the step's act is due; may be past. A step that waits for nothing is due on arrival.

    `wait` counts from `anchor`: the last mail's sending, the entry, or a date. A `wait_until` beside it is looked for
    after it, and never before the arrival.
    """
    due = arrived if step.wait is None else later(anchor, step.wait, zone, holidays)
    if step.wait_until is not None:
        due = first_such_moment(step.wait_until, max(due, arrived), zone)
    return due


def first_such_moment(written: WrittenMoment, not_before: datetime, zone: str) -> datetime:
    """The first moment of that time, on one of those weekdays, not before that date, which is not past."""
    day = local_day(not_before, zone)
    if written.date is not None:
        day = max(day, date.fromisoformat(written.date))
    for _ in range(9):  # today's time may be past, and the weekday a week away
        moment = _moment_on(day, written.time, not_before, zone)
        if moment is not None and (not written.weekdays or WEEKDAYS[day.weekday()] in written.weekdays):
            return moment
        day += timedelta(days=1)
    raise AssertionError(f"no such moment within nine days of {not_before}: {written}")


def _moment_on(day: date, wall: str | None, not_before: datetime, zone: str) -> datetime | None:
    if wall is None:  # any time of the day will do
        return max(at_local(day, time(), zone), not_before)
    moment = at_local(day, time.fromisoformat(wall), zone)
    return moment if moment >= not_before else None


def window_of(sequence: Sequence, step: Step) -> SendWindow | None:
    """The step's own window, else the sequence's."""
    return step.send_window or sequence.send_window


@dataclass(frozen=True, slots=True)
class Hours:
    """When mail may leave: inside the window, but on no holiday, and outside the quiet hours; without them, always."""

    window: SendWindow | None = None
    quiet: QuietHours | None = None
    holidays: DaysOff = NONE


@dataclass(frozen=True, slots=True)
class Shut:
    """What keeps mail from leaving at an instant: as it is written, where that puts the instant, what is to be done."""

    by: str
    place: str
    fallback: str


ALWAYS = Hours()


def hours_of(sequence: Sequence, step: Step) -> Hours:
    return Hours(window_of(sequence, step), sequence.quiet_hours, holidays_of(sequence))


def opening(hours: Hours, at: datetime, zone: str) -> datetime:
    """The first instant not before `at` at which mail may leave. Raises ValueError when there is none."""
    for _ in range(_OPENINGS):
        awake = _after_quiet(hours.quiet, _inside_window(hours, at, zone), zone)
        if awake == at:
            return at
        at = awake
    raise ValueError(f"the window is never open outside the quiet hours: {hours}")


def shut_by(hours: Hours, at: datetime, zone: str) -> Shut | None:
    """What keeps mail from leaving at `at`; None when it may leave. Raises ValueError as `opening` does."""
    window, quiet = hours.window, hours.quiet
    if window is not None and _inside_window(hours, at, zone) > at:
        day = local_day(at, zone)
        if day in hours.holidays and _inside_window(Hours(window), at, zone) == at:
            return Shut(f"holiday {day}", "on the", window.fallback)
        return Shut(f"send_window {window.from_}-{window.to}", "outside the", window.fallback)
    if quiet is not None and _after_quiet(quiet, at, zone) > at:
        return Shut(f"quiet_hours {quiet.from_}-{quiet.to}", "inside the", quiet.fallback)
    return None


def _inside_window(hours: Hours, at: datetime, zone: str) -> datetime:
    window = hours.window
    return at if window is None else next_opening(at, window.days, window.from_, window.to, zone, hours.holidays)


def _after_quiet(quiet: QuietHours | None, at: datetime, zone: str) -> datetime:
    """What is not quiet is a window of its own, open every day."""
    return at if quiet is None else next_opening(at, WEEKDAYS, quiet.to, quiet.from_, zone)


# ---------------------------------------------------------------- periods of a cap


class Cap(NamedTuple):
    """So many in a `period`, of all marketing mails or of those of the sequence `only`; `kind` is how it is written."""

    written: str
    limit: int
    period: str
    kind: str = "cap"
    only: str | None = None


def cap_parts(cap: str) -> tuple[int, str]:
    """(how many, day | week | month) of `"4 per week"`."""
    count, _, period = cap.partition(" per ")
    return int(count), period


def period_start(at: datetime, period: str, zone: str) -> datetime:
    """Midnight of the day, of the week's Monday, or of the month's first that `at` falls into, in `zone`."""
    return at_local(_first_day(local_day(at, zone), period), time(), zone)


def next_period(at: datetime, period: str, zone: str) -> datetime:
    """When the next such day, week or month begins in `zone`."""
    first = _first_day(local_day(at, zone), period)
    beyond = {"day": first + timedelta(days=1), "week": first + timedelta(days=7)}
    # The 32nd day of a month lies in the next one.
    following = beyond.get(period) or (first + timedelta(days=31)).replace(day=1)
    return at_local(following, time(), zone)


def _first_day(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def caps_of(definitions: Definitions, stage: str | None = None) -> tuple[Cap, ...]:
    """The caps on all marketing mail to a lead, those of the stage it stands in included."""
    own = [cap for known in definitions.stages if known.id == stage for cap in known.cadence]
    caps = [Cap(cap, *cap_parts(cap)) for cap in definitions.pressure.caps]
    return (*caps, *(Cap(cap, *cap_parts(cap), kind="cadence") for cap in own))


def own_caps(name: str, sequence: Sequence) -> tuple[Cap, ...]:
    """The caps on the mails of one sequence."""
    return tuple(Cap(cap, *cap_parts(cap), kind="frequency_cap", only=name) for cap in sequence.frequency_cap)
