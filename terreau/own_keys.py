"""Whether the suppression key here is the one a database was begun with: each machine would make its own silently."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, select, update

from base.config import Config
from base.keyring import Keys, read_secret
from base.saying import said
from base.system_words import why_of
from storage.database import Database
from storage.schema import facts
from storage.upsert import insert_or_ignore
from terreau.archive import mark_of
from terreau.key_traces import may_be_of, was_worked_with

_ANEW = "anew"  # in its place: the key of whoever starts next, as an operator wrote it there
_MARK = "suppression_key"  # the row of `facts` that tells this key from another one, and gives it away to nobody


class UnfitKeys(Exception):
    """The secrets here are none to work with; the sentence says why, and what to do. Nothing was changed."""


class UnreadableKeys(UnfitKeys):
    """They are not this account's to read, or to make."""

    def __init__(self, config: Config, error: OSError) -> None:
        super().__init__(
            said(
                "the secrets in %(folder)s cannot be read (%(why)s): let this account read them, or be the one that"
                " they belong to",
                folder=config.data.dir / "secrets",
                why=why_of(error),
            )
        )


class StrangeKeys(UnfitKeys):
    """With another suppression key than that of before, nobody who must not be mailed is known.

    It stands for all secrets: the others may be replaced, so that nothing tells whether two machines share them.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(
            said(
                "the suppression key here (in %(folder)s, or under [secrets]) is not the one this database was begun"
                " with: people who must not be mailed would not be known. Bring all the secrets of the other machine,"
                " or of before: signing_keys and session_key are not compared, and have to be shared too"
                " (docs/operations.md, *On several machines*)",
                folder=config.data.dir / "secrets",
            )
        )


class MissingKeys(UnfitKeys):
    """Secrets made here would be other ones than those of before."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            said(
                "there is no suppression key in %(folder)s, and this database was begun with one: lay a copy of the"
                " folder `secrets` of the other machine, or of before, there. None was made (docs/operations.md,"
                " *On several machines*)",
                folder=config.data.dir / "secrets",
            )
        )


class DoubtfulKeys(UnfitKeys):
    """Nothing says which key the database was begun with, and nobody is left alone under this one."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            said(
                "this database holds addresses to be left alone, and by the suppression key here (in %(folder)s, or"
                " under [secrets]) none of them is a lead's: the key is probably that of another machine. Look which"
                " machine worked with this database until now, and bring all its secrets. If these are the right"
                " ones, or the others are lost, docs/operations.md says how to go on (*On several machines*)",
                folder=config.data.dir / "secrets",
            )
        )


class EmptyKeys(UnfitKeys):
    """A file is there, and no secret in it."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            said(
                "a file in %(folder)s is empty, or no text: lay that of the other machine, or of before, in its place."
                " Only `signing_keys` and `session_key` may be taken away instead: they are made anew, and links that"
                " were sent with the former ones do not open",
                folder=config.data.dir / "secrets",
            )
        )


def keys_at(config: Config, database: Database) -> Keys:
    """The secrets, to work with that database; made where there are none yet. Raises UnfitKeys, StorageUnavailable."""
    with database.read() as conn:
        look_at_keys(config, conn)
    with _said_if_unreadable(config):
        return config.keys()


def hold_keys(config: Config, database: Database) -> None:
    """From here on that database is worked with under these secrets alone. Raises UnfitKeys, StorageUnavailable."""
    mark = mark_of(keys_at(config, database).suppression)
    database.write(lambda conn: _put(conn, mark))
    keys_at(config, database)  # another machine may have been faster


def look_at_keys(config: Config, conn: Connection) -> None:
    """Whether the secrets here are to be worked with, without making any. Raises UnfitKeys."""
    known, kept = _known(conn), kept_key(config)  # in this order: who marks a database has kept its key before
    if known == _ANEW:
        return
    if kept is None and (known is not None or was_worked_with(conn)):
        raise MissingKeys(config)
    if kept is not None and known is None and not may_be_of(conn, kept):
        raise DoubtfulKeys(config)
    if kept is not None and known is not None and known != mark_of(kept):
        raise StrangeKeys(config)


def mark_known(database: Database) -> str:
    """The mark of the key that database was begun with, '' where there is none. Raises StorageUnavailable."""
    with database.read() as conn:
        known = _known(conn)
    return "" if known is None or known == _ANEW else known


def kept_key(config: Config) -> str | None:
    """The suppression key of the settings or of the folder, None where there is none yet. Raises UnfitKeys."""
    if config.secrets.suppression_key:
        return config.secrets.suppression_key
    with _said_if_unreadable(config), suppress(FileNotFoundError):
        return read_secret(config.data.dir / "secrets" / "suppression_key")
    return None


@contextmanager
def _said_if_unreadable(config: Config) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableKeys(config, error) from error
    except ValueError as error:
        raise EmptyKeys(config) from error


def _put(conn: Connection, mark: str) -> None:
    insert_or_ignore(conn, facts, {"key": _MARK, "value": mark})
    conn.execute(update(facts).where(facts.c.key == _MARK, facts.c.value == _ANEW).values(value=mark))


def _known(conn: Connection) -> str | None:
    mark: str | None = conn.execute(select(facts.c.value).where(facts.c.key == _MARK)).scalar_one_or_none()
    return mark
