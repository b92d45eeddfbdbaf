"""The rules of a list, told one row at a time in plain statements: slow, and what the quick way is held against."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

import storage.wakes
from base.clock import Moment
from base.tokens import digest
from leads import consent, words
from leads.events import history
from leads.imports.contacts import Contact, Remark
from leads.imports.departures import Departure
from leads.imports.merging import ERASED, changes, new_contact
from leads.imports.proving import Standing, Withheld, proven
from leads.imports.writing import Outcome, Source
from storage.schema import consents, events, lead_words, leads, preference_tokens, suppressions, wakes

COUNTED = [name for name in asdict(Outcome()) if name not in ("erased", "withheld", "stayed")]
SCOPES = {"unsubscribed": "marketing", "hard_bounce": "all", "complaint": "all"}


def write_one(conn: Connection, contact: Contact, source: Source, now: Moment) -> Outcome:
    """Everything that becomes of one row but of what it says of having left, before the next one is looked at."""
    outcome = Outcome()
    reasons = _reasons(conn, contact, source)
    if ERASED in reasons:
        return Outcome(erased=(contact,))
    outcome.suppressed = int(bool(reasons))
    lead = _known(conn, contact)
    if lead is None:
        lead = _make(conn, contact, source, now)
        outcome.created = 1
    else:
        _fill_in(conn, contact, lead, source, now, outcome)
    _prove(conn, contact, lead, reasons, source, now, outcome)
    return outcome


def _reasons(conn: Connection, contact: Contact, source: Source) -> set[str]:
    if "email" not in contact.columns:
        return set()
    kept = consent.address_hash(source.suppression_key, contact.columns["email"])
    return set(conn.scalars(select(suppressions.c.reason).where(suppressions.c.address_hash == kept)))


def _known(conn: Connection, contact: Contact) -> int | None:
    if "email" in contact.columns:
        one = select(leads.c.id).where(leads.c.email == contact.columns["email"])
    else:
        one = select(func.min(leads.c.id)).where(leads.c.phone == contact.columns["phone"], leads.c.email.is_(None))
    found: int | None = conn.execute(one).scalar_one_or_none()
    return found


def _make(conn: Connection, contact: Contact, source: Source, now: Moment) -> int:
    row = new_contact(contact, source.policy, source.locale, now.calendar)
    lead: int = conn.execute(insert(leads).values(**row).returning(leads.c.id)).scalar_one()
    conn.execute(insert(wakes).values(lead_id=lead, seq=1, folded_seq=0, due_at=now.calendar))
    _tell(conn, lead, 1, contact, source, now, [])
    _find_by(conn, lead, dict(contact.columns))
    return lead


def _fill_in(conn: Connection, contact: Contact, lead: int, source: Source, now: Moment, outcome: Outcome) -> None:
    row = dict(conn.execute(select(leads).where(leads.c.id == lead)).one()._mapping)
    changed = changes(row, contact, source.policy)
    if not changed:
        outcome.unchanged = 1
        return
    outcome.changed = 1
    seq = storage.wakes.stir(conn, lead, now.calendar)
    conn.execute(update(leads).where(leads.c.id == lead).values(**changed))
    _tell(conn, lead, seq, contact, source, now, sorted(changed))
    _find_by(conn, lead, {**row, **changed})


def _prove(
    conn: Connection, contact: Contact, lead: int, reasons: set[str], source: Source, now: Moment, outcome: Outcome
) -> None:
    if not contact.consents:
        return
    policy = source.policy
    origin = conn.execute(select(leads.c.origin).where(leads.c.id == lead)).scalar_one()
    own = select(consents.c.topic, consents.c.state).where(consents.c.lead_id == lead).order_by(consents.c.id)
    answered = {topic: state for topic, state in conn.execute(own)}
    if all(answered.get(topic) == "granted" for topic in contact.consents):
        return
    found = proven(contact, policy, Standing(origin, frozenset(answered)), reasons, now.calendar)
    if isinstance(found, Withheld):
        outcome.no_consent, outcome.withheld = 1, (Remark(contact.line, found.code),)
        return
    outcome.consents = len(found.topics)
    proof = {"import_id": source.import_id, "file": source.hash, "line": contact.line, "by": source.author}
    for topic in found.topics:
        row = {
            "lead_id": lead, "topic": topic, "state": "granted", "wording": policy.wording, "form": None,
            "wording_hash": digest(policy.wording or ""), "locale": contact.locale or source.locale,
            "proof": {**proof, "given": policy.proven_by}, "at": found.given_at, "recorded_at": now.machine,
        }  # fmt: skip
        conn.execute(insert(consents).values(**row))
    for topic in ("", *found.topics):
        known = (preference_tokens.c.lead_id == lead) & (preference_tokens.c.topic == topic)
        if conn.execute(select(preference_tokens.c.token).where(known)).one_or_none() is None:
            conn.execute(insert(preference_tokens).values(token=f"{lead} {topic}", lead_id=lead, topic=topic))


def let_go(conn: Connection, line: int, gone: Departure, source: Source, now: Moment) -> Outcome:
    """Everything that becomes of what one row says of having left; rows are written first."""
    outcome = Outcome()
    hashes = {email: consent.address_hash(source.suppression_key, email) for email in gone.addresses}
    listed = select(suppressions).where(suppressions.c.address_hash.in_(hashes.values()))
    alone = {(row.address_hash, row.scope): row.reason for row in conn.execute(listed)}
    if ERASED in alone.values():
        return outcome
    ids = _named(conn, gone)
    said = {lead: _newest(conn, lead) for lead in (*ids, *_others(conn, ids))}
    own = [
        row.at
        for rows in said.values()
        for row in rows.values()
        if row.state == "granted" and "import_id" not in row.proof
    ]
    if own and (gone.day is None or not max(own) < gone.day <= now.calendar):
        outcome.stayed = (Remark(line, "agreed_here"),)
        return outcome
    told = {"import_id": source.import_id, "file": source.hash, "by": source.author, "line": line}
    told |= {"left_on": f"{gone.day:%Y-%m-%d}"} if gone.day else {}
    marks = [(kept, reason) for reason in gone.reasons for kept in hashes.values()]
    new = [(kept, reason) for kept, reason in marks if (kept, SCOPES[reason]) not in alone]
    for kept, reason in new:
        row = {"address_hash": kept, "scope": SCOPES[reason], "reason": reason, "at": now.machine}
        conn.execute(insert(suppressions).values(**row))
    happened = [_leave(conn, lead, said[lead], gone, told, source, now) for lead in ids]
    back = {"hard_bounce": "mail.bounced", "complaint": "mail.complained"}
    for lead in ids:
        for reason in (reason for reason in back if reason in {why for _, why in new}):
            _note(conn, lead, back[reason], None, told, now)
    outcome.left = int(bool(new) or any(happened))
    return outcome


def _leave(
    conn: Connection,
    lead: int,
    said: dict[str, Any],
    gone: Departure,
    told: dict[str, Any],
    source: Source,
    now: Moment,
) -> bool:
    """Withdraw what the lead's ledger holds, and say that they left, unless that is said already."""
    if gone.reasons == ("hard_bounce",):
        return False
    held = {topic: row for topic, row in said.items() if row.state != "withdrawn"}
    for topic, row in held.items():
        _note(conn, lead, "consent_withdrawn", topic, told, now)
        kept = {
            "lead_id": lead, "topic": topic, "state": "withdrawn", "wording": row.wording, "form": None,
            "wording_hash": row.wording_hash, "locale": source.locale, "proof": told, "at": now.calendar,
            "recorded_at": now.machine,
        }  # fmt: skip
        conn.execute(insert(consents).values(**kept))
    story = history(conn, [lead], ["unsubscribed", "consent_granted"])[lead]
    left = False
    for event in story:
        left = event.subject == "all" if event.name == "unsubscribed" else False
    if left and not held:
        return False
    _note(conn, lead, "unsubscribed", "all", told, now)
    return True


