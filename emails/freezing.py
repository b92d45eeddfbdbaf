"""Freezes a message at its first claim: what it says, to whom, under which id and date; a retry sends the same bytes.

`gather` reads (and makes preference tokens) inside the claim's transaction, `freeze` is pure but for the signatures.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, select

from authoring.site import CONFIRM, UNLINKED, Site
from base.clock import Moment
from base.tokens import Signer, new_token
from emails import cleaning
from emails.alike import alike
from emails.compile import CompiledEmail
from emails.states import Message
from leads import answering, consent
from leads.facts import COLUMNS, Lead
from leads.identity import load_leads
from storage.among import among
from storage.prepared import Prepared
from storage.schema import enrolments, events, preference_tokens, wakes
from storage.upsert import insert_missing

PREFERENCES = ""  # the topic of the token that opens the preferences page
FROZEN = ("context", "recipient", "compiled_hash", "message_id", "dated")  # what `freeze` gives

# Built once: they run for every batch.
_TOKENS = Prepared(
    select(preference_tokens.c.lead_id, preference_tokens.c.topic, preference_tokens.c.token).where(
        among(preference_tokens.c.lead_id, "leads")
    )
)
_ENTERED = and_(events.c.lead_id == enrolments.c.lead_id, events.c.seq == enrolments.c.entry_seq)
_BEGAN = (enrolments.c.id, events.c.name, events.c.subject, events.c.data)
_ENTRIES = Prepared(select(*_BEGAN).select_from(enrolments.join(events, _ENTERED)).where(among(enrolments.c.id, "ids")))
_JOINED = and_(  # it happened to somebody who is one with the lead
    wakes.c.survivor_id == enrolments.c.lead_id, enrolments.c.entry_seq > wakes.c.joined_seq
)
_OF_OTHERS = Prepared(
    select(*_BEGAN)
    .select_from(
        enrolments.join(wakes, _JOINED).join(
            events, and_(events.c.lead_id == wakes.c.lead_id, events.c.seq == enrolments.c.entry_seq)
        )
    )
    .where(among(enrolments.c.id, "ids"))
)


@dataclass(frozen=True, slots=True)
class Material:
    """What the tables say about the lead of one message. `entry` is what let it into the sequence."""

    lead: Lead | None
    granted: frozenset[str]
    pending: tuple[str, ...]
    entry: Mapping[str, Any]
    tokens: Mapping[str, str]  # topic -> preference token


@dataclass(frozen=True, slots=True)
class Door:
    """Where the addresses in mails lead. `counts`: whether clicks may be counted at all; `opens`: whether openings."""

    base_url: str
    signer: Signer
    counts: bool
    opens: bool = False


def gather(conn: Connection, some: Sequence[Message]) -> dict[int, Material]:
    """By message. Notifications need little: their context came with them."""
    people = load_leads(conn, {message.lead_id for message in some})
    letters = [message for message in some if message.klass != "notification"]
    readers = {message.lead_id for message in letters}
    granted = consent.granted(conn, readers)
    pending = consent.pending_of(conn, readers)
    tokens = _tokens(conn, {(message.lead_id, topic) for message in letters for topic in _topics(message)})
    entries = _entries(conn, letters)
    return {
        message.id: Material(
            lead=people.get(message.lead_id),
            granted=granted.get(message.lead_id, frozenset()),
            pending=pending.get(message.lead_id, ()),
            entry=entries.get(message.id, {}),
            tokens={topic: tokens[message.lead_id][topic] for topic in _topics(message)},
        )
        for message in some
    }


def freeze(
    message: Message, material: Material, text: CompiledEmail, site: Site, door: Door, now: Moment
) -> dict[str, Any]:
    """The columns that a message keeps from now on."""
    notified = message.klass == "notification"
    context = _notification(message, material) if notified else _letter(message, material, text, site, door)
    domain = str(text.constants["author"][1]).rsplit("@", 1)[-1]
    return {
        "context": context,
        "recipient": message.recipient or (material.lead.email if material.lead else None),
        "compiled_hash": text.hash,
        "message_id": message.message_id or f"<{message.token}@{domain}>",
        "dated": message.dated or now.machine,
    }


def _entries(conn: Connection, letters: Sequence[Message]) -> dict[int, Mapping[str, Any]]:
    """The data of the event that began each message's enrolment."""
    ids = {message.enrolment_id for message in letters if message.enrolment_id is not None}
    if not ids:
        return {}
    there = _ENTRIES.rows(conn, {"ids": ids})
    if missing := ids - {row.id for row in there}:
        there += _OF_OTHERS.rows(conn, {"ids": missing})
    found = {row.id: {**row.data, "event": row.name, "subject": row.subject} for row in there}
    return {message.id: found[message.enrolment_id] for message in letters if message.enrolment_id in found}


def _topics(message: Message) -> tuple[str, ...]:
    """Which of the lead's preference tokens the message shows."""
    if message.klass == "notification":
        return ()
    return (PREFERENCES, message.topic) if message.klass == "marketing" else (PREFERENCES,)


def _tokens(conn: Connection, wanted: Collection[tuple[int, str]]) -> dict[int, dict[str, str]]:
    """`consenting.preference_token` of many (lead, topic): {lead: {topic: token}}, more than was wanted among them."""
    there = _kept_tokens(conn, wanted)
    missing = sorted((lead_id, topic) for lead_id, topic in wanted if topic not in there.get(lead_id, {}))
    if not missing:
        return there
    rows = [{"token": new_token(), "lead_id": lead_id, "topic": topic} for lead_id, topic in missing]
    insert_missing(conn, preference_tokens, rows)
    return _kept_tokens(conn, wanted)


