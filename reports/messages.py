"""Messages by state, a page at a time, and everything known about one; read-only, each page a range of an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, tuple_, union_all

from storage.schema import holders, leads, messages

# What people ask for -> the states it means; the first is what needs somebody.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "unknown": ("unknown",),
    "failed": ("failed", "refused"),
    "waiting": ("due", "claimed", "in_data", "deferred"),
    "sent": ("sent", "settled_delivered", "settled_resent"),
    "stopped": ("withdrawn", "expired", "settled_dropped"),
}
PAGE = 50
COUNTED = 1_000  # a view says "1 000+" from there on
LOOK = 2_000  # messages of a state that are looked through for those of one text


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A message's place in a view: when it was last due, and its number."""

    due_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message, for a list. `who`: the lead's name or address, `address`: theirs; of a notification, whom it told:
    `recipient`."""

    id: int
    lead_id: int
    who: str
    address: str | None
    klass: str
    sequence: str | None
    step: str | None
    email: str
    locale: str
    recipient: str | None
    state: str
    reason: str | None
    reply: str | None
    attempts: int
    due_at: datetime
    created_at: datetime
    in_data_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    resent: bool
    holder: str | None  # who had it in hand: host:pid


@dataclass(frozen=True, slots=True)
class MessagePage:
    """`after`: behind which place the next page begins; None at the end."""

    lines: tuple[MessageLine, ...]
    after: Place | None


@dataclass(frozen=True, slots=True)
class Count:
    """`more`: there are at least so many."""

    number: int
    more: bool = False


def page(
    connection: Connection, view: str, after: Place | None = None, size: int = PAGE, email: str = ""
) -> MessagePage:
    """The messages of a view behind `after`, the newest first; with `email`, SEQUENCE/TEXT, those of one text among
    the next LOOK of each state. Raises KeyError for an unknown view."""
    ranges = [_range(state, after, size + 1, email) for state in VIEWS[view]]
    found = union_all(*(select(one.subquery()) for one in ranges)).subquery()
    listed = select(found.c.id).order_by(found.c.due_at.desc(), found.c.id.desc()).limit(size + 1)
    ids = list(connection.scalars(listed))
    lines = _lines(connection, ids[:size])
    last = Place(lines[-1].due_at, lines[-1].id) if len(ids) > size else None
    return MessagePage(tuple(lines), last)


def counts(connection: Connection) -> dict[str, Count]:
    """How many are in each view, up to COUNTED."""
    return {view: _count(connection, states) for view, states in VIEWS.items()}


def waiting_for_people(connection: Connection) -> int:
    """Messages in doubt: what somebody may settle, up to COUNTED."""
    return _count(connection, ("unknown",)).number


def message(connection: Connection, message_id: int) -> MessageLine | None:
    """One message; None when there is none."""
    return next(iter(_lines(connection, [message_id])), None)


def as_kept(connection: Connection, message_id: int) -> Row[Any]:
    """Everything that is kept of a message, to write it once more. Raises NoResultFound."""
    return connection.execute(select(messages).where(messages.c.id == message_id)).one()


def lead_with_address(connection: Connection, email: str) -> int | None:
    """The lead with that canonical address; None when nobody has it."""
    found: int | None = connection.execute(select(leads.c.id).where(leads.c.email == email)).scalar_one_or_none()
    return found


def _range(state: str, after: Place | None, size: int, email: str) -> Select[Any]:
    here: ColumnElement[bool] = messages.c.state == state
    if after is not None:
        place = tuple_(messages.c.due_at, messages.c.id)
        here = and_(here, messages.c.due_at <= after.due_at, place < tuple_(after.due_at, after.id))
    newest = (messages.c.due_at.desc(), messages.c.id.desc())
    if not email:
        return select(messages.c.id, messages.c.due_at).where(here).order_by(*newest).limit(size)
    looked = select(messages.c.id, messages.c.due_at, messages.c.email).where(here).order_by(*newest)
    some = looked.limit(LOOK).subquery()
    theirs = select(some.c.id, some.c.due_at).where(some.c.email == email)
    return theirs.order_by(some.c.due_at.desc(), some.c.id.desc()).limit(size)


def _count(connection: Connection, states: tuple[str, ...]) -> Count:
    some = select(messages.c.id).where(messages.c.state.in_(states)).limit(COUNTED + 1).subquery()
    number: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return Count(min(number, COUNTED), number > COUNTED)


def _lines(connection: Connection, ids: list[int]) -> list[MessageLine]:
    joined = messages.join(leads, leads.c.id == messages.c.lead_id).outerjoin(
        holders, holders.c.id == messages.c.holder
    )
    known = (leads.c.first_name, leads.c.last_name, leads.c.email.label("address"), leads.c.phone)
    columns = select(messages, *known, holders.c.name.label("holder_name")).select_from(joined)
    rows = {row.id: row for row in connection.execute(columns.where(messages.c.id.in_(ids)))}
    return [_line(rows[id]) for id in ids if id in rows]


def _line(row: Row[Any]) -> MessageLine:
    named = " ".join(part for part in (row.first_name, row.last_name) if part)
    return MessageLine(
        id=row.id,
        lead_id=row.lead_id,
        who=named or row.address or row.phone or str(row.lead_id),
        address=row.address,
        klass=row.klass,
        sequence=row.sequence,
        step=row.step,
        email=row.email,
        locale=row.locale,
        recipient=row.recipient,
        state=row.state,
        reason=row.reason,
        reply=row.reply,
        attempts=row.attempts,
        due_at=row.due_at,
        created_at=row.created_at,
        in_data_at=row.in_data_at,
        sent_at=row.sent_at,
        ended_at=row.ended_at,
        resent=row.resent_at is not None,
        holder=row.holder_name,
    )
