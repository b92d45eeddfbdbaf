"""Sees to alerts that nobody answers: each step of the definitions is taken once, by whichever process comes first."""

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select, update

from authoring.models.hand_off import Escalation, HandOff
from authoring.releases import NoRelease
from base.calendars import local_day
from base.clock import Clocks, Moment
from sales import again, links
from sales.absences import away_on
from sales.brief import brief
from sales.dossiers import dossier_of
from sales.notebook import Act, Author
from sales.reassigning import Office, give
from sales.routing import LATE, Routed
from sales.service import next_step
from sales.telling import NOTICE, About, tell_by_mail
from sales.wording import Voice
from storage import wakes
from storage.database import Database, StorageUnavailable
from storage.schema import escalations, hand_offs, leads, switches
from storage.upsert import insert_or_ignore

AT_A_TIME = 20
PAUSE = timedelta(minutes=15)  # after a fault of ours
EVERYTHING = "all"  # the switch that rests the whole house
HOUSE = Author("Terreau")
ESCALATED = "alert_escalated"

log = structlog.get_logger(__name__)


class ServiceLevel:
    """The timer of one process; any number may run. `drain` is called by one thread at a time."""

    def __init__(self, database: Database, office: Callable[[], Office], clocks: Clocks) -> None:
        self._database = database
        self._office = office
        self._clocks = clocks

    def drain(self, stop: threading.Event) -> int:
        """Take every step that is due, until none is or `stop` is set; returns how many were taken.

        Raises StorageUnavailable when the database is away; what is due stays so.
        """
        try:
            office = self._office()
        except NoRelease:
            return 0
        taken = 0
        while not stop.is_set() and (due := self._due()):
            for hand_off_id in due:
                taken += self._take(hand_off_id, office)
        return taken

    def next_due(self) -> datetime | None:
        """The calendar's next instant at which a step may be due; may be past. None = nobody waits for one."""
        with self._database.read() as conn:
            waiting = select(func.min(hand_offs.c.escalate_at)).where(hand_offs.c.verdict.is_(None))
            found: datetime | None = conn.execute(waiting).scalar_one()
            return None if found is None or _rests(conn) else found

    def _due(self) -> list[int]:
        now = self._clocks.calendar()
        with self._database.read() as conn:
            due = select(hand_offs.c.id).where(hand_offs.c.escalate_at <= now, hand_offs.c.verdict.is_(None))
            due = due.order_by(hand_offs.c.escalate_at)
            return [] if _rests(conn) else list(conn.scalars(due.limit(AT_A_TIME)))

    def _take(self, hand_off_id: int, office: Office) -> bool:
        now = self._clocks.moment()
        try:
            return self._database.write(lambda conn: escalate(conn, hand_off_id, office, now))
        except StorageUnavailable:
            raise
        except Exception as error:  # a fault of ours must not hold up the others, nor be tried without an end
            log.error("an alert that waits met a fault", hand_off=hand_off_id, exc_info=error)
            self._put_off(hand_off_id, now.calendar + PAUSE)
            return False

    def _put_off(self, hand_off_id: int, until: datetime) -> None:
        later = update(hand_offs).where(hand_offs.c.id == hand_off_id, hand_offs.c.escalate_at.is_not(None))
        self._database.write(lambda conn: conn.execute(later.values(escalate_at=until)).rowcount)


def escalate(conn: Connection, hand_off_id: int, office: Office, now: Moment) -> bool:
    """Take the next step about that hand-off, if it is due, unanswered, and nobody else has taken it."""
    hand_off = _held(conn, hand_off_id)
    if hand_off is None or hand_off.verdict is not None:
        return False
    chosen, taken, told = office.site.definitions.hand_off, _taken(conn, hand_off_id), False
    step = next_step(chosen, hand_off.opened_at, taken, office.zone)
    if step is not None and step[0] <= now.calendar:
        told = _do(conn, hand_off, step[1], office, now)
        step = next_step(chosen, hand_off.opened_at, [*taken, step[1].id], office.zone)
    later = step[0] if step is not None else None
    conn.execute(update(hand_offs).where(hand_offs.c.id == hand_off_id).values(escalate_at=later))
    return told


