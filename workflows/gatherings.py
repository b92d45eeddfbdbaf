"""Tells leads who were there before a trigger was: in batches that resume where they stopped, once in its life.

Who may match it already gets an `existing_due` event; whom only time may let in is just looked at again, so that their
wake carries the new instant. Who really enters is decided in each lead's own turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select, true, update

from authoring.models.sequences import Sequence as Authored
from authoring.models.sequences import Trigger
from authoring.site import Site
from base.clock import Moment
from base.tokens import digest
from leads import events
from leads.points import MILLI
from storage import wakes
from storage.database import Database
from storage.schema import gatherings, leads, standings
from storage.upsert import insert_or_ignore
from workflows.broadcasts import LEADS_PER_JOB, audience, with_consent


@dataclass(frozen=True, slots=True)
class Gathering:
    """One trigger of the release in force that concerns leads of before; `written` tells it from what it was."""

    sequence: str
    written: str
    trigger: Trigger


def planned(site: Site) -> Iterator[Gathering]:
    """Every gathering of the release in force, those that are done too."""
    for name, sequence in sorted(site.sequences.items()):
        for trigger in sequence.trigger:
            if trigger.existing == "enrol" or trigger.kind in ("date", "score"):
                yield Gathering(name, digest(trigger.model_dump_json(exclude_defaults=True)), trigger)


def undone(conn: Connection, those: Sequence[Gathering]) -> list[Gathering]:
    """Those that are not done yet."""
    ended = select(gatherings.c.sequence, gatherings.c.trigger).where(gatherings.c.done_at.is_not(None))
    done = {tuple(row) for row in conn.execute(ended)}
    return [one for one in those if (one.sequence, one.written) not in done]


def begin(database: Database, those: Sequence[Gathering]) -> None:
    rows = [{"sequence": one.sequence, "trigger": one.written, "next_lead_id": 0, "done_at": None} for one in those]
    database.write(lambda conn: insert_or_ignore(conn, gatherings, rows))


def carry_on(conn: Connection, gathering: Gathering, sequence: Authored, now: Moment) -> bool:
    """Tell the next leads; True while there may be more. The place reached moves in the same transaction.

    Safe to run in several processes, as `broadcasts.carry_on` is.
    """
    this = and_(gatherings.c.sequence == gathering.sequence, gatherings.c.trigger == gathering.written)
    place = select(gatherings.c.next_lead_id).where(this, gatherings.c.done_at.is_(None)).with_for_update()
    begins_at = conn.execute(place).scalar_one_or_none()
    if begins_at is None:
        return False
    concerned = select(leads.c.id).where(leads.c.id >= begins_at, leads.c.merged_into.is_(None), audience(sequence))
    ids = list(conn.scalars(concerned.where(_concerned(gathering.trigger)).order_by(leads.c.id).limit(LEADS_PER_JOB)))
    if gathering.trigger.existing == "enrol":
        for lead_id in with_consent(conn, ids, sequence):
            events.append(conn, lead_id, "existing_due", now, evidence="engine", subject=gathering.sequence)
    else:
        wakes.hasten(conn, ids, now.calendar)
    reached = {"next_lead_id": ids[-1] + 1} if ids else {"done_at": now.calendar}
    conn.execute(update(gatherings).where(this).values(reached))
    return bool(ids)


def _concerned(trigger: Trigger) -> ColumnElement[bool]:
    """Whom time may let in: with a date, or above the line that their score may fall below."""
    if trigger.date is not None:
        known: ColumnElement[bool] = leads.c.fields[trigger.date].as_string().is_not(None)
        return known
    if trigger.score is not None and trigger.existing == "skip":
        column = standings.c.fit if trigger.of == "fit" else standings.c.engagement
        return leads.c.id.in_(select(standings.c.lead_id).where(column >= trigger.score * MILLI))
    return true()
