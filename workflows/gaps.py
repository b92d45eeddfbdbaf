"""Gaps in time have one rule, whatever made them: an outage, a machine that slept, a clock that jumped, a database that
was restored from a copy.

Up to six hours flow on. Up to seven days catch up as `on_resume` says. More, or backwards by over five minutes, or a
copy: everything is paused, and a person is asked.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from base.clock import Moment
from base.tokens import new_token
from storage.schema import facts
from storage.upsert import insert_or_ignore, upsert
from workflows import pauses
from workflows.resting import EVERYTHING

FLOWS_ON = timedelta(hours=6)
CATCHES_UP = timedelta(days=7)
BACKWARDS = timedelta(minutes=5)
LOOKS_WITHIN = timedelta(minutes=1)  # a house that runs was seen so lately
HOUSE = "the house"  # who begins a pause that nobody asked for

_INCARNATION, _SEEN_AT = "incarnation", "seen_at"  # keys of `facts`


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What a database is known by: its name, and how often it was seen. A copy falls behind, or has another name."""

    name: str
    count: int

    @classmethod
    def fresh(cls) -> "Incarnation":
        """Of a life that begins."""
        return cls(new_token(), 1)

    @classmethod
    def read(cls, text: str | None) -> "Incarnation | None":
        """None for a text that is none."""
        name, _, count = (text or "").strip().partition(" ")
        return cls(name, int(count)) if name and count.isdigit() else None

    def __str__(self) -> str:
        return f"{self.name} {self.count}"


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Nobody was there since `since`: what was missed is caught up."""

    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything rests as of `since`, until a person says that all is well."""

    since: datetime
    reason: str


def judge(
    seen_at: datetime | None, known: Incarnation | None, kept: Incarnation | None, now: datetime, beside: bool
) -> CatchUp | Ask | None:
    """What the time since `seen_at` asks for. `known` stands in the database, `kept` in the file; `beside` = the file
    belongs to this database alone, so that a missing one is telling.

    Pure. None = go on.
    """
    if known is None or seen_at is None:
        return None  # a new database, or one that was never watched
    if kept is None and beside:
        return Ask(seen_at, "this database came without its incarnation file: it may be a restored copy")
    if kept is not None and (kept.name != known.name or kept.count > known.count):
        return Ask(seen_at, "the incarnation file knows a newer state than this database: it is a restored copy")
    if seen_at - now > BACKWARDS:
        return Ask(now, f"the clock went backwards, from {seen_at:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC")
    if now - seen_at > CATCHES_UP:
        return Ask(seen_at, f"nothing ran since {seen_at:%Y-%m-%d %H:%M} UTC")
    if now - seen_at > FLOWS_ON:
        return CatchUp(seen_at, f"nothing ran from {seen_at:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC")
    return None


def look(conn: Connection, path: Path, beside: bool, now: Moment) -> tuple[CatchUp | Ask | None, Incarnation]:
    """Judge the time since the last look, do what it asks for, and note that we were here.

    To be called before anything is sent, and every few seconds after; `keep` writes the incarnation that is returned,
    once this transaction is committed: a file that is behind its database is no harm.
    """
    kept = _kept(path)  # before the database is asked: another engine may count on between the two
    known, seen_at = _locked(conn), _seen_at(conn)
    if known is not None and seen_at is None:
        keep(path, known)  # the first of several engines leaves the file before any other can look
    found = judge(seen_at, known, kept or _kept(path), now.calendar, beside)
    if isinstance(found, Ask):
        pauses.begin_at(conn, EVERYTHING, found.reason, HOUSE, replace(now, calendar=found.since), now)
        known = None  # a life of its own from here on: asked once
    elif isinstance(found, CatchUp):
        pauses.note(conn, EVERYTHING, found.reason, HOUSE, replace(now, calendar=found.since), now)
    grown = Incarnation.fresh() if known is None else replace(known, count=known.count + 1)
    _write(conn, {_INCARNATION: str(grown), _SEEN_AT: now.calendar.isoformat()})
    return found, grown


def renew(conn: Connection, fresh: Incarnation, now: Moment) -> None:
    """Let a database that was restored begin a life of its own, seen now; whoever restores it pauses everything, and
    keeps the file."""
    _write(conn, {_INCARNATION: str(fresh), _SEEN_AT: now.calendar.isoformat()})


def settle(conn: Connection, paused_since: datetime, now: Moment) -> None:
    """A person lets everything go on: the time of the pause asks for nothing any more. That in which nothing ran before
    it began does, at the next look."""
    seen_at = _seen_at(conn)
    if seen_at is not None and paused_since - seen_at <= LOOKS_WITHIN:
        _write(conn, {_SEEN_AT: now.calendar.isoformat()})


def name_of(conn: Connection) -> str | None:
    """What that database is known by, None when it was never watched."""
    known = Incarnation.read(_fact(conn, _INCARNATION))
    return known.name if known is not None else None


def at_work_beside(path: Path, name: str | None, machine_now: datetime) -> bool:
    """Whether a house whose database is not the one of that name looked at the file within the last minute."""
    kept = _kept(path)
    if kept is None or kept.name == name:
        return False
    looked_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return abs(machine_now - looked_at) <= LOOKS_WITHIN


def keep(path: Path, incarnation: Incarnation) -> None:
    """Put the file in place in one piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{new_token()[:8]}")
    fresh.write_text(f"{incarnation}\n", encoding="utf-8")
    fresh.replace(path)


def _locked(conn: Connection) -> Incarnation | None:
    """What the database is known by, made when it is new; held until the commit, so that engines count one by one."""
    insert_or_ignore(conn, facts, {"key": _INCARNATION, "value": str(Incarnation(new_token(), 0))})
    row = select(facts.c.value).where(facts.c.key == _INCARNATION).with_for_update()
    return Incarnation.read(conn.execute(row).scalar_one())


def _kept(path: Path) -> Incarnation | None:
    try:
        return Incarnation.read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _seen_at(conn: Connection) -> datetime | None:
    text = _fact(conn, _SEEN_AT)
    return None if text is None else datetime.fromisoformat(text)


def _fact(conn: Connection, key: str) -> str | None:
    value: str | None = conn.execute(select(facts.c.value).where(facts.c.key == key)).scalar_one_or_none()
    return value


def _write(conn: Connection, values: dict[str, str]) -> None:
    upsert(conn, facts, [{"key": key, "value": value} for key, value in values.items()], key=["key"])
