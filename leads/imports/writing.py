"""Rows of a list, written in one transaction: contacts made, leads filled in, consents proven, events appended.

Everything is asked and written for all of them together; what needs no database is done before (`made_ready`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from base.clock import Moment
from leads import companies, consent, consenting, identity, outside, words
from leads.consenting import Proven
from leads.facts import COLUMNS, IMPORTED
from leads.imports import leaving
from leads.imports.columns import EMAIL, PHONE
from leads.imports.contacts import Contact, Remark
from leads.imports.leaving import Leaver, Leaves, Stays
from leads.imports.merging import ERASED, changes, new_contact
from leads.imports.proving import Proof, Standing, asks, proven
from leads.imports.reasons import AGREED_HERE
from leads.imports.settings import Policy
from storage import wakes
from storage.among import among
from storage.bulk import insert_rows
from storage.prepared import Prepared
from storage.schema import events as events_table
from storage.schema import lead_words, leads
from storage.schema import wakes as wakes_table
from storage.upsert import insert_for

_FILLED = (*(name for name in COLUMNS if name != "email"), "fields", "tags", "locale", "timezone", "source")

_KNOWN = Prepared(select(leads.c.id, leads.c.email).where(among(leads.c.email, "emails")))
_ROWS = Prepared(select(leads).where(among(leads.c.id, "ids")))
_ORIGINS = Prepared(select(leads.c.id, leads.c.origin).where(among(leads.c.id, "ids")))
_FILL = Prepared(update(leads).where(leads.c.id == bindparam("lead")))


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: told in every event, so that each lead can say which line of which file it was."""

    import_id: int
    hash: str
    author: str
    policy: Policy
    locale: str  # of whom the list gives none
    suppression_key: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact ready to be written. `hash` stands for the address; a new contact becomes due at `due_at`."""

    contact: Contact
    hash: str | None
    words: tuple[str, ...]
    due_at: datetime  # on the calendar

    @property
    def line(self) -> int:
        return self.contact.line


@dataclass(slots=True)
class Outcome:
    """What became of some rows. `erased` are those of people who asked to be forgotten: nothing was written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    suppressed: int = 0
    consents: int = 0
    no_consent: int = 0
    left: int = 0
    erased: tuple[Contact, ...] = ()
    withheld: tuple[Remark, ...] = ()  # why, for each of `no_consent`
    stayed: tuple[Remark, ...] = ()  # of whom the list says that they left, and what they agreed to here stands


def made_ready(contact: Contact, source: Source, due_at: datetime) -> Entry:
    """What takes time and needs no database, done before the transaction. Pure."""
    email = contact.columns.get(EMAIL)
    kept = consent.address_hash(source.suppression_key, email) if email else None
    return Entry(contact, kept, tuple(words.words_of(contact.columns)), due_at)


def write(
    conn: Connection, entries: Sequence[Entry], source: Source, now: Moment, leavers: Sequence[Leaver] = ()
) -> Outcome:
    """Write those entries, of which no two are the same contact; then what is said of who left, by them and others."""
    reasons = consent.reasons(conn, {entry.hash for entry in entries if entry.hash})
    erased = {entry.line for entry in entries if ERASED in reasons.get(entry.hash or "", ())}
    outcome = Outcome(erased=tuple(entry.contact for entry in entries if entry.line in erased))
    taken = [entry for entry in entries if entry.line not in erased]
    outcome.suppressed = sum((entry.hash or "") in reasons for entry in taken)
    known = find(conn, [entry.contact for entry in taken])
    made = _create(conn, [entry for entry in taken if entry.line not in known], source, now)
    outcome.created = len(made)
    # Whoever was not made here was made by somebody else just now, by a form: they are known like the others.
    missed = [entry.contact for entry in taken if entry.line not in known and entry.line not in made]
    known |= find(conn, missed)
    named = leaving.leads_of(conn, leavers)
    wakes.hold(conn, {*known.values(), *(lead_id for those in named.values() for lead_id in those)})
    old = sorted(((known[entry.line], entry) for entry in taken if entry.line not in made), key=lambda both: both[0])
    _fill_in(conn, old, source, now, outcome)
    both = {**known, **made}
    _prove(conn, {both[one.line]: one for one in taken if one.contact.consents}, reasons, source, now, outcome)
    outside.note(conn, {both[one.line]: one.contact.ids for one in taken if one.contact.ids}, now.machine)
    _let_go(conn, leavers, named, source, now, outcome)
    return outcome


