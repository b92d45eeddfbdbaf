"""Which mails wait for a moment at which they may not leave: never, later than they say, or for some never in time.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from authoring.models.common import Model
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.references import each
from authoring.site import Site
from base.calendars import WEEKDAYS
from base.problems import Severity
from base.saying import Said, said
from base.toml import Loc
from workflows.lateness import MONDAY, WEEK, ZONE
from workflows.waits import Hours, Shut, later, opening, shut_by, window_of

Found = Iterator[tuple[Severity, Loc, Said, Said]]


def closed_hours(name: str, sequence: Sequence, site: Site) -> Found:
    """A mail that waits for a moment at which it may never leave. Holidays are left out: no week is without one."""
    for index, step in enumerate(sequence.step):
        window, moments = window_of(sequence, step), _moments(step)
        if not step.mails:
            continue
        hours = Hours(window, sequence.quiet_hours)
        if window is not None and not window.days:
            message = said("the step `%(step)s` never sends: its window has no day", step=step.id)
            yield "error", ("step", index), message, said("name its days")
        elif not _opens(hours):
            message = said("the step `%(step)s` never sends: its window only opens in the `quiet_hours`", step=step.id)
            yield "error", ("step", index), message, said("widen `send_window`, or shorten `quiet_hours`")
        else:
            shut = [(at, by) for at in moments if (by := shut_by(hours, at, ZONE)) is not None]
            if moments and len(shut) == len(moments):
                yield from _always_shut(index, step, sequence, hours, shut)
            else:
                yield from _late_by_closed_hours(step, index, hours, sequence.expires_after, moments)


def _moments(step: Step) -> list[datetime]:
    """The instants of a plain week at which a fixed `wait_until` ends, as UTC stands for any zone."""
    written = step.wait_until
    if written is None or written.time is None:
        return []
    days = [MONDAY + timedelta(days=offset) for offset in range(7)]
    chosen = [day for day in days if not written.weekdays or WEEKDAYS[day.weekday()] in written.weekdays]
    return [datetime.combine(day, time.fromisoformat(written.time), tzinfo=MONDAY.tzinfo) for day in chosen]


def _opens(hours: Hours) -> bool:
    try:
        return opening(hours, MONDAY, ZONE) is not None
    except ValueError:
        return False


def _always_shut(
    index: int, step: Step, sequence: Sequence, hours: Hours, moments: list[tuple[datetime, Shut]]
) -> Found:
    path = ("step", index, "wait_until", "time")
    by = moments[0][1]
    where = said("outside its window") if by.place == "outside the" else said("in the `quiet_hours`")
    hint = said("wait for a moment %(when)s", when=_allowed(hours, by))
    if all(shut.fallback == "skip" for _, shut in moments):
        message = said(
            'the step `%(step)s` never sends: it waits for a moment %(where)s, and `fallback = "skip"`',
            step=step.id,
            where=where,
        )
        yield "error", path, message, hint
    elif all(_expired(sequence, at, opening(hours, at, ZONE)) for at, _ in moments):
        message = said("the step `%(step)s` never sends: it expires before its window opens", step=step.id)
        yield "error", path, message, said("%(hint)s, or let `expires_after` be longer", hint=hint)
    else:
        message = said(
            "the step `%(step)s` waits for a moment %(where)s, and always sends later than it says",
            step=step.id,
            where=where,
        )
        yield "warning", path, message, hint


def _allowed(hours: Hours, shut: Shut) -> Said:
    window = hours.window
    if window is None or shut.place != "outside the":
        return said("outside the `quiet_hours`, or shorten them")
    written = f"{window.from_}-{window.to}, {' '.join(window.days)}"
    return said("inside %(window)s, or widen `send_window`", window=written)


def _expired(sequence: Sequence, at: datetime, opens: datetime) -> bool:
    late = sequence.expires_after
    return late is not None and later(at, late, ZONE) < opens


def _late_by_closed_hours(step: Step, index: int, hours: Hours, late: str | None, moments: list[datetime]) -> Found:
    """A mail that expires in the time in which its hours are closed, for some of those who are due.

    `moments`: when it is due, where that is fixed; else at any time of a week.
    """
    shut = {part.fallback for part in (hours.window, hours.quiet) if part is not None}
    if late is None or shut != {"next_available"}:
        return
    opens = [(at, opening(hours, at, ZONE)) for at in moments or WEEK]
    expired = [opened - at for at, opened in opens if later(at, late, ZONE) < opened]
    if expired:
        message = said(
            "the step `%(step)s` sends nothing to some: its hours are closed for up to %(hours)s hours, and it expires"
            " after %(late)s",
            step=step.id,
            hours=round(max(expired) / timedelta(hours=1)),
            late=late,
        )
        yield "warning", ("step", index), message, said("let `expires_after` be longer than the hours stay closed")


def idle_holidays(name: str, sequence: Sequence, site: Site) -> Found:
    """Holidays close windows and are no business days; a sequence with neither has no use for them."""
    lengths = [text for _, inner in each(sequence) for text in _durations(inner)]
    windows = [window_of(sequence, step) for step in sequence.step if step.mails]
    if sequence.holidays and not any(windows) and not any("business day" in text for text in lengths):
        message = said("`holidays` does nothing here: holidays close the `send_window`, and are not business days")
        yield "warning", ("holidays",), message, said("give the sequence a `send_window`, or leave `holidays` out")


def _durations(model: Model) -> list[str]:
    names = ("wait", "due", "timeout", "within", "expires_after", "min_interval")
    return [text for name in names if isinstance(text := getattr(model, name, None), str)]


# ---------------------------------------------------------------- entries
