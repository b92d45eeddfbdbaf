"""How much mail came back lately, of which kind, and when its mailbox was last looked into; read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from storage.schema import BOUNCES_READ_AT, facts, returned

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CameBack:
    """Of the last 30 days: `kinds` counts what was about mails of ours, `strangers` what proved nothing.

    `read_at`, on the machine's clock, is None where no mailbox was ever looked into.
    """

    kinds: Mapping[str, int]  # hard, soft, complaint, auto_reply, human_reply, other
    strangers: int
    read_at: datetime | None

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


def came_back(conn: Connection, machine_now: datetime) -> CameBack:
    """What is known at this instant."""
    ours = returned.c.message_id.is_not(None)
    since = returned.c.at > machine_now - LATELY
    rows = conn.execute(select(returned.c.kind, ours, func.count()).where(since).group_by(returned.c.kind, ours)).all()
    known = conn.execute(select(facts.c.value).where(facts.c.key == BOUNCES_READ_AT)).scalar_one_or_none()
    return CameBack(
        kinds={kind: count for kind, is_ours, count in rows if is_ours},
        strangers=sum(count for _kind, is_ours, count in rows if not is_ours),
        read_at=None if known is None else datetime.fromisoformat(known),
    )
