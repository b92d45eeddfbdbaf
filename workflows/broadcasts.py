"""Carries an `at` trigger out: tells every lead who may be concerned, in batches that resume where they stopped.

It only appends `broadcast_due` events; who really enters is decided in each lead's own turn.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, select, true, update

from authoring.models.sequences import Sequence as Authored
from authoring.site import Site
from base.clock import Moment
from leads import consent, events
from storage.database import Database
from storage.schema import broadcasts, leads
from storage.upsert import insert_or_ignore
from workflows.language import broadcast_moment

LEADS_PER_JOB = 50
# What was due longer ago than this is not sent to thousands of people without asking anybody (DESIGN, gaps in time).
CATCH_UP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One `at` trigger of the release in force; `at` in UTC."""

    sequence: str
    at: datetime


def planned(site: Site, zone: str) -> Iterator[Broadcast]:
    """Every broadcast of the release in force, past ones too."""
    for name, sequence in sorted(site.sequences.items()):
        moments = (broadcast_moment(trigger, zone) for trigger in sequence.trigger)
        yield from (Broadcast(name, at) for at in moments if at is not None)


def begin(database: Database, due: Sequence[Broadcast], calendar_now: datetime) -> None:
    """Note each due broadcast, once; one that is too old is noted as done, and nobody is written to."""
    rows = [
        {
            "sequence": one.sequence,
            "at": one.at,
            "next_lead_id": 0,
            "done_at": calendar_now if calendar_now - one.at > CATCH_UP else None,
        }
        for one in due
    ]
    database.write(lambda conn: insert_or_ignore(conn, broadcasts, rows))


def carry_on(conn: Connection, broadcast: Broadcast, sequence: Authored, now: Moment) -> bool:
    """Tell the next leads; True while there may be more. The place reached moves in the same transaction.

    Safe to run in several processes: whoever holds the row tells the next leads, and the others wait for them.
    """
    this = and_(broadcasts.c.sequence == broadcast.sequence, broadcasts.c.at == broadcast.at)
    place = select(broadcasts.c.next_lead_id).where(this, broadcasts.c.done_at.is_(None)).with_for_update()
    begins_at = conn.execute(place).scalar_one_or_none()
    if begins_at is None:
        return False
    ids = list(
        conn.scalars(
            select(leads.c.id)
            .where(leads.c.id >= begins_at, leads.c.merged_into.is_(None), audience(sequence))
            .order_by(leads.c.id)
            .limit(LEADS_PER_JOB)
        )
    )
    for lead_id in with_consent(conn, ids, sequence):
        events.append(conn, lead_id, "broadcast_due", now, evidence="engine", subject=broadcast.sequence)
    reached = {"next_lead_id": ids[-1] + 1} if ids else {"done_at": now.calendar}
    conn.execute(update(broadcasts).where(this).values(reached))
    return bool(ids)


def concerns(sequence: Authored, status: str, mailable: Collection[str]) -> bool:
    """Whether a lead of that status, who may be written to about those topics, is told. Pure: as the queries below."""
    heard = sequence.class_ != "marketing" or sequence.topic is None or sequence.topic in mailable
    return heard and (sequence.audience == "everyone" or status == "lead")


def audience(sequence: Authored) -> ColumnElement[bool]:
    return true() if sequence.audience == "everyone" else leads.c.status == "lead"


def with_consent(conn: Connection, ids: Collection[int], sequence: Authored) -> list[int]:
    """Nobody is woken for a mail they did not agree to, nor were told of without objecting."""
    if sequence.class_ != "marketing" or sequence.topic is None or not ids:
        return list(ids)
    grounds = consent.grounds(conn, ids)
    return [lead_id for lead_id in ids if sequence.topic in grounds[lead_id]]
