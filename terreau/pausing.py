"""`terreau pause` and `terreau resume`: for one sequence, for all marketing, or for everything."""

from collections.abc import Callable
from contextlib import closing

from sqlalchemy import Connection, func, select

from authoring.releases import Releases
from authoring.stored import NoRelease
from authoring.suggest import did_you_mean
from base.clock import Moment
from base.config import Config
from base.saying import Said, said, said_n
from base.translations import msgid
from storage.database import Database, open_database
from storage.migrate import check_schema
from storage.schema import enrolments
from terreau.house import blobs_of
from terreau.language import words
from terreau.virtual import clocks_of
from workflows import gaps, pauses
from workflows.resting import EVERYTHING, MARKETING

BY_HAND = said("paused by hand")
_RESTS = msgid("%(what)s rests now, until `%(command)s`%(inside)s.")
_RESTS_ALREADY = msgid("%(what)s rests already, until `%(command)s`%(inside)s.")


class UnknownPause(ValueError):
    """There is no such sequence; the sentence says what was probably meant."""


def pause(config: Config, sequence: str | None, reason: str, author: str) -> str:
    """Let a sequence (None = everything) rest from now on; returns a sentence.

    Raises UnknownPause, SchemaMismatch, StorageUnavailable.
    """

    def begin(conn: Connection, name: str, now: Moment) -> Said:
        told = _RESTS if pauses.begin(conn, name, reason, author, now) else _RESTS_ALREADY
        command, number = f"terreau resume{_named(name)}", _inside(conn, name)
        inside = said_n(": %(count)s enrolment inside", ": %(count)s enrolments inside", number) if number else ""
        return said(told, what=_called(name), command=command, inside=inside)

    return _at_work(config, sequence, begin)


def resume(config: Config, sequence: str | None) -> str:
    """Go on; returns a sentence. Raises as `pause` does."""

    def end(conn: Connection, name: str, now: Moment) -> Said:
        since = pauses.end(conn, name, now)
        if since is None:
            others = sorted({one.name for one in pauses.every(conn) if one.ended_at is None})
            if others:
                return said(
                    "%(what)s was not paused; what rests: %(names)s.", what=_called(name), names=", ".join(others)
                )
            return said("%(what)s was not paused.", what=_called(name))
        if name == EVERYTHING:
            gaps.settle(conn, since, now)
        number = _inside(conn, name)
        if not number:
            return said("%(what)s goes on.", what=_called(name))
        return said_n(
            "%(what)s goes on: %(count)s enrolment inside, as its `on_resume` says.",
            "%(what)s goes on: %(count)s enrolments inside, in portions, each as its `on_resume` says.",
            number, what=_called(name),
        )  # fmt: skip

    return _at_work(config, sequence, end)


def _at_work(config: Config, sequence: str | None, act: Callable[[Connection, str, Moment], Said]) -> str:
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        if sequence not in (None, MARKETING):
            _known(database, config, sequence)
        name, now = sequence or EVERYTHING, clocks_of(database).moment()
        return database.write(lambda conn: act(conn, name, now)).by(words())


def _known(database: Database, config: Config, sequence: str) -> None:
    """One of the release in force, or one that leads are still inside of."""
    try:
        names = set(Releases(database, blobs_of(config, database)).in_force().sequences)
    except NoRelease:
        names = set()
    with database.read() as conn:
        names |= set(conn.scalars(select(enrolments.c.sequence).where(enrolments.c.state == "active").distinct()))
    if sequence not in names:
        hint = did_you_mean(sequence, names, msgid("the sequences are %(names)s")) or said("run `terreau apply`")
        raise UnknownPause(said("there is no sequence `%(name)s` (%(hint)s)", name=sequence, hint=hint))


def _inside(conn: Connection, name: str) -> int:
    counted = select(func.count()).select_from(enrolments).where(enrolments.c.state == "active")
    if name not in (EVERYTHING, MARKETING):
        counted = counted.where(enrolments.c.sequence == name)
    number: int = conn.execute(counted).scalar_one()
    return number


def _called(name: str) -> str:
    return {EVERYTHING: said("Everything"), MARKETING: said("Marketing")}.get(name, f"`{name}`")


def _named(name: str) -> str:
    return {EVERYTHING: "", MARKETING: " --marketing"}.get(name, f" {name}")
