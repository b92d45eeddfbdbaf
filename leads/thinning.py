"""Hits and visits that are too old to be kept one by one: counted by day, of nobody, and let go in small batches.

What was believed of them stays in the events; whether a hit was a human's can no longer be looked into.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, func, select

from base.calendars import Zone, add, local_day
from base.clock import Moment
from base.durations import Duration
from leads.touches import from_where
from storage.schema import hit_counts, hits, messages, visit_counts, visitors, visits
from storage.upsert import add_up

BATCH = 500


@dataclass(frozen=True, slots=True)
class Thinned:
    """How many of each; `visitors`: browsers that were known and whose last visit is gone."""

    hits: int = 0
    visits: int = 0
    visitors: int = 0

    @property
    def total(self) -> int:
        return self.hits + self.visits + self.visitors


def too_old(conn: Connection, months: int, now: Moment) -> Thinned:
    """How many there are; changes nothing. 0 `months`: nothing is ever too old."""
    if not months:
        return Thinned()
    old_hits, old_visits = hits.c.at < _before(months, now.machine), visits.c.at < _before(months, now.calendar)
    return Thinned(
        _count(conn, hits, old_hits), _count(conn, visits, old_visits), _count(conn, visitors, _gone(months, now))
    )


def thin(conn: Connection, months: int, zone: Zone, now: Moment) -> Thinned:
    """One batch of the oldest hits, or of the oldest visits, or of browsers without any; all zeros when none is left.

    `zone`: the site's, whose days visits are counted in. Two processes at once count nothing twice.
    """
    if not months:
        return Thinned()
    if old := _oldest(conn, hits, _before(months, now.machine)):
        add_up(conn, hit_counts, _hits_by_day(conn, old), "n")
        return Thinned(hits=_let_go(conn, hits, old))
    if old := _oldest(conn, visits, _before(months, now.calendar)):
        add_up(conn, visit_counts, _visits_by_day(old, zone), "n")
        return Thinned(visits=_let_go(conn, visits, old))
    some = select(visitors.c.visitor).where(_gone(months, now)).limit(BATCH)
    return Thinned(visitors=conn.execute(delete(visitors).where(visitors.c.visitor.in_(some))).rowcount)


def _before(months: int, now: datetime) -> datetime:
    return add(now, Duration(-months, "month"), "UTC")


def _gone(months: int, now: Moment) -> Any:
    """A browser that has not come for as long as its cookie lives."""
    came = exists().where(visits.c.visitor == visitors.c.visitor)
    return (visitors.c.agreed_at < _before(months, now.calendar)) & ~came


def _oldest(conn: Connection, table: Table, before: datetime) -> Sequence[Row[Any]]:
    old = select(table).where(table.c.at < before).order_by(table.c.at, table.c.id).limit(BATCH)
    return conn.execute(old.with_for_update(skip_locked=True)).all()


def _let_go(conn: Connection, table: Table, old: Sequence[Row[Any]]) -> int:
    return conn.execute(delete(table).where(table.c.id.in_([row.id for row in old]))).rowcount


def _hits_by_day(conn: Connection, old: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    numbers = sorted({row.message_id for row in old if row.message_id is not None})
    mails = select(messages.c.id, messages.c.email).where(messages.c.id.in_(numbers))
    email = {row.id: row.email for row in conn.execute(mails)}
    counted = Counter(
        (row.at.astimezone(UTC).date(), email.get(row.message_id) or "", row.kind, row.klass) for row in old
    )
    names = ("day", "email", "kind", "klass", "n")
    return [dict(zip(names, (*key, n), strict=True)) for key, n in sorted(counted.items())]


def _visits_by_day(old: Sequence[Row[Any]], zone: Zone) -> list[dict[str, Any]]:
    """Those that came from somewhere; who went from one page of ours to the next was never counted."""
    counted = Counter(
        (local_day(row.at, zone), row.page, row.channel, from_where(row.touch), _named(row.touch))
        for row in old
        if row.channel
    )
    names = ("day", "page", "channel", "source", "campaign", "n")
    return [dict(zip(names, (*key, n), strict=True)) for key, n in sorted(counted.items())]


def _named(touch: Any) -> str:
    return str(touch.get("utm_campaign") or "")[:150]


def _count(conn: Connection, table: Table, which: Any) -> int:
    return conn.execute(select(func.count()).select_from(table).where(which)).scalar_one()
