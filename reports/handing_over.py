"""How well leads are handed over: what sales is given, how soon it answers, what it says, and why not; read-only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from reports.days import instants
from reports.report import Column, Report, Table, Value, per
from reports.tallies import Days
from storage.schema import hand_offs

ACCEPTED = "accepted"
OPENED = msgid(
    "Hand-offs opened in these days. In time: answered before what was promised, of those whose time is up or who "
    "were answered."
)
BECAUSE = msgid("Why sales gave leads back, in the words of the definitions: what marketing learns from.")


@dataclass(slots=True)
class Tally:
    """What one rep was given and did. `minutes`: from the alert to the answer."""

    opened: int = 0
    answered: int = 0
    in_time: int = 0
    measured: int = 0  # whose promise can be judged
    accepted: int = 0
    waiting: int = 0
    late: int = 0
    minutes: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("opened", "answered", "in_time", "measured", "accepted", "waiting", "late"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.minutes += other.minutes


def handoff(connection: Connection, site: Site, days: Days, zone: Zone, now: datetime) -> Report:
    """Per rep, and the reasons of those who were not taken."""
    start, end = instants(days, zone)
    columns = (
        hand_offs.c.owner,
        hand_offs.c.opened_at,
        hand_offs.c.answer_by,
        hand_offs.c.verdict,
        hand_offs.c.verdict_reason,
        hand_offs.c.verdict_at,
    )
    opened = select(*columns).where(hand_offs.c.opened_at >= start, hand_offs.c.opened_at < end)
    by_rep: dict[str, Tally] = {}
    reasons: dict[tuple[str, str], int] = {}
    for row in connection.execute(opened):
        one = _tally(row.opened_at, row.answer_by, row.verdict, row.verdict_at, now)
        by_rep.setdefault(row.owner, Tally()).add(one)
        if row.verdict not in (None, ACCEPTED):
            key = (row.verdict, row.verdict_reason or "")
            reasons[key] = reasons.get(key, 0) + 1
    return Report(
        name="handoff",
        title=msgid("How leads are handed over"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(_reps(by_rep), _reasons(reasons)),
    )


def _tally(
    opened_at: datetime, answer_by: datetime | None, verdict: str | None, verdict_at: datetime | None, now: datetime
) -> Tally:
    answered = verdict is not None and verdict_at is not None
    over = answer_by is not None and (verdict_at or now) > answer_by
    return Tally(
        opened=1,
        answered=int(answered),
        in_time=int(answered and answer_by is not None and not over),
        measured=int(answer_by is not None and (answered or over)),
        accepted=int(verdict == ACCEPTED),
        waiting=int(not answered),
        late=int(not answered and over),
        minutes=[(verdict_at - opened_at).total_seconds() / 60] if answered and verdict_at else [],
    )


def _reps(by_rep: dict[str, Tally]) -> Table:
    columns = (
        Column("rep", msgid("Rep"), "rep"),
        Column("opened", msgid("Handed over"), "count"),
        Column("minutes", msgid("Until the answer"), "minutes"),
        Column("in_time", msgid("In time"), "share"),
        Column("accepted", msgid("Accepted"), "count"),
        Column("share", msgid("Of those answered"), "share"),
        Column("waiting", msgid("Waiting"), "count"),
        Column("late", msgid("Late"), "count"),
    )
    total = Tally()
    for one in by_rep.values():
        total.add(one)
    rows = tuple(_row(rep, one) for rep, one in sorted(by_rep.items(), key=lambda item: -item[1].opened))
    return Table("reps", msgid("By rep"), columns, rows, _row(None, total) if rows else None, OPENED)


def _row(rep: str | None, one: Tally) -> tuple[Value, ...]:
    waited = round(median(one.minutes), 1) if one.minutes else None
    kept = per(one.in_time, one.measured)
    return (rep, one.opened, waited, kept, one.accepted, per(one.accepted, one.answered), one.waiting, one.late)


def _reasons(found: dict[tuple[str, str], int]) -> Table:
    columns = (
        Column("verdict", msgid("Verdict"), "word"),
        Column("reason", msgid("Reason"), "word"),
        Column("count", msgid("How many times"), "count"),
        Column("share", msgid("Of all given back"), "share"),
    )
    whole = sum(found.values())
    ranked: Iterable[tuple[tuple[str, str], int]] = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((verdict, reason, n, per(n, whole)) for (verdict, reason), n in ranked)
    return Table("reasons", msgid("Why not"), columns, rows, None, BECAUSE)
