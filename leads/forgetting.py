"""The one way to forget somebody: done, entered in the audit chain, kept in a list, and forgotten by the disk too.

Both doors to it, the command line and the console, call these verbs.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, select

from base.clock import Moment
from base.tokens import new_token
from leads.erasing import again, anonymise, erase, remember
from leads.groups import everyone_in
from storage.bulk import insert_rows
from storage.chain import Entry, record
from storage.database import Database
from storage.schema import erasures, webhooks

Way = Literal["erase", "anonymise"]
WAYS = {"erase": erase, "anonymise": anonymise}
ACTS = {"erase": "lead_erased", "anonymise": "lead_anonymised"}
TOLD_AS = "lead_erased"  # the type of the webhook
LIST = "erasures"  # the file under `data.dir` that outlives a restored database: a mark and an instant on each line


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it is done: `key` is the suppression key, `folder` is `data.dir`.

    `told`: the webhooks that want to hear of it, as far as they know the lead.
    """

    database: Database
    key: str
    folder: Path
    told: tuple[str, ...] = ()


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
        ids, knowing = everyone_in(conn, lead_id), _knowing(conn, lead_id, desk.told)
        marks = WAYS[way](conn, lead_id, desk.key, now)
        insert_rows(conn, webhooks, [_notice(channel, ids, way, now) for channel in knowing])
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


def _knowing(conn: Connection, lead_id: int, channels: Sequence[str]) -> list[str]:
    """Those of the webhooks that were told of the lead, or may have been: an answer can be lost."""
    reached = (webhooks.c.state == "sent") | (webhooks.c.state == "claimed") | (webhooks.c.attempts > 0)
    theirs = webhooks.c.lead_id.in_(everyone_in(conn, lead_id)) & webhooks.c.channel.in_(channels)
    return sorted(conn.scalars(select(webhooks.c.channel).where(theirs, reached).distinct()))


def _notice(channel: str, lead_ids: Sequence[int], way: Way, now: Moment) -> dict[str, Any]:
    """Numbers alone: who they were is what is to be forgotten. It belongs to no lead, as there is none any more."""
    data = {"lead_ids": list(lead_ids), "way": way}
    body = {"type": TOLD_AS, "timestamp": now.machine.isoformat(), "data": data}
    return {
        "lead_id": None,
        "channel": channel,
        "event_id": f"msg_{new_token()}",
        "type": TOLD_AS,
        "payload": body,
        "state": "due",
        "due_at": now.machine,
        "attempts": 0,
        "created_at": now.calendar,
    }


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
