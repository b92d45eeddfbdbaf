"""The shell around the pure turn: claims leads, reads all about them, writes what was decided; it decides nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection, func, select

from authoring.models.sequences import Sequence as Authored
from authoring.releases import NoRelease
from authoring.site import Site
from base.clock import Moment
from leads import judging
from storage import holders, wakes
from storage.database import Database, StorageUnavailable
from storage.holders import Holder
from storage.schema import wakes as wakes_table
from storage.wakes import Claimed
from workflows import broadcasts, gatherings, pauses, spreading
from workflows.broadcasts import Broadcast
from workflows.gatherings import Gathering
from workflows.reading import Batch, read_batch
from workflows.turn import take_turn
from workflows.values import Turn
from workflows.writing import OpenHandOff, Sheet, jobs, park, write_turns

BATCH = 200  # leads claimed at a time
BEAT_EVERY = timedelta(seconds=15)  # a holder unseen for 60 s is declared dead

log = structlog.get_logger(__name__)


class Releases(Protocol):
    """What the engine asks of `authoring.releases.Releases`."""

    def in_force(self) -> Site: ...

    def sequence(self, version: str) -> Authored: ...


class ReadsClocks(Protocol):
    def moment(self) -> Moment: ...


class Engine:
    """Does the work that is due, a batch at a time. One thread uses it; any number of processes may run one each."""

    def __init__(
        self,
        database: Database,
        releases: Releases,
        clocks: ReadsClocks,
        zone: str,
        holder_name: str,
        open_hand_off: OpenHandOff,
        batch: int = BATCH,
        *,
        suppression_key: str,
    ) -> None:
        self._database = database
        self._releases = releases
        self._clocks = clocks
        self._zone = zone
        self._name = holder_name
        self._open_hand_off = open_hand_off
        self._batch = batch
        self._key = suppression_key
        self._holder: Holder | None = None
        self._beaten_at: datetime | None = None
        self._in_hand: set[int] = set()  # leads of a pass that was broken off
        self._sequences: dict[str, Authored] = {}  # pinned versions never change
        self._broadcasts_done: set[Broadcast] = set()
        self._watch: Callable[[], None] = lambda: None
        self._gathered: str | None = None  # the site whose new triggers were told to everybody
        self._spread: int | None = None  # the release whose changes everybody was told of

    def work(self) -> int:
        """One pass: the next leads of a broadcast, of an edit or of a new trigger, then up to a batch of due leads, and
        the hits that can be judged. Returns how many; 0 = nothing due.

        Raises StorageUnavailable when the database is away; nothing is lost, the next pass begins where this one did.
        """
        moment = self._clocks.moment()
        try:
            site = self._releases.in_force()
        except NoRelease:
            return 0
        holder = self._present(moment.machine)
        told = self._tell(site, moment) + self._gather(site, moment)
        claimed = self._database.write(partial(self._claim, holder=holder, calendar_now=moment.calendar))
        self._in_hand = {lead.lead_id for lead in claimed}
        if claimed:
            self._take(claimed, site, holder, moment)
        more = self._tell_of_changes(site, moment) + self._go_on(moment) + self._judge(moment)
        return told + len(claimed) + more

    def watched_by(self, watch: Callable[[], None]) -> None:
        """Let `watch` look at the time before each beat: after a gap it is asked before anything is claimed."""
        self._watch = watch

    def begin_broadcasts(self) -> int:
        """Tell the next leads of every due broadcast; returns how many batches were told. `work` does it too."""
        try:
            return self._tell(self._releases.in_force(), self._clocks.moment())
        except NoRelease:
            return 0

    def next_due(self) -> datetime | None:
        """The calendar's next instant at which there is something to do; may be past. None = nothing ahead."""
        with self._database.read() as conn:
            first: datetime | None = conn.execute(select(func.min(wakes_table.c.due_at))).scalar_one()
        try:
            site = self._releases.in_force()
        except NoRelease:
            return first
        ahead = [one.at for one in self._open_broadcasts(site)]
        now = [self._clocks.moment().calendar] if self._ungathered(site) else []
        with self._database.read() as conn:
            portions = [at for _, at in pauses.unfinished(conn)]
        return min((at for at in (first, *ahead, *now, *portions) if at is not None), default=None)

    def leave(self) -> None:
        """Say that we are gone, once no pass runs. Raises StorageUnavailable."""
        if (holder := self._holder) is not None:
            self._holder = None
            self._database.write(lambda conn: holders.leave(conn, holder))

    # ------------------------------------------------------------ who we are

    def _present(self, machine_now: datetime) -> Holder:
        """Our holder, heard of lately; a new one when we were declared dead."""
        holder = self._holder
        if holder is not None and self._beaten_at is not None and machine_now - self._beaten_at < BEAT_EVERY:
            return holder
        self._watch()
        self._holder = self._database.write(lambda conn: self._beat(conn, machine_now))
        self._beaten_at = machine_now
        return self._holder

    def _beat(self, conn: Connection, machine_now: datetime) -> Holder:
        known = self._holder
        lives = known is not None and holders.beat(conn, known, machine_now)
        holders.bury(conn, machine_now)
        return known if known is not None and lives else holders.register(conn, self._name, machine_now)

    def _claim(self, conn: Connection, holder: Holder, calendar_now: datetime) -> list[Claimed]:
        """Claim the next leads, once those of a pass that was broken off are free again."""
        if self._in_hand:
            wakes.let_go(conn, self._in_hand, holder)
        return wakes.claim(conn, holder, calendar_now, self._batch)

    def _judge(self, moment: Moment) -> int:
        """Say what the next hits are that more is known of now; returns how many."""
        with self._database.read() as conn:
            if not judging.due(conn, moment.machine):
                return 0
        return self._database.write(lambda conn: judging.settle(conn, moment))

    # ------------------------------------------------------------ one batch

    def _take(self, claimed: Sequence[Claimed], site: Site, holder: Holder, moment: Moment) -> None:
        with self._database.read() as conn:
            batch = read_batch(
                conn, claimed, site, self._pinned, self._zone, moment.calendar, suppression_key=self._key
            )
        if batch.newest > batch.rules.release_id:  # a release came since we looked: next time with its content
            self._database.write(lambda conn: wakes.let_go(conn, self._in_hand, holder))
            return
        sheet = Sheet(holder, site, batch.rules.release_id, moment, self._zone, self._open_hand_off)
        seen = {lead.lead_id: lead for lead in claimed}
        turns, failed = self._turns(batch, moment)
        for lead_id, error in failed.items():
            self._park(seen[lead_id], error, sheet)
        for job in jobs(turns):
            self._write(job, seen, sheet)
        self._in_hand = set()

    def _turns(self, batch: Batch, moment: Moment) -> tuple[list[Turn], dict[int, Exception]]:
        turns: list[Turn] = []
        failed: dict[int, Exception] = {}
        for state in batch.states:
            try:
                turns.append(take_turn(state, batch.rules, moment.calendar))
            except Exception as error:  # one lead's data must not hold up the others
                failed[state.facts.lead.id] = error
        return turns, failed

    def _write(self, job: Sequence[Turn], seen: Mapping[int, Claimed], sheet: Sheet) -> None:
        """Write a job; should it fail, each of its leads alone, so that only the guilty one is parked."""
        try:
            self._database.write(lambda conn: write_turns(conn, job, seen, sheet))
        except StorageUnavailable:
            raise
        except Exception as error:
            if len(job) == 1:
                self._park(seen[job[0].lead_id], error, sheet)
                return
            for turn in job:
                self._write([turn], seen, sheet)

    def _park(self, lead: Claimed, error: Exception, sheet: Sheet) -> None:
        log.error("a lead's turn failed; it is parked", lead=lead.lead_id, exc_info=error)
        self._database.write(lambda conn: park(conn, lead, type(error).__name__, sheet))

    def _pinned(self, versions: Collection[str]) -> Mapping[str, Authored]:
        """The sequences of those versions; one that nobody kept is left out, and parks the leads inside it."""
        for version in versions:
            if version not in self._sequences:
                with suppress(LookupError):
                    self._sequences[version] = self._releases.sequence(version)
        return {version: self._sequences[version] for version in versions if version in self._sequences}

    # ------------------------------------------------------------ broadcasts

    def _open_broadcasts(self, site: Site) -> list[Broadcast]:
        return [one for one in broadcasts.planned(site, self._zone) if one not in self._broadcasts_done]

    def _tell(self, site: Site, moment: Moment) -> int:
        """One batch of leads for each due broadcast; returns how many batches were told."""
        due = [one for one in self._open_broadcasts(site) if one.at <= moment.calendar]
        if not due:
            return 0
        broadcasts.begin(self._database, due, moment.calendar)
        return sum(self._tell_next(one, site, moment) for one in due)

    def _ungathered(self, site: Site) -> list[Gathering]:
        """The triggers of this site that are still to be told to leads who were there before."""
        if self._gathered == site.hash:
            return []
        those = list(gatherings.planned(site))
        if not those:
            return []
        with self._database.read() as conn:
            return gatherings.undone(conn, those)

    def _gather(self, site: Site, moment: Moment) -> int:
        """One batch of leads for each trigger that they are to be told of; returns how many batches were told."""
        those = self._ungathered(site)
        if not those:
            self._gathered = site.hash
            return 0
        gatherings.begin(self._database, those)
        return sum(self._gather_next(one, site, moment) for one in those)

    def _gather_next(self, gathering: Gathering, site: Site, moment: Moment) -> bool:
        sequence = site.sequences[gathering.sequence]
        return self._database.write(lambda conn: gatherings.carry_on(conn, gathering, sequence, moment))

    def _tell_next(self, broadcast: Broadcast, site: Site, moment: Moment) -> bool:
        sequence = site.sequences[broadcast.sequence]
        more = self._database.write(lambda conn: broadcasts.carry_on(conn, broadcast, sequence, moment))
        if not more:
            self._broadcasts_done.add(broadcast)
        return more

    # ------------------------------------------------------------ pauses

    def _go_on(self, moment: Moment) -> int:
        """The next portion of leads for each pause that is over; returns how many got further."""
        with self._database.read() as conn:
            due = [number for number, at in pauses.unfinished(conn) if at <= moment.calendar]
        return sum(self._database.write(partial(pauses.carry_on, pause_id=one, now=moment)) for one in due)

    # ------------------------------------------------------------ what a release changes

    def _tell_of_changes(self, site: Site, moment: Moment) -> int:
        """One batch for each change that not everybody was told of; returns how many got further."""
        if self._spread == site.release_id:
            return 0
        with self._database.read() as conn:
            ahead = spreading.unfinished(conn)
        if not ahead:
            self._spread = site.release_id
        return sum(self._database.write(partial(spreading.carry_on, telling=one, now=moment)) for one in ahead)
