"""Rows of a list, written in one transaction: contacts made, leads filled in, consents proven, events appended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from base.clock import Moment
from leads import consent, identity, words
from leads.imports.columns import EMAIL, PHONE
from leads.imports.contacts import Contact
from leads.imports.merging import ERASED, changes, new_contact, proven
from leads.imports.settings import Policy
from storage import wakes
from storage.among import among
from storage.prepared import Prepared
from storage.schema import events as events_table
from storage.schema import leads
from storage.schema import wakes as wakes_table
from storage.upsert import insert_for

IMPORTED = "imported"

_BY_EMAILS = Prepared(select(leads).where(among(leads.c.email, "emails")))
_BY_ID = Prepared(select(leads).where(leads.c.id == bindparam("lead")))
_WAKE = Prepared(insert(wakes_table))
_EVENT = Prepared(insert(events_table))


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: told in every event, so that each lead can say which line of which file it was."""

    import_id: int
    hash: str
    author: str
    policy: Policy
    locale: str  # of whom the list gives none
    suppression_key: str


@dataclass(slots=True)
class Outcome:
    """What became of some rows. `erased` are those of people who asked to be forgotten: nothing was written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    suppressed: int = 0
    consents: int = 0
    no_consent: int = 0
    erased: tuple[Contact, ...] = ()


def write(conn: Connection, contacts: Sequence[Contact], source: Source, due_at: datetime, now: Moment) -> Outcome:
    """Write those contacts, of which no two are the same. New ones become due at `due_at`, on the calendar."""
    hashes = {contact.line: _hash(contact, source) for contact in contacts}
    left = consent.reasons(conn, {kept for kept in hashes.values() if kept})
    reasons = {line: left.get(kept or "", set()) for line, kept in hashes.items()}
    taken = [contact for contact in contacts if ERASED not in reasons[contact.line]]
    outcome = Outcome(erased=tuple(contact for contact in contacts if ERASED in reasons[contact.line]))
    outcome.suppressed = sum(bool(reasons[contact.line]) for contact in taken)
    known = find(conn, taken)
    made = _create(conn, [contact for contact in taken if contact.line not in known], source, due_at, now)
    outcome.created = len(made)
    # Whoever was not made here was made by somebody else just now, by a form: they are known like the others.
    known |= find(conn, [contact for contact in taken if contact.line not in known and contact.line not in made])
    answered = consent.answered(conn, [row["id"] for row in known.values()])
    for contact in sorted(taken, key=lambda contact: known[contact.line]["id"] if contact.line in known else 0):
        held: frozenset[str]
        if contact.line in made:
            row, held = {"id": made[contact.line], "origin": source.policy.origin}, frozenset()
        else:
            row, held = known[contact.line], answered[known[contact.line]["id"]]
            _change(conn, contact, row, source, due_at, now, outcome)
        _prove(conn, contact, row, held, reasons[contact.line], source, now, outcome)
    return outcome


def find(conn: Connection, contacts: Sequence[Contact]) -> dict[int, dict[str, Any]]:
    """The leads who are known already, by the line that names them: by their address, else by their number alone."""
    by_email = {contact.columns[EMAIL]: contact.line for contact in contacts if EMAIL in contact.columns}
    rows = _BY_EMAILS.rows(conn, {"emails": sorted(by_email)}) if by_email else []
    found = {by_email[row.email]: dict(row._asdict()) for row in rows}
    for contact in contacts:
        if EMAIL not in contact.columns:
            known = identity.by_phone(conn, contact.columns[PHONE])
            if known is not None:
                [row] = _BY_ID.rows(conn, {"lead": known})
                found[contact.line] = dict(row._asdict())
    return found


# ---------------------------------------------------------------- new ones


def _create(
    conn: Connection, contacts: Sequence[Contact], source: Source, due_at: datetime, now: Moment
) -> dict[int, int]:
    """{line: id} of those who were made here; each with its wake, its words and its first event."""
    made = {**_with_address(conn, contacts, source, now), **_with_number(conn, contacts, source, now)}
    by_line = {contact.line: contact for contact in contacts}
    new = [(lead_id, by_line[line]) for line, lead_id in sorted(made.items(), key=lambda item: item[1])]
    if new:
        wake = {"seq": 1, "folded_seq": 0, "due_at": due_at, "holder": None, "fence": None}
        _WAKE.many(conn, [{"lead_id": lead_id, **wake} for lead_id, _ in new])
        _EVENT.many(conn, [_event(lead_id, 1, contact, source, now, ()) for lead_id, contact in new])
        words.write(conn, {lead_id: contact.columns for lead_id, contact in new})
    return made


def _with_address(conn: Connection, contacts: Sequence[Contact], source: Source, now: Moment) -> dict[int, int]:
    rows = {contact.columns[EMAIL]: contact for contact in contacts if EMAIL in contact.columns}
    if not rows:
        return {}
    new = [new_contact(contact, source.policy, source.locale, now.calendar) for _, contact in sorted(rows.items())]
    inserted = insert_for(conn, leads).on_conflict_do_nothing(index_elements=["email"])
    made = conn.execute(inserted.returning(leads.c.id, leads.c.email), new)
    return {rows[email].line: lead_id for lead_id, email in made}


def _with_number(conn: Connection, contacts: Sequence[Contact], source: Source, now: Moment) -> dict[int, int]:
    """`find` has taken the turn of each number: nobody makes a second contact of it before the commit."""
    made = {}
    for contact in contacts:
        if EMAIL not in contact.columns:
            new = new_contact(contact, source.policy, source.locale, now.calendar)
            made[contact.line] = int(conn.execute(insert(leads).returning(leads.c.id), new).scalar_one())
    return made


# ---------------------------------------------------------------- those who are known


def _change(
    conn: Connection,
    contact: Contact,
    row: dict[str, Any],
    source: Source,
    due_at: datetime,
    now: Moment,
    outcome: Outcome,
) -> None:
    """Fill in what the list knows more. A lead of whom it knows nothing new is not touched, and not woken."""
    changed = changes(row, contact, source.policy)
    if not changed:
        outcome.unchanged += 1
        return
    seq = wakes.stir(conn, row["id"], due_at)
    conn.execute(update(leads).where(leads.c.id == row["id"]).values(**changed))
    _EVENT.count(conn, _event(row["id"], seq, contact, source, now, tuple(sorted(changed))))
    row.update(changed)
    words.write(conn, {row["id"]: row})
    outcome.changed += 1


def _prove(
    conn: Connection,
    contact: Contact,
    row: Mapping[str, Any],
    answered: frozenset[str],
    reasons: set[str],
    source: Source,
    now: Moment,
    outcome: Outcome,
) -> None:
    """Record the consents that the list proves, as far as the lead's own acts leave room for them."""
    if not contact.consents:
        return
    policy = source.policy
    proof = proven(contact, policy, row["origin"], answered, reasons, now.calendar)
    if proof is None:
        outcome.no_consent += 1
        return
    kept = {"import_id": source.import_id, "file": source.hash, "line": contact.line, "by": source.author}
    consent.note_proven(
        conn,
        row["id"],
        proof.topics,
        policy.wording or "",
        locale=contact.locale or source.locale,
        proof={**kept, "given": policy.proven_by},
        given_at=proof.given_at,
        now=now,
    )
    consent.make_preference_tokens(conn, row["id"], ["", *proof.topics])
    outcome.consents += len(proof.topics)


def _event(
    lead_id: int, seq: int, contact: Contact, source: Source, now: Moment, changed: tuple[str, ...]
) -> dict[str, Any]:
    """The house took them in: no act of theirs, which could score or make a lead of a contact."""
    data = {
        "import_id": source.import_id,
        "file": source.hash,
        "line": contact.line,
        "by": source.author,
        "origin": source.policy.origin,
        "changed": list(changed),
    }
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


def _hash(contact: Contact, source: Source) -> str | None:
    email = contact.columns.get(EMAIL)
    return consent.address_hash(source.suppression_key, email) if email else None
