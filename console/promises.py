"""The clock of a hand-off: how long is left of what was promised, in words and as a bar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from base.calendars import local_day
from console.context import day, hour, say, span, viewer

SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Promise:
    """`left` in words, a minus sign before it when late; `state` is "", "soon" or "over"; `rest` is 0 to 100."""

    left: str
    by: str
    state: str
    rest: int
    until: str  # ISO 8601, on the calendar, as `now`: scripts count on from both
    now: str


def promise(answer_by: datetime, opened_at: datetime | None, now: datetime) -> Promise:
    """All instants are on the calendar."""
    left = answer_by - now
    state = "over" if left < timedelta(0) else "soon" if left <= SOON else ""
    said = span(left)
    return Promise(
        left=f"−{said}" if left < timedelta(0) else said,
        by=_by(answer_by, now),
        state=state,
        rest=_rest(answer_by, opened_at, now),
        until=answer_by.isoformat(),
        now=now.isoformat(),
    )


def _by(answer_by: datetime, now: datetime) -> str:
    """The hour today; the day with it when it is another."""
    late, zone = answer_by < now, viewer().zone
    if local_day(answer_by, zone) == local_day(now, zone):
        return say("due at %(hour)s", hour=hour(answer_by)) if late else say("before %(hour)s", hour=hour(answer_by))
    at = f"{day(answer_by, 'brief')}, {hour(answer_by)}"
    return say("due on %(at)s", at=at) if late else say("before %(at)s", at=at)


def _rest(answer_by: datetime, opened_at: datetime | None, now: datetime) -> int:
    """What is left of the whole span in percent; a promise that is over fills its bar."""
    if now >= answer_by or opened_at is None or opened_at >= answer_by:
        return 100
    return max(2, min(100, round(100 * (answer_by - now) / (answer_by - opened_at))))
