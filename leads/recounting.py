"""The points of leads counted again on the day on which their whole number changes, so that a list read in the order of
what is stored stands in the order of what is shown.

When something happens, or a threshold is crossed, the engine counts; here is counted what fades in between. A lead that
the engine is about to look at, or that has crossed a threshold unseen, is left to it: only the engine may see that.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, literal, or_, select, tuple_, update

from authoring.models.definitions import Definitions
from authoring.releases import Releases
from authoring.site import Site
from authoring.stored import NoRelease
from base.calendars import Zone, local_day
from base.clock import Clocks
from leads.calm import Watch
from leads.facts import Buckets
from leads.points import MILLI, crossing, engagement
from storage.database import Database
from storage.schema import standings, wakes

BATCH = 200
_S = standings.c
_COUNTED = (
    update(standings)
    .where(_S.lead_id == bindparam("whose"), _S.as_of == bindparam("seen"))  # the engine may have counted meanwhile
    .values(engagement=bindparam("milli"), as_of=bindparam("now"), fades_on=bindparam("then"))
)


@dataclass(frozen=True, slots=True)
class Recounter:
    """Whoever counts; `drain` counts all that is due."""

    database: Database
    releases: Releases
    clocks: Clocks
    zone: Zone

    def drain(self, stop: Event) -> int:
        """How many were counted. Raises StorageUnavailable."""
        try:
            site = self.releases.in_force()
        except NoRelease:
            return 0
        lines, now, done, after = lines_of(site), self.clocks.calendar(), 0, None
        while not stop.is_set():
            with self.database.read() as conn:
                rows = due(conn, self.zone, now, after)
            if not rows:
                break
            counted = count(rows, site.definitions, lines, self.zone, now)
            if counted:
                self.database.write(partial(write, counted=counted))
            done, after = done + len(counted), rows[-1]
        return done


def due(conn: Connection, zone: Zone, now: datetime, after: Row[Any] | None = None) -> list[Row[Any]]:
    """The next BATCH behind `after` of those whose whole points may be others by now, and whom the engine leaves alone.
    Their lead_id, fades_on, as_of, engagement, buckets."""
    alone = or_(wakes.c.due_at.is_(None), wakes.c.due_at > now)
    asked = select(_S.lead_id, _S.fades_on, _S.as_of, _S.engagement, _S.buckets).join(
        wakes, wakes.c.lead_id == _S.lead_id
    )
    those = asked.where(_S.fades_on <= local_day(now, zone), alone)
    if after is not None:
        those = those.where(tuple_(_S.fades_on, _S.lead_id) > tuple_(literal(after.fades_on), literal(after.lead_id)))
    return [*conn.execute(those.order_by(_S.fades_on, _S.lead_id).limit(BATCH))]


def lines_of(site: Site) -> tuple[int, ...]:
    """Every engagement (milli-points) at which something begins or ends, at whatever stage."""
    watch = Watch(site.definitions)
    watched = [watch.at(stage.id) for stage in site.definitions.stages]
    marks = {mark for one in watched for mark in (*one.marks, *one.handing)}
    triggers = [trigger for sequence in site.sequences.values() for trigger in sequence.trigger]
    scores = [one.score * MILLI for one in triggers if one.score is not None and one.of == "engagement"]
    return tuple(sorted(marks.union(scores)))


def count(
    rows: Iterable[Row[Any]], definitions: Definitions, lines: Sequence[int], zone: Zone, now: datetime
) -> list[dict[str, Any]]:
    """What is to be written of those that were due. Who has crossed one of the `lines` stays due: the engine was kept
    from them, and sees it when it comes by."""
    today = local_day(now, zone)
    points = [(row, engagement(row.buckets, definitions, today)) for row in rows]
    return [
        {
            "whose": row.lead_id,
            "seen": row.as_of,
            "milli": milli,
            "now": now,
            "then": fades_on(row.buckets, definitions, today),
        }
        for row, milli in points
        if bisect(lines, milli) == bisect(lines, row.engagement)
    ]


def write(conn: Connection, counted: Sequence[dict[str, Any]]) -> None:
    """In the order of the leads, as the engine writes them: two who write wait for each other, and never both."""
    conn.execute(_COUNTED, sorted(counted, key=lambda one: int(one["whose"])))


def fades_on(buckets: Buckets, definitions: Definitions, today: date) -> date | None:
    """The first day after today on which the whole points may be others if nothing more happens; perhaps too early,
    never late. None = never."""
    whole = engagement(buckets, definitions, today) // MILLI
    return crossing(buckets, definitions, today, [whole * MILLI, (whole + 1) * MILLI])


def is_behind(conn: Connection, zone: Zone, now: datetime) -> bool:
    """Whether the points of some are still to be counted for today."""
    return conn.execute(select(exists(literal(1)).where(_S.fades_on <= local_day(now, zone)))).scalar_one()
