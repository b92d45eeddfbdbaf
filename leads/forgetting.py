"""The one way to forget somebody: done, entered in the audit chain, kept in a list, and forgotten by the disk too.

Both doors to it, the command line and the console, call these verbs.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, select

from base.clock import Moment
from leads.erasing import again, anonymise, erase, remember
from storage.chain import Entry, record
from storage.database import Database
from storage.schema import erasures

Way = Literal["erase", "anonymise"]
WAYS = {"erase": erase, "anonymise": anonymise}
ACTS = {"erase": "lead_erased", "anonymise": "lead_anonymised"}
LIST = "erasures"  # the file under `data.dir` that outlives a restored database: a mark and an instant on each line


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it is done: `key` is the suppression key, `folder` is `data.dir`."""

    database: Database
    key: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who does it: a member of staff, an account of the operating system, or the house itself (`by` a rule)."""

    by: str
    staff_id: int | None = None


def forget(desk: Desk, lead_id: int, way: Way, clerk: Clerk, now: Moment, why: str = "asked") -> bool:
    """Erase or anonymise that lead; returns whether the disk has forgotten already (see `settle_deletions`).

    `why`: asked | retention | restored. Raises LookupError for nobody, UnderWay, StorageUnavailable.
    """

    def job(conn: Connection) -> list[str]:
        marks = WAYS[way](conn, lead_id, desk.key, now)
        entry = Entry(ACTS[way], {"by": clerk.by, "why": why}, None, clerk.staff_id)
        record(conn, desk.key, entry, now.machine)
        return marks

    marks = desk.database.write(job)
    _keep(desk.folder, marks, now.calendar)
    return desk.database.settle_deletions()


def forget_at_rest(conn: Connection, key: str, marks: Mapping[str, datetime], clerk: Clerk, now: Moment) -> int:
    """Erase whom a database that was just restored brought back, before anybody works with it; returns how many."""
    found = again(conn, key, marks)
    for lead_id in found:
        erase(conn, lead_id, key, now, at_rest=True)
        record(conn, key, Entry(ACTS["erase"], {"by": clerk.by, "why": "restored"}, None, clerk.staff_id), now.machine)
    remember(conn, marks)
    return len(found)


def note(conn: Connection, key: str, act: str, lead_id: int | None, clerk: Clerk, now: Moment, **more: Any) -> None:
    """Enter in the chain what was done, with that lead's data or with nobody's in particular, in the transaction that
    did it."""
    record(conn, key, Entry(act, {"by": clerk.by, **more}, lead_id, clerk.staff_id), now.machine)


def forget_again(desk: Desk, marks: Mapping[str, datetime], clerk: Clerk, now: Moment) -> int:
    """Erase once more whom a restored database brought back; returns how many there were."""
    with desk.database.read() as conn:
        found = again(conn, desk.key, marks)
    for lead_id in found:
        forget(desk, lead_id, "erase", clerk, now, "restored")
    return len(found)


def read_marks(path: Path) -> dict[str, datetime]:
    """{mark: when}, the newest of each. Raises OSError, ValueError for a line that is none."""
    return dict(_lines(path.read_text(encoding="ascii")))


def _lines(text: str) -> Iterator[tuple[str, datetime]]:
    for line in text.split("\n"):
        if line.strip():
            mark, _, at = line.strip().partition(" ")
            yield mark, datetime.fromisoformat(at)


def complete_list(desk: Desk) -> None:
    """Add to the list what the database knows and it does not: whoever erases may die between the two."""
    with desk.database.read() as conn:
        known = {row.mark: row.at for row in conn.execute(select(erasures.c.mark, erasures.c.at))}
    listed = read_marks(desk.folder / LIST) if (desk.folder / LIST).exists() else {}
    for mark in known.keys() - listed.keys():
        _keep(desk.folder, [mark], known[mark])


def _keep(folder: Path, marks: list[str], at: datetime) -> None:
    """Beside the database, so that a backup of before does not bring back who is gone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LIST).open("a", encoding="ascii") as file:
        file.writelines(f"{mark} {at.isoformat()}\n" for mark in marks)
        file.flush()
        os.fsync(file.fileno())
