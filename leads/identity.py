"""Who a submission comes from: find the lead or make one, and record what was answered, in one transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from base.clock import Moment
from leads import companies, consent, consenting, events, holding, informing, limits, outside, visits, words
from leads.addresses import canonical_email, canonical_phone
from leads.answering import TRACKING, ConsentAnswer
from leads.captures import Capture, answered, event_data, learnt, with_filled
from leads.domains import is_at_work
from leads.facts import COLUMNS, SUBMITTED, Lead
from leads.groups import members
from leads.touches import BROUGHT_BY, origin, source
from storage import wakes
from storage.among import among
from storage.lines import stand_in_line
from storage.prepared import Prepared
from storage.schema import held_submissions, leads, submissions
from storage.upsert import insert_once

__all__ = [
    "Capture",
    "ConsentAnswer",
    "Recorded",
    "canonical_email",
    "canonical_phone",
    "load_leads",
    "record",
]

# Built once: every submission runs them, and building costs more than running.
_BY_EMAIL = Prepared(select(leads.c.id).where(leads.c.email == bindparam("email")))
_BY_IDS = Prepared(select(leads).where(among(leads.c.id, "ids")))
_BY_KEY = Prepared(
    select(submissions.c.lead_id, submissions.c.id, held_submissions.c.reason)
    .outerjoin(held_submissions, held_submissions.c.submission_id == submissions.c.id)
    .where(submissions.c.idempotency_key == bindparam("key"))
)
_BY_PHONES = Prepared(
    select(leads.c.phone, func.min(leads.c.id).label("lead_id"))
    .where(among(leads.c.phone, "phones"), leads.c.email.is_(None))
    .group_by(leads.c.phone)
)
_FIRST = 1  # the number of a new lead's event


@dataclass(frozen=True, slots=True)
class Recorded:
    """`doubled`: the same form was sent before, and this is what it led to then. `held`: why, such as the kind of limit
    that it is over; nothing follows from it yet."""

    lead_id: int
    submission_id: int
    doubled: bool = False
    held: str | None = None


def record(conn: Connection, capture: Capture, now: Moment) -> Recorded:
    """Record a submission: its lead, the submission, what was asked to consent to, the event, preference tokens.

    An interest shown makes a lead of a contact. What is known is never replaced by an empty answer, nor by any
    once the lead has confirmed. The same idempotency key gives the first result again. Raises ValueError when neither
    address nor number is given, `holding.Spent` for work that was done for other answers.
    """
    known = _recorded(conn, capture.idempotency_key)
    if known is not None:
        return known
    found = _find(conn, capture)
    made = None if found is not None else _create(conn, capture, now)
    lead_id = found or made or _faster(conn, capture)
    seq = _FIRST if made is not None else wakes.stir(conn, lead_id, now.calendar)
    submission_id = _submit(conn, capture, lead_id, seq, now)
    if submission_id is None:  # sent twice at once: the other one was recorded while we waited for the wake
        return _recorded(conn, capture.idempotency_key) or Recorded(lead_id, 0, doubled=True)
    proven = made is None and consent.ever_granted(conn, lead_id)
    if made is None:
        _learn(conn, capture, lead_id, proven)
    else:
        words.write(conn, {lead_id: capture.columns})
    visits.join(conn, capture.visitor, lead_id)
    outside.note(conn, {lead_id: outside.clicks_of(capture.touch)}, now.machine)
    asked = _ask(conn, capture, lead_id, submission_id, now)
    consenting.make_preference_tokens(conn, {lead_id: ["", *asked]})
    # Late: all forms count in one row, and whoever has counted holds it until the commit.
    held = _held(conn, capture, lead_id, proven, now)
    _append(conn, capture, lead_id, seq, submission_id, now, held)
    told = _tell(conn, capture, lead_id, submission_id, held, now)
    consenting.make_preference_tokens(conn, {lead_id: told})
    return Recorded(lead_id, submission_id, held=held)


def load_leads(conn: Connection, ids: Collection[int]) -> dict[int, Lead]:
    """Those leads, by id; ids that do not exist are left out. Of whoever stands for others as well, what is empty is
    filled in from these."""
    known = {row.id: _lead(row) for row in _BY_IDS.rows(conn, {"ids": ids})}
    joined = members(conn, ids)
    if not joined:
        return known
    others = {one.lead_id for those in joined.values() for one in those}
    theirs = {row.id: _lead(row) for row in _BY_IDS.rows(conn, {"ids": sorted(others)})}
    for lead_id, those in joined.items():
        for one in those:
            known[lead_id] = with_filled(known[lead_id], theirs[one.lead_id])
    return known


# ---------------------------------------------------------------- who


def _find(conn: Connection, capture: Capture) -> int | None:
    """The lead with that address; without an address, the oldest lead known by that number alone.

    A number never finds a lead who has an address: whoever types it may be a stranger.
    """
    email, phone = capture.columns.get("email"), capture.columns.get("phone")
    if email:
        found = _BY_EMAIL.value(conn, {"email": email})
    elif phone:
        found = by_phone(conn, phone)
    else:
        raise ValueError("a submission names an email address or a phone number: nobody can be answered otherwise")
    return None if found is None else int(found)


def by_phone(conn: Connection, phone: str) -> int | None:
    """The oldest lead known by that number alone; until the commit nobody else can make one of it."""
    return by_phones(conn, [phone]).get(phone)


def by_phones(conn: Connection, phones: Collection[str]) -> dict[str, int]:
    """The same for many numbers, of which those that nobody has alone are left out."""
    stand_in_line(conn, phones)  # two doors that meet the same new number
    return {row.phone: row.lead_id for row in _BY_PHONES.rows(conn, {"phones": sorted(phones)})}


def _create(conn: Connection, capture: Capture, now: Moment) -> int | None:
    """A new lead with its wake; None where another door was faster with the same address."""
    brought = capture.touch if capture.touch.get(BROUGHT_BY) else None
    first = brought or visits.first_touch(conn, capture.visitor) or capture.touch
    row: dict[str, Any] = {
        "status": "lead",
        **{name: capture.columns.get(name) or None for name in COLUMNS},
        "company_domain": companies.meet(conn, capture.columns.get("email"), now.calendar),
        "fields": answered(capture),
        "tags": [],
        "locale": capture.locale,
        "origin": origin(first),
        "source": source(first),
        "first_touch": dict(first),
        "last_touch": dict(capture.touch),
        "created_at": now.calendar,
    }
    made = insert_once(conn, leads, "email", row)
    if made is not None:
        wakes.create(conn, made, now.calendar, _FIRST)
    return made


def _faster(conn: Connection, capture: Capture) -> int:
    return int(_BY_EMAIL.value(conn, {"email": capture.columns["email"]}))


# ---------------------------------------------------------------- what


def _recorded(conn: Connection, key: str) -> Recorded | None:
    for lead_id, submission_id, held in _BY_KEY.rows(conn, {"key": key}):
        return Recorded(lead_id, submission_id, doubled=True, held=held)
    return None


def _submit(conn: Connection, capture: Capture, lead_id: int, seq: int, now: Moment) -> int | None:
    row = {
        "lead_id": lead_id,
        "event_seq": seq,
        "form": capture.form,
        "page": capture.page,
        "locale": capture.locale,
        "answers": dict(capture.answers),
        "touch": dict(capture.touch),
        "release_id": capture.release_id,
        "idempotency_key": capture.idempotency_key,
        "at": now.calendar,
        "recorded_at": now.machine,
    }
    return insert_once(conn, submissions, "idempotency_key", row)


def _learn(conn: Connection, capture: Capture, lead_id: int, proven: bool) -> None:
    """What the answers add to the lead: only what was filled in, and never another address.

    Anybody may type a lead's address into a form. What is known of a lead who has ever confirmed is therefore never
    replaced, only completed: another name or number stays with the submission's answers, where sales read it.
    """
    row = conn.execute(select(leads).where(leads.c.id == lead_id)).one()
    told, told_besides = learnt(capture, dict(row._mapping), row.fields, proven)
    first = dict(row.first_touch) if row.first_touch is not None else dict(capture.touch)
    conn.execute(
        update(leads)
        .where(leads.c.id == lead_id)
        .values(
            **told,
            status="lead",
            fields={**row.fields, **told_besides},
            locale=capture.locale,
            source=row.source or source(first),
            first_touch=first,
            last_touch=dict(capture.touch),
        )
    )
    if any(value != row._mapping[name] for name, value in told.items()):
        words.write(conn, {lead_id: {**row._mapping, **told}})


def _held(conn: Connection, capture: Capture, lead_id: int, proven: bool, now: Moment) -> str | None:
    if capture.hold is not None:
        return capture.hold
    if capture.spends is not None and not holding.spend(conn, capture.spends, lead_id, now):
        raise holding.Spent
    return limits.over(conn, capture.limits, proven, now.machine)


def _ask(conn: Connection, capture: Capture, lead_id: int, submission_id: int, now: Moment) -> list[str]:
    """The topics that mail may come to be about once these answers are confirmed."""
    return _mailed(consenting.ask(conn, lead_id, capture.consents, **_asking(capture, submission_id, now)))


def _tell(
    conn: Connection, capture: Capture, lead_id: int, submission_id: int, held: str | None, now: Moment
) -> list[str]:
    """The topics that mail may be about since these answers. On what is held nobody is written to unasked."""
    at_work = held is None and is_at_work(capture.columns.get("email") or "")
    how = _asking(capture, submission_id, now)
    return _mailed(informing.tell(conn, lead_id, capture.objections, at_work=at_work, **how))


def _asking(capture: Capture, submission_id: int, now: Moment) -> dict[str, Any]:
    """On which form, in which language and when: with every line of the ledger."""
    proof = {**capture.proof, "submission_id": submission_id, "page": capture.page}
    return {"form": capture.form, "locale": capture.locale, "proof": proof, "now": now}


def _mailed(topics: Iterable[str]) -> list[str]:
    return [topic for topic in topics if topic not in TRACKING]


def _append(
    conn: Connection, capture: Capture, lead_id: int, seq: int, submission_id: int, now: Moment, held: str | None
) -> None:
    data = event_data(capture, submission_id)
    if held is None:
        events.write(
            conn, lead_id, seq, SUBMITTED, now, evidence="human", subject=capture.form, data=data, by_a_lead=True
        )
    else:
        holding.hold(conn, lead_id, seq, capture.form, held, data, now)


def _lead(row: Row[Any]) -> Lead:
    return Lead(
        id=row.id,
        status=row.status,
        email=row.email,
        phone=row.phone,
        first_name=row.first_name,
        last_name=row.last_name,
        company=row.company,
        job_title=row.job_title,
        fields=row.fields,
        tags=tuple(row.tags),
        locale=row.locale,
        timezone=row.timezone,
        source=row.source,
        owner=row.owner,
    )
