"""Promises word to sales, at most one for each (lead, cycle, channel); what is said, and to whom, is decided before."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, update

from authoring.models.hand_off import Rep
from base.clock import Moment
from base.tokens import new_token
from storage.schema import messages, notifications, webhooks
from storage.upsert import insert_or_ignore

ALERT, NOTICE = "alert", "notify"  # the notifications' templates


@dataclass(frozen=True, slots=True)
class About:
    """The lead that sales is told of, the cycle that it is in, the release that says so, and when."""

    lead_id: int
    cycle: int
    release_id: int | None
    now: Moment


def tell_by_mail(
    conn: Connection, about: About, rep: Rep, context: dict[str, Any], template: str, channel: str
) -> bool:
    """A mail to the rep, with the variables of that template. False: that channel was told already."""
    if not _first(conn, about, channel):
        return False
    row = insert(messages).values(
        lead_id=about.lead_id, klass="notification", occurrence=about.cycle, email=template, locale=rep.locale,
        recipient=rep.email, context=context, token=new_token(), state="due", due_at=about.now.machine, attempts=0,
        release_id=about.release_id, created_at=about.now.calendar,
    )  # fmt: skip
    message_id = conn.execute(row.returning(messages.c.id)).scalar_one()
    _note(conn, about, channel, message_id=message_id)
    return True


def tell_by_webhook(conn: Connection, about: About, name: str, body: dict[str, Any]) -> bool:
    """The same for a [[webhooks]] name of config.toml."""
    channel = f"webhook:{name}"
    if not _first(conn, about, channel):
        return False
    row = insert(webhooks).values(
        lead_id=about.lead_id, channel=name, event_id=f"msg_{new_token()}", type=body["type"], payload=body,
        state="due", due_at=about.now.machine, attempts=0, created_at=about.now.calendar,
    )  # fmt: skip
    webhook_id = conn.execute(row.returning(webhooks.c.id)).scalar_one()
    _note(conn, about, channel, webhook_id=webhook_id)
    return True


def _first(conn: Connection, about: About, channel: str) -> bool:
    """Whether this channel was not told yet of this lead in this cycle; from now on it was."""
    row = {"lead_id": about.lead_id, "cycle": about.cycle, "channel": channel, "at": about.now.calendar}
    return insert_or_ignore(conn, notifications, row) == 1


def _note(conn: Connection, about: About, channel: str, **told: int) -> None:
    ours = (
        (notifications.c.lead_id == about.lead_id)
        & (notifications.c.cycle == about.cycle)
        & (notifications.c.channel == channel)
    )
    conn.execute(update(notifications).where(ours).values(**told))
