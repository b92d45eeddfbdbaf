"""What the doctor reads in the tables: the release, doubts, what came back, what mail waits for, pauses, the clock."""

from collections.abc import Iterator

from sqlalchemy import func, select

from base.calendars import Zone
from base.clock import system_clocks
from base.config import Config
from base.saying import said, said_moment, said_n
from emails.obstacles import RELAY
from reports.returned import came_back
from storage.database import Database
from storage.schema import in_force, messages, obstacles, releases, switches
from terreau.findings import Finding
from terreau.mishaps import sentence_of
from terreau.own_keys import UnfitKeys, look_at_keys
from terreau.pausing import BY_HAND
from terreau.returns import told_of_returns
from workflows.resting import EVERYTHING, MARKETING

TRUSTED_SKEW = 2.0  # seconds


def look_into(database: Database, config: Config) -> Iterator[Finding]:
    """Every finding about a database whose tables are those of this version."""
    zone = config.site.timezone
    yield from _keys(database, config)
    yield from _release(database, zone)
    yield from _doubts(database)
    yield _returned(database, config)
    yield from _obstacles(database, zone)
    yield from _switches(database, zone)
    if database.dialect == "postgresql":
        yield _skew(database)


def _keys(database: Database, config: Config) -> Iterator[Finding]:
    try:
        with database.read() as conn:
            look_at_keys(config, conn)
    except UnfitKeys as error:
        yield Finding("secrets", "wrong", sentence_of(error))


def _release(database: Database, zone: Zone) -> Iterator[Finding]:
    query = select(releases).join(in_force, in_force.c.release_id == releases.c.id)
    with database.read() as conn:
        row = conn.execute(query).one_or_none()
    if row is None:
        yield Finding("release", "wrong", said("no content is in force"), said("run `terreau apply`"))
        return
    made = said(
        "release %(number)s (%(hash)s) by %(author)s, %(when)s, is in force",
        number=row.id,
        hash=row.hash[:12],
        author=row.author,
        when=said_moment(row.created_at, zone),
    )
    yield Finding("release", "well", made)


def _switches(database: Database, zone: Zone) -> Iterator[Finding]:
    with database.read() as conn:
        off = conn.execute(select(switches).where(switches.c.off).order_by(switches.c.name)).all()
    for row in off:
        named = {EVERYTHING: said("everything"), MARKETING: said("marketing")}.get(row.name, f"`{row.name}`")
        resumed = {EVERYTHING: "", MARKETING: " --marketing"}.get(row.name, f" {row.name}")
        sentence = said(
            "%(named)s rests since %(since)s: %(reason)s",
            named=named,
            since=said_moment(row.since, zone),
            reason=BY_HAND if row.reason == BY_HAND else row.reason,
        )
        yield Finding(
            "mails", "doubt", sentence, said("`terreau resume%(resumed)s` when the reason is gone", resumed=resumed)
        )


def _obstacles(database: Database, zone: Zone) -> Iterator[Finding]:
    """What the senders met, whichever machine they run on."""
    with database.read() as conn:
        rows = conn.execute(select(obstacles).order_by(obstacles.c.name)).all()
    for row in rows:
        if row.name != RELAY:
            sentence = said(
                "mail for %(name)s waits until %(until)s: %(reason)s",
                name=row.name,
                until=said_moment(row.until, zone),
                reason=row.reason,
            )
            yield Finding("mails", "doubt", sentence, said("others leave, and no try of its mails is counted"))
        elif row.stopped:
            hint = said("mails wait until it is mended; the sender tries every five minutes")
            yield Finding(
                "mails",
                "wrong",
                said(
                    "mail is stopped since %(since)s: %(reason)s",
                    since=said_moment(row.since, zone),
                    reason=row.reason,
                ),
                hint,
            )
        else:
            yield Finding(
                "mails",
                "doubt",
                said("mail waits since %(since)s: %(reason)s", since=said_moment(row.since, zone), reason=row.reason),
            )


def _doubts(database: Database) -> Iterator[Finding]:
    with database.read() as conn:
        unknown = conn.scalar(select(func.count()).where(messages.c.state == "unknown")) or 0
    if unknown:
        sentence = said_n(
            "%(count)s mail is in doubt: the server's answer never came",
            "%(count)s mails are in doubt: the server's answer never came",
            unknown,
        )
        yield Finding("mails", "doubt", sentence, said("`terreau unknown` tells what is known of each"))


def _returned(database: Database, config: Config) -> Finding:
    now = system_clocks().machine()
    with database.read() as conn:
        told = told_of_returns(came_back(conn, now), config.mail.bounces, now, config.site.timezone)
    return Finding("returns", *told)


def _skew(database: Database) -> Finding:
    with database.read() as conn:
        theirs = conn.execute(select(func.clock_timestamp())).scalar_one()
    seconds = abs((theirs - system_clocks().machine()).total_seconds())
    if seconds > TRUSTED_SKEW:
        sentence = said("the database's clock is %(seconds)s s away from this machine's", seconds=f"{seconds:.0f}")
        return Finding(
            "clock", "wrong", sentence, said("let both follow a time server (NTP): claims and tokens depend on it")
        )
    return Finding("clock", "well", said("the database's clock agrees with this machine's"))