def _named(conn: Connection, gone: Departure) -> list[int]:
    if gone.addresses:
        return list(conn.scalars(select(leads.c.id).where(leads.c.email.in_(gone.addresses))))
    one = select(func.min(leads.c.id)).where(leads.c.phone == gone.phone, leads.c.email.is_(None))
    return [lead for lead in conn.scalars(one) if lead is not None]


def _newest(conn: Connection, lead: int) -> dict[str, Any]:
    return {
        row.topic: row
        for row in conn.execute(select(consents).where(consents.c.lead_id == lead).order_by(consents.c.id))
    }


def _others(conn: Connection, ids: list[int]) -> set[int]:
    """Who is one with them, at most two together."""
    into = {row.id: row.merged_into for row in conn.execute(select(leads).where(leads.c.merged_into.is_not(None)))}
    return {other for one, other in [*into.items(), *((b, a) for a, b in into.items())] if one in ids} - set(ids)


def _note(conn: Connection, lead: int, name: str, subject: str | None, told: dict[str, Any], now: Moment) -> None:
    seq = storage.wakes.stir(conn, lead, now.calendar)
    row = {
        "lead_id": lead, "seq": seq, "name": name, "at": now.calendar, "recorded_at": now.machine,
        "evidence": "engine", "subject": subject, "data": told,
    }  # fmt: skip
    conn.execute(insert(events).values(**row))


def _tell(
    conn: Connection, lead: int, seq: int, contact: Contact, source: Source, now: Moment, changed: list[str]
) -> None:
    data: dict[str, Any] = {
        "import_id": source.import_id, "file": source.hash, "line": contact.line, "by": source.author,
        "origin": source.policy.origin, "changed": changed,
    }  # fmt: skip
    row = {
        "lead_id": lead, "seq": seq, "name": "imported", "at": now.calendar, "recorded_at": now.machine,
        "evidence": "engine", "subject": source.policy.source, "data": data,
    }  # fmt: skip
    conn.execute(insert(events).values(**row))


def _find_by(conn: Connection, lead: int, named: dict[str, Any]) -> None:
    known = set(conn.scalars(select(lead_words.c.word).where(lead_words.c.lead_id == lead)))
    for word in words.words_of(named) - known:
        conn.execute(insert(lead_words).values(word=word, lead_id=lead))
