"""The ledger of consent and the list of addresses left alone; who may be mailed is read here and nowhere else.

What is written there is left to `leads.consenting`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, select

from base.tokens import keyed_hash
from leads import events, groups, strictness
from leads.answering import ALL, MAILABLE, in_force
from storage.among import among
from storage.prepared import Prepared
from storage.schema import IS_GRANTED, consents, preference_tokens, suppressions

OF_THE_MAILBOX = frozenset({"hard_bounce", "soft_bounces"})  # why an address is left alone that does not work

# Built once: every submission and every mail runs them, and building costs more than running.
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

_LAST = Prepared(  # found by its end, however often the same was asked
    select(consents)
    .where(consents.c.lead_id == bindparam("lead"), consents.c.topic == bindparam("topic"))
    .order_by(consents.c.id.desc())
    .limit(1)
)
_SCOPES = Prepared(
    select(suppressions.c.address_hash, suppressions.c.scope).where(among(suppressions.c.address_hash, "hashes"))
)
_REASONS = Prepared(
    select(suppressions.c.address_hash, suppressions.c.reason).where(among(suppressions.c.address_hash, "hashes"))
)
_WHOLE = Prepared(
    select(suppressions.c.address_hash, suppressions.c.scope, suppressions.c.reason).where(
        among(suppressions.c.address_hash, "hashes")
    )
)
_EVER_GRANTED = Prepared(select(consents.c.id).where(consents.c.lead_id == bindparam("lead"), IS_GRANTED).limit(1))


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
    return {lead_id: tuple(topics) for lead_id, topics in asked_in(conn, lead_ids).items()}


def asked_in(conn: Connection, lead_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The same, {topic: the sentence that it was asked for in}."""
    whose = groups.owners(conn, lead_ids)
    rows = newest(conn, whose)
    held = {(row.lead_id, row.topic): row for row in rows if row.lead_id in lead_ids}
    found: dict[int, dict[str, str]] = {lead_id: {} for lead_id in lead_ids}
    for row in (row for row in rows if row.state == "asked"):
        own = held.get((whose[row.lead_id], row.topic))
        if own is None or own is row or (own.state not in MAILABLE and own.id < row.id):
            found[whose[row.lead_id]][row.topic] = row.wording
    return found


def ever_granted(conn: Connection, lead_id: int) -> bool:
    """Whether the lead has ever confirmed anything: whoever reads that address is known to be the lead. To be told of
    something proves no mailbox."""
    return _EVER_GRANTED.value(conn, {"lead": lead_id}) is not None


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


def left_alone(conn: Connection, hashes: Collection[str]) -> dict[str, dict[str, str]]:
    """For each suppressed address among `hashes`, {scope: why}."""
    found: dict[str, dict[str, str]] = {}
    for address_hash, scope, reason in _WHOLE.rows(conn, {"hashes": sorted(hashes)}):
        found.setdefault(address_hash, {})[scope] = reason
    return found


def answered(conn: Connection, lead_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """For each lead, the topics that its ledger says anything about."""
    found: dict[int, set[str]] = {lead_id: set() for lead_id in lead_ids}
    for row in newest(conn, lead_ids):
        found[row.lead_id].add(row.topic)
    return {lead_id: frozenset(topics) for lead_id, topics in found.items()}


def by_preference_token(conn: Connection, token: str) -> tuple[int, str] | None:
    """The lead and topic of a token; None for one that is not ours."""
    row = conn.execute(select(preference_tokens).where(preference_tokens.c.token == token)).one_or_none()
    return None if row is None else (row.lead_id, row.topic)


def has_left(conn: Connection, lead_id: int) -> bool:
    """Whether the lead has ever left everything."""
    farewells = events.history(conn, [lead_id], ["unsubscribed"])[lead_id]
    return any(event.subject == ALL for event in farewells)


def newest(conn: Connection, lead_ids: Collection[int]) -> list[Row[Any]]:
    """The newest row of each lead and topic, which says what holds; in the order they were asked for."""
    return _NEWEST.rows(conn, {"leads": sorted(lead_ids)})


def last_said(conn: Connection, lead_id: int, topics: Collection[str]) -> dict[str, Row[Any]]:
    """{topic: the newest row of the lead's own ledger}, of those of `topics` that it says anything about."""
    rows = (_LAST.rows(conn, {"lead": lead_id, "topic": topic}) for topic in topics)
    return {row.topic: row for those in rows for row in those}
