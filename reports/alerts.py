"""The alerts that sales was given: which wait, what was done about it, who answered first; read-only.

`owners` are the reps whose alerts are meant; None = everybody's.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select

from leads.groups import survivor
from leads.identity import load_leads
from storage.schema import escalations, hand_offs, leads

LISTED = 100

Owners = Collection[str] | None


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What was done about an alert that waited: a step of the definitions, and the rep who was told."""

    step: str
    act: str
    told: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with its answer, if it has one. `by` is a rep's id or a name, `routed` why it is whose, if known;
    `next_at` is when the next step is due."""

    id: int
    lead_id: int
    name: str
    owner: str
    opened_at: datetime
    answer_by: datetime | None
    next_at: datetime | None
    steps: tuple[StepTaken, ...]
    verdict: str | None
    by: str
    answered_at: datetime | None
    routed: Mapping[str, Any] | None

    @property
    def late(self) -> bool:
        """Whether it was answered, and after what was promised."""
        return bool(self.answered_at and self.answer_by and self.answered_at > self.answer_by)


def open_alerts(conn: Connection, owners: Owners) -> list[Alert]:
    """Those that wait for an answer, the most urgent first; at most LISTED."""
    waiting = _of(owners).where(hand_offs.c.verdict.is_(None))
    return _alerts(conn, waiting.order_by(hand_offs.c.answer_by, hand_offs.c.id))


def answered_alerts(conn: Connection, owners: Owners, since: datetime) -> list[Alert]:
    """Those that were opened since then and have their answer, the newest first; at most LISTED."""
    answered = _of(owners).where(hand_offs.c.verdict.is_not(None), hand_offs.c.opened_at >= since)
    return _alerts(conn, answered.order_by(hand_offs.c.opened_at.desc(), hand_offs.c.id.desc()))


def _of(owners: Owners) -> Select[Any]:
    columns = [column for column in hand_offs.c if column.name not in ("brief", "token")]
    nobody = exists().where(leads.c.id == hand_offs.c.lead_id, leads.c.merged_into == leads.c.id)
    asked = select(*columns).where(~nobody)  # no list shows whoever was anonymised
    return asked if owners is None else asked.where(hand_offs.c.owner.in_(sorted(owners)))


def _alerts(conn: Connection, asked: Select[Any]) -> list[Alert]:
    rows = conn.execute(asked.limit(LISTED)).all()
    turn = {row.lead_id: survivor(conn, row.lead_id) for row in rows}
    known, steps = load_leads(conn, {*turn.values()}), _steps(conn, rows)
    return [
        Alert(
            id=row.id,
            lead_id=turn[row.lead_id],
            name=known[turn[row.lead_id]].name,
            owner=row.owner,
            opened_at=row.opened_at,
            answer_by=row.answer_by,
            next_at=row.escalate_at,
            steps=tuple(steps[row.id]),
            verdict=row.verdict,
            by=row.verdict_by or "",
            answered_at=row.verdict_at,
            routed=row.routed,
        )
        for row in rows
    ]


def _steps(conn: Connection, rows: Sequence[Row[Any]]) -> dict[int, list[StepTaken]]:
    found: dict[int, list[StepTaken]] = defaultdict(list)
    theirs = select(escalations).where(escalations.c.hand_off_id.in_([row.id for row in rows]))
    for row in conn.execute(theirs.order_by(escalations.c.at, escalations.c.step)):
        found[row.hand_off_id].append(StepTaken(row.step, row.act, row.told, row.at))
    return found
