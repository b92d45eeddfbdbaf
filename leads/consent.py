"""The ledger of consent and the list of addresses left alone; who may be mailed is read here and nowhere else."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, func, insert, select

from base.clock import Moment
from base.tokens import digest, keyed_hash, new_token
from leads import events, groups, hit_log, strictness
from leads.answering import (
    ALL,
    MAILABLE,
    TRACKING,
    ConsentAnswer,
    asked_meanwhile,
    farewells,
    in_force,
    newly_asked,
    newly_granted,
    newly_withdrawn,
)
from leads.facts import AFFIRMED
from storage.among import among
from storage.bulk import insert_rows
from storage.prepared import Prepared
from storage.schema import consents, preference_tokens, suppressions, wakes
from storage.upsert import insert_missing, insert_or_ignore

AGAIN = timedelta(hours=1)  # whoever says the same again sooner says nothing new

# What a new confirmation may undo: a reader's own farewell, or their long silence; never a bounce or a complaint.
_UNDONE_BY_CONSENT = ("unsubscribed", "erased", "sunset")

# Built once: every submission and every mail runs them, and building costs more than running.
_ENTER = Prepared(insert(consents))
_HOLDS = consents.c.id.in_(
    select(func.max(consents.c.id))
    .where(among(consents.c.lead_id, "leads"))
    .group_by(consents.c.lead_id, consents.c.topic)
)
_NEWEST = Prepared(select(consents).where(_HOLDS).order_by(consents.c.id))
_ASKED_BY = case((consents.c.state == "asked", consents.c.proof))  # of all other lines nobody reads the proof
_GROUNDS = Prepared(
    select(consents.c.lead_id, consents.c.topic, consents.c.state, _ASKED_BY).where(
        _HOLDS, consents.c.state != "withdrawn"
    )
)

_STATES = Prepared(
    select(consents.c.topic, consents.c.state, _ASKED_BY)
    .where(consents.c.lead_id == bindparam("lead"))
    .order_by(consents.c.id)
)
_SCOPES = Prepared(
    select(suppressions.c.address_hash, suppressions.c.scope).where(among(suppressions.c.address_hash, "hashes"))
)
_REASONS = Prepared(
    select(suppressions.c.address_hash, suppressions.c.reason).where(among(suppressions.c.address_hash, "hashes"))
)
_EVER_GRANTED = Prepared(
    select(consents.c.id).where(consents.c.lead_id == bindparam("lead"), consents.c.state == "granted").limit(1)
)


@dataclass(frozen=True, slots=True)
class Proven:
    """Consent of one lead that was given elsewhere: to which topics, in which wording, and `proof` of it."""

    lead_id: int
    topics: tuple[str, ...]
    wording: str
    locale: str
    proof: Mapping[str, Any]
    given_at: datetime


def address_hash(suppression_key: str, email: str) -> str:
    """What stands for an address in `suppressions`, so that the list outlives the address."""
    return keyed_hash(suppression_key, email)


def granted(conn: Connection, lead_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """For each lead, the topics with consent, `clicks` and `opens` among them: given for that very address, and
    withdrawn by none of those who are one with it (`leads.strictness`)."""
    return {lead_id: agreed_to(topics) for lead_id, topics in grounds(conn, lead_ids).items()}


def agreed_to(topics: Mapping[str, str]) -> frozenset[str]:
    """Of {topic: its ground}, those with consent."""
    return frozenset(topic for topic, ground in topics.items() if ground == "granted")


def told_of(topics: Mapping[str, str]) -> frozenset[str]:
    """The others: told of at an address at work, and not objected to."""
    return frozenset(topics) - agreed_to(topics)


def grounds(
    conn: Connection, lead_ids: Collection[int], merged: Collection[int] | None = None
) -> dict[int, dict[str, str]]:
    """For each lead, {topic it may be written about: `granted`, or `informed` and not objected to}; what it agreed to
    have measured is among the granted. `merged`: who of them is one with others, where that is known already."""
    found: dict[int, dict[str, str]] = {lead_id: {} for lead_id in lead_ids}
    for lead_id, topic, state, proof in _GROUNDS.rows(conn, {"leads": lead_ids}):
        if (ground := in_force(state, proof)) in MAILABLE:
            found[lead_id][topic] = ground
    for lead_id, refused in strictness.withdrawn_by_others(conn, lead_ids if merged is None else merged).items():
        found[lead_id] = {topic: state for topic, state in found[lead_id].items() if topic not in refused}
    return found


def pending(conn: Connection, lead_id: int) -> tuple[str, ...]:
    """The topics that were asked for and are not answered yet."""
    return pending_of(conn, [lead_id])[lead_id]


def pending_of(conn: Connection, lead_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The same of many leads; what was asked of those whom they stand for is pending too."""
    whose = groups.owners(conn, lead_ids)
    rows = _newest(conn, whose)
    held = {(row.lead_id, row.topic): row for row in rows if row.lead_id in lead_ids}
    found: dict[int, dict[str, None]] = {lead_id: {} for lead_id in lead_ids}
    for row in (row for row in rows if row.state == "asked"):
        own = held.get((whose[row.lead_id], row.topic))
        if own is None or own is row or (own.state not in MAILABLE and own.id < row.id):
            found[whose[row.lead_id]][row.topic] = None
    return {lead_id: tuple(topics) for lead_id, topics in found.items()}


