"""Messages of which nobody knows whether they arrived: what is known, what speaks for them, how a doubt ends by itself.

Read-only; `emails.settling` ends a doubt by a person's word, `emails.recovery` by evidence or in time.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from emails.settling import ends_as
from storage.schema import compiled, events, holders, leads, messages

OURS = ("mail.", "asset_delivered")  # what the house itself says of a message is no sign from outside …
SIGNS = ("mail.bounced", "mail.soft_bounced", "mail.complained", "mail.auto_replied", "mail.replied")  # … but for these


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that happened since and names the message: an event, and when (calendar)."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """`since`: when its letter was begun · `how_far`: what was seen of it · `ends_as`: what becomes of it at `ends_at`
    if nobody says more, `delivered` or `again`. `since` and `ends_at` are the machine's."""

    id: int
    lead_id: int
    to: str
    email: str
    klass: str
    sequence: str | None
    step: str | None
    message_id: str | None
    since: datetime | None
    how_far: str
    reply: str | None
    attempts: int
    resent: bool  # it was sent again after an earlier doubt
    holder: str | None  # who had it in hand: host:pid
    ends_at: datetime
    ends_as: str
    evidence: tuple[Evidence, ...]

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        for name in ("since", "ends_at"):
            shown[name] = _said(shown[name])
        shown["evidence"] = [{"name": one.name, "at": _said(one.at)} for one in self.evidence]
        return shown


def doubts(conn: Connection, ids: Collection[int] | None = None, limit: int | None = None) -> list[Doubt]:
    """Those of `ids` that are in doubt, or all, in the order of their numbers."""
    asked = _DOUBTFUL if ids is None else _DOUBTFUL.where(messages.c.id.in_(sorted(ids)))
    rows = conn.execute(asked.limit(limit) if limit is not None else asked).all()
    signs = evidence(conn, rows)
    return [_doubt(row, tuple(signs.get(row.id, ()))) for row in rows]


def evidence(conn: Connection, some: Sequence[Row[Any]]) -> Mapping[int, Sequence[Evidence]]:
    """What has happened to these messages, by number, the oldest first. Their leads' events alone are read."""
    numbers = {row.id for row in some}
    about = events.c.data["message_id"].as_integer()
    theirs = (
        select(about.label("message_id"), events.c.name, events.c.at)
        .where(events.c.lead_id.in_({row.lead_id for row in some}), about.in_(numbers))
        .order_by(events.c.at)
    )
    found: dict[int, list[Evidence]] = defaultdict(list)
    for message_id, name, at in conn.execute(theirs) if numbers else ():
        if name in SIGNS or not name.startswith(OURS):
            found[message_id].append(Evidence(name, at))
    return found


_DOUBTFUL = (
    select(
        messages,
        func.coalesce(messages.c.recipient, leads.c.email).label("to"),
        holders.c.name.label("holder_name"),
        compiled.c.constants,
    )
    .select_from(
        messages.join(leads, leads.c.id == messages.c.lead_id)
        .outerjoin(holders, holders.c.id == messages.c.holder)
        .outerjoin(compiled, compiled.c.hash == messages.c.compiled_hash)
    )
    .where(messages.c.state == "unknown")
    .order_by(messages.c.id)
)


def _doubt(row: Row[Any], signs: tuple[Evidence, ...]) -> Doubt:
    return Doubt(
        id=row.id,
        lead_id=row.lead_id,
        to=row.to or "",
        email=row.email,
        klass=row.klass,
        sequence=row.sequence,
        step=row.step,
        message_id=row.message_id,
        since=row.in_data_at,
        how_far=row.reason or "",
        reply=row.reply,
        attempts=row.attempts,
        resent=row.resent_at is not None,
        holder=row.holder_name,
        ends_at=row.due_at,
        ends_as=ends_as(row, str((row.constants or {}).get("on_unknown", "hold"))),
        evidence=signs,
    )


def _said(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
