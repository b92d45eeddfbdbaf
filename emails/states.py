"""The life of a message on one screen (DESIGN §7), and the one function that moves it along.

Nothing else writes `messages.state`. A move is an UPDATE with the state it expects in its WHERE; who moved is told by
the row count. Every terminal state appends its `mail.*` event, which wakes the lead.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, exists, update

from base.clock import Moment
from leads import events
from storage.holders import Holder
from storage.schema import holders, messages

Message = Row[Any]

TRANSITIONS: dict[str, frozenset[str]] = {
    "due": frozenset({"claimed", "withdrawn", "expired"}),
    # Before the intent: everything is still safe to do again.
    "claimed": frozenset({"in_data", "due", "deferred", "refused", "withdrawn", "expired", "failed"}),
    # After it: the server's word decides, and its silence is doubt. Back to due only if no byte of it was written.
    "in_data": frozenset({"sent", "refused", "deferred", "unknown", "due", "settled_resent"}),
    "deferred": frozenset({"due", "withdrawn", "expired"}),
    "unknown": frozenset({"settled_delivered", "settled_dropped", "settled_resent", "due"}),  # due = resend
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


def move(conn: Connection, message: Message, from_state: str, step: Move, now: Moment, holder: Holder | None) -> bool:
    """Take `step` if the message still stands at `from_state` and, where `holder` is given, is still theirs.

    False: somebody was quicker, or `holder` was declared dead; nothing was changed. Raises ValueError for a step that
    is not in the table.
    """
    if step.to not in TRANSITIONS[from_state] | AGAIN.get(from_state, frozenset()):
        raise ValueError(f"a message does not go from {from_state} to {step.to}")
    columns = _columns(step, now)
    where = {"this": message.id, "standing": from_state}
    if holder is not None:
        where |= {"ours": holder.id, "fenced": holder.fence}
    moved = conn.execute(_update(tuple(columns), holder is not None), where | columns).rowcount == 1
    if moved and step.to in TERMINAL:
        _tell(conn, message, step, now)
    return moved


@cache
def _update(columns: tuple[str, ...], held: bool) -> Update:
    """The statement that sets those columns; built once, as it runs for every single letter."""
    standing = update(messages).where(messages.c.id == bindparam("this"), messages.c.state == bindparam("standing"))
    if held:
        ours = (messages.c.holder == bindparam("ours")) & (messages.c.fence == bindparam("fenced"))
        living = exists(holders.c.id).where(holders.c.id == bindparam("ours"), holders.c.fence == bindparam("fenced"))
        standing = standing.where(ours, living)
    return standing.values({name: bindparam(name) for name in columns})


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


def _tell(conn: Connection, message: Message, step: Move, now: Moment) -> None:
    """The `mail.*` event of a message's end, and what its arrival means."""
    data = {"message_id": message.id, "enrolment_id": message.enrolment_id, "reason": step.reason}
    name = f"mail.{step.to}"
    events.append(conn, message.lead_id, name, now, evidence="engine", subject=message.email, data=data)
    magnet = (message.context or {}).get("magnet")
    if magnet and step.to in ARRIVED and message.klass != "notification":
        given = {"message_id": message.id}
        events.append(conn, message.lead_id, "asset_delivered", now, evidence="engine", subject=magnet, data=given)
