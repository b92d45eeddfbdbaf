"""Which mails of a lead came back or were complained of, and why their address is left alone; read-only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from leads import consent, events
from leads.answering import ALL, TRACKING
from leads.facts import Event, Lead
from storage.schema import suppressions

BOUNCED, SOFT, COMPLAINED = "mail.bounced", "mail.soft_bounced", "mail.complained"
# Why an address is left alone -> the events that tell when; a server may have refused it at once.
_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "hard_bounce": (BOUNCED, "mail.refused"),
    "soft_bounces": (BOUNCED,),
    "complaint": (COMPLAINED,),
    "unsubscribed": ("unsubscribed",),
}
_NAMES = sorted({name for names in _TOLD_BY.values() for name in names})


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a mail that had left: `how` is the event's name, `cause` the reason given, "" for none."""

    how: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """What is not written to. `topic`: one that was said no to, None for the address; `scope`: `marketing`, or `all`
    mail; `reason`: as in `suppressions`; `cause`: why the mail came back, "" where nothing says. `imported`: the import
    whose `line` says that it was so elsewhere; `at` is when it was taken in."""

    scope: str
    reason: str
    at: datetime
    topic: str | None = None
    cause: str = ""
    imported: int | None = None
    line: int | None = None

    def as_json(self) -> dict[str, str | int | None]:
        told: dict[str, str | int | None] = {"scope": self.scope, "topic": self.topic, "reason": self.reason}
        at = f"{self.at:%Y-%m-%dT%H:%M:%SZ}"
        return {**told, "cause": self.cause, "import": self.imported, "line": self.line, "at_utc": at}


def heard_of(conn: Connection, lead_id: int) -> dict[int, Heard]:
    """{message: the last that was heard of it}, of those that did not end well after all."""
    heard = events.history(conn, [lead_id], (BOUNCED, SOFT, COMPLAINED))[lead_id]
    return {
        event.data["message_id"]: Heard(event.name, str(event.data.get("reason") or ""), event.at)
        for event in heard
        if "message_id" in event.data
    }


def left_alone(conn: Connection, key: str, lead: Lead) -> tuple[LeftAlone, ...]:
    """Why the lead is not written to: first the address, then what they said no to. `key`: the suppression key."""
    history = events.history(conn, [lead.id], _NAMES)[lead.id]
    found = [*_address(conn, key, lead, history)]
    left = [one for one in consent.newest(conn, [lead.id]) if one.state == "withdrawn" and one.topic not in TRACKING]
    return (*found, *(LeftAlone("topic", "withdrawn", row.at, row.topic) for row in left))


def shut(conn: Connection, key: str, addresses: Collection[str | None]) -> dict[str, str]:
    """{address: the reason}, as in `suppressions`, of those to which no mail goes at all. `key`: as above."""
    marks = {consent.address_hash(key, address): address for address in addresses if address}
    if not marks:
        return {}
    ours = select(suppressions.c.address_hash, suppressions.c.reason).where(
        suppressions.c.address_hash.in_(marks), suppressions.c.scope == ALL
    )
    return {marks[row.address_hash]: row.reason for row in conn.execute(ours)}


def _address(conn: Connection, key: str, lead: Lead, history: tuple[Event, ...]) -> list[LeftAlone]:
    if lead.email is None:
        return []
    ours = select(suppressions).where(suppressions.c.address_hash == consent.address_hash(key, lead.email))
    rows = conn.execute(ours.order_by(suppressions.c.scope)).all()
    return [_dated(row.scope, row.reason, row.at, history) for row in rows]


def _dated(scope: str, reason: str, at: datetime, history: tuple[Event, ...]) -> LeftAlone:
    """On the calendar's day, which the event knows; the list itself goes by the machine's."""
    told = [event for event in history if event.name in _TOLD_BY.get(reason, ()) and _whole(event)]
    if not told:
        return LeftAlone(scope, reason, at)
    event, cause = told[-1], str(told[-1].data.get("reason") or "")
    if event.by_list:
        return LeftAlone(
            scope, reason, event.at, cause=cause, imported=event.data["import_id"], line=event.data["line"]
        )
    return LeftAlone(scope, reason, event.at, cause=cause)


def _whole(event: Event) -> bool:
    return event.name != "unsubscribed" or event.subject == ALL
