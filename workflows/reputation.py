"""Marketing rests by itself when too many of its last mails met nobody, or a complaint, until a person resumes.

Whoever goes on writing then soon reaches nobody: mailbox providers count as well. What was asked for goes on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, func, select, union_all

from base.clock import Moment
from storage.schema import events, messages, switches
from workflows import pauses
from workflows.gaps import HOUSE
from workflows.resting import MARKETING

WINDOW = 1_000  # the last marketing mails that came to an end at a server
LOOK = 2_000  # messages of each state that are looked through for them
AT_A_SERVER = ("sent", "settled_delivered", "settled_resent", "refused")


@dataclass(frozen=True, slots=True)
class Limits:
    """In percent of WINDOW; 0: never."""

    bounces: float
    complaints: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How many of the last `mails` met an address that does not exist, and how many a complaint."""

    mails: int
    bounces: int
    complaints: int


def judge(standing: Standing, limits: Limits) -> str | None:
    """Why marketing has to rest; None = it may go on. Pure.

    Shares are of WINDOW even while fewer were sent: of ten mails one complaint says nothing yet.
    """
    for count, limit, what in (
        (standing.complaints, limits.complaints, "readers complained"),
        (standing.bounces, limits.bounces, "addresses did not exist"),
    ):
        if limit and count * 100 >= limit * WINDOW:
            return (
                f"{count} {what} among the last {standing.mails} marketing mails ({limit:g} % of {WINDOW} is too much)"
            )
    return None


def look(conn: Connection, limits: Limits) -> str | None:
    """Why marketing has to rest now; None = it may go on, or rests already."""
    switch = conn.execute(select(switches).where(switches.c.name == MARKETING)).one_or_none()
    if switch is not None and switch.off:
        return None
    return judge(standing(conn, None if switch is None else switch.since), limits)


def rest(conn: Connection, reason: str, now: Moment) -> bool:
    """Let marketing rest until `terreau resume --marketing`; False when it rests already."""
    return pauses.begin(conn, MARKETING, reason, HOUSE, now)


def standing(conn: Connection, since: datetime | None) -> Standing:
    """Of the last WINDOW marketing mails that ended at a server, since the instant of the machine at which a person
    last resumed. Read along the index of states: however many wait, it costs the same."""
    ended = union_all(*(_newest(state, since) for state in AT_A_SERVER)).subquery()
    last = select(ended).order_by(ended.c.ended_at.desc()).limit(WINDOW).subquery()
    refused = func.count().filter(last.c.state == "refused", last.c.reason.not_like("given up%"))
    mails, bounced_at_once = conn.execute(select(func.count(), refused).select_from(last)).one()
    return Standing(mails, bounced_at_once + _told(conn, last, "mail.bounced"), _told(conn, last, "mail.complained"))


def _newest(state: str, since: datetime | None) -> Select[Any]:
    columns = (messages.c.id, messages.c.lead_id, messages.c.state, messages.c.reason, messages.c.ended_at)
    here: ColumnElement[bool] = messages.c.state == state
    looked = select(*columns, messages.c.klass).where(here).order_by(messages.c.due_at.desc()).limit(LOOK).subquery()
    ours = looked.c.klass == "marketing"
    after = ours if since is None else and_(ours, looked.c.ended_at > since)
    return select(looked.c.id, looked.c.lead_id, looked.c.state, looked.c.reason, looked.c.ended_at).where(after)


def _told(conn: Connection, last: Subquery, name: str) -> int:
    """How many of those messages have such an event."""
    about = events.c.data["message_id"].as_integer()
    mine = and_(events.c.lead_id == last.c.lead_id, events.c.name == name, about == last.c.id)
    counted = select(func.count(last.c.id.distinct())).select_from(last.join(events, mine))
    return int(conn.execute(counted).scalar_one())
