"""What the server said, on its way into the tables: carried by the next intent, or by itself after 50 ms at most."""

import threading
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from base.clock import Moment, elapsed
from base.tokens import jitter
from emails.replies import Meaning
from emails.retrying import GIVEN_UP_AFTER, LUCKY, UNLUCKY, next_try, patience, wish
from emails.states import ARRIVED, Message, Move, Passage, move, move_many
from emails.talks import Lull, Talk
from emails.telling import NotAllMoved, Wake, hold_wakes
from leads import consenting
from storage.database import Database
from storage.holders import Holder
from storage.trouble import StorageUnavailable

PATIENCE = 0.05  # seconds a lone result may wait for company
FAULTY, FAULTY_AFTER = -1, 30.0  # the line of those that met a fault of ours, and seconds until they are tried again
SETTLE_AFTER = {"hold": timedelta(hours=24), "resend": timedelta(minutes=1)}  # how long an unknown stays one

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """One step of one message of `holder`, true since `now`; `origins` are the states it may be found in."""

    message: Message
    holder: Holder
    origins: tuple[str, ...]
    step: Move
    now: Moment
    bounced: str | None = None  # the hash of an address that does not exist: it is left alone from now on
    since: float = field(default_factory=elapsed)


def settle(conn: Connection, result: Result) -> bool:
    """Write it. Who was declared dead meanwhile still brings evidence: the message is in doubt, and is no longer."""
    if result.bounced:
        consenting.suppress(conn, result.bounced, "all", "hard_bounce", result.now.machine)
    message, now, holder = result.message, result.now, result.holder
    if any(move(conn, message, origin, result.step, now, holder) for origin in result.origins):
        return True
    if "in_data" in result.origins and move(conn, message, "in_data", result.step, now, holder, living=False):
        return True
    evidence = LATE.get(result.step.to)
    if evidence is None:
        return False
    word = result.step.reply
    step = Move(evidence, f"the answer came late: {word}", word, result.step.values)
    # That it arrived is true whoever hears it; that it did not is true of this letter, not of another sent since.
    witness = None if evidence in ARRIVED else holder
    return move(conn, message, "unknown", step, now, witness, living=False)


def settle_many(conn: Connection, some: Sequence[Result], held: MutableMapping[int, Wake]) -> None:
    """Write them with few statements, under wakes that are `held`. Raises NotAllMoved: then `settle` each."""
    if any(len(one.origins) > 1 for one in some):
        raise NotAllMoved("where a message stands is not known")
    for one in some:
        if one.bounced:
            consenting.suppress(conn, one.bounced, "all", "hard_bounce", one.now.machine)
    move_many(conn, [Passage(one.message, one.origins[0], one.step, one.now, one.holder) for one in some], held)


def _settle_all(database: Database, some: Sequence[Result]) -> None:
    """All of them in one commit, by the short way or the long one."""
    leads = [one.message.lead_id for one in some]
    try:
        database.write(lambda conn: settle_many(conn, some, hold_wakes(conn, leads)))
    except NotAllMoved:
        database.write(lambda conn: (hold_wakes(conn, leads), [settle(conn, one) for one in some]))


# What an answer that nobody waited for any more says about a message in doubt.
LATE = {
    "sent": "settled_delivered",
    "settled_resent": "settled_resent",
    "refused": "settled_dropped",
    "deferred": "due",  # it has nothing: at its time, like any that was put off
}


def after_the_letter(message: Message, policy: str, said: Meaning, word: str, now: Moment) -> Move:
    """What the last word of a transaction makes of a message; `word` is the reply, or why there was none."""
    if said == "go":
        return Move("settled_resent" if message.resent_at else "sent", reply=word)
    if said == "unknown":
        later = now.machine + SETTLE_AFTER[policy]
        return Move("unknown", f"nobody knows whether it arrived: {word}", values=(("due_at", later),))
    return refusal(message, said, word, now)


