"""A whole copy of a SQLite database while others write to it, and the proof that a file is whole."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

PAGES = 2_000  # copied between two looks at how far it got: some 8 MB

Watch = Callable[[float], None]  # told how much of the work is done, from 0 to 1


def copy(source: Path, target: Path, watch: Watch) -> None:
    """The database as it stood when this began. Raises sqlite3.Error, with `target` left unfinished.

    The snapshot is held from before the first page, so that writers neither wait for the copy nor make it begin anew,
    as they would between the steps of a plain online backup.
    """
    with closing(_open(source, "ro")) as known, closing(sqlite3.connect(target, isolation_level=None)) as copied:
        known.execute("BEGIN")
        known.execute("SELECT count(*) FROM sqlite_master").fetchone()
        known.backup(copied, pages=PAGES, progress=lambda _status, left, total: watch(1 - left / max(total, 1)))
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it


def faults(path: Path) -> list[str]:
    """What is broken in a database file, nothing when it is whole. Raises sqlite3.Error for what is no database."""
    with closing(_open(path, "ro")) as conn:
        said = [str(row[0]) for row in conn.execute("PRAGMA integrity_check")]
        lost = [f"a row of {row[0]} lost the row it belongs to" for row in conn.execute("PRAGMA foreign_key_check")]
        return [line for line in said if line != "ok"] + lost


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None)
