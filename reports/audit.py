"""The newest entries of the audit chain, for people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.schema import audit, audit_payloads


@dataclass(frozen=True, slots=True)
class Told:
    """`by`: who did it; "" where the payload was erased with its lead. `at` is the machine's."""

    number: int
    act: str
    lead_id: int | None
    at: datetime
    by: str


def newest(conn: Connection, limit: int) -> list[Told]:
    """The last `limit` entries, the newest first."""
    told = select(audit.c.id, audit.c.act, audit.c.lead_id, audit.c.at, audit_payloads.c.payload)
    joined = told.outerjoin(audit_payloads, audit_payloads.c.audit_id == audit.c.id)
    rows = conn.execute(joined.order_by(audit.c.id.desc()).limit(limit))
    return [Told(row.id, row.act, row.lead_id, row.at, str((row.payload or {}).get("by", ""))) for row in rows]
