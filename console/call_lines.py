"""Calls in the viewer's words: whom to call and when they answer best, how one ended, who is not to be called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection

from authoring.site import Site
from base.calendars import at_local, local_day
from base.translations import msgid
from console.context import Viewer, day, hour, moment, phone_shown, say, say_n
from console.day_lines import when
from console.names import Names
from leads import events
from leads.best_hour import BestHour, best_hour
from leads.callable import not_to_be_called
from leads.facts import Lead
from leads.points import engagement
from leads.scoring import temperature
from reports.calls import RECENT, Call
from reports.lead import Called
from sales.wording import CALL_ENDS, Voice, joined

# What one press says, and what needs another word.
AT_ONCE: tuple[tuple[str, str], ...] = (
    ("reached", msgid("Reached")),
    ("no_answer", msgid("No answer")),
    ("voicemail", msgid("Message left")),
)
WITH_A_WORD: tuple[tuple[str, str], ...] = (
    ("callback", msgid("Call back")),
    ("not_interested", msgid("Not interested")),
    ("wrong_number", msgid("Wrong number")),
    ("objected", msgid("Asks not to be called")),
)
OUTCOMES: Mapping[str, str] = dict((*AT_ONCE, *WITH_A_WORD))
LEFT_ALONE: Mapping[str, str] = {
    "objected": msgid("They asked not to be called."),
    "unsubscribed": msgid("They left all our mail: a call would be no better."),
    "complaint": msgid("They reported our mail as spam."),
    "erased": msgid("They asked to be forgotten once, and have not agreed to anything since."),
    "staff": msgid("Somebody of the staff had this address left alone."),
}


@dataclass(frozen=True, slots=True)
class CallLine:
    """A lead to call; `tried` says what came of the calls so far, `due` that they asked for this one, `best` when they
    answer best, `guessed` if so and `why_best` from what; `alone`: nothing else reaches them."""

    lead_id: int
    name: str
    company: str
    phone: str
    phone_shown: str
    temperature: str
    temperature_name: str
    engagement: int
    stage: str
    tried: str
    due: str
    last: str
    best: str
    guessed: bool
    why_best: str
    alone: bool


def call_line(call: Call, site: Site, who: Viewer, now: datetime) -> CallLine:
    definitions, voice = site.definitions, Voice(site, who.locale, who.zone)
    milli = engagement(call.standing.buckets, definitions, local_day(now, who.zone))
    heat = temperature(milli, definitions)
    act = call.act
    return CallLine(
        lead_id=call.lead.id,
        name=call.lead.name,
        company=joined([call.lead.job_title, call.lead.company, _town(call)]),
        phone=call.lead.phone or "",
        phone_shown=phone_shown(call.lead.phone or ""),
        temperature=heat,
        temperature_name=next(who.speech.text(one.label) for one in definitions.temperatures if one.id == heat),
        engagement=milli,
        stage=call.standing.stage,
        tried=_tried(call),
        due=_asked_for(call, who, now),
        last=f"{voice.action(act)}, {when(act.at, who, now)}" if act else "",
        best=best_in_words(call.hour, who, now),
        guessed=call.hour is not None,
        why_best=why_best(call.hour),
        alone=call.lead.email is None,
    )


def _town(call: Call) -> str:
    """Where they are, as far as it is known: it says what hour it is there, and what to speak of."""
    town = call.lead.fields.get("city")
    return town if isinstance(town, str) else ""


def best_in_words(best: BestHour | None, who: Viewer, now: datetime) -> str:
    """`10–12 h`; where their clocks are others, the viewer's hours; "no guess yet" where too little is known."""
    if best is None:
        return say("no guess yet")
    today = local_day(now, best.zone)
    start, end = (at_local(today, time(one), best.zone) for one in (best.start, best.end))
    return say("best %(start)s–%(end)s", start=hour(start), end=hour(end))


def why_best(best: BestHour | None) -> str:
    """From what it is guessed."""
    if best is None:
        return say("They were seen on too few days, or never twice at the same hours.")
    return say_n(
        "Of %(of)s day on which they did something, they were there at these hours on %(days)s (%(zone)s time).",
        "Of %(of)s days on which they did something, they were there at these hours on %(days)s (%(zone)s time).",
        best.of,
        of=best.of,
        days=best.days,
        zone=best.zone,
    )


def _asked_for(call: Call, who: Viewer, now: datetime) -> str:
    """When they asked to be called, once that has come."""
    if call.outcome != "callback" or call.back_at is None or call.back_at > now:
        return ""
    return say("asked to be called %(when)s", when=when(call.back_at, who, now))


def _tried(call: Call) -> str:
    if not call.tries or call.called_at is None:
        return say("first call")
    tries = say_n("%(count)s call", "%(count)s calls", call.tries)
    last = say(CALL_ENDS.get(call.outcome or "", ""))
    return say("%(tries)s, last on %(day)s: %(outcome)s", tries=tries, day=day(call.called_at, "brief"), outcome=last)


# ---------------------------------------------------------------- what is offered, on both pages


def choices(site: Site, who: Viewer) -> dict[str, Any]:
    """How a call may end, for the buttons and the form beside them."""
    reasons = site.definitions.hand_off.reject_reasons
    return {
        "at_once": [(value, say(text)) for value, text in AT_ONCE],
        "with_a_word": [(value, say(text)) for value, text in WITH_A_WORD],
        "why_not": [(one.id, who.speech.text(one.label)) for one in reasons],
    }


# ---------------------------------------------------------------- on a lead's page


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that was made: how it ended, what was said."""

    outcome: str
    detail: str
    note: str
    at: datetime


def call_parts(
    conn: Connection, lead: Lead, calls: tuple[Called, ...], key: str, site: Site, who: Viewer, now: datetime
) -> dict[str, Any]:
    """The values of the section about calls. `key`: the suppression key."""
    names, best = Names(site, who), best_hour(events.newest(conn, lead.id, RECENT), lead.zone or who.zone)
    why = not_to_be_called(conn, key, [lead]).get(lead.id, "")
    return {
        **choices(site, who),
        "calls": [_past(one, names) for one in calls],
        "best": best_in_words(best, who, now),
        "why_best": why_best(best),
        "left_alone": say(LEFT_ALONE[why]) if why else "",
        "objected": why == "objected",
    }


def _past(call: Called, names: Names) -> PastCall:
    back = say("on %(moment)s", moment=moment(call.back_at)) if call.back_at else ""
    reason = names("reason", call.reason) if call.reason else ""
    return PastCall(say(OUTCOMES.get(call.outcome, call.outcome)), back or reason, call.note or "", call.at)
