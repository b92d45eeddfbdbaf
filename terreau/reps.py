"""What the command line does for sales: a lead given to another rep, absences noted, listed and taken back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection

from authoring.models.hand_off import HandOff
from authoring.releases import Releases
from base.calendars import local_day
from base.clock import Moment
from base.config import Config
from base.problems import did_you_mean
from base.saying import said
from leads.forgetting import Clerk
from leads.identity import load_leads
from sales import absences
from sales.absences import Away
from sales.notebook import Author
from sales.reassigning import Office, reassign
from storage.database import Database, open_database
from storage.migrate import check_schema
from terreau.explaining import find_lead
from terreau.house import blobs_of, office_of
from terreau.language import words
from terreau.own_keys import keys_at
from terreau.virtual import clocks_of

NOBODY = "nobody"


class UnknownColleague(LookupError):
    """The definitions in force know no rep of that id."""


class NoAbsence(LookupError):
    """There is no such absence to take back, or its days are in the wrong order."""


def give_lead(config: Config, meant: str, rep: str, reason: str, by: str) -> str:
    """Give the lead (number, address, telephone) to a rep, or to `nobody`; returns a sentence.

    Raises UnknownLead, UnknownColleague, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with _office(config) as (database, office, now):
        to = None if rep == NOBODY else _known(rep, office.site.definitions.hand_off)

        def job(conn: Connection) -> tuple[str, bool]:
            lead_id = find_lead(conn, meant)
            news = reassign(conn, lead_id, to, reason, Author(by), office, now)
            return load_leads(conn, [lead_id])[lead_id].name, news

        name, news = database.write(job)
    if not news:
        return said("%(lead)s is with %(rep)s already: nothing was changed.", lead=name, rep=rep).by(words())
    if to is None:
        return said("%(lead)s is nobody's now.", lead=name).by(words())
    return said("%(lead)s is with %(rep)s now, who is told by mail.", lead=name, rep=rep).by(words())


def note_absence(config: Config, rep: str, first: date, last: date, by: str) -> str:
    """Note that a rep is not there on those days; returns a sentence.

    Raises UnknownColleague, NoAbsence, NoRelease, SchemaMismatch, StorageUnavailable.
    """
    with _office(config) as (database, office, now):
        known = _known(rep, office.site.definitions.hand_off)
        if last < first:
            raise NoAbsence(said("%(last)s is before %(first)s: nothing was noted", first=first, last=last))
        noted = partial(absences.add, rep=known, first=first, last=last, key=office.key, clerk=Clerk(by), now=now)
        made = database.write(noted)
    return said(
        "Noted as %(number)s: %(rep)s is not there from %(first)s to %(last)s, and gets no new lead.",
        number=made, rep=rep, first=first, last=last,
    ).by(words())  # fmt: skip


def take_back_absence(config: Config, absence_id: int, by: str) -> str:
    """Take an absence back; returns a sentence. Raises as `note_absence` does."""
    with _office(config) as (database, office, now):
        taken_back = partial(absences.remove, absence_id=absence_id, key=office.key, clerk=Clerk(by), now=now)
        if not database.write(taken_back):
            raise NoAbsence(said("no absence %(number)s was noted: `terreau absences` lists them", number=absence_id))
    return said("Absence %(number)s is taken back.", number=absence_id).by(words())


def list_absences(config: Config) -> tuple[str, list[dict[str, Any]]]:
    """The absences that are not over: as lines, and for programs."""
    with _office(config) as (database, office, now), database.read() as conn:
        today = local_day(now.calendar, office.zone)
        found = absences.every(conn, office.site.definitions.hand_off, today)
    lines = [_line(one) for one in found] or [said("Everybody is there.").by(words())]
    return "\n".join(lines), [_as_json(one) for one in found]


def _line(one: Away) -> str:
    number = f"{one.id:>5}" if one.id is not None else "    –"
    return f"{number}  {one.first} … {one.last}  {one.rep}  {one.author or 'definitions.toml'}"


def _as_json(one: Away) -> dict[str, Any]:
    days = {"from": one.first.isoformat(), "to": one.last.isoformat()}
    return {"id": one.id, "rep": one.rep, **days, "author": one.author or None}


def _known(rep: str, chosen: HandOff) -> str:
    ids = [one.id for one in chosen.reps]
    if rep in ids:
        return rep
    hint = did_you_mean(rep, ids) or said("the reps are %(names)s", names=", ".join(ids))
    raise UnknownColleague(said("definitions.toml has no rep `%(name)s` (%(hint)s)", name=rep, hint=hint))


@contextmanager
def _office(config: Config) -> Iterator[tuple[Database, Office, Moment]]:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        office = office_of(config, keys_at(config, database), Releases(database, blobs_of(config, database)))
        yield database, office, clocks_of(database).moment()
