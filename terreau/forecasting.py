"""`terreau forecast`: the mails of the next days, foretold by production's own decisions over those who are inside.

It supposes that nobody does anything: no click, no new entry, no farewell. Broadcasts that are planned are counted, for
whom they concern today. A few hundred leads are held in memory at a time.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from authoring.models.sequences import Sequence
from authoring.releases import Releases
from base.calendars import at_local, local_day
from base.clock import elapsed
from base.config import Config
from storage.database import Database, open_database
from storage.migrate import check_schema
from storage.schema import enrolments, leads, wakes
from storage.wakes import Claimed
from terreau.house import blobs_of
from terreau.own_keys import keys_at
from terreau.virtual import clocks_of
from workflows import broadcasts
from workflows.broadcasts import Broadcast
from workflows.memory import Kept, Restless, settle
from workflows.reading import read_batch
from workflows.values import Decision, LeadState, Rules, Turn

BATCH = 500  # leads in memory at a time
DAYS = 14
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Lost:
    """What put a sequence's mails off: the cap, and who went first or had used it up."""

    sequence: str
    why: str


@dataclass(slots=True)
class Forecast:
    """`sends`: by day (the site's) and sequence; `delays` and `losers`: how often, and how many leads; `astray`: leads
    whose rules nobody can follow any more, which the engine sets aside too."""

    begin: date
    days: int
    zone: str
    leads: int = 0
    astray: int = 0
    seconds: float = 0.0
    sends: Counter[tuple[date, str]] = field(default_factory=Counter)
    delays: Counter[Lost] = field(default_factory=Counter)
    losers: Counter[Lost] = field(default_factory=Counter)

    @property
    def calendar(self) -> list[date]:
        return [self.begin + timedelta(days=number) for number in range(self.days)]

    @property
    def sequences(self) -> list[str]:
        return sorted({name for _, name in self.sends} | {one.sequence for one in self.delays})

    def as_json(self) -> dict[str, Any]:
        return {
            "from": self.begin.isoformat(),
            "days": self.days,
            "timezone": self.zone,
            "sends": [self._day(day) for day in self.calendar],
            "caps": [
                {"sequence": one.sequence, "why": one.why, "leads": self.losers[one], "delays": times}
                for one, times in self.delays.most_common()
            ],
            "leads": self.leads,
            "astray": self.astray,
            "seconds": round(self.seconds, 3),
        }

    def _day(self, day: date) -> dict[str, Any]:
        by_name = {name: self.sends[day, name] for name in self.sequences if self.sends[day, name]}
        return {"day": day.isoformat(), "total": sum(by_name.values()), "sequences": by_name}


