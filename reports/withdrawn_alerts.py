"""The alerts that should not have gone out, as they rested on a machine's hits; read-only."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from leads.undone import UNDONE
from storage.schema import hand_offs, notifications, stage_changes


@dataclass(frozen=True, slots=True)
class WithdrawnAlert:
    """The hand-off `id` of a stage that the lead was taken back from at `undone_at`; `channels` were told."""

    id: int
    lead_id: int
    cycle: int
    stage: str
    owner: str
    opened_at: datetime
    undone_at: datetime
    verdict: str | None
    channels: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        return {**shown, "opened_at": self.opened_at.isoformat(), "undone_at": self.undone_at.isoformat()}


def withdrawn_alerts(conn: Connection) -> list[WithdrawnAlert]:
    """Every one, the newest first."""
    rows = conn.execute(
        select(hand_offs, stage_changes.c.at.label("undone_at"))
        .join(stage_changes, UNDONE)
        .order_by(hand_offs.c.id.desc())
    ).all()
    told: dict[tuple[int, int], list[str]] = defaultdict(list)
    ids = sorted({row.lead_id for row in rows})
    for one in conn.execute(select(notifications).where(notifications.c.lead_id.in_(ids))):
        told[one.lead_id, one.cycle].append(one.channel)
    return [
        WithdrawnAlert(
            row.id, row.lead_id, row.cycle, row.stage, row.owner, row.opened_at, row.undone_at, row.verdict,
            tuple(sorted(told[row.lead_id, row.cycle])),
        )
        for row in rows
    ]  # fmt: skip


def waiting_alerts(conn: Connection) -> int:
    """How many of them nobody has taken back or answered."""
    joined = hand_offs.join(stage_changes, UNDONE)
    return conn.execute(select(func.count()).select_from(joined).where(hand_offs.c.verdict.is_(None))).scalar_one()
