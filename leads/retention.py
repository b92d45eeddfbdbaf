"""Whose time is up: found in small batches, announced, and let go when the notice has passed; nobody is hurried.

A lead's time counts from their last own act. What the house did, and a mail that was merely opened, is none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, select

from base.calendars import add
from base.clock import Moment
from base.durations import Duration
from base.settings import Retention
from leads import consent, consenting
from leads.events import append
from leads.facts import CUSTOMER, SILENCE
from leads.forgetting import Clerk, Desk, forget
from leads.groups import group, has
from storage.schema import departures, events, leads, messages, standings, wakes
from storage.upsert import insert_or_ignore

OPENS = ("mail_opened", "mail.opened")  # a machine opens for its reader: the authorities count a click, not this
BATCH = 500
AT_ONCE = 20  # leads let go in one go
HOUSE = Clerk("retention")
ENDED_BY_SILENCE = "sunset"  # why an address is left alone whose marketing has ended
UTC_DAY = "UTC"


@dataclass(frozen=True, slots=True)
class Departing:
    """A lead whose time is up: since when nothing came from them, and when they go."""

    lead_id: int
    klass: str  # contact | lead | customer
    last_act_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What one batch of leads gave. `silent` get no more marketing, `asked` are to be asked before. `next_id`: where
    the next begins, None after the last."""

    departing: tuple[Departing, ...]
    silent: tuple[int, ...]
    asked: tuple[int, ...]
    next_id: int | None


def look(conn: Connection, terms: Retention, bought: Collection[str], first_id: int, now: datetime) -> Found:
    """The next BATCH of leads from `first_id` on, and who of them departs, or is to get no more marketing. `bought`:
    the stages of those who have bought."""
    rows = _batch(conn, first_id)
    departing = [one for row in rows if (one := _departs(row, terms, bought, now)) is not None]
    going = {one.lead_id for one in departing}
    silent = [row for row in rows if row.id not in going and _is_silent(row, terms, now)]
    tired = _written_to(conn, silent, terms.sunset_mails)
    ended, asked = _warned(conn, tired, timedelta(days=terms.sunset_notice_days), now)
    return Found(tuple(departing), ended, asked, rows[-1].id + 1 if len(rows) == BATCH else None)


def announce(conn: Connection, found: Found, now: datetime) -> int:
    """Put them on the list of those who go; returns how many are new there."""
    rows = [
        {"lead_id": one.lead_id, "last_act_at": one.last_act_at, "announced_at": now, "due_at": one.due_at}
        for one in found.departing
    ]
    return insert_or_ignore(conn, departures, rows)


def strike_off(conn: Connection) -> int:
    """Take off the list whoever has acted since; returns how many."""
    later = has(events, departures.c.lead_id, _own_act(), events.c.at > departures.c.last_act_at)
    return conn.execute(delete(departures).where(later)).rowcount


def let_go(desk: Desk, terms: Retention, now: Moment) -> int:
    """Erase or anonymise those whose notice has passed, a few; returns how many went."""
    desk.database.write(strike_off)
    with desk.database.read() as conn:
        due = select(departures.c.lead_id).where(departures.c.due_at <= now.calendar).order_by(departures.c.due_at)
        ids = list(conn.scalars(due.limit(AT_ONCE)))
    for lead_id in ids:
        forget(desk, lead_id, terms.way, HOUSE, now, "retention")
    return len(ids)


def rest(conn: Connection, lead_ids: Sequence[int], key: str, now: Moment) -> int:
    """No more marketing for these, until they say so; returns for how many that is news."""
    known = conn.scalars(select(leads.c.email).where(leads.c.id.in_(lead_ids), leads.c.email.is_not(None)))
    hashes = [consent.address_hash(key, email) for email in known]
    return sum(consenting.suppress(conn, one, "marketing", ENDED_BY_SILENCE, now.machine) for one in hashes)


def ask(conn: Connection, lead_ids: Sequence[int], now: Moment) -> int:
    """Note that marketing is about to end for these, once for each silence; a sequence may ask them. Returns how many
    were new."""
    new = [row.id for row in _named(conn, lead_ids) if _noticed(conn, row) is None]
    for lead_id in new:
        append(conn, lead_id, SILENCE, now, evidence="engine")
    return len(new)


