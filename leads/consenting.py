"""Writing what somebody agreed to, was asked and left: the ledger of consent, and the list of addresses left alone.

What holds by it is read in `leads.consent`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from base.clock import Moment
from base.tokens import digest, new_token
from leads import events, groups, hit_log, strictness
from leads.answering import (
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
from leads.consent import OF_THE_MAILBOX, has_left, last_said, newest
from leads.facts import AFFIRMED
from storage import wakes
from storage.bulk import insert_rows
from storage.prepared import Prepared
from storage.schema import consents, preference_tokens, suppressions
from storage.upsert import insert_missing, insert_or_ignore

AGAIN = timedelta(hours=1)  # whoever says the same again sooner says nothing new

# What a new confirmation may undo: a reader's own farewell, or their long silence; never a bounce or a complaint.
_UNDONE_BY_CONSENT = ("unsubscribed", "erased", "sunset")

_ENTER = Prepared(insert(consents))  # built once: every submission runs it, and building costs more than running


@dataclass(frozen=True, slots=True)
class Proven:
    """Consent of one lead that was given elsewhere: to which topics, in which wording, and `proof` of it."""

    lead_id: int
    topics: tuple[str, ...]
    wording: str
    locale: str
    proof: Mapping[str, Any]
    given_at: datetime


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
    said = last_said(conn, lead_id, [answer.topic for answer in ticked])
    held = {topic: in_force(row.state, row.proof) for topic, row in said.items()}
    if any(held.get(answer.topic) in MAILABLE for answer in ticked):
        held |= dict.fromkeys(strictness.withdrawn_by_others(conn, [lead_id]).get(lead_id, ()), "withdrawn")
    new = newly_asked(held, ticked)
    for answer in new:
        kept = {**proof, **asked_meanwhile(held.get(answer.topic))}
        enter(conn, lead_id, answer.topic, "asked", answer.wording, form=form, locale=locale, proof=kept, now=now)
    return tuple(answer.topic for answer in new)


def go_on_asking(conn: Connection, asked: Row[Any], known: str, now: Moment) -> None:
    """A yes that waits for its confirmation still does after what was just told of, which goes on meanwhile."""
    kept = {**asked.proof, **asked_meanwhile(known)}
    how = {"form": asked.form, "locale": asked.locale, "proof": kept, "now": now}
    enter(conn, asked.lead_id, asked.topic, "asked", asked.wording, **how)


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

    What is known of hits goes with the purpose of measuring, of all who are one. An event `consent_withdrawn` for
    each, and one `unsubscribed` (the topic, or "all") when mail is concerned. Leaving everything also needs `suppress`,
    by the caller, who has the key. Returns whether anything changed.
    """
    others = groups.others(conn, [lead_id]).get(lead_id, ())  # by whom they may have said yes meanwhile
    held = _held(conn, lead_id, others)
    new = newly_withdrawn({topic: "asked" if others else row.state for topic, row in held.items()}, topics)
    for topic in new:
        events.append(conn, lead_id, "consent_withdrawn", now, evidence="human", subject=topic)
        known = held.get(topic)
        wording = (wordings or {}).get(topic) or (known.wording if known is not None else "")
        enter(conn, lead_id, topic, "withdrawn", wording, form=form, locale=locale, proof=proof, now=now)
    hit_log.forget(conn, (lead_id, *others), new)
    left = farewells(new, topics is None, lambda: has_left(conn, lead_id))
    for subject in left:
        events.append(conn, lead_id, "unsubscribed", now, evidence="human", subject=subject)
    return bool(new or left)


def affirm(conn: Connection, lead_id: int, now: Moment) -> None:
    """Note that the lead says again what holds already; the second press of a button within the hour adds nothing."""
    before = events.history(conn, [lead_id], [AFFIRMED])[lead_id]
    if not before or before[-1].at + AGAIN <= now.calendar:
        events.append(conn, lead_id, AFFIRMED, now, evidence="human")


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


def note_proven(conn: Connection, proofs: Collection[Proven], machine_now: datetime) -> None:
    """Write consent that was given elsewhere, on its day, in its wording; no event: it is no act of today.

    Only for topics that the lead's ledger says nothing about (`answered`). Call it under the leads' wakes.
    """
    rows = [_proven_row(one, topic, Moment(one.given_at, machine_now)) for one in proofs for topic in one.topics]
    insert_rows(conn, consents, rows)


def note_withdrawn(
    conn: Connection, some: Iterable[tuple[Row[Any], Mapping[str, Any]]], locale: str, now: Moment
) -> None:
    """Write that these lines of the ledger hold no more, as was said elsewhere, each with its proof; events are the
    caller's. Call it under the leads' wakes."""
    rows = [
        _row(one.lead_id, one.topic, "withdrawn", one.wording, form=None, locale=locale, proof=proof, now=now)
        for one, proof in some
    ]
    insert_rows(conn, consents, rows)


def suppress_all(conn: Connection, some: Iterable[tuple[str, str, str]], machine_now: datetime) -> None:
    """Leave each of those addresses alone, as (hash, scope, reason), where that is news."""
    rows = [{"address_hash": kept, "scope": scope, "reason": why, "at": machine_now} for kept, scope, why in some]
    insert_missing(conn, suppressions, rows)


def suppress(conn: Connection, address_hash: str, scope: str, reason: str, machine_now: datetime) -> bool:
    """Leave that address alone from now on: for `marketing`, or for `all` mail. Returns whether it is news."""
    row = {"address_hash": address_hash, "scope": scope, "reason": reason, "at": machine_now}
    return insert_or_ignore(conn, suppressions, row) == 1


def carry_over(conn: Connection, old_hash: str, new_hash: str) -> None:
    """What was left alone by its reader's will stays so under the address or number that takes its place; whether a
    mailbox works is its own."""
    known = conn.execute(select(suppressions).where(suppressions.c.address_hash == old_hash)).mappings().all()
    kept = [{**row, "address_hash": new_hash} for row in known if row["reason"] not in OF_THE_MAILBOX]
    insert_or_ignore(conn, suppressions, kept)


def lift(conn: Connection, address_hash: str, *reasons: str) -> bool:
    """Undo a reader's own farewell, as they consented anew, or only one for these reasons; bounces and complaints stay.
    Returns whether there was."""
    own = delete(suppressions).where(
        suppressions.c.address_hash == address_hash,
        suppressions.c.scope == "marketing",
        suppressions.c.reason.in_(reasons or _UNDONE_BY_CONSENT),
    )
    return conn.execute(own).rowcount == 1


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


def _held(conn: Connection, lead_id: int, others: Collection[int] = ()) -> dict[str, Row[Any]]:
    """What holds for each topic, under the lead's wake: two presses of a button come one after the other. With it those
    of `others` who are one with them, the survivor's last, as doors take them."""
    last = groups.survivor(conn, lead_id) if others else lead_id
    wakes.hold(conn, {lead_id, *others} - {last})
    wakes.hold(conn, [last])
    return {row.topic: row for row in newest(conn, [lead_id])}


def _proven_row(one: Proven, topic: str, then: Moment) -> dict[str, Any]:
    return _row(one.lead_id, topic, "granted", one.wording, form=None, locale=one.locale, proof=one.proof, now=then)


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
