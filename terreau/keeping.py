"""The house at its own data: a batch of leads a minute is looked at, announced when their time is up, and let go."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial
from threading import Event

import structlog

from authoring.releases import Releases
from authoring.stored import NoRelease
from base.calendars import Zone
from base.clock import Clocks, Moment
from base.settings import Retention
from leads import retention, thinning
from leads.conditions import bought
from leads.erasing import UnderWay
from leads.forgetting import Desk, complete_list

THINNED = 20  # batches a minute: more than a house of a million hits a month needs

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Keeper:
    """Goes through all leads once a day; `drain` does the next batch, and lets go of a few whose notice has passed."""

    desk: Desk
    terms: Retention
    clocks: Clocks
    zone: Zone
    releases: Releases
    _next_id: int = 1
    _done_on: date | None = field(default=None)

    def drain(self, stop: Event) -> int:
        """How many were announced, put to rest, or let go. Raises StorageUnavailable."""
        now = self.clocks.moment()
        done = self._look() if self._done_on != now.calendar.date() else 0
        done += self._thin(now)
        try:
            gone = retention.let_go(self.desk, self.terms, now)
        except UnderWay:
            return done  # the next minute will do
        if gone:
            log.info("leads whose time was up are gone", leads=gone, way=self.terms.way)
        return done + gone

    def _thin(self, now: Moment) -> int:
        """A few batches of hits and visits that are too old to be kept one by one."""
        done = 0
        for _ in range(THINNED):
            job = partial(thinning.thin, months=self.terms.hits_months, zone=self.zone, now=now)
            some = self.desk.database.write(job).total
            done += some
            if not some:
                break
        return done

    def _look(self) -> int:
        now, desk = self.clocks.moment(), self.desk
        if self._next_id == 1:
            complete_list(desk)
        customers = bought_in_force(self.releases)
        with desk.database.read() as conn:
            found = retention.look(conn, self.terms, customers, self._next_id, now.calendar)
        done = desk.database.write(partial(retention.announce, found=found, now=now.calendar))
        done += desk.database.write(partial(retention.ask, lead_ids=found.asked, now=now))
        done += desk.database.write(partial(retention.rest, lead_ids=found.silent, key=desk.key, now=now))
        self._next_id = found.next_id or 1
        if found.next_id is None:
            self._done_on = now.calendar.date()
        return done


def bought_in_force(releases: Releases) -> frozenset[str]:
    """The stages of those who have bought, as the release in force says; before the first, nobody stands anywhere."""
    try:
        return bought(releases.in_force().definitions)
    except NoRelease:
        return frozenset()
