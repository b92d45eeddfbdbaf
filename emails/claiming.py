"""Takes due messages in hand: claimed, looked at, frozen, with everything at hand to write them out."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import structlog
from sqlalchemy import Connection, bindparam, exists, or_, select, update

from authoring.releases import Releases
from base.clock import Moment, elapsed
from emails.compile import CompiledEmail, CompileError
from emails.freezing import FROZEN, Door, Material, freeze, gather
from emails.looks import look, wanted
from emails.obstacles import detours
from emails.press import Press
from emails.results import Result, Results, refusal
from emails.states import Message, Move, move
from emails.texts import Texts
from storage import claims
from storage.among import among
from storage.database import Database
from storage.holders import Holder
from storage.prepared import Prepared
from storage.schema import messages
from storage.trouble import StorageUnavailable

AT_ONCE = 200  # deferred messages made due in one go
SPARING = 20  # times as long as a look for urgent mail took, until the next: behind a broadcast it is a long look

log = structlog.get_logger(__name__)

# Built once: they run for every batch, and the second for every letter.
_DUE = or_(messages.c.state == "due", messages.c.state == "deferred") & (messages.c.due_at <= bindparam("machine"))
_WANTED = wanted(bindparam("calendar"))
_WAITING = Prepared(select(exists().where(_DUE, _WANTED)))
_URGENT = Prepared(
    select(messages.c.id)
    .where(_DUE, _WANTED, messages.c.klass != "marketing")
    .order_by(messages.c.due_at, messages.c.id)
    .limit(bindparam("limit"))
)
_RESTED = (messages.c.state == "deferred") & (messages.c.due_at <= bindparam("machine"))
_DEFERRED = Prepared(
    select(messages.c.id).where(_RESTED, _WANTED).order_by(messages.c.due_at).limit(bindparam("limit"))
)
_WAKE = Prepared(update(messages).where(_RESTED, among(messages.c.id, "those")).values(state="due"))
_OURS = (
    (messages.c.state == "claimed")
    & (messages.c.holder == bindparam("ours"))
    & (messages.c.fence == bindparam("fenced"))
)
_FREEZE = Prepared(
    update(messages)
    .where(messages.c.id == bindparam("this"), _OURS)
    .values({name: bindparam(f"new_{name}") for name in FROZEN})
)
_STILL_OURS = Prepared(select(messages.c.id).where(among(messages.c.id, "those"), _OURS))


@dataclass(frozen=True, slots=True)
class InHand:
    """A claimed and frozen message with its text, and who claimed it."""

    message: Message
    text: CompiledEmail
    holder: Holder


@dataclass(frozen=True, slots=True)
class _Made:
    """A claimed message with its text; `columns` are to be frozen, None when they are."""

    message: Message
    text: CompiledEmail
    columns: Mapping[str, Any] | None


class Claims:
    """Takes messages from the table for one sender."""

    def __init__(
        self, database: Database, releases: Releases, press: Press, door: Door, suppression_key: str, results: Results
    ) -> None:
        self._database, self._texts, self._results = database, Texts(database, releases), results
        self._press, self._door, self._key = press, door, suppression_key
        self._urgent_at = 0.0

    def anything_due(self, now: Moment) -> bool:
        """A cheap look without the pen."""
        with self._database.read() as conn:
            return bool(_WAITING.value(conn, {"machine": now.machine, "calendar": now.calendar}))

    def take(self, holder: Holder, now: Moment, limit: int) -> list[InHand] | None:
        """Up to `limit` messages ready to leave, what somebody waits for before any broadcast, the longest due first.

        Those that may not leave were sent elsewhere.
        Empty when all of them were, and more may be due; None when nothing is. Raises StorageUnavailable; what was
        claimed by then is given back later, whatever is raised.
        """
        urgent = self._urgent(now, limit)
        claimed, taken, materials = self._database.write(lambda conn: self._claim(conn, holder, now, limit, urgent))
        if not claimed:
            return None
        try:
            made = [self._make(message, materials[message.id], holder, now) for message in taken]
            return self._freeze([one for one in made if one is not None], holder)
        except Exception:
            for message in taken:
                self._note(message, holder, Move("due"), now)
            raise

    def _urgent(self, now: Moment, limit: int) -> Sequence[int]:
        """Due mail that is not marketing, found without the pen; empty when that was looked for just now."""
        begun = elapsed()
        if begun < self._urgent_at:
            return ()
        with self._database.read() as conn:
            due = {"machine": now.machine, "calendar": now.calendar, "limit": limit}
            found = [row.id for row in _URGENT.rows(conn, due)]
        self._urgent_at = 0.0 if len(found) == limit else begun + SPARING * (elapsed() - begun)
        return found

    def _claim(
        self, conn: Connection, holder: Holder, now: Moment, limit: int, urgent: Sequence[int]
    ) -> tuple[int, list[Message], dict[int, Material]]:
        """How many were claimed, those of them that may leave, and what to freeze them with."""
        _wake_deferred(conn, now, urgent)
        taken = claims.claim_these(conn, messages, holder, now.machine, urgent) if urgent else []
        if (room := limit - len(taken)) > 0:
            taken += claims.claim(conn, messages, holder, now.machine, room, _WANTED, calendar=now.calendar)
        elsewhere = {**detours(conn, taken, now), **look(conn, taken, now, self._key)}
        for message in taken:
            if message.id in elsewhere:
                move(conn, message, "claimed", elsewhere[message.id], now, holder)
        staying = [message for message in taken if message.id not in elsewhere]
        return len(taken), staying, gather(conn, staying)

    def _make(self, message: Message, material: Material, holder: Holder, now: Moment) -> _Made | None:
        """The message with its text; None when there is no text for it, which is nobody's fault outside."""
        try:
            if message.compiled_hash is not None:
                with self._database.read() as conn:
                    return _Made(message, self._press.by_hash(conn, message.compiled_hash), None)
            site = self._texts.site_for(message)
            text = self._press.compiled(site, message)
            return _Made(message, text, freeze(message, material, text, site, self._door, now))
        except StorageUnavailable:
            raise
        except (CompileError, LookupError) as error:
            log.error("a mail cannot be written", message=message.id, email=message.email, exc_info=error)
            self._note(message, holder, Move("failed", str(error)), now)
        except Exception as error:  # a fault of ours must not hold up the others, nor lose this one
            log.error("a mail met a fault", message=message.id, email=message.email, exc_info=error)
            self._note(message, holder, refusal(message, "deferred", f"unexpected: {error!r}", now), now)
        return None

    def _freeze(self, made: Sequence[_Made], holder: Holder) -> list[InHand]:
        fresh = [one for one in made if one.columns is not None]
        rows = self._database.write(lambda conn: _frozen(conn, self._press, fresh, holder)) if fresh else {}
        lost = {one.message.id for one in fresh} - rows.keys()  # taken away from us meanwhile
        return [
            InHand(rows.get(one.message.id, one.message), one.text, holder)
            for one in made
            if one.message.id not in lost
        ]

    def _note(self, message: Message, holder: Holder, step: Move, now: Moment) -> None:
        self._results.add(0, Result(message, holder, ("claimed",), step, now))


