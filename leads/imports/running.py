"""A list taken in, a few rows to a transaction, so that forms and engine go on; stopped anywhere, it goes on there.

Whoever was killed reads the file again from its start, writes nothing for rows that are in, and goes on behind them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import BinaryIO

from sqlalchemy import Connection

from base.clock import Clocks, Moment
from leads import consent
from leads.forgetting import Clerk, note
from leads.imports import ledger
from leads.imports.contacts import UNREAD, Contact, Reject, Remark
from leads.imports.leaving import Leaver, Leaves, Stance, Stays, decide, leads_of, leavers, stances
from leads.imports.ledger import Run
from leads.imports.merging import ERASED
from leads.imports.proving import Proof, Standing, Withheld, asks, proven
from leads.imports.reading import contacts, note_leavers, size_of
from leads.imports.reading import rows as rows_of
from leads.imports.reasons import AGREED_HERE, Remarks
from leads.imports.settings import Policy, Settings
from leads.imports.writing import Entry, Source, find, made_ready, standings, write
from storage.database import Database
from storage.scratch import FirstSeen

BATCH = 100  # rows to a transaction: some ten rows of tables each, and 50 ms at most
TOLD = 10  # different cells that could not be read
PACE = 100  # imported leads become due at so many per second: those who just sent a form are looked at first

Progress = Callable[[float, Mapping[str, int]], None]  # share of the file, from 0 to 1, and the counts


def silent(share: float, counts: Mapping[str, int]) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Tally:
    """What a list would come to. Without a database `known`, `suppressed` stay None: nobody was looked up."""

    rows: int = 0
    accepted: int = 0
    known: int | None = None
    suppressed: int | None = None
    consents: int = 0
    no_consent: int = 0  # people who say yes, and of whom no consent could be recorded
    left: Counter[str] = field(default_factory=Counter)  # {why: rows that would leave somebody alone}
    unread: Counter[str] = field(default_factory=Counter)  # {what stands where it should say whether they left: rows}
    reasons: Counter[str] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def rejected(self) -> int:
        return self.rows - self.accepted

    def hear_unread(self, cells: Iterable[str]) -> None:
        """Count what could not be read; of what is written in many ways the first ones are told."""
        self.unread.update(cell for cell in filter(None, cells) if cell in self.unread or len(self.unread) < TOLD)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the house knows of whom some rows name, by line; without a database nothing."""

    erased: frozenset[int] = frozenset()
    left_alone: Mapping[int, set[str]] = field(default_factory=dict)
    standings: Mapping[int, Standing] = field(default_factory=dict)
    left: Mapping[int, Leaves | Stays | None] = field(default_factory=dict)


def rehearse(
    file: BinaryIO,
    settings: Settings,
    database: Database | None,
    suppression_key: str,
    calendar_now: datetime,
    hear: Callable[[Reject | Remark], None],
    progress: Progress = silent,
    limit: int | None = None,
) -> Tally:
    """Read the list, or its first `limit` rows, and write nothing; `hear` is told of every row not to be taken, and of
    what is remarked of the others."""
    size = size_of(file)
    tally = Tally(known=None if database is None else 0, suppressed=None if database is None else 0)
    for batch in _batches(file, settings, limit):
        known = _look_up(database, batch, suppression_key, calendar_now, tally)
        for one in batch:
            told = Reject(one.line, ERASED, departure=one.departure) if one.line in known.erased else one
            for kept_back in _count(told, settings.policy, known, calendar_now, tally):
                hear(kept_back)
        progress(_share(file, size), {"rows": tally.rows})
        if limit is not None and tally.rows >= limit:
            break
    return tally


def _look_up(
    database: Database | None, batch: Sequence[Contact | Reject], key: str, calendar_now: datetime, tally: Tally
) -> _Known:
    """Count those who are known, and find out what is known of them."""
    left = leavers(batch, key, calendar_now)
    if database is None:
        return _Known(left={one.line: decide(one, Stance(), calendar_now) for one in left})
    met = [one for one in batch if isinstance(one, Contact)]
    hashes = {consent.address_hash(key, email): one.line for one in met if (email := one.columns.get("email"))}
    with database.read() as conn:
        reasons = {hashes[kept]: why for kept, why in consent.reasons(conn, hashes).items()}
        known = find(conn, met)
        ids = {one.line: known[one.line] for one in met if one.consents and one.line in known}
        standing = standings(conn, ids.values())
        stance = stances(conn, left, leads_of(conn, left))
    erased = frozenset(line for line, why in reasons.items() if ERASED in why)
    tally.known = (tally.known or 0) + len(known.keys() - erased)
    tally.suppressed = (tally.suppressed or 0) + len(reasons) - len(erased)
    decided = {one.line: decide(one, stance[one.line], calendar_now) for one in left}
    return _Known(erased, reasons, {line: standing[lead_id] for line, lead_id in ids.items()}, decided)


