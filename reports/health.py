"""How the house is: who works, what waits, what is in doubt, which release runs, how much it holds; read-only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, func, select, text

from reports.messages import COUNTED, Count
from storage.schema import holders, in_force, messages, obstacles, releases, switches, wakes, webhooks

ALIVE = timedelta(seconds=60)  # as `storage.holders` has it
LATELY = 10  # processes listed
RELAY, LISTED = "*", 50  # as `emails.obstacles` calls the way to our mail server; obstacles listed


@dataclass(frozen=True, slots=True)
class Process:
    """Somebody who claims leads, mails or webhooks: each as a holder of its own. `name` is host:pid."""

    name: str
    started_at: datetime
    seen_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Release:
    id: int
    hash: str
    git_commit: str | None
    author: str
    note: str | None
    created_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Switch:
    name: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What mail waits for: the way to our mail server (`domain` None), or a recipient domain. `since` and `until` are
    the machine's."""

    domain: str | None
    stopped: bool
    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """`oldest_lead`: the calendar's instant at which the longest waiting lead was due, None when nobody waits ·
    `oldest_mail`, `oldest_webhook`: the same on the machine's clock."""

    processes: tuple[Process, ...]  # the living, then those last seen
    leads_due: Count
    oldest_lead: datetime | None
    mails_due: Count
    oldest_mail: datetime | None
    put_off: Count
    unknown: Count
    failed: Count
    webhooks_due: Count
    oldest_webhook: datetime | None
    webhooks_failed: Count
    last_sent: datetime | None  # machine
    switches: tuple[Switch, ...]
    relay: Obstacle | None
    resting: tuple[Obstacle, ...]  # recipient domains, the first to be tried again first
    release: Release | None
    database_bytes: int


def health(connection: Connection, calendar_now: datetime, machine_now: datetime) -> Health:
    """What is true at these instants."""
    mail_due = (messages.c.state == "due", messages.c.due_at <= machine_now)
    hook_due = (webhooks.c.state == "due", webhooks.c.due_at <= machine_now)
    return Health(
        processes=_processes(connection, machine_now),
        leads_due=_count(connection, wakes, wakes.c.due_at <= calendar_now),
        oldest_lead=_oldest(connection, wakes.c.due_at, wakes.c.due_at <= calendar_now),
        mails_due=_count(connection, messages, *mail_due),
        oldest_mail=_oldest(connection, messages.c.due_at, *mail_due),
        put_off=_count(connection, messages, messages.c.state == "deferred"),
        unknown=_count(connection, messages, messages.c.state == "unknown"),
        failed=_count(connection, messages, messages.c.state.in_(("failed", "refused"))),
        webhooks_due=_count(connection, webhooks, *hook_due),
        oldest_webhook=_oldest(connection, webhooks.c.due_at, *hook_due),
        webhooks_failed=_count(connection, webhooks, webhooks.c.state == "failed"),
        last_sent=_last_sent(connection),
        switches=_switches(connection),
        relay=next(iter(_obstacles(connection, obstacles.c.name == RELAY)), None),
        resting=_obstacles(connection, (obstacles.c.name != RELAY) & (obstacles.c.until > machine_now)),
        release=_release(connection),
        database_bytes=_size(connection),
    )


def _processes(connection: Connection, machine_now: datetime) -> tuple[Process, ...]:
    newest = select(holders).order_by(holders.c.id.desc()).limit(LATELY)
    claims: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(newest):
        claims.setdefault(row.name, []).append(row)
    found = [_process(name, rows, machine_now) for name, rows in claims.items()]
    return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True))


def _process(name: str, rows: list[Row[Any]], machine_now: datetime) -> Process:
    seen_at = max(row.seen_at for row in rows)
    return Process(name, min(row.started_at for row in rows), seen_at, machine_now - seen_at <= ALIVE)


def _count(connection: Connection, table: FromClause, *where: ColumnElement[bool]) -> Count:
    some = select(text("1")).select_from(table).where(*where).limit(COUNTED + 1)
    number: int = connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return Count(min(number, COUNTED), number > COUNTED)


def _oldest(connection: Connection, column: ColumnElement[Any], *where: ColumnElement[bool]) -> datetime | None:
    first = select(column).where(*where).order_by(column).limit(1)
    return connection.execute(first).scalar_one_or_none()


def _last_sent(connection: Connection) -> datetime | None:
    """When the newest of the mails sent was last due: close enough to say that mail leaves."""
    sent = select(messages.c.ended_at).where(messages.c.state == "sent").order_by(messages.c.due_at.desc()).limit(1)
    return connection.execute(sent).scalar_one_or_none()


def _switches(connection: Connection) -> tuple[Switch, ...]:
    off = select(switches).where(switches.c.off).order_by(switches.c.since)
    return tuple(Switch(row.name, row.reason, row.since) for row in connection.execute(off))


def _obstacles(connection: Connection, which: ColumnElement[bool]) -> tuple[Obstacle, ...]:
    rows = connection.execute(select(obstacles).where(which).order_by(obstacles.c.until).limit(LISTED))
    return tuple(
        Obstacle(None if row.name == RELAY else row.name, row.stopped, row.reason, row.since, row.until) for row in rows
    )


def _release(connection: Connection) -> Release | None:
    current = select(releases, in_force.c.since).join(in_force, in_force.c.release_id == releases.c.id)
    row = connection.execute(current).one_or_none()
    if row is None:
        return None
    return Release(row.id, row.hash, row.git_commit, row.author, row.note, row.created_at, row.since)


def _size(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        size: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return size
    pages, bytes_each = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
    )
    return int(pages) * int(bytes_each)
