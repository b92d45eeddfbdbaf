"""Who of a lead's sequences may send at this instant: caps and priorities over all of them; what a loser does next is
left to turn.

Caps count marketing messages promised in the calendar day, week (from Monday) or month of the lead's zone, whichever
sequence promised them. Transactional mail never comes here.
Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workflows.values import Promised
from workflows.waits import Hours, next_period, opening, period_start

Cap = tuple[str, int, str]  # as written, how many, day | week | month


@dataclass(frozen=True, slots=True)
class Want:
    """One enrolment that wants to send a marketing mail now. `hours` and `zone` say when it could send later."""

    key: tuple[str, str]  # sequence, entry key
    priority: int
    planned: datetime
    entered_at: datetime
    hours: Hours
    zone: str

    @property
    def rank(self) -> tuple[int, datetime, datetime, tuple[str, str]]:
        """The smaller goes first: higher priority, then due earlier, then entered earlier, then by name."""
        return (-self.priority, self.planned, self.entered_at, self.key)


@dataclass(frozen=True, slots=True)
class Delay:
    """Not now, not before `until`; `reason` names the cap, and the sequences it lost to."""

    until: datetime
    reason: str


def arbitrate(
    wants: Iterable[Want], promised: Iterable[Promised], caps: Sequence[Cap], now: datetime, zone: str
) -> dict[tuple[str, str], Delay | None]:
    """For each want, by its key: None = it may send now, else how long it is delayed. `zone` is the lead's."""
    spent = list(promised)
    answers: dict[tuple[str, str], Delay | None] = {}
    for want in sorted(wants, key=lambda want: want.rank):
        answers[want.key] = _delay(want, spent, caps, now, zone)
        if answers[want.key] is None:
            spent.append(Promised(want.key[0], now))
    return answers


def _delay(want: Want, spent: Sequence[Promised], caps: Sequence[Cap], now: datetime, zone: str) -> Delay | None:
    """The longest delay of all caps that are used up: one that is free later must not hide one that is not."""
    delays = (_delay_by(cap, want, spent, now, zone) for cap in caps)
    return max((delay for delay in delays if delay is not None), key=lambda delay: delay.until, default=None)


def _delay_by(cap: Cap, want: Want, spent: Sequence[Promised], now: datetime, zone: str) -> Delay | None:
    written, limit, period = cap
    counted = [promise for promise in spent if promise.at >= period_start(now, period, zone)]
    if len(counted) < limit:
        return None
    until = opening(want.hours, next_period(now, period, zone), want.zone)
    return Delay(until, f"cap {written}: {_used_by(counted, now)}")


def _used_by(counted: Sequence[Promised], now: datetime) -> str:
    winners = [promise.sequence for promise in counted if promise.at == now]
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(winners or [promise.sequence for promise in counted]))
    if not names:
        return "it allows none"
    return f"{names} goes first" if winners else f"used up by {names}"
