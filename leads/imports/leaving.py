"""Those of whom a list says that they left elsewhere are left alone here as if they had left here, with the line.

Asked and written is for all rows of a transaction at once; what a row comes to is `decide`, which is pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from base.clock import Moment
from leads import consent, consenting, events, groups, identity
from leads.answering import ALL, TRACKING
from leads.callable import LEFT as UNSUBSCRIBED
from leads.callable import refused
from leads.facts import AFFIRMED, Event
from leads.imports.contacts import Contact, Reject
from leads.imports.departures import COMPLAINT, HARD_BOUNCE, SCOPES, Departure
from leads.imports.merging import ERASED
from storage import wakes
from storage.among import among
from storage.bulk import insert_rows
from storage.prepared import Prepared
from storage.schema import events as events_table
from storage.schema import leads

_TOLD = {HARD_BOUNCE: "mail.bounced", COMPLAINT: "mail.complained"}  # reason -> its event
DAY = timedelta(days=1)
_SCOPES = sorted(set(SCOPES.values()))
_BY_EMAILS = Prepared(select(leads.c.id, leads.c.email).where(among(leads.c.email, "emails")))


@dataclass(frozen=True, slots=True)
class Leaver:
    """A row that says that somebody left. `hashes` stand for its addresses; who is woken by it is due at `due_at`."""

    line: int
    departure: Departure
    hashes: Mapping[str, str]  # {address: hash}
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Stance:
    """What the house knows of whom a row names. `alone`: {hash: {scope: why}}; `held`: the lines of their ledgers that
    may be withdrawn; `gone`: those of `ids` who left all our mail; `agreed_at`: when they last agreed here themselves,
    to anything."""

    ids: tuple[int, ...] = ()
    alone: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    held: tuple[Row[Any], ...] = ()
    gone: frozenset[int] = frozenset()
    agreed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leaves:
    """What a row changes: who is left alone, as {(hash, scope): reason}, which lines of ledgers hold no more, which
    events tell it, as (lead, name, subject). `is_new`: whether it comes to anything."""

    suppressed: Mapping[tuple[str, str], str]
    withdrawn: tuple[Row[Any], ...]
    told: tuple[tuple[int, str, str | None], ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Stays:
    """They agreed here themselves, and the list does not say that they left later."""


def leavers(rows: Iterable[Contact | Reject], key: str, due_at: datetime) -> list[Leaver]:
    """Those of the rows that say that somebody left, whom one can know again. `key`: the suppression key. Pure."""
    return [
        Leaver(one.line, gone, {email: consent.address_hash(key, email) for email in gone.addresses}, due_at)
        for one in rows
        if (gone := one.departure) is not None and (gone.addresses or gone.phone)
    ]


def decide(one: Leaver, stance: Stance, calendar_now: datetime) -> Leaves | Stays | None:
    """What a row comes to; None where it names nobody but people who asked to be forgotten. Pure."""
    hashes = [kept for kept in one.hashes.values() if ERASED not in stance.alone.get(kept, {}).values()]
    if one.hashes and not hashes:
        return None
    if _stands(one.departure.day, stance.agreed_at, calendar_now):
        return Stays()
    reasons = one.departure.reasons
    suppressed = {
        (kept, SCOPES[reason]): reason
        for reason in reasons
        for kept in hashes
        if SCOPES[reason] not in stance.alone.get(kept, {})
    }
    said_no = set(reasons) - {HARD_BOUNCE}
    withdrawn = stance.held if said_no else ()
    told: list[tuple[int, str, str | None]] = [(row.lead_id, "consent_withdrawn", row.topic) for row in withdrawn]
    for lead_id in stance.ids:
        if said_no and (lead_id not in stance.gone or lead_id in {row.lead_id for row in withdrawn}):
            told.append((lead_id, UNSUBSCRIBED, ALL))
        told += [(lead_id, _TOLD[why], None) for why in reasons if why in _TOLD and why in suppressed.values()]
    by_number = bool(said_no) and not one.hashes and not stance.ids
    return Leaves(suppressed, withdrawn, tuple(told), bool(suppressed or told or by_number))


def _stands(day: datetime | None, agreed_at: datetime | None, calendar_now: datetime) -> bool:
    """Whether an own act here is the later one, as far as anybody knows; of the same day the no is."""
    return agreed_at is not None and (day is None or not (agreed_at < day + DAY and day <= calendar_now))


# ---------------------------------------------------------------- what is known


def leads_of(conn: Connection, some: Sequence[Leaver]) -> dict[int, tuple[int, ...]]:
    """{line: the leads that it names}: by each of its addresses, else by the number of whoever has no address."""
    emails = {email for one in some for email in one.hashes}
    phones = {one.line: one.departure.phone for one in some if one.departure.phone and not one.hashes}
    known = {row.email: row.id for row in _BY_EMAILS.rows(conn, {"emails": sorted(emails)})} if emails else {}
    called = identity.by_phones(conn, set(phones.values())) if phones else {}
    by_phone = {line: (called[phone],) for line, phone in phones.items() if phone in called}
    return {one.line: tuple(known[email] for email in one.hashes if email in known) for one in some} | by_phone


def stances(conn: Connection, some: Sequence[Leaver], named: Mapping[int, tuple[int, ...]]) -> dict[int, Stance]:
    """{line: what is known of whom it names}, `named` as by `leads_of`."""
    if not some:
        return {}
    alone = consent.left_alone(conn, {kept for one in some for kept in one.hashes.values()})
    ids = {lead_id for those in named.values() for lead_id in those}
    together = groups.others(conn, ids)
    everyone = ids.union(*together.values())
    said, stories = _said(conn, everyone), events.history(conn, everyone, (UNSUBSCRIBED, "consent_granted", AFFIRMED))
    gone = {lead_id for lead_id in ids if UNSUBSCRIBED in refused(stories[lead_id])}
    own = {who: _agreed(said.get(who, ()), stories[who]) for who in everyone}
    found = {}
    for one in some:
        those = named[one.line]
        days = [own[who] for lead_id in those for who in (lead_id, *together.get(lead_id, ()))]
        found[one.line] = Stance(
            those,
            {kept: alone[kept] for kept in one.hashes.values() if kept in alone},
            tuple(row for lead_id in those for row in said.get(lead_id, ()) if row.state != "withdrawn"),
            frozenset(gone.intersection(those)),
            max((day for day in days if day is not None), default=None),
        )
    return found


def _said(conn: Connection, ids: Iterable[int]) -> Mapping[int, list[Row[Any]]]:
    """What holds of the topics of mail, lead by lead."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in consent.newest(conn, list(ids)):
        if row.topic not in TRACKING:
            found[row.lead_id].append(row)
    return found


