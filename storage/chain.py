"""The audit chain: what was done with data, and by whom, so that no entry is changed, moved or left out unseen.

An entry's hash covers the hash before it and, of its payload, only a salted hash: payloads can be erased, and the chain
still holds. It is keyed, so that whoever can write to the tables cannot write a chain of their own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from base.saying import Said, said
from base.tokens import digest, keyed_hash, new_token
from base.translations import msgid
from storage.schema import audit, audit_payloads, facts
from storage.upsert import upsert

HEAD = "audit_head"  # the row of `facts` that names the newest entry: without it, the newest could be cut off
BEGINNING = "0" * 64
_LOCK = 7_467_370_329  # PostgreSQL's advisory lock: entries are written one after the other
_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be remembered. `payload` is small and says who did it; it is erased with the lead."""

    act: str
    payload: Mapping[str, Any]
    lead_id: int | None = None
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the number of the entry, and what is wrong with it, as a sentence of it."""

    number: int
    what: str

    @property
    def sentence(self) -> Said:
        return said(self.what, number=self.number)


@dataclass(frozen=True, slots=True)
class Verified:
    """`erased`: entries whose payload is gone, as it should be after an erasure."""

    entries: int
    erased: int
    breaks: tuple[Break, ...]


def record(conn: Connection, key: str, entry: Entry, machine_now: datetime) -> int:
    """Add an entry at the end of the chain; returns its number. In the transaction of what it tells."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = conn.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).one_or_none()
    number, previous = (1, BEGINNING) if last is None else (last.id + 1, last.hash)
    salt = new_token()
    row: dict[str, Any] = {
        "id": number,
        "act": entry.act,
        "lead_id": entry.lead_id,
        "staff_id": entry.staff_id,
        "at": machine_now,
        "payload_hash": _payload_hash(salt, entry.payload),
        "previous": previous,
    }
    row["hash"] = _hash(key, row)
    conn.execute(insert(audit).values(row))
    conn.execute(insert(audit_payloads).values(audit_id=number, salt=salt, payload=dict(entry.payload)))
    upsert(conn, facts, {"key": HEAD, "value": f"{number} {_head(key, number, row['hash'])}"}, ["key"])
    return number


def verify(conn: Connection, key: str, newest: int | None = None) -> Verified:
    """Read the chain from its beginning, or about its `newest` entries, and say every place where it does not hold."""
    breaks: list[Break] = []
    expected, previous, erased = _beginning(conn, newest)
    for row in _entries(conn, after=expected - 1):
        breaks += _faults(row, key, expected, previous)
        erased += row.salt is None
        expected, previous = row.id + 1, row.hash
    breaks += _end(conn, key, expected - 1, previous)
    return Verified(expected - 1, erased, tuple(breaks))


def was_written_with(conn: Connection, key: str) -> bool:
    """Whether any of the newest entries was written with that key."""
    newest = conn.execute(select(audit).order_by(audit.c.id.desc()).limit(_AT_A_TIME))
    return any(row.hash == _hash(key, row._mapping) for row in newest)


def _beginning(conn: Connection, newest: int | None) -> tuple[int, str, int]:
    """The number of the first entry to read, the hash before it, and of how many the payload was erased: none yet."""
    older = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).offset(newest).limit(1)
    before = conn.execute(older).one_or_none() if newest is not None else None
    return (1, BEGINNING, 0) if before is None else (before.id + 1, before.hash, 0)


def _entries(conn: Connection, after: int) -> Iterator[Row[Any]]:
    last = after
    joined = select(audit, audit_payloads.c.salt, audit_payloads.c.payload).outerjoin(
        audit_payloads, audit_payloads.c.audit_id == audit.c.id
    )
    while rows := conn.execute(joined.where(audit.c.id > last).order_by(audit.c.id).limit(_AT_A_TIME)).all():
        yield from rows
        last = rows[-1].id


def _faults(row: Row[Any], key: str, expected: int, previous: str) -> Iterator[Break]:
    if row.id != expected:
        yield Break(expected, msgid("Entry %(number)s is missing."))
    elif row.previous != previous:
        yield Break(row.id, msgid("Entry %(number)s does not follow the one before."))
    if row.hash != _hash(key, row._mapping):
        yield Break(row.id, msgid("Entry %(number)s was changed."))
    if row.salt is not None and row.payload_hash != _payload_hash(row.salt, row.payload):
        yield Break(row.id, msgid("Entry %(number)s says something else than it did."))


def _end(conn: Connection, key: str, number: int, newest: str) -> Iterator[Break]:
    """Whether the newest entry is the one that was written last."""
    known = conn.execute(select(facts.c.value).where(facts.c.key == HEAD)).scalar_one_or_none()
    if known is None:
        if number:
            yield Break(
                number,
                msgid("The mark of the newest entry is gone: some may have been cut off after entry %(number)s."),
            )
        return
    claimed, _, mark = known.partition(" ")
    if mark != _head(key, number, newest):
        last = int(claimed) if claimed.isdecimal() else number
        yield Break(last, msgid("Entry %(number)s is not the last one: entries were cut off or added."))


def _payload_hash(salt: str, payload: Mapping[str, Any]) -> str:
    return digest(salt + json.dumps(payload, sort_keys=True, ensure_ascii=False))


def _hash(key: str, row: Mapping[Any, Any]) -> str:
    told = [row["id"], row["act"], row["lead_id"], row["staff_id"], row["at"].isoformat(), row["payload_hash"]]
    return keyed_hash(key, json.dumps(["audit", *told, row["previous"]]))


def _head(key: str, number: int, newest: str) -> str:
    return keyed_hash(key, f"audit head {number} {newest}")
