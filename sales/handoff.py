"""Hands a lead to sales: routing, brief, alert and webhooks, promised in the engine's transaction, once per cycle."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select, update

from authoring.models.definitions import HandOff, Rep
from authoring.site import Site
from base.calendars import Zone, add
from base.clock import Moment
from base.durations import parse_duration
from base.tokens import new_token
from leads import events
from leads.facts import Facts, Lead
from leads.groups import group
from sales.again import answered, notice
from sales.alert import mail_context, webhook_body
from sales.brief import HAND_RAISE, Dossier, Submitted, brief
from sales.wording import Voice
from storage.schema import hand_offs, leads, messages, notifications, submissions, webhooks
from storage.upsert import insert_for, insert_or_ignore

LOOKED_BACK = 60  # events read for the brief's last actions
FORMS_READ = 10
REPLY = "reply"  # the reason of a call that tells of an answer
ALERT, AGAIN = "alert", "notify"  # the notifications' templates
LEAD_PAGE = "/console/leads"


class HandOffCall(Protocol):
    """What the engine knows when a lead reaches a stage that is handed to sales, or (`again`) raises a hand where sales
    has it already; `facts` are those after the move."""

    @property
    def facts(self) -> Facts: ...
    @property
    def stage(self) -> str: ...
    @property
    def cycle(self) -> int: ...
    @property
    def event_seq(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def site(self) -> Site: ...
    @property
    def now(self) -> Moment: ...
    @property
    def again(self) -> bool: ...


def open_hand_off(conn: Connection, call: HandOffCall, *, base_url: str, zone: Zone) -> None:
    """Open the hand-off of this lead and cycle and tell sales; a second call for the same cycle does nothing.

    A call `again` opens nothing: the rep who has the lead is told, once for each event, that a hand was raised or that
    the lead has answered a mail.

    `zone` is the site's: what its people read on the wall.
    """
    lead, chosen = call.facts.lead, call.site.definitions.hand_off
    rep = route(lead, chosen, None if call.again else promised(call.site, call.reason))
    voice = Voice(call.site, rep.locale, zone)
    if call.again:
        _tell_again(conn, call, rep, voice, base_url.rstrip("/"))
        return
    token = new_token()
    dossier = _dossier(conn, call, zone)
    told = brief(dossier, rep, voice, f"{base_url.rstrip('/')}/v/{token}")
    hand_off_id = _open(conn, call, rep, token, dossier.answer_by, told)
    if hand_off_id is None:
        return
    if lead.owner != rep.id:
        conn.execute(update(leads).where(leads.c.id == lead.id).values(owner=rep.id))
    _tell_by_mail(conn, call, rep, mail_context(told, call.reason, voice), ALERT, f"mail:{rep.id}")
    body = webhook_body(told, lead, call.facts.standing, call.reason, call.now)
    for channel in chosen.channels:
        _tell_by_webhook(conn, call, channel, body)


def route(lead: Lead, chosen: HandOff, named: str | None = None) -> Rep:
    """The rep whom the form names, else the lead's own; without either, or once they have left, a lead goes round all
    of them by its number."""
    reps = {rep.id: rep for rep in chosen.reps}
    known = (reps[name] for name in (named, lead.owner) if name is not None and name in reps)
    return next(known, chosen.reps[lead.id % len(chosen.reps)])


def promised(site: Site, reason: str) -> str | None:
    """The rep whom the form that raised the hand names; None when it names none, or when no hand was raised."""
    by, _, form = reason.partition(": ")
    known = site.forms.get(form) if by == HAND_RAISE else None
    return known.rep if known else None


def _tell_again(conn: Connection, call: HandOffCall, rep: Rep, voice: Voice, base_url: str) -> None:
    lead_id = call.facts.lead.id
    newest = select(hand_offs.c.token).where(hand_offs.c.lead_id == lead_id).order_by(hand_offs.c.id.desc()).limit(1)
    token = conn.execute(newest).scalar_one_or_none()
    url = f"{base_url}/v/{token}" if token else f"{base_url}{LEAD_PAGE}/{lead_id}"
    dossier = _dossier(conn, call, voice.zone)
    kind = call.reason.partition(":")[0]
    if kind == REPLY:
        context = answered(dossier, rep, voice, url)
    else:
        context = notice(replace(dossier, submitted=_submitted(conn, lead_id, call.event_seq)), rep, voice, url)
    _tell_by_mail(conn, call, rep, context, AGAIN, f"mail:{rep.id}:{kind}:{call.event_seq}")


def _dossier(conn: Connection, call: HandOffCall, zone: Zone) -> Dossier:
    now = call.now.calendar
    within = parse_duration(call.site.definitions.hand_off.answer_within)
    return Dossier(
        facts=call.facts,
        stage=call.stage,
        cycle=call.cycle,
        event_seq=call.event_seq,
        reason=call.reason,
        recent=events.newest(conn, call.facts.lead.id, LOOKED_BACK),
        submitted=_submitted(conn, call.facts.lead.id),
        answer_by=add(now, within, zone),
        now=now,
    )


def _submitted(conn: Connection, lead_id: int, event_seq: int | None = None) -> list[Submitted]:
    """The lead's newest forms; with `event_seq`, the one that this event tells of."""
    columns = (submissions.c.form, submissions.c.answers, submissions.c.at)
    newest = select(*columns).where(submissions.c.lead_id.in_(group(conn, lead_id))).order_by(submissions.c.id.desc())
    if event_seq is not None:
        newest = newest.where(submissions.c.event_seq == event_seq)
    return [Submitted(*row) for row in conn.execute(newest.limit(FORMS_READ))]