def _kept_tokens(conn: Connection, wanted: Collection[tuple[int, str]]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for lead_id, topic, token in _TOKENS.rows(conn, {"leads": {lead_id for lead_id, _topic in wanted}}):
        found[lead_id][topic] = token
    return found


def _letter(message: Message, material: Material, text: CompiledEmail, site: Site, door: Door) -> dict[str, Any]:
    magnet = magnet_of(message.sequence, material.entry, site) if _shows_magnet(text.html, text.text) else None
    return {
        "lead": _shown(material, site),
        "magnet": magnet,
        "magnet_url": _magnet_url(message, magnet, door) if magnet else None,
        CONFIRM: _confirm_url(message, material, door),
        "preferences_url": f"{door.base_url}/preferences/{material.tokens[PREFERENCES]}",
        "unsubscribe_url": f"{door.base_url}/u/{material.tokens[message.topic]}"
        if message.topic in material.tokens
        else None,
        "base_url": door.base_url,
        **({UNLINKED: True} if _goes_unlinked(message) else {}),
        **_measured(message, material, text, door),
    }


@lru_cache(maxsize=512)
def _shows_magnet(html: str, text: str) -> bool:
    """Asked for each of a million mails, of a few texts."""
    return "magnet_url" in html or "magnet_url" in text


def _measured(message: Message, material: Material, text: CompiledEmail, door: Door) -> dict[str, Any]:
    """Whether clicks may be known, with the hidden link that tells machines; and the picture that tells of openings."""
    counted = door.counts and "clicks" in material.granted
    return {
        "counted": counted,
        "trap_url": f"{door.base_url}/c/{message.token}{len(text.links)}" if counted and text.links else None,
        "dot_url": f"{door.base_url}/o/{message.token}.gif" if door.opens and "opens" in material.granted else None,
    }


def _shown(material: Material, site: Site) -> dict[str, Any]:
    """The lead as a mail may show it. Before any consent was confirmed, the address may belong to somebody else than
    whoever filled in the form: then no free text of theirs is repeated, beyond what can only be a name."""
    lead, proven = material.lead, bool(material.granted)
    assert lead is not None  # the look at the claim has seen to it
    fit = cleaning.answer if proven else cleaning.name
    columns = {name: fit(getattr(lead, name)) for name in COLUMNS}
    told = alike(site)
    fields = {
        name: cleaning.answer(value) if proven or not isinstance(value, str) or value in told.choices else None
        for name in told.fields
        for value in [lead.fields.get(name)]
    }
    return {
        **columns,
        "email": lead.email,
        "phone": cleaning.answer(lead.phone),
        "fields": fields,
        "tags": list(lead.tags),
    }


def magnet_of(sequence: str, entry: Mapping[str, Any], site: Site) -> str | None:
    """The magnet of what let the lead in (`entry`: its event's data), else the one that the sequence is there to
    deliver. Pure."""
    asked = entry.get("magnet")
    if asked in site.magnets:
        return str(asked)
    triggers = site.sequences[sequence].trigger if sequence in site.sequences else []
    named = [trigger.magnet or _form_magnet(site, trigger.form) for trigger in triggers]
    return next((name for name in named if name in site.magnets), None)


def _form_magnet(site: Site, form: str | None) -> str | None:
    return site.forms[form].magnet if form is not None and form in site.forms else None


def _magnet_url(message: Message, magnet: str, door: Door) -> str:
    signed = door.signer.sign("magnet", {"lead": message.lead_id, "magnet": magnet, "message": message.id})
    return f"{door.base_url}/m/{signed}"


def _confirm_url(message: Message, material: Material, door: Door) -> str | None:
    if _goes_unlinked(message) or not set(material.pending) - answering.TRACKING:
        return None
    payload = {
        "lead": message.lead_id,
        "topics": list(material.pending),
        "submission": material.entry.get("submission_id"),
    }
    return f"{door.base_url}/confirm/{door.signer.sign('confirm', payload)}"


def _goes_unlinked(message: Message) -> bool:
    return message.context is not None and bool(message.context.get(UNLINKED))


def _notification(message: Message, material: Material) -> dict[str, Any]:
    given: Mapping[str, Any] = cleaning.answer(message.context or {})
    lead = material.lead
    known = {
        "name": cleaning.answer(lead.name) if lead else "",
        "who": cleaning.answer(", ".join(part for part in (lead.job_title, lead.company) if part)) if lead else "",
        "email": lead.email if lead else None,
        "phone": lead.phone if lead else None,
        "tel": lead.phone if lead else None,
    }
    verdict = given.get("verdict_url", "")
    return {
        **_ALERT,
        "accept_url": verdict,
        "reject_url": verdict,
        "preheader": given.get("why_now", ""),
        "paragraphs": [part for part in str(given.get("text", "")).split("\n\n") if part],
        **given,
        "lead": {**known, **given.get("lead", {})},
    }


# What an alert may leave out: the frame then leaves the line out too.
_ALERT: dict[str, Any] = {
    "subject": "", "why_now": "", "suggestion": None, "reach": None, "deadline": "", "score": [], "total": "",
    "owner_why": None, "fit": None, "actions": [], "bant": None, "lead_url": None, "meaning": "", "privacy": "",
}  # fmt: skip