def find(conn: Connection, contacts: Sequence[Contact]) -> dict[int, int]:
    """{line: id} of the leads who are known already: by their address, else by their number alone."""
    by_email = {contact.columns[EMAIL]: contact.line for contact in contacts if EMAIL in contact.columns}
    by_phone = {contact.columns[PHONE]: contact.line for contact in contacts if EMAIL not in contact.columns}
    rows = _KNOWN.rows(conn, {"emails": sorted(by_email)}) if by_email else []
    numbers = identity.by_phones(conn, by_phone) if by_phone else {}
    return {by_email[row.email]: row.id for row in rows} | {by_phone[phone]: one for phone, one in numbers.items()}


# ---------------------------------------------------------------- new ones


def _create(conn: Connection, entries: Sequence[Entry], source: Source, now: Moment) -> dict[int, int]:
    """{line: id} of those who were made here; each with its wake, its words and its first event."""
    made = _made(conn, entries, source, now)
    new = sorted(((made[one.line], one) for one in entries if one.line in made), key=lambda both: both[0])
    unfolded = {"seq": 1, "folded_seq": 0, "holder": None, "fence": None}
    insert_rows(conn, wakes_table, [{"lead_id": lead, **unfolded, "due_at": entry.due_at} for lead, entry in new])
    insert_rows(conn, events_table, [_event(lead, 1, entry.contact, source, now, ()) for lead, entry in new])
    found_by = sorted((word, lead) for lead, entry in new for word in entry.words)
    insert_rows(conn, lead_words, [{"word": word, "lead_id": lead} for word, lead in found_by])
    return made


def _made(conn: Connection, entries: Sequence[Entry], source: Source, now: Moment) -> dict[int, int]:
    """`find` has taken the turn of each number: nobody makes a second contact of it before the commit."""
    lines = {entry.contact.key: entry.line for entry in entries}
    if not lines:
        return {}
    new = [new_contact(entry.contact, source.policy, source.locale, now.calendar) for entry in entries]
    companies.meet_all(conn, [row["company_domain"] for row in new if row["company_domain"]], now.calendar)
    new.sort(key=lambda row: row["email"] or "")  # two lists that name the same people wait, and do not deadlock
    inserted = insert_for(conn, leads).on_conflict_do_nothing(index_elements=["email"])
    made = conn.execute(inserted.returning(leads.c.id, leads.c.email, leads.c.phone), new)
    return {lines[email or phone]: lead_id for lead_id, email, phone in made}


# ---------------------------------------------------------------- those who are known


def _fill_in(
    conn: Connection, entries: Sequence[tuple[int, Entry]], source: Source, now: Moment, outcome: Outcome
) -> None:
    """Fill in what the list knows more. A lead of whom it knows nothing new is not touched, and not woken."""
    ids = [lead_id for lead_id, _ in entries]
    rows = {row.id: row._asdict() for row in _ROWS.rows(conn, {"ids": ids})}
    changed = {lead: told for lead, entry in entries if (told := changes(rows[lead], entry.contact, source.policy))}
    outcome.changed += len(changed)
    outcome.unchanged += len(entries) - len(changed)
    if changed:
        _change(conn, {lead: entry for lead, entry in entries if lead in changed}, rows, changed, source, now)


