"""`terreau unknown`: mails of which nobody knows whether they arrived, told, and ended by a person's word."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from zoneinfo import ZoneInfo

from base.clock import Moment, system_clocks
from base.config import Config
from base.saying import said
from base.translations import msgid
from console import reasons
from emails import settling
from emails.doubts import Doubt, doubts
from leads.forgetting import Clerk
from storage.database import Database, open_database
from storage.migrate import check_schema
from terreau.language import gettext, ngettext, words
from terreau.own_keys import keys_at
from terreau.reading_as import by_its_id, reading_as
from terreau.virtual import clocks_of

CHOICES: Mapping[str, str] = {
    "delivered": msgid("%(mails)s taken as delivered: the sequence goes on from now"),
    "again": msgid("%(mails)s sent again, the same mail under the same Message-ID: the person may get two"),
    "dropped": msgid("%(mails)s taken as lost: the sequence goes on to its next step"),
}
WOULD: Mapping[str, str] = {
    "delivered": msgid("%(mails)s would be taken as delivered: the sequence goes on from now:"),
    "again": msgid("%(mails)s would be sent again, the same under the same Message-ID: the person may get two:"),
    "dropped": msgid("%(mails)s would be taken as lost: the sequence goes on to its next step:"),
}
BY_ITSELF = {
    "delivered": msgid("%(when)s: it is then taken as delivered, unless somebody says more"),
    "again": msgid("%(when)s: it is then sent again, unless somebody says more"),
}
SHOWN = 20  # of many, before they are settled


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
        none = (
            said("Nothing is in doubt.") if ids is None else said("None of these is in doubt: see `terreau unknown`.")
        )
        raise NoDoubt(none)
    return found


def settle(config: Config, some: Sequence[Doubt], choice: str, by: str) -> str:
    """End these doubts as `choice` says; returns a sentence. Raises as `listed`."""
    with closing(_opened(config)) as database:
        now: Moment = clocks_of(database).moment()
        who = settling.Decider(Clerk(by), keys_at(config, database).suppression)
        done = settling.settle_many(database, [one.id for one in some], choice, who, now)
    sentences = [gettext(CHOICES[choice], mails=counted(done)) + "."]
    if done < len(some):
        sentences.append(gettext("%(mails)s had ended meanwhile.", mails=counted(len(some) - done)))
    return " ".join([*sentences, gettext("The leads' timelines say that %(who)s decided it.", who=by)])


def plan(some: Sequence[Doubt], choice: str) -> str:
    """What settling would do, before it is done."""
    lines = [f"  {one.id:>6}  {one.to}  {one.email}" for one in some[:SHOWN]]
    more = ["  " + gettext("… and %(count)s more", count=len(some) - SHOWN)] if len(some) > SHOWN else []
    return "\n".join([gettext(WOULD[choice], mails=counted(len(some))), *lines, *more])


def told(config: Config, some: Sequence[Doubt]) -> str:
    """All that is known, for people, in the language of the command that is running."""
    if not some:
        return gettext("Nothing is in doubt: the server's word is known for every mail.")
    zone = ZoneInfo(config.site.timezone)
    with reading_as(config, words().locale, system_clocks().moment()):
        return "\n\n".join([_paragraph(one, zone) for one in some] + [_advice(len(some))])


def counted(number: int) -> str:
    return ngettext("%(count)s mail", "%(count)s mails", number)


def _paragraph(one: Doubt, zone: ZoneInfo) -> str:
    place = " / ".join(part for part in (one.sequence, one.step) if part)
    signs = ", ".join(f"{sign.name} ({sign.at.astimezone(zone):%Y-%m-%d %H:%M})" for sign in one.evidence)
    evidence = signs or gettext("none yet: no click, no bounce, no reply")
    told = [
        reasons.told(one.how_far, by_its_id),
        words().parted(_begun(one, zone)),
        *([gettext("the server's last word: %(reply)s", reply=one.reply)] if one.reply else []),
        gettext("evidence: %(signs)s", signs=evidence),
        gettext(BY_ITSELF[one.ends_as], when=f"{one.ends_at.astimezone(zone):%Y-%m-%d %H:%M}"),
    ]
    head = f"{one.id}  {one.to}  {one.email}" + (f"  ({place})" if place else "")
    return "\n".join([head, *(f"    {line}" for line in told)])


def _begun(one: Doubt, zone: ZoneInfo) -> Iterator[str]:
    holder = one.holder or gettext("a process that is gone")
    if one.since is None:
        yield gettext("begun at a time that nobody kept, by %(holder)s", holder=holder)
    else:
        when = f"{one.since.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        yield gettext("begun %(when)s by %(holder)s", when=when, holder=holder)
    if one.message_id:
        yield one.message_id
    if one.resent:
        yield gettext("it was sent again after an earlier doubt")


def _advice(number: int) -> str:
    commands = ("settle ID... --as delivered|again|dropped", "settle --all --as delivered")
    head = gettext("%(mails)s in doubt. Say what became of them:", mails=counted(number))
    return "\n".join([head, *(f"  terreau unknown {command}" for command in commands)])


def _asked(database: Database, ids: Collection[int] | None) -> list[Doubt]:
    with database.read() as conn:
        return doubts(conn, ids)


def _opened(config: Config) -> Database:
    database = open_database(config.database.url, wait_seconds=config.database.wait_seconds)
    check_schema(database)
    return database
