"""What was decided about a lead, for and against, newest first: entries, refusals, steps, delays, ends; read-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from leads.groups import group
from reports.came_back import Heard, heard_of
from storage.schema import decisions, enrolments, messages, receipts

SHOWN = 500  # newest lines


@dataclass(frozen=True, slots=True)
class Decided:
    """A line of the ledger. `version`: of the sequence, where the lead was inside; `mail`: the state of the step's
    mail, `mail_reason` what it says; `until`: not before."""

    at: datetime
    outcome: str  # adopted | entered | refused | delayed | skipped | left | completed | taken
    reason: str
    sequence: str
    step: str | None
    release_id: int
    enrolment_id: int | None = None
    version: str | None = None
    until: datetime | None = None
    mail: str | None = None
    mail_reason: str | None = None
    entry_seq: int | None = None  # the number of the event by which the lead came in
    back: Heard | None = None  # what became of the mail after it had left


def ledger(conn: Connection, lead_id: int, sequence: str | None = None, limit: int = SHOWN) -> tuple[Decided, ...]:
    """The newest lines about the lead, or about the lead and one sequence."""
    lines = [*_decisions(conn, lead_id, limit), *_taken(conn, lead_id, limit)]
    about = [line for line in lines if sequence in (None, line.sequence)]
    return tuple(sorted(about, key=lambda line: (line.at, _ORDER.index(line.outcome)), reverse=True)[:limit])


# Within an instant: what comes first in a story.
_ORDER = ("adopted", "refused", "entered", "taken", "skipped", "delayed", "left", "completed")


def _decisions(conn: Connection, lead_id: int, limit: int) -> list[Decided]:
    newest = (
        select(decisions, enrolments.c.sequence_version, enrolments.c.entry_seq)
        .outerjoin(enrolments, enrolments.c.id == decisions.c.enrolment_id)
        .where(decisions.c.lead_id.in_(group(conn, lead_id)))
    )
    return [
        Decided(
            row.at,
            row.outcome,
            row.reason,
            row.sequence or "",
            row.step,
            row.release_id,
            row.enrolment_id,
            row.sequence_version,
            row.until,
            entry_seq=row.entry_seq,
        )
        for row in conn.execute(newest.order_by(decisions.c.id.desc()).limit(limit))
    ]


def _taken(conn: Connection, lead_id: int, limit: int) -> list[Decided]:
    """Steps that were taken, with what became of their mails; skipped ones are among the decisions."""
    letter = and_(
        messages.c.enrolment_id == receipts.c.enrolment_id,
        messages.c.step == receipts.c.step,
        messages.c.occurrence == receipts.c.occurrence,
    )
    wanted = (receipts.c.at, receipts.c.step, receipts.c.reason, receipts.c.release_id, receipts.c.enrolment_id)
    theirs = (enrolments.c.sequence, enrolments.c.sequence_version, enrolments.c.entry_seq)
    steps = (
        select(
            *wanted,
            *theirs,
            messages.c.id.label("message_id"),
            messages.c.state,
            messages.c.reason.label("mail_reason"),
        )
        .join(enrolments, enrolments.c.id == receipts.c.enrolment_id)
        .outerjoin(messages, letter)
        .where(enrolments.c.lead_id.in_(group(conn, lead_id)), receipts.c.outcome == "taken")
    )
    back = heard_of(conn, lead_id)
    return [
        _step(row, back.get(row.message_id)) for row in conn.execute(steps.order_by(receipts.c.at.desc()).limit(limit))
    ]


def _step(row: Any, back: Heard | None) -> Decided:
    return Decided(
        row.at,
        "taken",
        row.reason or "",
        row.sequence,
        row.step,
        row.release_id,
        row.enrolment_id,
        row.sequence_version,
        None,
        row.state,
        row.mail_reason,
        row.entry_seq,
        back,
    )
