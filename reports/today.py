"""A rep's hand-offs: who waits for an answer, what was answered, how the week went; read-only.

`owners` are the reps whose hand-offs are meant; None = everybody's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from authoring.site import Site
from base.calendars import Zone
from leads import events
from leads.bant import noted
from leads.facts import Event, Facts, Noted
from leads.groups import group, survivor
from leads.identity import load_leads
from leads.known import facts_of
from reports.answers import GIVEN
from storage.schema import hand_offs, stage_changes, submissions
from storage.schema import standings as stood

SHOWN = 20  # a day has no more
RECENT = 60  # events read per lead
FORMS = 10
_COPIED = ("id", "cycle", "stage", "owner", "opened_at", "answer_by", "event_seq")

Owners = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A form's answers as they were given."""

    form: str
    answers: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open hand-off with all that a brief is written from. `points`: the engagement, in points, when it was opened.

    `present`: the lead still stands where it was handed over; otherwise it has cooled, and can only be accepted.
    """

    id: int
    cycle: int
    stage: str
    owner: str
    opened_at: datetime
    answer_by: datetime | None
    event_seq: int
    reason: str
    points: int
    present: bool
    facts: Facts
    recent: tuple[Event, ...]
    submitted: tuple[Submission, ...]
    bant: Mapping[str, Noted]


@dataclass(frozen=True, slots=True)
class Answered:
    """A hand-off that has its verdict. `by` is a rep's id or a name; `stage` where the lead stands now."""

    id: int
    lead_id: int
    owner: str
    name: str
    verdict: str
    reason: str | None
    by: str
    at: datetime
    took: timedelta
    stage: str


@dataclass(frozen=True, slots=True)
class Week:
    """Hand-offs opened in a week. `late`: answered after what was promised, or not answered and past it; `overdue` are
    the latter. `pace` is the median time to an answer; None when there was none."""

    opened: int
    answered: int
    accepted: int
    late: int
    overdue: int
    pace: timedelta | None


# ---------------------------------------------------------------- hand-offs


def waiting(conn: Connection, site: Site, owners: Owners, zone: Zone) -> tuple[Waiting, ...]:
    """The open hand-offs of those reps, the most urgent first; at most SHOWN."""
    found = conn.execute(_open(owners).order_by(hand_offs.c.answer_by, hand_offs.c.id).limit(SHOWN))
    return _waiting(conn, found.all(), site, zone)


def waiting_one(conn: Connection, hand_off_id: int, site: Site, zone: Zone) -> Waiting | None:
    """That hand-off, if it is open."""
    still = hand_offs.c.verdict.is_(None)
    return next(
        iter(_waiting(conn, conn.execute(_all().where(hand_offs.c.id == hand_off_id, still)).all(), site, zone)), None
    )


def waiting_count(conn: Connection, owners: Owners) -> int:
    """How many hand-offs of those reps are open."""
    counted = _of(owners, select(func.count()).where(hand_offs.c.verdict.is_(None)))
    found: int = conn.execute(counted).scalar_one()
    return found


def waiting_of(conn: Connection, lead_id: int, site: Site, zone: Zone) -> Waiting | None:
    """The newest open hand-off of a lead."""
    theirs = _all().where(hand_offs.c.lead_id.in_(group(conn, lead_id)), hand_offs.c.verdict.is_(None))
    return next(
        iter(_waiting(conn, conn.execute(theirs.order_by(hand_offs.c.cycle.desc()).limit(1)).all(), site, zone)), None
    )


def answered(conn: Connection, hand_off_id: int) -> Answered | None:
    """That hand-off, if it has its verdict."""
    row = conn.execute(_all().where(hand_offs.c.id == hand_off_id)).one_or_none()
    if row is None or row.verdict is None:
        return None
    lead_id = survivor(conn, row.lead_id)
    lead = load_leads(conn, [lead_id])[lead_id]
    stage = conn.execute(select(stood.c.stage).where(stood.c.lead_id == lead.id)).scalar_one_or_none()
    return Answered(
        id=row.id,
        lead_id=lead.id,
        owner=row.owner,
        name=lead.name,
        verdict=row.verdict,
        reason=row.verdict_reason,
        by=row.verdict_by or "",
        at=row.verdict_at,
        took=row.verdict_at - row.opened_at,
        stage=stage or row.stage,
    )


