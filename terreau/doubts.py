"""`terreau unknown`: mails of which nobody knows whether they arrived, told, and ended by a person's word."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing

from base.clock import Moment
from base.config import Config
from emails import settling
from emails.doubts import Doubt, doubts
from storage.database import Database, open_database
from storage.migrate import check_schema
from terreau.virtual import clocks_of

CHOICES: Mapping[str, str] = {
    "delivered": "taken as delivered: the sequence goes on from now",
    "again": "sent again, the same mail under the same Message-ID: the person may get two",
    "dropped": "taken as lost: the sequence goes on to its next step",
}
BY_ITSELF = {"delivered": "is then taken as delivered", "again": "is then sent again"}


class NoDoubt(ValueError):
    """None of those that were named is in doubt."""


def listed(config: Config) -> list[Doubt]:
    """All that are in doubt. Raises SchemaMismatch, StorageUnavailable."""
    with closing(_opened(config)) as database:
        return _asked(database, None)


def chosen(config: Config, ids: Collection[int] | None) -> list[Doubt]:
    """Those of `ids` that are in doubt, all for None. Raises NoDoubt when there are none, and as `listed`."""
    with closing(_opened(config)) as database:
        found = _asked(database, ids)
    if not found:
        raise NoDoubt("Nothing is in doubt." if ids is None else "None of these is in doubt: see `terreau unknown`.")
    return found


def settle(config: Config, some: Sequence[Doubt], choice: str, by: str) -> str:
    """End these doubts as `choice` says; returns a sentence. Raises as `listed`."""
    with closing(_opened(config)) as database:
        now: Moment = clocks_of(database).moment()
        done = settling.settle_many(database, [one.id for one in some], choice, by, now)
    late = f"; {len(some) - done} had ended meanwhile" if done < len(some) else ""
    return f"{counted(done)} {CHOICES[choice]}{late}. The leads' timelines say that {by} decided it."


def plan(some: Sequence[Doubt], choice: str) -> str:
    """What settling would do, before it is done."""
    lines = [f"  {one.id:>6}  {one.to}  {one.email}" for one in some[:20]]
    more = [f"  … and {len(some) - 20} more"] if len(some) > 20 else []
    return "\n".join([f"{counted(len(some))} would be {CHOICES[choice]}:", *lines, *more])


def told(some: Sequence[Doubt]) -> str:
    """All that is known, for people."""
    if not some:
        return "Nothing is in doubt: the server's word is known for every mail."
    return "\n\n".join([_paragraph(one) for one in some] + [_advice(len(some))])


def counted(number: int) -> str:
    return f"{number} mail{'' if number == 1 else 's'}"


def _paragraph(one: Doubt) -> str:
    place = " / ".join(part for part in (one.sequence, one.step) if part)
    begun = f"begun {one.since:%Y-%m-%d %H:%M:%S} UTC" if one.since else "begun at a time that nobody kept"
    signs = ", ".join(f"{sign.name} ({sign.at:%Y-%m-%d %H:%M} UTC)" for sign in one.evidence)
    lines = [
        f"{one.id}  {one.to}  {one.email}" + (f"  ({place})" if place else ""),
        f"    {one.how_far}",
        f"    {begun} by {one.holder or 'a process that is gone'}; {one.message_id}"
        + ("; it was sent again after an earlier doubt" if one.resent else ""),
        f"    the server's last word: {one.reply}" if one.reply else "",
        f"    evidence: {signs or 'none yet: no click, no bounce, no reply'}",
        f"    {one.ends_at:%Y-%m-%d %H:%M} UTC: it {BY_ITSELF[one.ends_as]}, unless somebody says more",
    ]
    return "\n".join(line for line in lines if line)


def _advice(number: int) -> str:
    return (
        f"{counted(number)} in doubt. Say what became of them:\n"
        "  terreau unknown settle ID... --as delivered|again|dropped\n"
        "  terreau unknown settle --all --as delivered"
    )


def _asked(database: Database, ids: Collection[int] | None) -> list[Doubt]:
    with database.read() as conn:
        return doubts(conn, ids)


def _opened(config: Config) -> Database:
    database = open_database(config.database.url, wait_seconds=config.database.wait_seconds)
    check_schema(database)
    return database