def ever_granted(conn: Connection, lead_id: int) -> bool:
    """Whether the lead has ever confirmed anything: whoever reads that address is known to be the lead. To be told of
    something proves no mailbox."""
    return _EVER_GRANTED.value(conn, {"lead": lead_id}) is not None


def ask(
    conn: Connection,
    lead_id: int,
    answers: Iterable[ConsentAnswer],
    *,
    form: str | None,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
) -> tuple[str, ...]:
    """Note what was ticked, as asked: a confirmation makes it consent. What is granted already stays granted; what
    was told of goes on meanwhile.

    Returns the topics that wait for a confirmation. Call it under the lead's wake (`wakes.stir`).
    """
    ticked = [answer for answer in answers if answer.given]
    held = states(conn, lead_id)
    if any(held.get(answer.topic) in MAILABLE for answer in ticked):
        held |= dict.fromkeys(strictness.withdrawn_by_others(conn, [lead_id]).get(lead_id, ()), "withdrawn")
    new = newly_asked(held, ticked)
    for answer in new:
        kept = {**proof, **asked_meanwhile(held.get(answer.topic))}
        enter(conn, lead_id, answer.topic, "asked", answer.wording, form=form, locale=locale, proof=kept, now=now)
    return tuple(answer.topic for answer in new)


def grant(
    conn: Connection,
    lead_id: int,
    topics: Iterable[str],
    *,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
    wordings: Mapping[str, str] | None = None,
    form: str | None = None,
    suppressed_hash: str | None = None,
) -> bool:
    """Record consent to each topic that has none, with the wording that was shown (by default the one it was asked in),
    and an event `consent_granted` for each. With `suppressed_hash`, an earlier farewell of that address is undone.

    Returns whether anything changed; a second press of the button changes nothing. The lead is stirred only then.
    """
    held = _held(conn, lead_id)
    refused = dict.fromkeys(strictness.withdrawn_by_others(conn, [lead_id]).get(lead_id, ()), "withdrawn")
    new = newly_granted({topic: row.state for topic, row in held.items()} | refused, topics)
    asked_of_others = strictness.said_by_others(conn, lead_id) if set(new) - set(held) else {}
    for topic in new:
        events.append(conn, lead_id, "consent_granted", now, evidence="human", subject=topic)
        asked = held.get(topic) or asked_of_others.get(topic)
        wording = (wordings or {}).get(topic) or (asked.wording if asked is not None else "")
        asked_on = form or (asked.form if asked is not None else None)
        enter(conn, lead_id, topic, "granted", wording, form=asked_on, locale=locale, proof=proof, now=now)
    if suppressed_hash is not None and set(new) - TRACKING:
        lift(conn, suppressed_hash)
    return bool(new)


