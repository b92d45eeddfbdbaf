"""Tells a database that is away, locked or full from a fault of ours; what to do then is left to the caller."""

import sqlite3
from typing import NoReturn

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from base.saying import Said, said
from base.translations import msgid


class StorageUnavailable(Exception):
    """The database could not take this: nothing was saved. Doors answer 503, engines try again later."""


_SQLITE_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
# Classes of SQLSTATE: connection, resources, operator, system; and single codes: read-only, lock, statement time-out.
_POSTGRES_TROUBLE_CLASSES = ("08", "53", "57", "58", "XX")
_POSTGRES_TROUBLE = frozenset({"25006", "55P03"})
_POSTGRES_AGAIN = frozenset({"40001", "40P01"})
AGAIN = msgid("the database could not do this: nothing was saved, try again (%(words)s)")
AWAY = msgid("the database does not answer: is it started, and is [database] url right? Nothing was saved (%(words)s)")
SQLITE_SENTENCES = {
    sqlite3.SQLITE_CANTOPEN: msgid("the database cannot be opened: %(words)s"),
    sqlite3.SQLITE_NOTADB: msgid(
        "the file that [database] url names is not a SQLite database: name another one (%(words)s)"
    ),
    sqlite3.SQLITE_READONLY: msgid(
        "the database cannot be written: give this account the right to write it (%(words)s)"
    ),
    sqlite3.SQLITE_FULL: msgid("the disk of the database is full: make room on it. Nothing was saved (%(words)s)"),
    sqlite3.SQLITE_IOERR: msgid("the disk of the database fails: look at it. Nothing was saved (%(words)s)"),
}


def is_trouble(error: BaseException) -> bool:
    """True when the database, not the statement, is at fault."""
    if isinstance(error, PoolTimeout):
        return True
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_TROUBLE
    is_cut = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_cut or (isinstance(cause, psycopg.Error) and _is_postgres_trouble(cause))


def is_worth_repeating(error: BaseException) -> bool:
    """True for a deadlock or a serialisation failure of PostgreSQL: the same transaction may well pass now."""
    cause = _cause(error)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _POSTGRES_AGAIN


def is_read_only(error: BaseException) -> bool:
    """True for an attempt to write through a connection that only reads: a fault of ours when we asked for that."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_READONLY
    return isinstance(cause, psycopg.Error) and cause.sqlstate == "25006"


def in_house_words(error: BaseException) -> BaseException:
    """StorageUnavailable for trouble of the database, any other error as it is."""
    if not is_trouble(error):
        return error
    unavailable = StorageUnavailable(_sentence(error))
    unavailable.__cause__ = error
    return unavailable


def reraise(error: BaseException) -> NoReturn:
    """Raise `error` in the words of the house."""
    raise in_house_words(error)


def _cause(error: BaseException) -> BaseException:
    """What the driver raised, whether SQLAlchemy wrapped it or a prepared statement let it through."""
    return (error.orig if isinstance(error, DBAPIError) else None) or error


def _sentence(error: BaseException) -> Said:
    """What happened and what to do, in the driver's own words where it has any: never a statement or a link."""
    cause = _cause(error)
    words = " ".join(str(cause).split())
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return said(SQLITE_SENTENCES.get(code, AGAIN), words=words)
    is_away = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    return said(AWAY if is_away else AGAIN, words=words)


def _is_postgres_trouble(cause: psycopg.Error) -> bool:
    state = cause.sqlstate
    if state is None:
        return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError))
    return state in _POSTGRES_TROUBLE or state.startswith(_POSTGRES_TROUBLE_CLASSES)