def _count(
    told: Contact | Reject, policy: Policy, known: _Known, calendar_now: datetime, tally: Tally
) -> Iterator[Reject | Remark]:
    """Count a row in, and say what is kept back of it."""
    tally.rows += 1
    left = known.left.get(told.line)
    tally.left.update(told.departure.reasons if told.departure and isinstance(left, Leaves) and left.is_new else ())
    if isinstance(told, Reject):
        tally.reasons[told.code] += 1
        yield told
        return
    tally.accepted += 1
    tally.hear_unread(told.unread)
    codes = [*told.hints, *([AGREED_HERE] if isinstance(left, Stays) else [])]
    standing = known.standings.get(told.line, Standing(policy.origin))
    if asks(told, standing):
        found = proven(told, policy, standing, known.left_alone.get(told.line, ()), calendar_now)
        tally.consents += len(found.topics) if isinstance(found, Proof) else 0
        tally.no_consent += isinstance(found, Withheld)
        codes += [found.code] if isinstance(found, Withheld) else []
    for code in dict.fromkeys(codes):
        tally.remarks.hear(remark := Remark(told.line, code))
        yield remark


def take_in(
    file: BinaryIO,
    settings: Settings,
    run: Run,
    source: Source,
    database: Database,
    clocks: Clocks,
    progress: Progress = silent,
    stopped: Callable[[], bool] = lambda: False,
) -> Run:
    """Take in what is not in yet, then end the import. Stops between two transactions when `stopped` says so.

    Raises TakenOver when another process has begun to go on with it, StorageUnavailable.
    """
    size, began, done = size_of(file), clocks.calendar(), 0
    for batch in _batches(file, settings):
        fresh = [one for one in batch if one.line >= run.next_line]
        if stopped():
            return run
        if fresh:
            due_at = max(began + timedelta(seconds=done / PACE), clocks.calendar())
            rows, left = _rows(fresh, source, due_at), leavers(fresh, source.suppression_key, due_at)
            run = database.write(partial(_write, rows=rows, left=left, run=run, source=source, now=clocks.moment()))
            done += len(fresh)
        progress(_share(file, size), run.counts)
    now = clocks.machine()
    database.write(lambda conn: ledger.end(conn, run, now))
    return run


def _rows(batch: Sequence[Contact | Reject], source: Source, due_at: datetime) -> list[Entry | Reject]:
    return [made_ready(one, source, due_at) if isinstance(one, Contact) else one for one in batch]


def _write(
    conn: Connection, rows: Sequence[Entry | Reject], left: Sequence[Leaver], run: Run, source: Source, now: Moment
) -> Run:
    """Write some rows, and how far that is, in one transaction."""
    if not run.next_line:
        told = {"import": run.import_id, "file": source.hash, "origin": source.policy.origin}
        note(conn, source.suppression_key, "list_taken_in", None, Clerk(source.author), now, **told)
    entries = [one for one in rows if isinstance(one, Entry)]
    outcome = write(conn, entries, source, now, left)
    rejects = [one for one in rows if isinstance(one, Reject)]
    rejects += [Reject(one.line, ERASED) for one in outcome.erased]
    unread = [Remark(entry.line, UNREAD) for entry in entries if entry.contact.unread]
    news = {
        "rows": len(rows),
        "accepted": len(rows) - len(rejects),
        "rejected": len(rejects),
        "created": outcome.created,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "suppressed": outcome.suppressed,
        "consents": outcome.consents,
        "no_consent": outcome.no_consent,
        "left": outcome.left,
        "stayed": len(outcome.stayed) + len(unread),
    }
    counts = {name: run.counts.get(name, 0) + more for name, more in news.items()}
    # One is kept of each row, the first: that it cannot be read says that no consent is recorded, too.
    kept_back: list[Reject | Remark] = [*rejects, *outcome.stayed, *unread, *outcome.withheld]
    return ledger.go_on(conn, run, rows[-1].line + 1, counts, kept_back, now.machine)


def _batches(file: BinaryIO, settings: Settings, limit: int | None = None) -> Iterator[list[Contact | Reject]]:
    """The rows, a few at a time; `limit`: of a list that may contradict itself no more are read before."""
    with closing(FirstSeen()) as seen, closing(FirstSeen()) as left:
        if settings.may_contradict_itself:
            note_leavers(islice(rows_of(file, settings.layout), limit), settings.rules, left)
        each = contacts(rows_of(file, settings.layout), settings.rules, seen, left)
        while batch := list(islice(each, BATCH)):
            yield batch


def _share(file: BinaryIO, size: int) -> float:
    return min(file.tell() / size, 1.0) if size else 1.0