def ask_again(
    conn: Connection, lead_id: int, topics: Iterable[str], *, locale: str, proof: Mapping[str, Any], now: Moment
) -> None:
    """Let what may be written about wait for a confirmation: it was another address that said yes, or was told."""
    held = _held(conn, lead_id)
    for topic in topics:
        known = held[topic]
        wording = known.proof.get("choice", known.wording)
        enter(conn, lead_id, topic, "asked", wording, form=known.form, locale=locale, proof=proof, now=now)


def withdraw(
    conn: Connection,
    lead_id: int,
    topics: Iterable[str] | None,
    *,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
    wordings: Mapping[str, str] | None = None,
    form: str | None = None,
) -> bool:
    """Withdraw those topics, or everything there is (None): at once, whether there was consent or not. `wordings`: the
    sentences of the no, where it has one of its own.

    What is known of hits goes with the purpose of measuring. An event `consent_withdrawn` for each, and one
    `unsubscribed` (the topic, or "all") when mail is concerned. Leaving everything also needs `suppress`, by the
    caller, who has the key. Returns whether anything changed.
    """
    held = _held(conn, lead_id)
    again = bool(groups.others(conn, [lead_id]))  # who is one with others may have said yes by them meanwhile
    new = newly_withdrawn({topic: "asked" if again else row.state for topic, row in held.items()}, topics)
    for topic in new:
        events.append(conn, lead_id, "consent_withdrawn", now, evidence="human", subject=topic)
        known = held.get(topic)
        wording = (wordings or {}).get(topic) or (known.wording if known is not None else "")
        enter(conn, lead_id, topic, "withdrawn", wording, form=form, locale=locale, proof=proof, now=now)
    hit_log.forget(conn, lead_id, new)
    left = farewells(new, topics is None, lambda: has_left(conn, lead_id))
    for subject in left:
        events.append(conn, lead_id, "unsubscribed", now, evidence="human", subject=subject)
    return bool(new or left)


def affirm(conn: Connection, lead_id: int, now: Moment) -> None:
    """Note that the lead says again what holds already; the second press of a button within the hour adds nothing."""
    before = events.history(conn, [lead_id], [AFFIRMED])[lead_id]
    if not before or before[-1].at + AGAIN <= now.calendar:
        events.append(conn, lead_id, AFFIRMED, now, evidence="human")


def suppress(conn: Connection, address_hash: str, scope: str, reason: str, machine_now: datetime) -> bool:
    """Leave that address alone from now on: for `marketing`, or for `all` mail. Returns whether it is news."""
    row = {"address_hash": address_hash, "scope": scope, "reason": reason, "at": machine_now}
    return insert_or_ignore(conn, suppressions, row) == 1


def lift(conn: Connection, address_hash: str, *reasons: str) -> bool:
    """Undo a reader's own farewell, as they consented anew, or only one for these reasons; bounces and complaints stay.
    Returns whether there was."""
    own = delete(suppressions).where(
        suppressions.c.address_hash == address_hash,
        suppressions.c.scope == "marketing",
        suppressions.c.reason.in_(reasons or _UNDONE_BY_CONSENT),
    )
    return conn.execute(own).rowcount == 1


def suppressed(conn: Connection, hashes: Collection[str]) -> dict[str, set[str]]:
    """For each suppressed address among `hashes`, the scopes: `marketing`, `all`."""
    found: dict[str, set[str]] = {}
    for address_hash, scope in _SCOPES.rows(conn, {"hashes": sorted(hashes)}):
        found.setdefault(address_hash, set()).add(scope)
    return found


def reasons(conn: Connection, hashes: Collection[str]) -> dict[str, set[str]]:
    """For each suppressed address among `hashes`, why it is left alone."""
    found: dict[str, set[str]] = {}
    for address_hash, reason in _REASONS.rows(conn, {"hashes": sorted(hashes)}):
        found.setdefault(address_hash, set()).add(reason)
    return found