def _wake_deferred(conn: Connection, now: Moment, urgent: Sequence[int]) -> None:
    rested = _DEFERRED.rows(conn, {"machine": now.machine, "calendar": now.calendar, "limit": AT_ONCE})
    if woken := {*urgent, *(row.id for row in rested)}:
        _WAKE.count(conn, {"machine": now.machine, "those": woken})


def _frozen(conn: Connection, press: Press, fresh: Sequence[_Made], holder: Holder) -> dict[int, Message]:
    """The frozen messages as they stand in the table; those that were taken away from us meanwhile are left out."""
    for text in {one.text.hash: one.text for one in fresh}.values():
        press.keep(conn, text)
    ours, those = {"ours": holder.id, "fenced": holder.fence}, {one.message.id for one in fresh}
    rows = [{"this": one.message.id, **ours, **_renamed(one.columns or {})} for one in fresh]
    if _FREEZE.many(conn, rows) != len(rows):
        those = {row.id for row in _STILL_OURS.rows(conn, {"those": those, **ours})}
    return {one.message.id: _as_frozen(one) for one in fresh if one.message.id in those}


def _as_frozen(one: _Made) -> Message:
    """The row as it would be read now."""
    return cast(Message, _row()(*one.message)._replace(**(one.columns or {})))


@cache
def _row() -> Any:
    return namedtuple("Row", messages.c.keys())


def _renamed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": columns[name] for name in FROZEN}
