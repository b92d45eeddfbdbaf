"""What mail waits for, kept for every process and for people: the way to our mail server, and domains at rest.

Mail for a domain at rest is laid behind in one go, and is not looked at again before the rest is over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update

from base.clock import Moment
from emails.channel import Trouble
from emails.domains import Rest, domain_of
from emails.states import Message, Move
from storage.database import Database
from storage.schema import leads, messages, obstacles
from storage.upsert import upsert

RELAY = "*"  # the name of the way to our own mail server
FORGOTTEN_AFTER = timedelta(hours=6)  # a rest that was over for so long, and that nobody tried again
LOOK, AT_ONCE = 20_000, 500  # due messages looked through for those of a domain, and moved in one transaction
LAID_FOR = timedelta(minutes=5)  # at most, where a domain is only slow: it may be quick again

_RESTING = select(obstacles.c.name, obstacles.c.until).where(
    obstacles.c.until > bindparam("now"), obstacles.c.name != RELAY
)

_LONGEST_DUE = (
    select(messages.c.id, messages.c.lead_id, messages.c.recipient, messages.c.due_at)
    .where(
        messages.c.state.in_(("due", "deferred")),
        messages.c.due_at <= bindparam("now"),
        (messages.c.klass == "marketing") | bindparam("urgent"),
    )
    .order_by(messages.c.due_at)
    .limit(LOOK)
    .subquery()
)
_DUE_NOW = (
    select(_LONGEST_DUE.c.id, func.coalesce(_LONGEST_DUE.c.recipient, leads.c.email))
    .join(leads, leads.c.id == _LONGEST_DUE.c.lead_id)
    .order_by(_LONGEST_DUE.c.due_at, _LONGEST_DUE.c.id)  # a join keeps no order
)


def resting(conn: Connection, machine_now: datetime) -> dict[str, datetime]:
    """Recipient domains at rest, each with the end of it."""
    return {name: until for name, until in conn.execute(_RESTING, {"now": machine_now})}


def detours(conn: Connection, some: Sequence[Message], now: Moment) -> dict[int, Move]:
    """Of claimed messages those whose domain rests, each with its way back among the due."""
    rests = resting(conn, now.machine)
    if not rests or not some:
        return {}
    those = select(messages.c.id, func.coalesce(messages.c.recipient, leads.c.email)).join(
        leads, leads.c.id == messages.c.lead_id
    )
    addressed = conn.execute(those.where(messages.c.id.in_([message.id for message in some])))
    domains = {id: domain_of(address or "") for id, address in addressed}
    return {id: aside(rests[domain]) for id, domain in domains.items() if domain in rests}


def aside(until: datetime) -> Move:
    """A claimed message steps back and counts no try."""
    return Move("due", values=(("due_at", until),))


def lay_behind(
    database: Database, domain: str, machine_now: datetime, until: datetime, each: timedelta | None = None
) -> int:
    """Let what is due for `domain` wait until then, the longest due first; returns how many.

    With `each`, what a letter to it takes, they come back in portions as it can take them, and only marketing waits:
    what somebody asked for goes first. A bounded look: a broadcast to one domain at rest costs each of its mails one
    write for each rest, and the claims none.
    """
    with database.read() as conn:
        waiting = conn.execute(_DUE_NOW, {"now": machine_now, "urgent": each is None}).all()
    theirs = [id for id, address in waiting if domain_of(address or "") == domain]
    portions = [theirs[start : start + AT_ONCE] for start in range(0, len(theirs), AT_ONCE)]
    step = (each or timedelta(0)) * AT_ONCE
    return sum(
        _lay(database, ids, machine_now, min(until + step * turn, max(until, machine_now + LAID_FOR)))
        for turn, ids in enumerate(portions)
    )


def _lay(database: Database, ids: list[int], machine_now: datetime, until: datetime) -> int:
    still = messages.c.state.in_(("due", "deferred")) & (messages.c.due_at <= machine_now)
    laid = update(messages).where(messages.c.id.in_(ids), still).values(due_at=until)
    return database.write(lambda conn: conn.execute(laid).rowcount)


# ---------------------------------------------------------------- kept


def keep(conn: Connection, news: Mapping[str, Rest | None], machine_now: datetime) -> None:
    """Write what changed about recipient domains, and forget what is long over."""
    gone = [domain for domain, rest in news.items() if rest is None]
    over = obstacles.c.until < machine_now - FORGOTTEN_AFTER
    conn.execute(delete(obstacles).where((obstacles.c.name != RELAY) & (over | obstacles.c.name.in_(gone))))
    rows = [
        {"name": rest.domain, "stopped": False, "reason": rest.reason[:300], "since": rest.since, "until": rest.until}
        for rest in news.values()
        if rest is not None
    ]
    if rows:
        upsert(conn, obstacles, rows, key=["name"])


def keep_relay(conn: Connection, trouble: Trouble | None, machine_now: datetime) -> None:
    """Write how the way to our mail server is; None = open."""
    if trouble is None:
        conn.execute(delete(obstacles).where(obstacles.c.name == RELAY))
        return
    since = conn.scalar(select(obstacles.c.since).where(obstacles.c.name == RELAY)) or machine_now
    row = {
        "name": RELAY, "stopped": trouble.stopped, "reason": trouble.reason[:300], "since": since,
        "until": machine_now + timedelta(seconds=trouble.pause),
    }  # fmt: skip
    upsert(conn, obstacles, [row], key=["name"])
