"""`terreau pause` and `terreau resume`: for one sequence, for all marketing, or for everything."""

from collections.abc import Callable
from contextlib import closing

from sqlalchemy import Connection, func, select

from authoring.releases import Releases
from authoring.stored import NoRelease
from base.clock import Moment
from base.config import Config
from base.problems import did_you_mean
from base.saying import said
from storage.database import Database, open_database
from storage.migrate import check_schema
from storage.schema import enrolments
from terreau.house import blobs_of
from terreau.virtual import clocks_of
from workflows import pauses
from workflows.resting import EVERYTHING, MARKETING


class UnknownPause(ValueError):
    """There is no such sequence; the sentence says what was probably meant."""


def pause(config: Config, sequence: str | None, reason: str, author: str) -> str:
    """Let a sequence (None = everything) rest from now on; returns a sentence.

    Raises UnknownPause, SchemaMismatch, StorageUnavailable.
    """

    def begin(conn: Connection, name: str, now: Moment) -> str:
        begun = pauses.begin(conn, name, reason, author, now)
        state = "rests now" if begun else "rests already"
        return f"{_called(name)} {state}, until `terreau resume{_named(name)}`: {_inside(conn, name)} inside."

    return _at_work(config, sequence, begin)


def resume(config: Config, sequence: str | None) -> str:
    """Go on; returns a sentence. Raises as `pause` does."""

    def end(conn: Connection, name: str, now: Moment) -> str:
        if not pauses.end(conn, name, now):
            others = sorted({one.name for one in pauses.every(conn) if one.ended_at is None})
            hint = f"; what rests: {', '.join(others)}" if others else ""
            return f"{_called(name)} was not paused{hint}."
        return f"{_called(name)} goes on: {_inside(conn, name)} inside, in portions, each as its `on_resume` says."

    return _at_work(config, sequence, end)


def _at_work(config: Config, sequence: str | None, act: Callable[[Connection, str, Moment], str]) -> str:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        if sequence not in (None, MARKETING):
            _known(database, config, sequence)
        name, now = sequence or EVERYTHING, clocks_of(database).moment()
        return database.write(lambda conn: act(conn, name, now))


def _known(database: Database, config: Config, sequence: str) -> None:
    """One of the release in force, or one that leads are still inside of."""
    try:
        names = set(Releases(database, blobs_of(config, database)).in_force().sequences)
    except NoRelease:
        names = set()
    with database.read() as conn:
        names |= set(conn.scalars(select(enrolments.c.sequence).where(enrolments.c.state == "active").distinct()))
    if sequence not in names:
        hint = did_you_mean(sequence, names) or said("`terreau check` knows the files")
        raise UnknownPause(said("there is no sequence `%(name)s` (%(hint)s)", name=sequence, hint=hint))


def _inside(conn: Connection, name: str) -> str:
    counted = select(func.count()).select_from(enrolments).where(enrolments.c.state == "active")
    if name not in (EVERYTHING, MARKETING):
        counted = counted.where(enrolments.c.sequence == name)
    number = conn.execute(counted).scalar_one()
    return f"{number or 'no'} enrolment{'' if number == 1 else 's'}"


def _called(name: str) -> str:
    return {EVERYTHING: "Everything", MARKETING: "Marketing"}.get(name, f"`{name}`")


def _named(name: str) -> str:
    return {EVERYTHING: "", MARKETING: " --marketing"}.get(name, f" {name}")