def answered(conn: Connection, lead_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """For each lead, the topics that its ledger says anything about."""
    found: dict[int, set[str]] = {lead_id: set() for lead_id in lead_ids}
    for row in _newest(conn, lead_ids):
        found[row.lead_id].add(row.topic)
    return {lead_id: frozenset(topics) for lead_id, topics in found.items()}


def note_proven(conn: Connection, proofs: Collection[Proven], machine_now: datetime) -> None:
    """Write consent that was given elsewhere, on its day, in its wording; no event: it is no act of today.

    Only for topics that the lead's ledger says nothing about (`answered`). Call it under the leads' wakes.
    """
    rows = [_proven_row(one, topic, Moment(one.given_at, machine_now)) for one in proofs for topic in one.topics]
    insert_rows(conn, consents, rows)


def _proven_row(one: Proven, topic: str, then: Moment) -> dict[str, Any]:
    return _row(one.lead_id, topic, "granted", one.wording, form=None, locale=one.locale, proof=one.proof, now=then)


def preference_token(conn: Connection, lead_id: int, topic: str) -> str:
    """The token of that lead and topic ('' = the preferences page), made the first time and good for ever."""
    insert_or_ignore(conn, preference_tokens, {"token": new_token(), "lead_id": lead_id, "topic": topic})
    ours = (preference_tokens.c.lead_id == lead_id) & (preference_tokens.c.topic == topic)
    return str(conn.execute(select(preference_tokens.c.token).where(ours)).scalar_one())


def make_preference_tokens(conn: Connection, topics: Mapping[int, Iterable[str]]) -> None:
    """See to it that `preference_token` finds one for each of `{lead id: topics}`."""
    rows = [
        {"token": new_token(), "lead_id": lead, "topic": topic} for lead, those in topics.items() for topic in those
    ]
    insert_missing(conn, preference_tokens, rows)


def by_preference_token(conn: Connection, token: str) -> tuple[int, str] | None:
    """The lead and topic of a token; None for one that is not ours."""
    row = conn.execute(select(preference_tokens).where(preference_tokens.c.token == token)).one_or_none()
    return None if row is None else (row.lead_id, row.topic)


def _held(conn: Connection, lead_id: int) -> dict[str, Row[Any]]:
    """What holds for each topic, under the lead's wake: two presses of a button come one after the other."""
    conn.execute(select(wakes.c.seq).where(wakes.c.lead_id == lead_id).with_for_update())
    return {row.topic: row for row in _newest(conn, [lead_id])}


def has_left(conn: Connection, lead_id: int) -> bool:
    """Whether the lead has ever left everything."""
    farewells = events.history(conn, [lead_id], ["unsubscribed"])[lead_id]
    return any(event.subject == ALL for event in farewells)


def _newest(conn: Connection, lead_ids: Collection[int]) -> list[Row[Any]]:
    """The newest row of each lead and topic, which says what holds; in the order they were asked for."""
    return _NEWEST.rows(conn, {"leads": sorted(lead_ids)})


def states(conn: Connection, lead_id: int) -> dict[str, str]:
    """{topic: the state that the lead's own ledger leaves it in}."""
    return {topic: in_force(state, proof) for topic, state, proof in _STATES.rows(conn, {"lead": lead_id})}


def enter(
    conn: Connection,
    lead_id: int,
    topic: str,
    state: str,
    wording: str,
    *,
    form: str | None,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
) -> None:
    """Write one line of the ledger. What it changes was decided; call it under the lead's wake."""
    row = _row(lead_id, topic, state, wording, form=form, locale=locale, proof=proof, now=now)
    _ENTER.count(conn, row)


def _row(
    lead_id: int,
    topic: str,
    state: str,
    wording: str,
    *,
    form: str | None,
    locale: str,
    proof: Mapping[str, Any],
    now: Moment,
) -> dict[str, Any]:
    return {
        "lead_id": lead_id,
        "topic": topic,
        "state": state,
        "wording": wording,
        "wording_hash": digest(wording),
        "form": form,
        "locale": locale,
        "proof": dict(proof),
        "at": now.calendar,
        "recorded_at": now.machine,
    }
