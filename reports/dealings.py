"""What the house is doing with a lead: sequences they are in and why they wait, mails, consents; read-only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from leads.groups import group
from reports.came_back import Heard, heard_of
from storage.schema import consents, decisions, enrolments, messages

SHOWN = 30
LOOKED_AT = 300  # newest decisions looked through for what was last said of an enrolment


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the ledger of decisions."""

    outcome: str
    reason: str
    sequence: str | None
    step: str | None
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Inside:
    """One enrolment. `said` is what was last decided about it, `mail` the state of the mail it waits for."""

    id: int
    sequence: str
    version: str
    state: str
    step: str | None
    position: str
    due_at: datetime | None
    entered_at: datetime
    ended_at: datetime | None
    exit_reason: str | None
    said: Said | None
    mail: str | None


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to the lead. `reason` says why it did not leave, or is in doubt; `back` what became of it later."""

    id: int
    klass: str
    sequence: str | None
    step: str | None
    email: str
    locale: str
    state: str
    reason: str | None
    reply: str | None
    created_at: datetime
    sent_at: datetime | None
    back: Heard | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A row of the ledger, with the exact words."""

    topic: str
    state: str
    wording: str
    form: str | None
    locale: str
    at: datetime
    proof: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dealings:
    """Enrolments (active first), entries refused lately, mails, consents; newest first, at most SHOWN each."""

    inside: tuple[Inside, ...]
    refused: tuple[Said, ...]
    mails: tuple[Mail, ...]
    consents: tuple[Consent, ...]


def dealings(conn: Connection, lead_id: int) -> Dealings:
    said = _said(conn, lead_id)
    return Dealings(
        inside=_inside(conn, lead_id, said),
        refused=tuple(_line(row) for row in said if row.outcome == "refused")[:5],
        mails=_mails(conn, lead_id),
        consents=_consents(conn, lead_id),
    )


def _said(conn: Connection, lead_id: int) -> list[Row[Any]]:
    newest = select(decisions).where(decisions.c.lead_id.in_(group(conn, lead_id))).order_by(decisions.c.id.desc())
    return list(conn.execute(newest.limit(LOOKED_AT)))


def _line(row: Row[Any]) -> Said:
    return Said(row.outcome, row.reason, row.sequence, row.step, row.until, row.at)


def _inside(conn: Connection, lead_id: int, said: list[Row[Any]]) -> tuple[Inside, ...]:
    theirs = select(enrolments).where(enrolments.c.lead_id.in_(group(conn, lead_id)))
    newest = theirs.order_by(enrolments.c.id.desc()).limit(SHOWN)
    active = theirs.where(enrolments.c.state == "active").limit(SHOWN)
    rows = {row.id: row for query in (active, newest) for row in conn.execute(query)}
    last = {row.enrolment_id: _line(row) for row in reversed(said) if row.enrolment_id is not None}
    awaited = _awaited(conn, [row for row in rows.values() if row.position == "awaiting_mail"])
    copied = [name for name in Inside.__slots__ if name not in ("version", "said", "mail")]
    made = [
        Inside(
            **{name: getattr(row, name) for name in copied},
            version=row.sequence_version,
            said=last.get(row.id),
            mail=awaited.get(row.id),
        )
        for row in rows.values()
    ]
    return tuple(sorted(made, key=lambda one: (one.state != "active", -one.id)))[:SHOWN]


def _awaited(conn: Connection, waiting: list[Row[Any]]) -> dict[int, str]:
    """{enrolment id: the state of the mail of the step it stands at}."""
    at = {row.id: (row.step, row.occurrence) for row in waiting}
    if not at:
        return {}
    columns = (messages.c.enrolment_id, messages.c.step, messages.c.occurrence, messages.c.state)
    found = conn.execute(select(*columns).where(messages.c.enrolment_id.in_(sorted(at))))
    return {row.enrolment_id: row.state for row in found if at[row.enrolment_id] == (row.step, row.occurrence)}


def _mails(conn: Connection, lead_id: int) -> tuple[Mail, ...]:
    columns = [messages.c[name] for name in Mail.__slots__ if name != "back"]
    back = heard_of(conn, lead_id)
    found: list[Mail] = []
    for klass in ("marketing", "transactional"):  # each one range of the index
        theirs = select(*columns).where(messages.c.lead_id.in_(group(conn, lead_id)), messages.c.klass == klass)
        newest = theirs.order_by(messages.c.created_at.desc()).limit(SHOWN)
        found += [replace(Mail(*row), back=back.get(row.id)) for row in conn.execute(newest)]
    return tuple(sorted(found, key=lambda mail: (mail.created_at, mail.id), reverse=True)[:SHOWN])


def _consents(conn: Connection, lead_id: int) -> tuple[Consent, ...]:
    columns = [consents.c[name] for name in Consent.__slots__]
    newest = select(*columns).where(consents.c.lead_id.in_(group(conn, lead_id))).order_by(consents.c.id.desc())
    return tuple(Consent(*row) for row in conn.execute(newest.limit(2 * SHOWN)))
