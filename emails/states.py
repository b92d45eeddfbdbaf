"""The life of a message on one screen (DESIGN §7), and what moves it along: one, or many at once.

A move is an UPDATE with the state it expects in its WHERE; who moved is told by the row count. Every terminal state
appends its `mail.*` event, which wakes the lead. Beside this module the claims take what is due (`storage.claims`,
`emails.claiming`), and who is forgotten is written to no more (`leads.erasing`), in this table too: the tests keep a
database that refuses whatever is not in it.
"""

from collections import defaultdict
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update
from sqlalchemy.sql import ColumnElement

from base.clock import Moment
from emails.telling import NotAllMoved, Told, Wake, tell
from leads import events
from storage.among import among
from storage.holders import Holder, living
from storage.prepared import Prepared
from storage.schema import messages

Message = Row[Any]

TRANSITIONS: dict[str, frozenset[str]] = {
    "due": frozenset({"claimed", "withdrawn", "expired"}),
    # Before the intent: everything is still safe to do again.
    "claimed": frozenset({"in_data", "due", "deferred", "refused", "withdrawn", "expired", "failed"}),
    # After it: the server's word decides, and its silence is doubt. Back to due only if the server has none of it.
    "in_data": frozenset({"sent", "refused", "deferred", "unknown", "due", "settled_resent"}),
    "deferred": frozenset({"due", "withdrawn", "expired"}),
    # Due: sent again. Withdrawn: nobody is left of whom it could be known.
    "unknown": frozenset({"settled_delivered", "settled_dropped", "settled_resent", "due", "withdrawn"}),
    "sent": frozenset(),
    "refused": frozenset(),
    "failed": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
    "settled_delivered": frozenset(),
    "settled_resent": frozenset(),
    "settled_dropped": frozenset(),
}
# The ways back that nothing takes by itself: a person may (`emails.settling`).
AGAIN: dict[str, frozenset[str]] = {"failed": frozenset({"due"}), "refused": frozenset({"due"})}
TERMINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)
HELD = frozenset({"claimed", "in_data"})
ARRIVED = frozenset({"sent", "settled_delivered", "settled_resent"})  # the reader has it, or is believed to


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one message. `reason` is for people; `reply` is the server's last word."""

    to: str
    reason: str | None = None
    reply: str | None = None
    values: tuple[tuple[str, Any], ...] = ()  # other columns


@dataclass(frozen=True, slots=True)
class Passage:
    """A step of one message that stands at `origin` and, where `holder` is given, is theirs."""

    message: Message
    origin: str
    step: Move
    now: Moment
    holder: Holder | None


def move(
    conn: Connection,
    message: Message,
    from_state: str,
    step: Move,
    now: Moment,
    holder: Holder | None,
    *,
    living: bool = True,
) -> bool:
    """Take `step` if the message still stands at `from_state` and, where `holder` is given, is still theirs.

    False: somebody was quicker, or `holder` was declared dead; nothing was changed. What `holder` knows for certain may
    be written even then, as long as nobody else took the message: `living` False. Raises ValueError for a step that is
    not in the table.
    """
    if step.to not in TRANSITIONS[from_state] | AGAIN.get(from_state, frozenset()):
        raise ValueError(f"a message does not go from {from_state} to {step.to}")
    columns = _columns(step, now)
    where = _where(message.id, from_state, holder)
    moved = _update(tuple(columns), holder is not None, living).count(conn, where | columns) == 1
    if moved:
        for told in _told(message, step, now):
            events.append(conn, told.lead_id, told.name, now, evidence="engine", subject=told.subject, data=told.data)
    return moved


def move_many(conn: Connection, some: Sequence[Passage], held: MutableMapping[int, Wake]) -> None:
    """Take all of these passages, of as many messages, under wakes that are `held`; their events keep this order.

    Raises NotAllMoved when any of them finds its message elsewhere: then nothing of this transaction may be kept.
    """
    alike: dict[tuple[tuple[str, ...], bool], list[dict[str, Any]]] = defaultdict(list)
    for one in some:
        if one.step.to not in TRANSITIONS[one.origin]:
            raise ValueError(f"a message does not go from {one.origin} to {one.step.to}")
        columns = _columns(one.step, one.now)
        where = _where(one.message.id, one.origin, one.holder)
        alike[tuple(columns), one.holder is not None].append(where | columns)
    for (names, is_held), rows in alike.items():
        if _update(names, is_held).many(conn, rows) != len(rows):
            raise NotAllMoved("a message stood elsewhere, or its holder was declared dead")
    tell(conn, [told for one in some for told in _told(one.message, one.step, one.now)], held)


def begin(conn: Connection, ids: Sequence[int], now: Moment, holder: Holder) -> frozenset[int]:
    """Move these messages of `holder` from claimed to in_data, all with one statement; returns which it moved."""
    where = {"those": list(ids), "ours": holder.id, "fenced": holder.fence, "in_data_at": now.machine}
    return frozenset(row.id for row in _begin().rows(conn, where))


def _where(message_id: int, origin: str, holder: Holder | None) -> dict[str, Any]:
    ours = {} if holder is None else {"ours": holder.id, "fenced": holder.fence}
    return {"this": message_id, "standing": origin, **ours}


@cache
def _update(columns: tuple[str, ...], held: bool, living: bool = True) -> Prepared:
    """The statement that sets those columns; built once, as it runs for every single letter."""
    standing = update(messages).where(messages.c.id == bindparam("this"), messages.c.state == bindparam("standing"))
    if held:
        standing = standing.where(_held_by_the_living() if living else _held())
    return Prepared(standing.values({name: bindparam(name) for name in columns}))


@cache
def _begin() -> Prepared:
    assert "in_data" in TRANSITIONS["claimed"]
    those = among(messages.c.id, "those") & (messages.c.state == "claimed")
    intended = update(messages).where(those, _held_by_the_living())
    return Prepared(intended.values(state="in_data", in_data_at=bindparam("in_data_at")).returning(messages.c.id))


def _held() -> ColumnElement[bool]:
    return (messages.c.holder == bindparam("ours")) & (messages.c.fence == bindparam("fenced"))


def _held_by_the_living() -> ColumnElement[bool]:
    return _held() & living()


def _columns(step: Move, now: Moment) -> dict[str, Any]:
    columns: dict[str, Any] = {"state": step.to, **dict(step.values)}
    if step.reason is not None:
        columns["reason"] = step.reason[:300]
    if step.reply is not None:
        columns["reply"] = step.reply[:500]
    if step.to not in HELD | {"unknown"}:  # an unknown's holder may yet hear the answer
        columns |= {"holder": None, "fence": None}
    if step.to in TERMINAL:
        columns["ended_at"] = now.machine
    if step.to in ARRIVED:
        columns["sent_at"] = now.calendar
    return columns


def _told(message: Message, step: Move, now: Moment) -> list[Told]:
    """The `mail.*` event of a message's end, and what its arrival means."""
    if step.to not in TERMINAL:
        return []
    data = {"message_id": message.id, "enrolment_id": message.enrolment_id, "reason": step.reason}
    end = Told(message.lead_id, f"mail.{step.to}", message.email, data, now)
    magnet = (message.context or {}).get("magnet")
    if not magnet or step.to not in ARRIVED or message.klass == "notification":
        return [end]
    return [end, Told(message.lead_id, "asset_delivered", magnet, {"message_id": message.id}, now)]
