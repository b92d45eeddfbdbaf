"""How well leads are handed over: what sales is given, how soon it answers, what it says, and why not; read-only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from reports.answers import ACCEPTED, GIVEN, VERDICTS, answered_in
from reports.days import instants
from reports.report import Column, Report, Table, Value
from reports.shares import Part
from reports.tallies import Days
from storage.schema import escalations, hand_offs

OPENED = msgid(
    "Handed over, waiting and late: those of these days. Answered and accepted: the answers of these days, whenever"
    " the alert was. In time: answered before what was promised, of those answered and those late. An alert that was"
    " taken back counts nowhere."
)
WAITED = msgid(
    "What was done about alerts that waited too long, and how many of them were answered afterwards: the steps of the "
    "definitions, each once for an alert."
)
BECAUSE = msgid("Why sales gave leads back, in the words of the definitions: what marketing learns from.")

_COLUMNS = (
    hand_offs.c.id,
    hand_offs.c.owner,
    hand_offs.c.opened_at,
    hand_offs.c.answer_by,
    hand_offs.c.verdict,
    hand_offs.c.verdict_reason,
    hand_offs.c.verdict_at,
)


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
    escalated: int = 0
    minutes: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("opened", "answered", "in_time", "measured", "accepted", "waiting", "late", "escalated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.minutes += other.minutes


def handoff(connection: Connection, site: Site, days: Days, zone: Zone, now: datetime) -> Report:
    """Per rep, and the reasons of those who were not taken."""
    start, end = instants(days, zone)
    within = (hand_offs.c.opened_at >= start) & (hand_offs.c.opened_at < end) & GIVEN
    steps = _steps_taken(connection, within)
    opened = connection.execute(select(*_COLUMNS).where(within)).all()
    answered = connection.execute(select(*_COLUMNS).where(answered_in(days, zone))).all()
    return Report(
        name="handoff",
        title=msgid("How leads are handed over"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(
            _reps(_by_rep(opened, answered, {step.hand_off_id for step in steps}, now)),
            _steps(steps),
            _reasons(answered),
        ),
    )


def _by_rep(opened: Iterable[Any], answered: Iterable[Any], escalated: set[int], now: datetime) -> dict[str, Tally]:
    """{rep: what they were given, and what they answered}."""
    found: dict[str, Tally] = {}
    for row in opened:
        found.setdefault(row.owner, Tally()).add(_given(row, row.id in escalated, now))
    for row in answered:
        found.setdefault(row.owner, Tally()).add(_answer(row))
    return found


def _given(row: Any, escalated: bool, now: datetime) -> Tally:
    waits = row.verdict is None
    late = waits and row.answer_by is not None and now > row.answer_by
    return Tally(opened=1, waiting=int(waits), late=int(late), measured=int(late), escalated=int(escalated))


def _answer(row: Any) -> Tally:
    promised = row.answer_by is not None
    return Tally(
        answered=1,
        in_time=int(promised and row.verdict_at <= row.answer_by),
        measured=int(promised),
        accepted=int(row.verdict == ACCEPTED),
        minutes=[(row.verdict_at - row.opened_at).total_seconds() / 60],
    )


def _reps(by_rep: dict[str, Tally]) -> Table:
    columns = (
        Column("rep", msgid("Rep"), "rep"),
        Column("opened", msgid("Handed over"), "count"),
        Column("minutes", msgid("Until the answer"), "minutes"),
        Column("in_time", msgid("In time"), "share"),
        Column("answered", msgid("Answered"), "count"),
        Column("accepted", msgid("Accepted"), "count"),
        Column("share", msgid("Of those answered"), "share"),
        Column("waiting", msgid("Waiting"), "count"),
        Column("late", msgid("Late"), "count"),
        Column("escalated", msgid("Escalated"), "count"),
    )
    total = Tally()
    for one in by_rep.values():
        total.add(one)
    rows = tuple(_row(rep, one) for rep, one in sorted(by_rep.items(), key=lambda item: (-item[1].opened, item[0])))
    return Table("reps", msgid("By rep"), columns, rows, _row(None, total) if rows else None, OPENED)


def _row(rep: str | None, one: Tally) -> tuple[Value, ...]:
    waited = round(median(one.minutes), 1) if one.minutes else None
    kept = Part(one.in_time, one.measured)
    return (
        rep,
        one.opened,
        waited,
        kept,
        one.answered,
        one.accepted,
        Part(one.accepted, one.answered),
        one.waiting,
        one.late,
        one.escalated,
    )


def _steps_taken(connection: Connection, within: ColumnElement[bool]) -> list[Row[Any]]:
    """What was done about those hand-offs, with when and whether they were answered."""
    columns = (escalations.c.hand_off_id, escalations.c.step, escalations.c.act, escalations.c.at)
    taken = select(*columns, hand_offs.c.verdict, hand_offs.c.verdict_at).join(
        hand_offs, hand_offs.c.id == escalations.c.hand_off_id
    )
    return list(connection.execute(taken.where(within)))


def _steps(taken: list[Row[Any]]) -> Table:
    columns = (
        Column("step", msgid("Step"), "escalation"),
        Column("act", msgid("What was done"), "word"),
        Column("count", msgid("How many times"), "count"),
        Column("answered", msgid("Answered afterwards"), "count"),
        Column("minutes", msgid("How long after"), "minutes"),
    )
    found: dict[tuple[str, str], list[Row[Any]]] = {}
    for one in taken:
        found.setdefault((one.step, one.act), []).append(one)
    rows = []
    for (step, act), some in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        after = [(one.verdict_at - one.at).total_seconds() / 60 for one in some if one.verdict in VERDICTS]
        rows.append((step, act, len(some), len(after), round(median(after), 1) if after else None))
    return Table("steps", msgid("When nobody answered"), columns, tuple(rows), None, WAITED)


def _reasons(answered: Iterable[Any]) -> Table:
    columns = (
        Column("verdict", msgid("Verdict"), "word"),
        Column("reason", msgid("Reason"), "word"),
        Column("count", msgid("How many times"), "count"),
        Column("share", msgid("Of all given back"), "share"),
    )
    found = Counter((row.verdict, row.verdict_reason or "") for row in answered if row.verdict != ACCEPTED)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((verdict, reason, n, Part(n, found.total())) for (verdict, reason), n in ranked)
    return Table("reasons", msgid("Why not"), columns, rows, None, BECAUSE)
