"""What a person decides about a message that came to no good end: try again, or say what became of it.

Every decision is a move of `emails.states`, an event of the lead that says who decided, and an entry in
the audit chain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, select

from base.clock import Moment
from base.tokens import new_token
from emails.states import AGAIN, Message, Move, move
from leads import events
from leads.forgetting import Clerk, note
from storage.database import Database
from storage.schema import messages

AT_ONCE = 100  # doubts ended in one transaction
SETTLED, PROMISED = "doubt_settled", "mail_sent_again"  # what the audit chain calls it
# Frozen anew at the next claim: the text may have been mended, and the address put right.
_FRESH = (
    ("compiled_hash", None),
    ("message_id", None),
    ("dated", None),
    ("in_data_at", None),
    ("resent_at", None),
    ("put_off_at", None),
)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and the key of the audit chain."""

    clerk: Clerk
    key: str

    @property
    def by(self) -> str:
        return self.clerk.by


def send_again(conn: Connection, message_id: int, who: Decider, now: Moment) -> bool:
    """Promise once more what failed or was refused. False: it is in no such state any more.

    It goes through the last look like any other: whoever has left, or withdrawn consent, is not written to. The
    enrolment has gone on meanwhile and is not called back.
    """
    message = _find(conn, message_id)
    if message is None or message.state not in AGAIN:
        return False
    to = () if message.klass == "notification" else (("recipient", None),)
    anew = ("token", new_token())  # another letter: its Message-ID, its return path and its links are its own
    values = (*_FRESH, *to, anew, ("attempts", 0), ("due_at", now.machine), ("ended_at", None))
    done = _again(conn, message, Move("due", f"sent again by {who.by}", values=values), who.by, now)
    return done and _entered(conn, PROMISED, message, who, now, was=message.state)


def ends_as(message: Message, policy: str) -> str:
    """How a doubt ends by itself: `delivered` or `again`. A transactional mail is sent again once, a notification until
    it is acknowledged."""
    again = policy == "resend" and (message.resent_at is None or message.klass == "notification")
    return "again" if again else "delivered"


def settle_by_evidence(conn: Connection, message_id: int, evidence: str, arrived: bool, now: Moment) -> bool:
    """End the doubt about a message because of `evidence`: a click, a bounce, what a person found out.

    False when there is no doubt about it.
    """
    message = _find(conn, message_id)
    step = Move("settled_delivered" if arrived else "settled_dropped", evidence)
    return message is not None and move(conn, message, "unknown", step, now, None)


def settle_many(database: Database, ids: Sequence[int], choice: str, who: Decider, now: Moment) -> int:
    """The same for many, in portions; returns how many were still in doubt. Raises KeyError, StorageUnavailable."""
    portions = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    return sum(database.write(partial(_settle_some, ids=some, choice=choice, who=who, now=now)) for some in portions)


def _settle_some(conn: Connection, ids: Sequence[int], choice: str, who: Decider, now: Moment) -> int:
    return sum(settle(conn, id, choice, who, now) for id in ids)


def settle(conn: Connection, message_id: int, choice: str, who: Decider, now: Moment) -> bool:
    """End a doubt as one of CHOICES says. False: there is no doubt about it any more. Raises KeyError."""
    message = _find(conn, message_id)
    done = CHOICES[choice](conn, message_id, who.by, now)
    return done and message is not None and _entered(conn, SETTLED, message, who, now, to=choice)


def _entered(conn: Connection, act: str, message: Message, who: Decider, now: Moment, **more: str) -> bool:
    note(conn, who.key, act, message.lead_id, who.clerk, now, message=message.id, **more)
    return True


def _delivered(conn: Connection, message_id: int, by: str, now: Moment) -> bool:
    return settle_by_evidence(conn, message_id, f"{by} takes it as delivered", True, now)


def _dropped(conn: Connection, message_id: int, by: str, now: Moment) -> bool:
    return settle_by_evidence(conn, message_id, f"{by} takes it as lost", False, now)


def _resent(conn: Connection, message_id: int, by: str, now: Moment) -> bool:
    """The same letter under the same Message-ID: a server that has it may know it again; the lead may get two."""
    message = _find(conn, message_id)
    if message is None or message.state != "unknown":
        return False
    values = (("due_at", now.machine), ("in_data_at", None), ("resent_at", now.machine))
    return _again(conn, message, Move("due", f"sent again by {by}, in doubt", values=values), by, now)


CHOICES: Mapping[str, Callable[[Connection, int, str, Moment], bool]] = {
    "delivered": _delivered,
    "again": _resent,
    "dropped": _dropped,
}


def _again(conn: Connection, message: Message, step: Move, by: str, now: Moment) -> bool:
    moved = move(conn, message, message.state, step, now, None)
    if moved:
        data = {"message_id": message.id, "by": by, "was": message.state, "reason": message.reason}
        events.append(conn, message.lead_id, "mail.retried", now, evidence="engine", subject=message.email, data=data)
    return moved


def _find(conn: Connection, message_id: int) -> Message | None:
    return conn.execute(select(messages).where(messages.c.id == message_id)).one_or_none()