def _held(conn: Connection, hand_off_id: int) -> Row[Any] | None:
    """The hand-off, of which nobody says anything else before the commit: an answer comes before, or after. None: its
    lead was erased meanwhile."""
    lead_id = conn.execute(select(hand_offs.c.lead_id).where(hand_offs.c.id == hand_off_id)).scalar_one_or_none()
    if lead_id is None:
        return None
    wakes.hold(conn, [lead_id])
    return conn.execute(select(hand_offs).where(hand_offs.c.id == hand_off_id)).one_or_none()


def _taken(conn: Connection, hand_off_id: int) -> list[str]:
    return list(conn.scalars(select(escalations.c.step).where(escalations.c.hand_off_id == hand_off_id)))


def _rests(conn: Connection) -> bool:
    off = select(switches.c.off).where(switches.c.name == EVERYTHING)
    return bool(conn.execute(off).scalar_one_or_none())


# ---------------------------------------------------------------- the step itself


def _do(conn: Connection, hand_off: Row[Any], step: Escalation, office: Office, now: Moment) -> bool:
    chosen = office.site.definitions.hand_off
    away = away_on(conn, chosen, local_day(now.calendar, office.zone))
    told = _whom(hand_off, step, chosen, away)
    row = {
        "hand_off_id": hand_off.id, "step": step.id, "act": step.do, "owner": hand_off.owner, "told": told,
        "at": now.calendar,
    }  # fmt: skip
    if not insert_or_ignore(conn, escalations, row):
        return False
    act = Act.begin(conn, hand_off.lead_id, HOUSE, now)
    act.tell(conn, ESCALATED, step.do, step=step.id, to=told, cycle=hand_off.cycle)
    if step.do == "reassign" and told != hand_off.owner:
        before = conn.execute(select(leads.c.owner).where(leads.c.id == act.lead_id)).scalar_one()
        act = Act.begin(conn, hand_off.lead_id, HOUSE, now)  # an event of its own
        give(conn, act, Routed(told, LATE, _called(step, office, told)), before, office)
    else:
        _tell(conn, hand_off, step, told, office, now)
    return True


def _whom(hand_off: Row[Any], step: Escalation, chosen: HandOff, away: Collection[str]) -> str:
    """The rep who is told: `to`, else the fallback. Whoever is away or has left the definitions is nobody to tell;
    where nobody else is, the owner is told again."""
    there = {rep.id for rep in chosen.reps} - {*away}
    wanted = (step.to, chosen.fallback) if step.do != "remind" else ()
    return next((rep for rep in wanted if rep in there), str(hand_off.owner))


def _tell(conn: Connection, hand_off: Row[Any], step: Escalation, told: str, office: Office, now: Moment) -> None:
    """By mail: the owner again, or somebody else with a page of their own."""
    rep = next((one for one in office.site.definitions.hand_off.reps if one.id == told), None)
    if rep is None:
        return  # whose it was has left the definitions, and no other is named
    own = rep.id == hand_off.owner
    token = hand_off.token if own else links.one_more(conn, hand_off.id, rep.id)
    voice = Voice(office.site, rep.locale, office.zone)
    dossier = dossier_of(conn, hand_off, office.site, office.zone, now.calendar)
    letter = brief(dossier, rep, voice, office.verdict_url(token))
    owner = next(
        (one.name for one in office.site.definitions.hand_off.reps if one.id == hand_off.owner), hand_off.owner
    )
    context = again.unanswered(letter, None if own else owner, hand_off.opened_at, hand_off.answer_by, voice)
    about = About(hand_off.lead_id, hand_off.cycle, office.site.release_id, now)
    tell_by_mail(conn, about, rep, context, NOTICE, f"mail:{rep.id}:{LATE}:{step.id}")


def _called(step: Escalation, office: Office, told: str) -> str:
    """What the step is called, in the language of whoever is told."""
    locale = office.rep(told).locale
    return Voice(office.site, locale, office.zone).text(step.label) if step.label is not None else step.id
