"""What sales has going with one lead: the open deal, those that ended, the meetings; read-only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from storage.schema import deals, meetings

SHOWN = 20


@dataclass(frozen=True, slots=True)
class DealSeen:
    """`amount` in hundredths, `probability` in percent or None: as the lead's stage has it."""

    id: int
    state: str  # open | won | lost
    amount: int
    probability: int | None
    close_on: date
    reason: str | None
    author: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class MeetingSeen:
    id: int
    starts_at: datetime
    minutes: int
    place: str | None
    author: str


@dataclass(frozen=True, slots=True)
class Selling:
    """`ended` and `meetings` are the newest, the newest first."""

    open_deal: DealSeen | None
    ended: tuple[DealSeen, ...]
    meetings: tuple[MeetingSeen, ...]


def selling(conn: Connection, lead_ids: Collection[int]) -> Selling:
    """What is going on with a lead, given by all the numbers they ever had."""
    found = [
        DealSeen(row.id, row.state, row.amount, row.probability, row.close_on, row.reason, row.author, row.ended_at)
        for row in conn.execute(
            select(deals).where(deals.c.lead_id.in_(lead_ids)).order_by(deals.c.id.desc()).limit(SHOWN)
        )
    ]
    return Selling(
        open_deal=next((deal for deal in found if deal.state == "open"), None),
        ended=tuple(deal for deal in found if deal.state != "open"),
        meetings=tuple(_meetings(conn, lead_ids)),
    )


def meeting(conn: Connection, lead_ids: Collection[int], meeting_id: int) -> MeetingSeen | None:
    """That meeting, if it is that lead's."""
    return next((one for one in _meetings(conn, lead_ids, meeting_id)), None)


def _meetings(conn: Connection, lead_ids: Collection[int], meeting_id: int | None = None) -> list[MeetingSeen]:
    asked = select(meetings).where(meetings.c.lead_id.in_(lead_ids))
    if meeting_id is not None:
        asked = asked.where(meetings.c.id == meeting_id)
    rows = conn.execute(asked.order_by(meetings.c.starts_at.desc()).limit(SHOWN))
    return [MeetingSeen(row.id, row.starts_at, row.minutes, row.place, row.author) for row in rows]
