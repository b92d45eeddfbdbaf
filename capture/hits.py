"""Hits and their confirmation, as events of the lead: a hit is pending until the page says that it was looked at."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, select

from base.clock import Moment
from base.tokens import new_token
from leads import events
from leads.facts import Event
from storage.schema import wakes

MOST_PENDING = 20  # hits of one link that nobody confirmed: more are a machine's, and tell nothing new


def hold(conn: Connection, lead_id: int) -> None:
    """The lead's wake, so that two hits or two beacons come one after the other."""
    conn.execute(select(wakes.c.seq).where(wakes.c.lead_id == lead_id).with_for_update())


def record_hit(
    conn: Connection,
    lead_id: int,
    name: str,
    now: Moment,
    *,
    subject: str,
    data: dict[str, Any],
    same: Callable[[Event], bool],
    human: bool = False,
) -> bool:
    """Append the hit; False when so many of the `same` link wait unconfirmed that one more says nothing."""
    hold(conn, lead_id)
    if not human and len(pending(conn, lead_id, name, same)) >= MOST_PENDING:
        return False
    evidence = "human" if human else "pending"
    events.append(conn, lead_id, name, now, evidence=evidence, subject=subject, data={**data, "hit": new_token()})
    return True


def pending(conn: Connection, lead_id: int, name: str, same: Callable[[Event], bool]) -> list[Event]:
    """The hits of that kind that nobody confirmed, oldest first."""
    history = events.history(conn, [lead_id], [name, "hit_confirmed"])[lead_id]
    confirmed = {event.data.get("hit") for event in history if event.name == "hit_confirmed"}
    return [
        event
        for event in history
        if event.name == name and event.evidence == "pending" and event.data.get("hit") not in confirmed and same(event)
    ]


def confirm_hits(conn: Connection, lead_id: int, hits: Iterable[Event], now: Moment) -> None:
    """One `hit_confirmed` for each hit; call it under `hold`."""
    for hit in hits:
        data = {
            "of": hit.name,
            "hit": hit.data.get("hit"),
            "hit_seq": hit.seq,
            "interests": hit.data.get("interests", []),
            "message_id": hit.data.get("message_id"),
        }
        events.append(conn, lead_id, "hit_confirmed", now, evidence="human", subject=hit.subject, data=data)
