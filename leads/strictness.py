"""What those who are one said no to: the strictest answer holds for all of them, for as long as they are one.

A no of one holds for the others until they say yes again, after both the merge and the no.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from base.tokens import keyed_hash
from leads import groups
from leads.answering import ALL, TRACKING
from storage.schema import consents, events, leads, suppressions


def withdrawn_by_others(conn: Connection, lead_ids: Collection[int]) -> dict[int, set[str]]:
    """For each lead that is one with others, the topics that these said no to; the rest is left out."""
    together = groups.others(conn, lead_ids)
    if not together:
        return {}
    said = _newest(conn, {*together, *(one for those in together.values() for one in those)})
    since = _merged_at(conn, {one for those in (*together.values(), together) for one in those})
    return {
        lead_id: {
            topic
            for one in those
            for topic, row in said.get(one, {}).items()
            if row.state == "withdrawn" and not _yes_since(said.get(lead_id, {}).get(topic), row.recorded_at, since)
        }
        for lead_id, those in together.items()
    }


def left_by_others(conn: Connection, key: str, lead_ids: Collection[int]) -> set[int]:
    """Those of these leads of whom another has left all our mail, or has an address that is left alone by marketing; a
    mailbox that only does not work speaks for itself alone."""
    together = groups.others(conn, lead_ids)
    if not together:
        return set()
    everyone = {*together, *(one for those in together.values() for one in those)}
    left, said, since = _left_at(conn, key, everyone), _newest(conn, together), _merged_at(conn, everyone)
    return {
        lead_id
        for lead_id, those in together.items()
        for one in those
        if one in left and not any(_yes_since(row, left[one], since) for row in said.get(lead_id, {}).values())
    }


def said_by_others(conn: Connection, lead_id: int) -> dict[str, Row[Any]]:
    """{topic: what one of those for whom the lead stands said last, and in answer to which wording}."""
    said = _newest(conn, groups.group(conn, lead_id)[1:])
    return {topic: row for rows in said.values() for topic, row in rows.items()}


def _left_at(conn: Connection, key: str, lead_ids: Collection[int]) -> dict[int, datetime]:
    """Of those who left, whether they have an address or not, and have agreed to nothing since: when they did."""
    found: dict[int, datetime] = {}
    told = select(events).where(
        events.c.lead_id.in_(sorted(lead_ids)), events.c.name.in_(("unsubscribed", "consent_granted"))
    )
    for row in conn.execute(told.order_by(events.c.lead_id, events.c.seq)):
        if row.name == "unsubscribed" and row.subject == ALL:
            found[row.lead_id] = row.recorded_at
        elif row.name == "consent_granted" and row.subject not in TRACKING:
            found.pop(row.lead_id, None)
    known = select(leads.c.id, leads.c.email).where(leads.c.id.in_(sorted(lead_ids)), leads.c.email.is_not(None))
    whose = {keyed_hash(key, row.email): row.id for row in conn.execute(known)}
    listed = select(suppressions.c.address_hash, suppressions.c.at).where(
        suppressions.c.address_hash.in_(sorted(whose)), suppressions.c.scope == "marketing"
    )
    for row in conn.execute(listed):
        one = whose[row.address_hash]
        found[one] = max(row.at, found.get(one, row.at))
    return found


def _yes_since(row: Row[Any] | None, no_at: datetime, merged_at: datetime) -> bool:
    return row is not None and row.state == "granted" and row.recorded_at > max(no_at, merged_at)


def _newest(conn: Connection, lead_ids: Collection[int]) -> Mapping[int, Mapping[str, Row[Any]]]:
    """{lead: {topic: what was said last}}."""
    last = select(func.max(consents.c.id)).where(consents.c.lead_id.in_(sorted(lead_ids)))
    rows = select(consents).where(consents.c.id.in_(last.group_by(consents.c.lead_id, consents.c.topic)))
    found: dict[int, dict[str, Row[Any]]] = {}
    for row in conn.execute(rows):
        found.setdefault(row.lead_id, {})[row.topic] = row
    return found


def _merged_at(conn: Connection, lead_ids: Collection[int]) -> datetime:
    """When the last of them came to the others."""
    last = select(func.max(leads.c.merged_at)).where(leads.c.id.in_(sorted(lead_ids)))
    return conn.execute(last).scalar_one() or datetime.min.replace(tzinfo=UTC)
