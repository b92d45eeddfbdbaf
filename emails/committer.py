"""Commits to writing letters: one transaction for all lines that stand between a 354 and the first byte of the body.

It carries what these lines learned before, looks once more at each message, and writes the intents. No line waits for
another: who comes alone goes alone, and who comes while others are on their way waits for them a few milliseconds.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from base.clock import Clocks, Moment
from emails.claiming import InHand
from emails.looks import look
from emails.results import Result, settle, settle_many
from emails.states import Move, begin, move
from emails.telling import hold_free_wakes, hold_wakes
from storage.database import Database
from storage.holders import Holder
from storage.trouble import StorageUnavailable

PATIENCE = 0.01  # seconds to wait for a commit on its way: those who come meanwhile share the next one


@dataclass(slots=True, eq=False)
class Standing:
    """One line at the point of intent: its message, what it learned before, and the answer it waits for."""

    one: InHand
    carried: Sequence[Result]
    taken: bool = False
    answered: bool = False
    granted: bool = False
    alone: bool = False  # the group came to nothing: each takes its own way, and waits for nobody else's
    error: Exception | None = None


class Committer:
    """Shared by all lines of a sender. Whoever finds no commit on its way makes one, for all who stand there."""

    def __init__(self, database: Database, clocks: Clocks, suppression_key: str) -> None:
        self._database, self._clocks, self._key = database, clocks, suppression_key
        self._change = threading.Condition()
        self._waiting: list[Standing] = []
        self._on_their_way = 0

    def intend(self, one: InHand, carried: Sequence[Result]) -> bool:
        """Write what is `carried`, and the intent for `one`. False: the letter must not be written.

        Raises StorageUnavailable: then neither is written.
        """
        mine = Standing(one, carried)
        with self._change:
            self._waiting.append(mine)
            self._change.wait_for(lambda: mine.taken or not self._on_their_way, PATIENCE)
            group = [] if mine.taken else self._take()
            self._on_their_way += bool(group)
        if group:
            self._lead(group)
        else:
            self._await(mine)
        if mine.error is not None:
            raise mine.error
        return self._intend_alone(mine) if mine.alone else mine.granted

    def _take(self) -> list[Standing]:
        """Everybody who stands there now. Under the lock."""
        taken, self._waiting = self._waiting, []
        for standing in taken:
            standing.taken = True
        return taken

    def _lead(self, group: list[Standing]) -> None:
        try:
            self._commit(group)
        finally:
            with self._change:
                for standing in group:
                    standing.answered = True
                self._on_their_way -= 1
                self._change.notify_all()

    def _await(self, mine: Standing) -> None:
        with self._change:
            self._change.wait_for(lambda: mine.answered)

    def _commit(self, group: list[Standing]) -> None:
        now = self._clocks.moment()
        try:
            granted = self._database.write(lambda conn: intend_all(conn, self._joined(group), now, self._key))
        except StorageUnavailable as error:
            for standing in group:
                standing.error = error
        except Exception:  # a late result, a lead held by a door, a fault of ours: no other line pays for it
            for standing in group:
                standing.alone = True
        else:
            for standing in group:
                standing.granted = standing.one.message.id in granted

    def _intend_alone(self, mine: Standing) -> bool:
        now = self._clocks.moment()
        return self._database.write(lambda conn: intend(conn, mine, now, self._key))

    def _joined(self, group: list[Standing]) -> list[Standing]:
        """The group, and who came while it waited for the pen. A job that is run again takes the same, and more."""
        with self._change:
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