def _agreed(said: Sequence[Row[Any]], story: Iterable[Event]) -> datetime | None:
    """When a lead last agreed here to what they hold. What a list proved was no act of theirs here, before they said
    here that it is to go on."""
    granted = [row for row in said if row.state == "granted"]
    own = [row.at for row in granted if "import_id" not in row.proof]
    again = [event.at for event in story if event.name == AFFIRMED] if granted else []
    return max([*own, *again], default=None)


# ---------------------------------------------------------------- what is written


@dataclass(slots=True)
class Written:
    """What the rows of a transaction come to, one after the other: each finds what those above have changed."""

    suppressed: dict[tuple[str, str], str] = field(default_factory=dict)
    withdrawn: dict[int, tuple[Row[Any], Leaver]] = field(default_factory=dict)  # by the number of the line of a ledger
    told: list[tuple[int, str, str | None, Leaver]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def seen(self, one: Leaver, stance: Stance) -> Stance:
        """What is known of whom a row names, with what the rows above have changed."""
        alone = {kept: dict(stance.alone.get(kept, {})) for kept in one.hashes.values()}
        for kept, whys in alone.items():
            whys |= {scope: self.suppressed[kept, scope] for scope in _SCOPES if (kept, scope) in self.suppressed}
        held = tuple(row for row in stance.held if row.id not in self.withdrawn)
        return replace(stance, alone=alone, held=held, gone=stance.gone | self.gone.intersection(stance.ids))

    def add(self, one: Leaver, leaves: Leaves) -> None:
        self.suppressed |= leaves.suppressed
        self.withdrawn |= {row.id: (row, one) for row in leaves.withdrawn}
        self.told += [(*event, one) for event in leaves.told]
        self.gone |= {lead_id for lead_id, name, _ in leaves.told if name == UNSUBSCRIBED}


def write(conn: Connection, made: Written, proof: Mapping[str, Any], locale: str, now: Moment) -> None:
    """Write it, under the leads' wakes. `proof`: where it comes from; each line is told with it."""
    rows = [(kept, scope, reason) for (kept, scope), reason in sorted(made.suppressed.items())]
    consenting.suppress_all(conn, rows, now.machine)
    withdrawn = [(row, _proof(one, proof)) for row, one in made.withdrawn.values()]
    consenting.note_withdrawn(conn, withdrawn, locale, now)
    waiting: dict[int, list[tuple[str, str | None, Leaver]]] = defaultdict(list)
    for lead_id, name, subject, one in made.told:
        waiting[lead_id].append((name, subject, one))
    while waiting:  # one event of each lead at a time: as many rounds as the busiest has events
        seqs = wakes.stir_all(conn, {lead_id: those[0][2].due_at for lead_id, those in waiting.items()})
        turn = {lead_id: those.pop(0) for lead_id, those in waiting.items()}
        insert_rows(conn, events_table, [_event(who, seqs[who], *event, proof, now) for who, event in turn.items()])
        waiting = {lead_id: those for lead_id, those in waiting.items() if those}


def _event(
    lead_id: int, seq: int, name: str, subject: str | None, one: Leaver, proof: Mapping[str, Any], now: Moment
) -> dict[str, Any]:
    """The house heard of it: no act of theirs here, which could score."""
    return {
        "lead_id": lead_id,
        "seq": seq,
        "name": name,
        "at": now.calendar,
        "recorded_at": now.machine,
        "evidence": "engine",
        "subject": subject,
        "data": _proof(one, proof),
    }


def _proof(one: Leaver, proof: Mapping[str, Any]) -> dict[str, Any]:
    day = one.departure.day
    return {**proof, "line": one.line, **({"left_on": f"{day:%Y-%m-%d}"} if day else {})}
