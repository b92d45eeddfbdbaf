"""What other programs tell of leads: a cart in the shop, a trial of the product. The lead is found or made, the event
noted once.

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
class OutsideEvent:
    """An event as the program `system` tells it. `token` is that word's own number there; `id` what it calls the lead,
    `told` its columns and fields as typed; `human`: the lead did it, so that it may score."""

    system: str
    token: str
    name: str
    subject: str | None = None
    human: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    locale: str = "fr"


@dataclass(frozen=True, slots=True)
class Taken:
    """Whom it was about, None = somebody who asked to be forgotten; `new`: it was not told before."""

    lead_id: int | None
    new: bool


def take(conn: Connection, event: OutsideEvent, key: str, now: Moment) -> Taken:
    """Note the event, once. Raises NobodyTold, NoCorrection for what is no value of its field."""
    token = digest(f"{event.system} {event.token}")
    before = conn.execute(select(used_tokens.c.lead_id).where(used_tokens.c.token_hash == token)).scalar_one_or_none()
    if before is not None:
        return Taken(survivor(conn, before), new=False)
    known = {name: value for name, text in event.told.items() if (value := value_of(name, text)) is not None}
    lead_id = _found(conn, event, known)
    if lead_id is None and is_forgotten(conn, key, known.get("email"), known.get("phone")):
        return Taken(None, new=False)
    lead_id = lead_id or _make(conn, event, known, now)
    seq = wakes.stir(conn, lead_id, now.calendar)
    row = {"token_hash": token, "purpose": PURPOSE, "lead_id": lead_id, "used_at": now.machine}
    if not insert_or_ignore(conn, used_tokens, row):  # told twice at once
        return Taken(lead_id, new=False)
    _learn(conn, lead_id, known, key, now)
    if event.id:
        outside.note(conn, {lead_id: {event.system: event.id}}, now.machine)
    _write(conn, lead_id, seq, event, now)
    return Taken(lead_id, new=True)


def _found(conn: Connection, event: OutsideEvent, known: Mapping[str, str]) -> int | None:
    """Whom they call so, else who has that address, else that number alone."""
    named = outside.find(conn, OutsideId(event.system, event.id)) if event.id else None
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
