"""What a death leaves behind: claimed messages are simply due again, those in the middle of a letter are in doubt.

Doubt is listed, never silently sent again; it is settled by evidence, by the policy of the text, or by a person.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, exists, select

from base.clock import Moment
from emails import paces
from emails.results import SETTLE_AFTER
from emails.settling import ends_as
from emails.states import Message, Move, move
from storage import claims, holders
from storage.database import Database
from storage.holders import orphaned
from storage.schema import compiled, events, messages

AT_ONCE = 200
# Hits that name the message whose link was followed, by a human or a machine: it arrived.
_PROOFS = ("link_clicked", "asset_downloaded")
_PROVEN = exists().where(
    events.c.lead_id == messages.c.lead_id,
    events.c.name.in_(_PROOFS),
    events.c.data["message_id"].as_integer() == messages.c.id,
)

log = structlog.get_logger(__name__)


def recover(database: Database, now: Moment) -> int:
    """Bury who was unseen for a minute, give back what they held, settle doubts that are ripe; returns how many."""
    return database.write(lambda conn: _recover(conn, now))


def _recover(conn: Connection, now: Moment) -> int:
    holders.bury(conn, now.machine)
    paces.forget(conn, now.machine)
    given_back = claims.take_back(conn, messages)
    doubtful = _some(conn, (messages.c.state == "in_data") & orphaned(messages))
    for message in doubtful:
        move(conn, message, "in_data", _doubt(conn, message, now), now, None)
    proven = _some(conn, (messages.c.state == "unknown") & _PROVEN)
    for message in proven:
        move(conn, message, "unknown", Move("settled_delivered", "a link of it was followed"), now, None)
    ripe = _some(conn, (messages.c.state == "unknown") & (messages.c.due_at <= now.machine))
    for message in ripe:
        move(conn, message, "unknown", _settlement(conn, message, now.machine), now, None)
    settled = len(proven) + len(ripe)
    if given_back or doubtful or settled:
        log.warning("recovered messages", due_again=given_back, in_doubt=len(doubtful), settled=settled)
    return given_back + len(doubtful) + settled


def _some(conn: Connection, which: object) -> Sequence[Message]:
    return conn.execute(select(messages).where(which).order_by(messages.c.id).limit(AT_ONCE)).all()  # type: ignore[arg-type]


def _doubt(conn: Connection, message: Message, now: Moment) -> Move:
    later = now.machine + SETTLE_AFTER[_policy(conn, message)]
    why = f"the sender (holder {message.holder}) died while the server was taking it"
    return Move("unknown", why, values=(("due_at", later),))


def _settlement(conn: Connection, message: Message, machine_now: datetime) -> Move:
    if ends_as(message, _policy(conn, message)) == "again":
        freed = (("holder", None), ("fence", None), ("due_at", machine_now), ("in_data_at", None))
        return Move("due", "sent again after doubt", values=(*freed, ("resent_at", machine_now)))
    return Move("settled_delivered", "believed to have arrived: no sign that it did not")


def _policy(conn: Connection, message: Message) -> str:
    kept = select(compiled.c.constants).where(compiled.c.hash == message.compiled_hash)
    constants = conn.execute(kept).scalar_one_or_none() or {}
    return str(constants.get("on_unknown", "hold"))
