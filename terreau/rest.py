"""Whether the house is at rest: nothing due for the engine, nothing under way in an outbox."""

from collections.abc import Callable
from threading import Event

from sqlalchemy import Connection, Exists, Table, and_, exists, or_, select

from base.clock import Moment, elapsed
from storage.schema import broadcasts, hand_offs, hits, messages, wakes, webhooks

UNDER_WAY = ("claimed", "in_data")
LOOK = 0.03  # seconds between two looks


class Restless(Exception):
    """The house did not come to rest in time."""

    def __init__(self, seconds: float, busy: list[str]) -> None:
        super().__init__(
            f"after {seconds:g} s there was still work: {', '.join(busy)}. The log above says what held it up."
        )


def busy_with(conn: Connection, now: Moment) -> list[str]:
    """What is due or under way at `now`, in words; empty = at rest. What waits for a later try is at rest."""
    questions = {
        "leads to be looked at": exists().where(or_(wakes.c.due_at <= now.calendar, wakes.c.holder.is_not(None))),
        "hits to be judged": exists().where(hits.c.due_at <= now.machine),
        "broadcasts being sent": exists().where(broadcasts.c.done_at.is_(None)),
        "alerts that nobody answers": exists().where(hand_offs.c.escalate_at <= now.calendar),
        "mails to be sent": _outbox(messages, now),
        "webhooks to be delivered": _outbox(webhooks, now),
    }
    answers = conn.execute(select(*(question.label(None) for question in questions.values()))).one()
    return [words for words, busy in zip(questions, answers, strict=True) if busy]


def _outbox(table: Table, now: Moment) -> Exists:
    due = and_(table.c.state == "due", table.c.due_at <= now.machine)
    return exists().where(or_(due, table.c.state.in_(UNDER_WAY)))


def wait_for_rest(look: Callable[[], list[str]], nudge: Callable[[], None], seconds: float, stop: Event) -> None:
    """Nudges until nothing is due, twice in a row: a neighbour may have been about to wake. Raises Restless."""
    deadline = elapsed() + seconds
    calm = 0
    while calm < 2 and not stop.is_set():
        busy = look()
        calm = 0 if busy else calm + 1
        if busy and elapsed() > deadline:
            raise Restless(seconds, busy)
        if busy:
            nudge()
        stop.wait(LOOK)
