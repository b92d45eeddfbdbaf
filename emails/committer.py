"""Commits to writing letters: one transaction for all lines that stand between a 354 and the first byte of the body.

It carries what these lines learned before, looks once more at each message, and writes the intents. No line waits for
another: who comes alone goes alone, and who comes while others are on their way waits for them a few milliseconds.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy import Connection

from base.clock import Clocks, Moment, elapsed
from emails.claiming import InHand
from emails.looks import look
from emails.results import Result, settle, settle_many
from emails.states import Move, begin, move
from emails.talks import Errands
from emails.telling import hold_free_wakes, hold_wakes
from storage.database import Database
from storage.holders import Holder
from storage.trouble import StorageUnavailable

PATIENCE = 0.01  # seconds to wait for a commit on its way: those who come meanwhile share the next one


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """One line at the point of intent: its message, what it learned before, and the answer it waits for."""

    one: InHand
    carried: Sequence[Result]
    answer: Future[bool] = field(default_factory=Future)
    since: float = field(default_factory=elapsed)


class Committer:
    """Shared by all lines of a sender. The commits themselves are errands, several at once if one takes long."""

    def __init__(self, database: Database, clocks: Clocks, suppression_key: str, errands: Errands) -> None:
        self._database, self._clocks, self._key, self._errands = database, clocks, suppression_key, errands
        self._lock = threading.Lock()
        self._waiting: list[Standing] = []
        self._on_their_way = 0

    def stand(self, one: InHand, carried: Sequence[Result]) -> "Future[bool]":
        """Let the next commit write what is `carried`, and the intent for `one`. False: the letter must not be written.

        StorageUnavailable: then neither is written.
        """
        mine = Standing(one, carried)
        with self._lock:
            self._waiting.append(mine)
        return mine.answer

    def go(self) -> float:
        """Begin a commit for all who stand there, unless one is on its way that they may wait for; seconds until it is
        worth to ask again though nothing happened."""
        with self._lock:
            if not self._waiting:
                return PATIENCE
            wait = self._waiting[0].since + PATIENCE - elapsed()
            if self._on_their_way and wait > 0:
                return wait
            group = self._take()
            self._on_their_way += 1
        self._errands.send(lambda: self._commit(group))
        return PATIENCE

    def _take(self) -> list[Standing]:
        """Everybody who stands there now. Under the lock."""
        taken, self._waiting = self._waiting, []
        return taken

    def _commit(self, group: list[Standing]) -> None:
        now = self._clocks.moment()
        try:
            granted = self._database.write(lambda conn: intend_all(conn, self._joined(group), now, self._key))
        except StorageUnavailable as error:
            self._is_back()
            for standing in group:
                standing.answer.set_exception(error)
        except Exception:  # a late result, a lead held by a door, a fault of ours: no other line pays for it
            self._is_back()
            for standing in group:
                self._errands.send(lambda mine=standing: self._commit_alone(mine))  # type: ignore[misc]
        else:
            self._is_back()
            for standing in group:
                standing.answer.set_result(standing.one.message.id in granted)

    def _is_back(self) -> None:
        with self._lock:
            self._on_their_way -= 1

    def _commit_alone(self, mine: Standing) -> None:
        """The group came to nothing: each takes its own way, and waits for nobody else's."""
        now = self._clocks.moment()
        try:
            mine.answer.set_result(self._database.write(lambda conn: intend(conn, mine, now, self._key)))
        except Exception as error:
            mine.answer.set_exception(error)

    def _joined(self, group: list[Standing]) -> list[Standing]:
        """The group, and who came while it waited for the pen. A job that is run again takes the same, and more."""
        with self._lock:
            group += self._take()
        return group


def intend_all(conn: Connection, group: Sequence[Standing], now: Moment, suppression_key: str) -> frozenset[int]:
    """The ids of those messages of the `group` whose letters may be written. Raises NotAllMoved: see `intend`."""
    carried = [result for standing in group for result in standing.carried]
    some = [standing.one.message for standing in group]
    hold = hold_wakes if len(group) == 1 else hold_free_wakes
    held = hold(conn, [message.lead_id for message in (*some, *(result.message for result in carried))])
    settle_many(conn, carried, held)
    elsewhere = look(conn, some, now, suppression_key, held)
    going: dict[Holder, list[int]] = defaultdict(list)
    for one in (standing.one for standing in group):
        if one.message.id in elsewhere:
            move(conn, one.message, "claimed", elsewhere[one.message.id], now, one.holder)
        else:
            going[one.holder].append(one.message.id)
    return frozenset().union(*(begin(conn, ids, now, holder) for holder, ids in going.items()))


def intend(conn: Connection, standing: Standing, now: Moment, suppression_key: str) -> bool:
    """The same for one line by itself, result by result: late ones are evidence, and hurt nobody."""
    one, carried = standing.one, standing.carried
    hold_wakes(conn, [one.message.lead_id, *(result.message.lead_id for result in carried)])
    for result in carried:
        settle(conn, result)
    elsewhere = look(conn, [one.message], now, suppression_key).get(one.message.id)
    step = elsewhere or Move("in_data", values=(("in_data_at", now.machine),))
    return move(conn, one.message, "claimed", step, now, one.holder) and elsewhere is None