def _change(
    conn: Connection,
    entries: Mapping[int, Entry],
    rows: Mapping[int, Mapping[str, Any]],
    changed: Mapping[int, Mapping[str, Any]],
    source: Source,
    now: Moment,
) -> None:
    seqs = wakes.stir_all(conn, {lead: entry.due_at for lead, entry in entries.items()})
    full = {lead: {**rows[lead], **changed[lead]} for lead in entries}
    _FILL.many(conn, [{"lead": lead, **{name: row[name] for name in _FILLED}} for lead, row in full.items()])
    events = [
        _event(lead, seqs[lead], entry.contact, source, now, tuple(sorted(changed[lead])))
        for lead, entry in entries.items()
    ]
    insert_rows(conn, events_table, events)
    words.write(conn, full)


# ---------------------------------------------------------------- consents


def standings(conn: Connection, lead_ids: Collection[int]) -> dict[int, Standing]:
    """What the house knows of those leads, as far as consents go by it."""
    if not lead_ids:
        return {}
    answered, agreed = consent.answered(conn, lead_ids), consent.granted(conn, lead_ids)
    origins = _ORIGINS.rows(conn, {"ids": sorted(lead_ids)})
    return {row.id: Standing(row.origin, answered[row.id], agreed[row.id]) for row in origins}


def _prove(
    conn: Connection,
    some: Mapping[int, Entry],
    reasons: Mapping[str, set[str]],
    source: Source,
    now: Moment,
    outcome: Outcome,
) -> None:
    """Record the consents that the list proves of those leads, as far as their own acts leave room for them."""
    known = standings(conn, some)
    found: list[Proven] = []
    for lead_id, entry in some.items():
        contact, standing = entry.contact, known[lead_id]
        if not asks(contact, standing):
            continue
        proof = proven(contact, source.policy, standing, reasons.get(entry.hash or "", ()), now.calendar)
        if isinstance(proof, Proof):
            found.append(_proven(lead_id, contact, proof, source))
        else:
            outcome.withheld += (Remark(entry.line, proof.code),)
    consenting.note_proven(conn, found, now.machine)
    consenting.make_preference_tokens(conn, {proof.lead_id: ["", *proof.topics] for proof in found})
    outcome.no_consent = len(outcome.withheld)
    outcome.consents = sum(len(proof.topics) for proof in found)


def _proven(lead_id: int, contact: Contact, found: Proof, source: Source) -> Proven:
    proof = {**_whence(source), "line": contact.line, "given": source.policy.proven_by}
    locale = contact.locale or source.locale
    return Proven(lead_id, found.topics, source.policy.wording or "", locale, proof, found.given_at)


def _whence(source: Source) -> dict[str, Any]:
    return {"import_id": source.import_id, "file": source.hash, "by": source.author}


# ---------------------------------------------------------------- those who left elsewhere


def _let_go(
    conn: Connection,
    leavers: Sequence[Leaver],
    named: Mapping[int, tuple[int, ...]],
    source: Source,
    now: Moment,
    outcome: Outcome,
) -> None:
    """Leave alone whom the list says to have left, unless they agreed here themselves since."""
    known, made = leaving.stances(conn, leavers, named), leaving.Written()
    for one in leavers:
        came_to = leaving.decide(one, made.seen(one, known[one.line]), now.calendar)
        if isinstance(came_to, Leaves) and came_to.is_new:
            made.add(one, came_to)
            outcome.left += 1
        elif isinstance(came_to, Stays):
            outcome.stayed += (Remark(one.line, AGREED_HERE),)
    leaving.write(conn, made, _whence(source), source.locale, now)


def _event(
    lead_id: int, seq: int, contact: Contact, source: Source, now: Moment, changed: tuple[str, ...]
) -> dict[str, Any]:
    """The house took them in: no act of theirs, which could score or make a lead of a contact."""
    told = {"line": contact.line, "origin": source.policy.origin, "changed": list(changed)}
    data = {**_whence(source), **told}
    return {
        "lead_id": lead_id,
        "seq": seq,
        "name": IMPORTED,
        "at": now.calendar,
        "recorded_at": now.machine,
        "evidence": "engine",
        "subject": source.policy.source,
        "data": data,
    }
