"""May this message leave now? Asked cheaply at the claim and again, for good, in the transaction of the intent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, exists, func, literal, not_, select
from sqlalchemy.sql import ColumnElement

from base.clock import Moment
from emails.states import Message, Move
from emails.telling import Wake, hold_wakes
from leads import consent, strictness
from storage.among import among
from storage.prepared import Prepared
from storage.schema import enrolments, leads, messages, switches, wakes

FOLD_SECONDS, SWITCH_SECONDS = 1, 60  # how long a message steps aside for the engine, and for whoever switched mail off
EVERYTHING = "all"


# Built once: these run for every single letter.
_CLASS = literal("class:") + messages.c.klass  # a whole class of mail may be switched off
_OFF = exists(switches.c.name).where(switches.c.off, switches.c.name.in_((messages.c.sequence, EVERYTHING, _CLASS)))
_STANDS_FOR = exists(wakes.c.lead_id).where(wakes.c.survivor_id == messages.c.lead_id)
_KNOWN = Prepared(
    select(
        messages.c.id,
        leads.c.email,
        leads.c.merged_into,
        enrolments.c.state.label("enrolment"),
        _OFF.label("off"),
        _STANDS_FOR.label("stands_for_others"),
    )
    .select_from(
        messages.join(leads, leads.c.id == messages.c.lead_id).outerjoin(
            enrolments, enrolments.c.id == messages.c.enrolment_id
        )
    )
    .where(among(messages.c.id, "ids"))
)
_OFFS = select(switches.c.name).where(switches.c.off).scalar_subquery()  # asked once, not for every row
_ALL_OFF = literal(EVERYTHING).in_(_OFFS)
_HELD_BACK = _ALL_OFF | func.coalesce(messages.c.sequence, EVERYTHING).in_(_OFFS) | _CLASS.in_(_OFFS)
_UNTHAWED = messages.c.compiled_hash.is_not(None) & (messages.c.attempts == 0) & messages.c.resent_at.is_(None)


def wanted(calendar_now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Condition on a due message: it is worth a claim. One that is switched off rests where it is, however many they
    are; it is claimed to be thawed, once, or when its time has passed.
    """
    return not_(_HELD_BACK) | _UNTHAWED | (messages.c.expires_at <= calendar_now)


@dataclass(frozen=True, slots=True)
class View:
    """What is known at this instant about some messages."""

    now: Moment
    known: Mapping[int, Any]  # by message: email, merged_into, enrolment (its state), off (a switch), stands_for_others
    wakes: Mapping[int, Wake]  # by lead
    grounds: Mapping[int, Mapping[str, str]]  # by lead, the topics it may be written to about
    hashes: Mapping[int, str]  # by message, of its recipient's address
    suppressed: Mapping[str, set[str]]  # by hash
    left: Collection[int]  # leads one of whose other addresses is left alone by marketing


def look(
    conn: Connection,
    some: Sequence[Message],
    now: Moment,
    suppression_key: str,
    held: Mapping[int, Wake] | None = None,
) -> dict[int, Move]:
    """For each of `some` messages that may not leave, where it goes instead. In the order of the RULES.

    On PostgreSQL the wakes are held until the commit: whoever unsubscribes comes before this look, or after the intent.
    `held` are those that the caller holds already, as they stand now.
    """
    if not some:
        return {}
    stirred = hold_wakes(conn, [message.lead_id for message in some]) if held is None else held
    view = _view(conn, some, now, suppression_key, stirred)
    asked = {message.id: next(filter(None, (rule(message, view) for rule in RULES)), None) for message in some}
    return {id: refusal for id, refusal in asked.items() if refusal is not None}


def _view(conn: Connection, some: Sequence[Message], now: Moment, key: str, stirred: Mapping[int, Wake]) -> View:
    known = {row.id: row for row in _KNOWN.rows(conn, {"ids": [message.id for message in some]})}
    hashes = {m.id: consent.address_hash(key, to) for m in some if m.id in known and (to := _receiver(m, known[m.id]))}
    written_to = [m.lead_id for m in some if m.klass == "marketing"]
    merged = {m.lead_id for m in some if m.lead_id in written_to and m.id in known and known[m.id].stands_for_others}
    return View(
        now=now,
        known=known,
        wakes=stirred,
        grounds=consent.grounds(conn, written_to, merged),
        hashes=hashes,
        suppressed=consent.suppressed(conn, set(hashes.values())),
        left=strictness.left_by_others(conn, key, merged),
    )


def _receiver(message: Message, row: Any) -> str | None:
    to: str | None = message.recipient or row.email
    return to


def _erased(message: Message, view: View) -> Move | None:
    """It is in our hands and nowhere else: its lead was erased since it was claimed."""
    return None if message.id in view.known else Move("withdrawn", "erased")


def _too_late(message: Message, view: View) -> Move | None:
    late = message.expires_at is not None and message.expires_at <= view.now.calendar
    return Move("expired", "its time has passed") if late else None


def _nobody(message: Message, view: View) -> Move | None:
    if message.klass == "notification":
        return None
    if view.known[message.id].merged_into is not None:
        return Move("withdrawn", "merged")
    return None if message.id in view.hashes else Move("withdrawn", "no address")


def _suppressed(message: Message, view: View) -> Move | None:
    scopes = view.suppressed.get(view.hashes.get(message.id, ""), set())
    left = "marketing" in scopes or message.lead_id in view.left
    touched = EVERYTHING in scopes or (message.klass == "marketing" and left)
    return Move("withdrawn", "suppressed") if touched and message.klass != "notification" else None


def _without_consent(message: Message, view: View) -> Move | None:
    if message.klass != "marketing" or message.topic in view.grounds.get(message.lead_id, {}):
        return None
    return Move("withdrawn", "no consent")


def _left(message: Message, view: View) -> Move | None:
    if message.enrolment_id is None or message.klass == "notification":
        return None
    # Over is not left: only a person sends a mail of an enrolment that has come to its end (`emails.settling`).
    return Move("withdrawn", "left") if view.known[message.id].enrolment == "left" else None


def _switched_off(message: Message, view: View) -> Move | None:
    """A switch holds mail back, it loses none. What was frozen and not yet tried is frozen anew: texts get mended."""
    if not view.known[message.id].off:
        return None
    later = ("due_at", view.now.machine + timedelta(seconds=SWITCH_SECONDS))
    untried = message.attempts == 0 and message.resent_at is None
    return Move("due", "switched off", values=(later, *_THAWED) if untried else (later,))


def _before_the_fold(message: Message, view: View) -> Move | None:
    """A marketing mail waits until the engine has taken in whatever the lead just did: it may be their leaving."""
    wake = view.wakes.get(message.lead_id)
    if message.klass != "marketing" or wake is None or wake.seq == wake.folded_seq:
        return None
    return Move("due", values=(("due_at", view.now.machine + timedelta(seconds=FOLD_SECONDS)),))


_THAWED = (("compiled_hash", None), ("message_id", None), ("dated", None))
RULES: tuple[Callable[[Message, View], Move | None], ...] = (
    _erased,
    _too_late,
    _nobody,
    _suppressed,
    _without_consent,
    _left,
    _switched_off,
    _before_the_fold,
)