def _open(
    conn: Connection, call: HandOffCall, rep: Rep, token: str, answer_by: datetime, told: dict[str, Any]
) -> int | None:
    row = insert_for(conn, hand_offs).values(
        lead_id=call.facts.lead.id,
        cycle=call.cycle,
        stage=call.stage,
        owner=rep.id,
        token=token,
        brief=told,
        opened_at=call.now.calendar,
        answer_by=answer_by,
        event_seq=call.event_seq,
        release_id=call.site.release_id,
    )
    once = row.on_conflict_do_nothing(index_elements=["lead_id", "cycle"]).returning(hand_offs.c.id)
    opened: int | None = conn.execute(once).scalar_one_or_none()
    return opened


def _tell_by_mail(
    conn: Connection, call: HandOffCall, rep: Rep, context: dict[str, Any], template: str, channel: str
) -> None:
    if not _first(conn, call, channel):
        return
    row = insert(messages).values(
        lead_id=call.facts.lead.id,
        klass="notification",
        occurrence=call.cycle,
        email=template,
        locale=rep.locale,
        recipient=rep.email,
        context=context,
        token=new_token(),
        state="due",
        due_at=call.now.machine,
        attempts=0,
        release_id=call.site.release_id,
        created_at=call.now.calendar,
    )
    message_id = conn.execute(row.returning(messages.c.id)).scalar_one()
    _note(conn, call, channel, message_id=message_id)


def _tell_by_webhook(conn: Connection, call: HandOffCall, name: str, body: dict[str, Any]) -> None:
    if not _first(conn, call, f"webhook:{name}"):
        return
    row = insert(webhooks).values(
        lead_id=call.facts.lead.id,
        channel=name,
        event_id=f"msg_{new_token()}",
        type=body["type"],
        payload=body,
        state="due",
        due_at=call.now.machine,
        attempts=0,
        created_at=call.now.calendar,
    )
    webhook_id = conn.execute(row.returning(webhooks.c.id)).scalar_one()
    _note(conn, call, f"webhook:{name}", webhook_id=webhook_id)


def _first(conn: Connection, call: HandOffCall, channel: str) -> bool:
    """Whether this channel was not told yet of this lead in this cycle; from now on it was."""
    row = {"lead_id": call.facts.lead.id, "cycle": call.cycle, "channel": channel, "at": call.now.calendar}
    return insert_or_ignore(conn, notifications, row) == 1


def _note(conn: Connection, call: HandOffCall, channel: str, **told: int) -> None:
    ours = (
        (notifications.c.lead_id == call.facts.lead.id)
        & (notifications.c.cycle == call.cycle)
        & (notifications.c.channel == channel)
    )
    conn.execute(update(notifications).where(ours).values(**told))
