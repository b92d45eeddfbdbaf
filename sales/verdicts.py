"""What sales decides of a lead, with a hand-off or without one: the first answer counts, the engine moves the stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from base.clock import Moment
from base.translations import msgid
from leads.groups import group, survivor
from sales.notebook import Act, Author, write_task
from storage import wakes
from storage.schema import hand_offs, leads, standings

# What staff press -> what is recorded.
VERDICTS = {"accept": "accepted", "reject": "rejected", "recycle": "recycled", "disqualify": "disqualified"}
REMINDER = msgid("Come back to this lead: recycled until today")
ACCEPTED = "accepted"  # the one that needs no reason


class AnsweredBefore(Exception):
    """Somebody was faster: nothing was saved."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the values of VERDICTS, and why: the id of a reason of the definitions.

    `until` and `reminder` go with recycling: the instant (calendar) to come back to the lead, and the task's title.
    """

    said: str
    reason: str | None = None
    until: datetime | None = None
    reminder: str = ""


def answer(conn: Connection, hand_off_id: int, verdict: Verdict, author: Author, now: Moment) -> None:
    """Answer a hand-off. Raises AnsweredBefore when it has an answer, LookupError when it is not there."""
    hand_off = conn.execute(select(hand_offs).where(hand_offs.c.id == hand_off_id)).one_or_none()
    if hand_off is None:
        raise LookupError(f"hand-off {hand_off_id} is not there")
    # The wake is held until the commit: two answers come one after the other.
    act = Act(hand_off.lead_id, wakes.stir(conn, hand_off.lead_id, now.calendar), author, now)
    if not _close(conn, [hand_off_id], verdict, author, now):
        raise AnsweredBefore
    _tell(conn, act, cycle_told(conn, hand_off.lead_id, hand_off.cycle), verdict)
    _remind(conn, act, hand_off.owner, verdict)


def decide(conn: Connection, lead_id: int, verdict: Verdict, author: Author, now: Moment) -> None:
    """Recycle or disqualify a lead wherever it stands; hand-offs of it that are open are answered by that."""
    act = Act.begin(conn, lead_id, author, now)
    cycle = conn.execute(select(standings.c.cycle).where(standings.c.lead_id == act.lead_id)).scalar_one_or_none()
    unanswered = select(hand_offs.c.id).where(
        hand_offs.c.lead_id.in_(group(conn, act.lead_id)), hand_offs.c.verdict.is_(None)
    )
    _close(conn, list(conn.scalars(unanswered)), verdict, author, now)
    _tell(conn, act, {"cycle": cycle or 1}, verdict)
    owner = conn.execute(select(leads.c.owner).where(leads.c.id == act.lead_id)).scalar_one()
    _remind(conn, act, owner, verdict)


def _close(conn: Connection, ids: list[int], verdict: Verdict, author: Author, now: Moment) -> int:
    """Note the answer on those that have none; returns on how many."""
    told = {
        "verdict": verdict.said,
        "verdict_reason": verdict.reason,
        "verdict_by": author.signature,
        "verdict_at": now.calendar,
        "escalate_at": None,  # nobody waits any more
    }
    given = update(hand_offs).where(hand_offs.c.id.in_(ids), hand_offs.c.verdict.is_(None))
    return conn.execute(given.values(**told)).rowcount if ids else 0


def cycle_told(conn: Connection, lead_id: int, cycle: int) -> dict[str, int]:
    """The cycle that a verdict is about; of a lead that was merged none: cycles are counted by another now."""
    return {"cycle": cycle} if survivor(conn, lead_id) == lead_id else {}


def _tell(conn: Connection, act: Act, cycle: Mapping[str, int], verdict: Verdict) -> None:
    until = {"until": verdict.until.isoformat()} if verdict.until else {}
    act.tell(conn, "verdict_given", verdict.said, reason=verdict.reason, **cycle, **until)


def _remind(conn: Connection, act: Act, owner: str | None, verdict: Verdict) -> None:
    if verdict.until is not None:
        write_task(conn, act.lead_id, verdict.reminder, verdict.until, owner, act.author, act.now)