def is_silent(conn: Connection, lead_id: int) -> bool:
    """Whether the silence of that lead was noticed, and nothing came from them since."""
    return any(_noticed(conn, row) is not None for row in _named(conn, [lead_id]))


def announced(conn: Connection, limit: int) -> list[Row[Any]]:
    """Those on the list who go first: lead_id, last_act_at, due_at."""
    return [*conn.execute(select(departures).order_by(departures.c.due_at).limit(limit))]


def count_announced(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(departures)).scalar_one()


# ---------------------------------------------------------------- what is asked, and what it means


def _own_act() -> Any:
    return and_(events.c.evidence == "human", events.c.name.not_in(OPENS))


def _asked() -> Select[Any]:
    """Leads with their last own act, and the last of those whom they stand for: two questions, each by its index."""
    own = select(func.max(events.c.at)).where(events.c.lead_id == leads.c.id, _own_act())
    joined = select(func.max(events.c.at)).join_from(events, wakes, wakes.c.lead_id == events.c.lead_id)
    theirs = joined.where(wakes.c.survivor_id == leads.c.id, _own_act())
    last = own.scalar_subquery().label("own_act_at"), theirs.scalar_subquery().label("their_act_at")
    columns = (leads.c.id, leads.c.status, leads.c.created_at, standings.c.stage, *last)
    return select(*columns).outerjoin(standings, standings.c.lead_id == leads.c.id)


def _last_act(row: Row[Any]) -> datetime:
    """When they, or one whom they stand for, last did something; else when they came."""
    acts = [at for at in (row.own_act_at, row.their_act_at) if at is not None]
    at: datetime = max(acts, default=row.created_at)
    return at


def _batch(conn: Connection, first_id: int) -> list[Row[Any]]:
    found = _asked().where(leads.c.id >= first_id, leads.c.merged_into.is_(None))
    return [*conn.execute(found.order_by(leads.c.id).limit(BATCH))]


def _named(conn: Connection, lead_ids: Sequence[int]) -> list[Row[Any]]:
    return [*conn.execute(_asked().where(leads.c.id.in_(lead_ids)))]


def class_of(status: str, stage: str | None, bought: Collection[str]) -> str:
    """contact | lead | customer."""
    return CUSTOMER if stage in bought else status


def _departs(row: Row[Any], terms: Retention, bought: Collection[str], now: datetime) -> Departing | None:
    klass = class_of(row.status, row.stage, bought)
    months = {"contact": terms.contact_months, "lead": terms.lead_months, CUSTOMER: terms.customer_months}[klass]
    last = _last_act(row)
    notice = timedelta(days=terms.notice_days)
    if not months or (due := add(last, Duration(months, "month"), UTC_DAY)) > now + notice:
        return None
    return Departing(row.id, klass, last, max(due, now + notice))


def _is_silent(row: Row[Any], terms: Retention, now: datetime) -> bool:
    last = _last_act(row)
    return bool(terms.sunset_months) and add(last, Duration(terms.sunset_months, "month"), UTC_DAY) <= now


def _written_to(conn: Connection, rows: Sequence[Row[Any]], mails: int) -> list[Row[Any]]:
    """Those who got so many marketing mails since their last act, under whichever of their addresses."""
    found = []
    for row in rows:
        since, theirs = _last_act(row), messages.c.lead_id.in_(group(conn, row.id))
        ours = theirs & (messages.c.klass == "marketing") & (messages.c.sent_at > since)
        if conn.execute(select(func.count()).where(ours)).scalar_one() >= mails:
            found.append(row)
    return found


def _warned(
    conn: Connection, rows: Sequence[Row[Any]], notice: timedelta, now: datetime
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those for whom marketing ends now, and those who are to be asked before; whoever was asked has the notice."""
    if not notice:
        return tuple(row.id for row in rows), ()
    at = {row.id: _noticed(conn, row) for row in rows}
    ended = tuple(lead_id for lead_id, noticed in at.items() if noticed is not None and noticed + notice <= now)
    return ended, tuple(lead_id for lead_id, noticed in at.items() if noticed is None)


def _noticed(conn: Connection, row: Row[Any]) -> datetime | None:
    """When their silence was noticed, since their last own act."""
    theirs = events.c.lead_id.in_(group(conn, row.id))
    told = select(func.max(events.c.at)).where(theirs, events.c.name == SILENCE, events.c.at > _last_act(row))
    noticed: datetime | None = conn.execute(told).scalar_one()
    return noticed
