"""What other programs tell of leads: a cart in the shop, a trial of the product. The lead is found or made, the event
noted once. What a CRM says that sales decided is left to `sales.outside`.

No consent comes of it, and nothing that is known of a lead is replaced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update

from base.clock import Moment
from base.saying import said
from base.tokens import digest
from leads import events, outside, words
from leads.adding import known_by, made
from leads.callable import leave_alone
from leads.correcting import value_of
from leads.erasing import is_forgotten
from leads.facts import COLUMNS, HUMAN
from leads.groups import survivor
from leads.outside import OutsideId
from storage import wakes
from storage.schema import leads, used_tokens
from storage.upsert import insert_or_ignore

PURPOSE = "told"  # of the tokens by which a program's word counts once


class NobodyTold(ValueError):
    """Nothing was noted, as nobody is meant; the sentence says why."""


@dataclass(frozen=True, slots=True)
class OutsideCall:
    """The program `system` tells something. `token` is that word's own number there; `id` what it calls the lead,
    `told` the lead's columns and fields as typed."""

    system: str
    token: str
    id: str = field(default="", kw_only=True)
    told: Mapping[str, str] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class OutsideEvent(OutsideCall):
    """An event of theirs. `human`: the lead did it, so that it may score."""

    name: str
    subject: str | None = None
    human: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)
    locale: str = "fr"


@dataclass(frozen=True, slots=True)
class Taken:
    """Whom it was about, None = somebody who asked to be forgotten; `new`: it was not told before."""

    lead_id: int | None
    new: bool


def take(conn: Connection, event: OutsideEvent, key: str, now: Moment) -> Taken:
    """Note the event, once. Raises NobodyTold, NoCorrection for what is no value of its field."""
    if (before := _told_before(conn, event)) is not None:
        return before
    known = _known(event)
    lead_id = _found(conn, event, known)
    if lead_id is None and is_forgotten(conn, key, known.get("email"), known.get("phone")):
        return Taken(None, new=False)
    lead_id = lead_id or _make(conn, event, known, now)
    seq = wakes.stir(conn, lead_id, now.calendar)
    if not _note(conn, event, lead_id, now):
        return Taken(lead_id, new=False)
    _learn(conn, lead_id, known, key, now)
    _write(conn, lead_id, seq, event, now)
    return Taken(lead_id, new=True)


def whom(conn: Connection, call: OutsideCall, key: str, now: Moment) -> Taken:
    """Whom a call is about that makes nobody and fills in nothing; it is noted, and does not count again. Raises as
    `take`."""
    if (before := _told_before(conn, call)) is not None:
        return before
    known = _known(call)
    lead_id = _found(conn, call, known)
    if lead_id is not None:
        wakes.hold(conn, [lead_id])
        return Taken(lead_id, new=_note(conn, call, lead_id, now))
    if is_forgotten(conn, key, known.get("email"), known.get("phone")):
        return Taken(None, new=False)
    raise NobodyTold(said("Nobody is known by that: sales decides about leads who are here."))


def _told_before(conn: Connection, call: OutsideCall) -> Taken | None:
    used = select(used_tokens.c.lead_id).where(used_tokens.c.token_hash == _hash(call))
    lead_id = conn.execute(used).scalar_one_or_none()
    return None if lead_id is None else Taken(survivor(conn, lead_id), new=False)


def _note(conn: Connection, call: OutsideCall, lead_id: int, now: Moment) -> bool:
    """Note that it was told, and what they call the lead; False where it was told twice at once."""
    row = {"token_hash": _hash(call), "purpose": PURPOSE, "lead_id": lead_id, "used_at": now.machine}
    if not insert_or_ignore(conn, used_tokens, row):
        return False
    if call.id:
        outside.note(conn, {lead_id: {call.system: call.id}}, now.machine)
    return True


def _hash(call: OutsideCall) -> str:
    return digest(f"{call.system} {call.token}")


def _known(call: OutsideCall) -> dict[str, str]:
    return {name: value for name, text in call.told.items() if (value := value_of(name, text)) is not None}


def _found(conn: Connection, call: OutsideCall, known: Mapping[str, str]) -> int | None:
    """Whom they call so, else who has that address, else that number alone."""
    named = outside.find(conn, OutsideId(call.system, call.id)) if call.id else None
    return survivor(conn, named) if named is not None else known_by(conn, known.get("email"), known.get("phone"))


def _make(conn: Connection, event: OutsideEvent, known: Mapping[str, str], now: Moment) -> int:
    columns = {name: known.get(name) for name in COLUMNS}
    if not columns["email"] and not columns["phone"]:
        raise NobodyTold(said("Nobody is known by that: give an `email` or a `phone`, and a lead is made."))
    row = {
        "status": "contact",  # until they do something
        "fields": {name: value for name, value in known.items() if name not in COLUMNS},
        "tags": [],
        "locale": event.locale,
        "origin": "inbound",
        "source": event.system,
        "created_at": now.calendar,
    }
    lead_id = made(conn, columns, row, now) or known_by(conn, columns["email"], columns["phone"])
    assert lead_id is not None  # a form was faster with this address
    return lead_id


def _learn(conn: Connection, lead_id: int, known: Mapping[str, str], key: str, now: Moment) -> None:
    """Fill in what nobody knew, but for the address: no lead comes to have another by what a program says. A number is
    left alone where they objected to calls."""
    row = conn.execute(select(leads).where(leads.c.id == lead_id)).one()
    news = {name: value for name, value in known.items() if name != "email"}
    columns = {name: value for name, value in news.items() if name in COLUMNS and not row._mapping[name]}
    fields = {name: value for name, value in news.items() if name not in COLUMNS and not row.fields.get(name)}
    if not columns and not fields:
        return
    conn.execute(update(leads).where(leads.c.id == lead_id).values(**columns, fields={**row.fields, **fields}))
    if phone := columns.get("phone"):
        leave_alone(conn, key, lead_id, phone, now.machine)
    words.write(conn, {lead_id: {name: {**row._mapping, **columns}[name] for name in words.NAMED}})


def _write(conn: Connection, lead_id: int, seq: int, event: OutsideEvent, now: Moment) -> None:
    evidence = HUMAN if event.human else "engine"
    data = {**event.data, "system": event.system}
    events.write(conn, lead_id, seq, event.name, now, evidence=evidence, subject=event.subject, data=data)