def forecast(config: Config, days: int, progress: Progress = lambda done: None) -> Forecast:
    """The next `days`, today included. `progress` hears how much is looked at, from 0 to 1.

    Raises NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        releases = Releases(database, blobs_of(config, database))
        now = clocks_of(database).calendar()
        key = keys_at(config, database).suppression
        return _Oracle(database, releases, config.site.timezone, now, days, key).told(progress)


class _Oracle:
    """Goes over the leads in the order of their numbers, and lives each one's next days."""

    def __init__(
        self, database: Database, releases: Releases, zone: str, now: datetime, days: int, suppression_key: str
    ) -> None:
        self._key = suppression_key
        self._database, self._releases, self._zone, self._now = database, releases, zone, now
        self._site = releases.in_force()
        begin = local_day(now, zone)
        self._end = at_local(begin + timedelta(days=days), time(), zone)
        self._found = Forecast(begin, days, zone)
        self._planned = [one for one in broadcasts.planned(self._site, zone) if now < one.at < self._end]
        self._kept: dict[str, Sequence] = {}  # pinned versions never change

    def told(self, progress: Progress) -> Forecast:
        begun, reached = elapsed(), 0
        with self._database.read() as conn:
            last = conn.execute(select(func.max(wakes.c.lead_id))).scalar_one() or 0
        while some := self._next(reached):
            with self._database.read() as conn:
                batch = read_batch(
                    conn, list(some), self._site, self._pinned, self._zone, self._now, suppression_key=self._key
                )
            due = {claimed.lead_id: at for claimed, at in some.items()}
            rules, untold = _all_told(batch.rules)
            for state in batch.states:
                self._live(state, rules, self._now if untold else due[state.facts.lead.id])
            reached = max(due)
            progress(reached / last)
        progress(1)
        self._found.seconds = elapsed() - begun
        return self._found

    def _next(self, reached: int) -> dict[Claimed, datetime | None]:
        """The next leads who are inside, or everybody where a broadcast lies ahead; each with when it is due."""
        columns = (wakes.c.lead_id, wakes.c.seq, wakes.c.folded_seq, wakes.c.due_at)
        some = select(*columns).where(wakes.c.lead_id > reached).order_by(wakes.c.lead_id).limit(BATCH)
        if self._planned:
            some = some.join(leads, leads.c.id == wakes.c.lead_id).where(leads.c.merged_into.is_(None))
        else:
            inside = select(enrolments.c.lead_id).where(enrolments.c.state == "active", enrolments.c.lead_id > reached)
            some = some.where(wakes.c.lead_id.in_(inside))
        with self._database.read() as conn:
            return {Claimed(row.lead_id, row.seq, row.folded_seq): row.due_at for row in conn.execute(some)}

    def _pinned(self, versions: Collection[str]) -> Mapping[str, Sequence]:
        for version in versions:
            if version not in self._kept:
                with suppress(LookupError):
                    self._kept[version] = self._releases.sequence(version)
        return {version: self._kept[version] for version in versions if version in self._kept}

    def _live(self, state: LeadState, rules: Rules, due_at: datetime | None) -> None:
        self._found.leads += 1
        kept = Kept(rules, state, due_at)
        losses: Counter[Lost] = Counter()
        try:
            for one in kept.mails_under_way(self._now):
                self._count(self._now, one.sequence)
            for at, turn in self._turns(kept):
                for letter in turn.messages:
                    if letter.klass != "notification":
                        self._count(at, letter.sequence)
                losses.update(_lost(decision) for decision in turn.decisions if _by_cap(decision))
        except (LookupError, Restless):
            self._found.astray += 1
        self._found.delays += losses
        self._found.losers.update(losses.keys())

    def _turns(self, kept: Kept) -> Iterator[tuple[datetime, Turn]]:
        """Every turn up to the end of the days, each with its instant."""
        ahead = list(self._planned)
        while True:
            told = ahead[0].at if ahead else self._end
            due = max(kept.due_at, self._now) if kept.due_at is not None else self._end
            at = min(told, due)
            if at >= self._end:
                return
            if told == at:
                self._tell(kept, ahead.pop(0), at)
            yield from ((at, turn) for turn in settle(kept, at))

    def _tell(self, kept: Kept, one: Broadcast, at: datetime) -> None:
        sequence = self._site.sequences[one.sequence]
        if broadcasts.concerns(sequence, kept.facts.lead.status, kept.facts.mailable):
            kept.happens("broadcast_due", at, evidence="engine", subject=one.sequence)

    def _count(self, at: datetime, sequence: str) -> None:
        self._found.sends[local_day(at, self._zone), sequence] += 1


def _all_told(rules: Rules) -> tuple[Rules, bool]:
    """The rules with everybody told of every pause that is over, which takes minutes; whether anybody was not."""
    told = tuple(replace(one, untold_from=None) if one.ended_at is not None else one for one in rules.pauses)
    return replace(rules, pauses=told), told != rules.pauses


def _by_cap(decision: Decision) -> bool:
    return decision.outcome == "delayed" and decision.reason.startswith("cap ")


def _lost(decision: Decision) -> Lost:
    return Lost(decision.sequence or "", decision.reason)
