"""Brings a database to the tables of this version, forward only, and refuses any database it does not know."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text

from base.saying import said
from base.translations import msgid
from storage import postgresql, sqlite
from storage.database import Database
from storage.trouble import reraise

SCRIPTS = Path(__file__).parent / "migrations"
_IN_THIS_PROCESS = threading.Lock()  # Alembic keeps the migration at hand in a global
_LOCK = 7_467_370_328  # PostgreSQL's advisory lock: two that migrate at once do it one after the other


class SchemaMismatch(Exception):
    """The database is not what this version works with; the sentence says what to do. Nothing was changed."""


class NoTables(SchemaMismatch):
    """The database is there and empty."""

    def __init__(self) -> None:
        super().__init__(said("the database has no tables yet: run `terreau migrate`"))


class OlderTables(SchemaMismatch):
    """The tables are those of an older version."""

    def __init__(self) -> None:
        super().__init__(said("the database was made by an older version: run `terreau migrate`"))


def migrate(url: str) -> None:
    """Create or upgrade the tables of `url`, all in one transaction: afterwards they are as before or as they shall be.

    Creates a missing SQLite file. Raises SchemaMismatch for a database that a newer version or another program made,
    StorageUnavailable when it cannot be reached.
    """
    with changing(url) as conn:
        if _state(conn) != "current":
            upgrade(conn)


@contextmanager
def changing(url: str) -> Iterator[Connection]:
    """One transaction for changes of the tables, in which nobody else changes any; as long as it takes.

    Creates a missing SQLite file. Raises StorageUnavailable.
    """
    with _IN_THIS_PROCESS, _transaction(url) as conn:
        yield conn


def upgrade(conn: Connection, revision: str = "head") -> None:
    """Bring the tables to that revision, within `changing`."""
    config = alembic_config()
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def knows(revision: str) -> bool:
    """Whether this version can make the tables of that revision."""
    return revision in {script.revision for script in scripts().walk_revisions()}


def head() -> str:
    """The revision of this version's tables."""
    return str(scripts().get_current_head())


def has_tables(conn: Connection) -> bool:
    """Whether it holds tables of ours, of this version or an older one. Raises SchemaMismatch for any others."""
    return _state(conn) != "empty"


def check_schema(database: Database) -> None:
    """Raise SchemaMismatch unless the tables are exactly those of this version."""
    with database.read() as conn:
        check_tables(conn)


def check_tables(conn: Connection) -> None:
    """The same where a connection is at hand."""
    state = _state(conn)
    if state == "empty":
        raise NoTables
    if state == "older":
        raise OlderTables


def _state(conn: Connection) -> str:
    """`empty`, `older` or `current`; anything else is refused."""
    revision = MigrationContext.configure(conn).get_current_revision()
    if revision == scripts().get_current_head():
        return "current"
    if revision is None:
        if inspect(conn).get_table_names():
            strange = said("the database holds tables that are not ours: nothing was changed, choose an empty one")
            raise SchemaMismatch(strange)
        return "empty"
    if not knows(revision):
        told = msgid(
            "the database was made by a newer version (its tables are at %(revision)s): nothing was changed, install"
            " that version or restore the copy made before the upgrade"
        )
        raise SchemaMismatch(said(told, revision=revision))
    return "older"


@cache
def scripts() -> ScriptDirectory:
    """The migrations of this version, which stay as they are while it runs: to read them all takes a while."""
    return ScriptDirectory.from_config(alembic_config())


def alembic_config() -> Config:
    """Where the migrations are; the connection is put into its `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    address = make_url(url)
    on_sqlite = address.get_backend_name() == "sqlite"
    engine = sqlite.migrating_engine(sqlite.path_of(address)) if on_sqlite else postgresql.migrating_engine(address)
    try:
        with engine.connect() as conn, conn.begin():
            if not on_sqlite:
                conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield conn
            if on_sqlite and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").all()):
                lost = msgid("%(count)s rows would lose the row they belong to: nothing was changed")
                raise SchemaMismatch(said(lost, count=len(broken)))
    except Exception as error:
        reraise(error)
    finally:
        engine.dispose()