def _all() -> Select[Any]:
    """Without the rest of the brief, which is long."""
    columns = [column for column in hand_offs.c if column.name not in ("brief", "token")]
    return select(*columns, hand_offs.c.brief["total"].as_string().label("total"))


def _open(owners: Owners) -> Select[Any]:
    return _of(owners, _all().where(hand_offs.c.verdict.is_(None)))


def _of(owners: Owners, asked: Select[Any]) -> Select[Any]:
    return asked if owners is None else asked.where(hand_offs.c.owner.in_(sorted(owners)))


def _waiting(conn: Connection, rows: Sequence[Row[Any]], site: Site, zone: Zone) -> tuple[Waiting, ...]:
    ids = sorted({row.lead_id for row in rows})
    if not ids:
        return ()
    turn = {lead_id: survivor(conn, lead_id) for lead_id in ids}
    known, reasons = facts_of(conn, site, {*turn.values()}, zone, rows[0].opened_at), _reasons(conn, ids)
    learned = noted(conn, {*turn.values()})

    def one(row: Row[Any]) -> Waiting:
        facts = known[turn[row.lead_id]]
        stands = facts.standing
        return Waiting(
            **{name: getattr(row, name) for name in _COPIED},
            reason=reasons.get((row.lead_id, row.cycle, row.stage), ""),
            points=int(row.total or 0),
            present=(stands.cycle, stands.stage) == (row.cycle, row.stage),
            facts=facts,
            recent=tuple(events.newest(conn, facts.lead.id, RECENT)),
            submitted=submitted(conn, facts.lead.id),
            bant=learned[facts.lead.id],
        )

    return tuple(one(row) for row in rows)


def _reasons(conn: Connection, ids: Collection[int]) -> dict[tuple[int, int, str], str]:
    columns = (stage_changes.c.lead_id, stage_changes.c.cycle, stage_changes.c.to_stage, stage_changes.c.reason)
    moved = select(*columns).where(stage_changes.c.lead_id.in_(ids)).order_by(stage_changes.c.id)
    return {(lead_id, cycle, stage): reason for lead_id, cycle, stage, reason in conn.execute(moved)}


def submitted(conn: Connection, lead_id: int) -> tuple[Submission, ...]:
    """The lead's newest forms, at most FORMS."""
    columns = (submissions.c.form, submissions.c.answers, submissions.c.at)
    newest = select(*columns).where(submissions.c.lead_id.in_(group(conn, lead_id))).order_by(submissions.c.id.desc())
    return tuple(Submission(*row) for row in conn.execute(newest.limit(FORMS)))


# ---------------------------------------------------------------- the week


def week(conn: Connection, reps: Collection[str], since: datetime, now: datetime) -> Week:
    """What has become up to now of the hand-offs that those reps were given since then."""
    columns = (hand_offs.c.opened_at, hand_offs.c.answer_by, hand_offs.c.verdict, hand_offs.c.verdict_at)
    theirs = hand_offs.c.owner.in_(sorted(reps))
    opened = conn.execute(select(*columns).where(theirs, hand_offs.c.opened_at >= since, GIVEN)).all()
    given = [row for row in opened if row.verdict is not None]
    late = [row for row in opened if row.answer_by is not None and (row.verdict_at or now) > row.answer_by]
    return Week(
        opened=len(opened),
        answered=len(given),
        accepted=sum(row.verdict == "accepted" for row in given),
        late=len(late),
        overdue=sum(row.verdict is None for row in late),
        pace=median(row.verdict_at - row.opened_at for row in given) if given else None,
    )