def refusal(message: Message, said: Meaning, word: str, now: Moment) -> Move:
    """A definite no of the recipient: for good, for now, or for the last time. The next try is a first one, as far as
    doubt goes."""
    attempts, first = message.attempts + 1, message.put_off_at or now.machine
    clear = (("attempts", attempts), ("in_data_at", None))
    if said == "refused":
        return Move("refused", word, word, clear)
    due_at = next_try(attempts, first, now.machine, jitter(UNLUCKY, LUCKY), wish(word))
    if due_at is None:
        return Move("refused", f"given up after {attempts} tries: {word}", word, clear)
    return Move("deferred", word, word, (*clear, ("put_off_at", first), ("due_at", _in_time(message, due_at, now))))


def put_off(message: Message, word: str, now: Moment, until: datetime | None = None) -> Move:
    """It is not the recipient who does not want it: it waits, until then or as long as the schedule says, and no try is
    counted. In the end nobody wants it late."""
    first = message.put_off_at or now.machine
    last = first + GIVEN_UP_AFTER
    if now.machine >= last:
        return Move("refused", f"given up after {message.attempts} tries: {word}", word, (("in_data_at", None),))
    due_at = min(until or now.machine + patience(now.machine - first) * jitter(UNLUCKY, LUCKY), last)
    waits = (("in_data_at", None), ("put_off_at", first), ("due_at", _in_time(message, due_at, now)))
    return Move("deferred", word, word, waits)


def _in_time(message: Message, due_at: datetime, now: Moment) -> datetime:
    """Not after it has expired: it is looked at then, and ends as what it is, too late."""
    if message.expires_at is None:
        return due_at
    left: timedelta = max(message.expires_at - now.calendar, timedelta(0))
    return min(due_at, now.machine + left)


class Results:
    """The results that no commit has yet, by the line that got them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: dict[int, list[Result]] = {}
        self._on_their_way: Counter[int] = Counter()  # lines whose results are being written

    def add(self, line: int, result: Result) -> None:
        with self._lock:
            self._waiting.setdefault(line, []).append(result)

    def take(self, line: int) -> Talk[list[Result]]:
        """Those of one line, to be carried by its next write; `put_back` them if that fails.

        What is on its way already comes first: no line may leave two letters in doubt at a death.
        """
        while self._on_their_way[line]:
            yield Lull(elapsed() + PATIENCE / 10)
        with self._lock:
            return self._waiting.pop(line, [])

    def put_back(self, line: int, results: list[Result]) -> None:
        with self._lock:
            self._waiting[line] = results + self._waiting.get(line, [])

    def flush(self, older_than: float = 0.0) -> bool:
        """Write what has waited long enough. False: the database is away, and everything waits on.

        One that meets a fault of ours is told apart, logged and tried again later: it holds up no other.
        """
        now = elapsed()
        with self._lock:
            ripe = [line for line, some in self._waiting.items() if some and now - some[0].since >= older_than]
            taken = {line: self._waiting.pop(line) for line in ripe}
            self._on_their_way.update(ripe)
        try:
            return self._write(taken)
        finally:
            with self._lock:
                self._on_their_way.subtract(ripe)

    def _write(self, taken: Mapping[int, list[Result]]) -> bool:
        if not taken:
            return True
        try:
            _settle_all(self._database, [one for some in taken.values() for one in some])
        except StorageUnavailable:
            for line, some in taken.items():
                self.put_back(line, some)
            return False
        except Exception:
            return self._settle_apart(taken)
        return True

    def _settle_apart(self, taken: Mapping[int, list[Result]]) -> bool:
        """Each by itself, in a commit of its own."""
        left = [(line, one) for line, some in taken.items() for one in some]
        while left:
            line, one = left[0]
            try:
                _settle_all(self._database, [one])
            except StorageUnavailable:
                for line, one in reversed(left):
                    self.put_back(line, [one])
                return False
            except Exception:
                log.exception("a result cannot be written", message=one.message.id, step=one.step.to)
                self.add(FAULTY, replace(one, since=elapsed() + FAULTY_AFTER))
            del left[0]
        return True
