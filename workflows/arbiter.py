"""Who of a lead's sequences may send at this instant: caps and priorities over all of them; what a loser does next is
left to turn.

Caps count marketing messages promised in the calendar day, week (from Monday) or month of the lead's zone: those of
every sequence, or for a sequence's own cap its own. Of the sequences that are not concurrent only one sends, until it
is over. Transactional mail never comes here.
Pure: no database, no clock, no network.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workflows.values import Promised
from workflows.waits import Cap, Hours, next_period, opening, period_start

Key = tuple[str, str]  # sequence, entry key


@dataclass(frozen=True, slots=True)
class Alone:
    """An active enrolment in a sequence that is not concurrent, whether it wants to send now or not."""

    key: Key
    priority: int
    entered_at: datetime

    @property
    def rank(self) -> tuple[int, datetime, Key]:
        """The smallest sends, until it is over; the others wait."""
        return (-self.priority, self.entered_at, self.key)


@dataclass(frozen=True, slots=True)
class Want:
    """One enrolment that wants to send a marketing mail now. `hours` and `zone` say when it could send later."""

    key: Key
    priority: int
    planned: datetime
    entered_at: datetime
    hours: Hours
    zone: str
    caps: tuple[Cap, ...] = field(default=())  # of its own sequence
    expires_at: datetime | None = None

    @property
    def rank(self) -> tuple[int, datetime, datetime, Key]:
        """The smaller goes first: higher priority, then due earlier, then entered earlier, then by name."""
        return (-self.priority, self.planned, self.entered_at, self.key)


@dataclass(frozen=True, slots=True)
class Delay:
    """Not now, not before `until` (None: something has to happen first); `reason` names what it lost to."""

    until: datetime | None
    reason: str


def arbitrate(
    wants: Iterable[Want],
    promised: Iterable[Promised],
    caps: Sequence[Cap],
    now: datetime,
    zone: str,
    alone: Collection[Alone] = (),
) -> dict[Key, Delay | None]:
    """For each want, by its key: None = it may send now, else how long it is delayed. `zone` is the lead's."""
    spent = list(promised)
    first = min(alone, key=lambda one: one.rank, default=None)
    others = {one.key for one in alone if one is not first}
    answers: dict[Key, Delay | None] = {}
    for want in sorted(wants, key=lambda want: want.rank):
        if first is not None and want.key in others:
            answers[want.key] = Delay(want.expires_at, f"concurrent = false: `{first.key[0]}` goes first")
        else:
            answers[want.key] = _delay(want, spent, (*caps, *want.caps), now, zone)
        if answers[want.key] is None:
            spent.append(Promised(want.key[0], now))
    return answers


def _delay(want: Want, spent: Sequence[Promised], caps: Sequence[Cap], now: datetime, zone: str) -> Delay | None:
    """The longest delay of all caps that are used up: one that is free later must not hide one that is not."""
    delays = [delay for cap in caps if (delay := _delay_by(cap, want, spent, now, zone)) is not None]
    return max(delays, key=lambda delay: delay.until or now, default=None)


def _delay_by(cap: Cap, want: Want, spent: Sequence[Promised], now: datetime, zone: str) -> Delay | None:
    begins = period_start(now, cap.period, zone)
    counted = [promise for promise in spent if promise.at >= begins and cap.only in (None, promise.sequence)]
    if len(counted) < cap.limit:
        return None
    until = opening(want.hours, next_period(now, cap.period, zone), want.zone)
    return Delay(until, f"{cap.kind} {cap.written}: {_used_by(counted, now)}")


def _used_by(counted: Sequence[Promised], now: datetime) -> str:
    winners = [promise.sequence for promise in counted if promise.at == now]
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(winners or [promise.sequence for promise in counted]))
    if not names:
        return "it allows none"
    return f"{names} goes first" if winners else f"used up by {names}"
