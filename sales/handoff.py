"""Hands a lead to sales: routing, brief, alert and webhooks, promised in the engine's transaction, once per cycle."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select, update

from authoring.site import Site
from base.calendars import Zone, local_day
from base.clock import Moment
from base.tokens import new_token
from leads import events, outside
from leads.bant import noted_of
from leads.facts import Facts
from leads.groups import group
from leads.hands import form_of
from sales import routing, service
from sales.absences import away_on
from sales.again import answered, notice
from sales.alert import mail_context, webhook_body
from sales.brief import Dossier, Submitted, brief
from sales.rounds import take_turn
from sales.routing import Found, Routed
from sales.telling import ALERT, NOTICE, About, tell_by_mail, tell_by_webhook
from sales.wording import Voice
from storage.schema import hand_offs, leads, submissions

LOOKED_BACK = 60  # events read for the brief's last actions
FORMS_READ = 10
REPLY = "reply"  # the reason of a call that tells of an answer
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
    base_url = base_url.rstrip("/")
    if call.again:
        _tell_again(conn, call, zone, base_url)
    elif not _is_open(conn, call):  # whose turn it is is asked once
        _open(conn, call, zone, base_url)


def find(conn: Connection, facts: Facts, site: Site, now: datetime, zone: Zone, reason: str = "") -> Found:
    """Among whom such a lead goes today; `reason`: why it is handed over, where a form may have promised somebody."""
    away = away_on(conn, site.definitions.hand_off, local_day(now, zone))
    return routing.find(facts, site.definitions, promised(site, reason), away, now)


def promised(site: Site, reason: str) -> tuple[str, str] | None:
    """The form that raised the hand and the rep whom it names; None when it names none, or no hand was raised."""
    form = form_of(reason)
    known = site.forms.get(form) if form is not None else None
    return (form, known.rep) if form is not None and known and known.rep else None


def _open(conn: Connection, call: HandOffCall, zone: Zone, base_url: str) -> None:
    found = find(conn, call.facts, call.site, call.now.calendar, zone, call.reason)
    routed = take_turn(conn, found)
    rep = next(one for one in call.site.definitions.hand_off.reps if one.id == routed.rep)
    voice, token, lead = Voice(call.site, rep.locale, zone), new_token(), call.facts.lead
    dossier = replace(_dossier(conn, call, zone), routed=routed)
    told = brief(dossier, rep, voice, f"{base_url}/v/{token}")
    _keep(conn, call, routed, token, told, zone)
    if lead.owner != rep.id:
        conn.execute(update(leads).where(leads.c.id == lead.id).values(owner=rep.id))
    about = _about(call)
    tell_by_mail(conn, about, rep, mail_context(told, call.reason, voice), ALERT, f"mail:{rep.id}")
    lead_url, called = f"{base_url}{LEAD_PAGE}/{lead.id}", outside.named_by_systems(conn, [lead.id])[lead.id]
    body = webhook_body(told, call.facts, call.reason, lead_url, called, call.now)
    for channel in call.site.definitions.hand_off.channels:
        tell_by_webhook(conn, about, channel, body)


def _about(call: HandOffCall) -> About:
    return About(call.facts.lead.id, call.cycle, call.site.release_id, call.now)


def _is_open(conn: Connection, call: HandOffCall) -> bool:
    theirs = (hand_offs.c.lead_id == call.facts.lead.id) & (hand_offs.c.cycle == call.cycle)
    return conn.execute(select(hand_offs.c.id).where(theirs)).first() is not None


def _tell_again(conn: Connection, call: HandOffCall, zone: Zone, base_url: str) -> None:
    """To the rep who has the lead; while they are away, to whom it would go then, though it stays theirs."""
    lead = call.facts.lead
    rep = find(conn, call.facts, call.site, call.now.calendar, zone).reps[0]
    theirs = (hand_offs.c.lead_id == lead.id) & (hand_offs.c.owner == rep.id)
    newest = select(hand_offs.c.token).where(theirs).order_by(hand_offs.c.id.desc()).limit(1)
    token = conn.execute(newest).scalar_one_or_none()
    url = f"{base_url}/v/{token}" if token else f"{base_url}{LEAD_PAGE}/{lead.id}"
    voice, dossier = Voice(call.site, rep.locale, zone), _dossier(conn, call, zone)
    kind = call.reason.partition(":")[0]
    if kind == REPLY:
        context = answered(dossier, rep, voice, url)
    else:
        context = notice(replace(dossier, submitted=submitted(conn, lead.id, call.event_seq)), rep, voice, url)
    tell_by_mail(conn, _about(call), rep, context, NOTICE, f"mail:{rep.id}:{kind}:{call.event_seq}")


def _dossier(conn: Connection, call: HandOffCall, zone: Zone) -> Dossier:
    now = call.now.calendar
    return Dossier(
        facts=call.facts,
        stage=call.stage,
        cycle=call.cycle,
        event_seq=call.event_seq,
        reason=call.reason,
        recent=events.newest(conn, call.facts.lead.id, LOOKED_BACK),
        submitted=submitted(conn, call.facts.lead.id),
        answer_by=service.answer_by(call.site.definitions.hand_off, now, zone),
        now=now,
        noted=noted_of(conn, call.facts.lead.id),
    )


def submitted(conn: Connection, lead_id: int, event_seq: int | None = None) -> list[Submitted]:
    """The lead's newest forms; with `event_seq`, the one that this event tells of."""
    columns = (submissions.c.form, submissions.c.answers, submissions.c.at)
    newest = select(*columns).where(submissions.c.lead_id.in_(group(conn, lead_id))).order_by(submissions.c.id.desc())
    if event_seq is not None:
        newest = newest.where(submissions.c.event_seq == event_seq)
    return [Submitted(*row) for row in conn.execute(newest.limit(FORMS_READ))]


def _keep(conn: Connection, call: HandOffCall, routed: Routed, token: str, told: dict[str, Any], zone: Zone) -> None:
    chosen, now = call.site.definitions.hand_off, call.now.calendar
    first = service.next_step(chosen, now, (), zone)
    row = insert(hand_offs).values(
        lead_id=call.facts.lead.id,
        cycle=call.cycle,
        stage=call.stage,
        owner=routed.rep,
        routed=routed.as_json(),
        token=token,
        brief=told,
        opened_at=now,
        answer_by=service.answer_by(chosen, now, zone),
        escalate_at=first[0] if first is not None else None,
        event_seq=call.event_seq,
        release_id=call.site.release_id,
    )
    conn.execute(row)
