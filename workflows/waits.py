"""When a step is due and when a mail may leave, as instants; who waits and who sends is left to decide.

Days, weeks and months keep the wall clock of the zone; hours and minutes are elapsed (base.calendars).
Pure: no database, no clock, no network.
"""

from datetime import date, datetime, time, timedelta

from authoring.models.definitions import Definitions
from authoring.models.sequences import SendWindow, Sequence, Step
from authoring.models.sequences import WaitUntil as WrittenMoment
from base.calendars import WEEKDAYS, add, at_local, local_day, next_opening
from base.durations import parse_duration


def later(at: datetime, duration: str, zone: str) -> datetime:
    """`at` plus an authored duration."""
    return add(at, parse_duration(duration), zone)


def due_moment(step: Step, *, previous: datetime, entered: datetime, arrived: datetime, zone: str) -> datetime:
    """When the step's act is due; may be past. A step that waits for nothing is due on arrival.

    `wait` counts from `previous` (the last mail's sending) or from the entry; a `wait_until` beside it is looked for
    after it, and never before the arrival.
    """
    due = arrived
    if step.wait is not None:
        due = later(entered if step.wait_from == "entry" else previous, step.wait, zone)
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


def opening(window: SendWindow | None, at: datetime, zone: str) -> datetime:
    """The first instant not before `at` at which mail may leave."""
    return at if window is None else next_opening(at, window.days, window.from_, window.to, zone)


# ---------------------------------------------------------------- periods of a cap


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


def caps_of(definitions: Definitions) -> tuple[tuple[str, int, str], ...]:
    """(as written, how many, period) of every cap."""
    return tuple((cap, *cap_parts(cap)) for cap in definitions.pressure.caps)
