"""What staff did, as lines of a lead's story."""

from collections.abc import Callable, Mapping
from datetime import datetime

from base.translations import msgid
from console.context import moment, money, say
from console.lead_filters import source_name
from console.names import Names
from console.telling import Line
from leads.adding import GROUNDS
from leads.facts import Event
from reports.timeline import Entry
from sales.wording import Voice

VERDICTS: Mapping[str, str] = {
    "accepted": msgid("%(who)s accepts the lead"),
    "rejected": msgid("%(who)s rejects the lead"),
    "recycled": msgid("%(who)s recycles the lead"),
    "disqualified": msgid("%(who)s disqualifies the lead"),
}
CALLS: Mapping[str, str] = {
    "reached": msgid("%(who)s called and reached them"),
    "no_answer": msgid("%(who)s called: no answer"),
    "voicemail": msgid("%(who)s called and left a message"),
    "callback": msgid("%(who)s called: to be called back"),
    "not_interested": msgid("%(who)s called: they are not interested"),
    "wrong_number": msgid("%(who)s called: the number is wrong"),
    "objected": msgid("%(who)s called: they ask not to be called any more"),
}
TASKS: Mapping[str, str] = {
    "task_added": msgid("%(who)s plans: %(title)s"),
    "task_done": msgid("%(who)s has done: %(title)s"),
    "task_reopened": msgid("%(who)s takes up again: %(title)s"),
}
SALES: Mapping[str, tuple[str, str]] = {  # event -> what is told, its icon
    "meeting_booked": (msgid("%(who)s books a meeting for %(at)s"), "calendar"),
    "deal_forecast": (msgid("%(who)s forecasts a deal of %(amount)s"), "goal"),
    "deal_won": (msgid("%(who)s wins the deal: %(amount)s"), "check"),
    "deal_lost": (msgid("%(who)s loses the deal"), "x"),
}
KNOWN: Mapping[str, str] = {
    "unknown": msgid("unknown"),
    "no": msgid("no"),
    "partial": msgid("partly"),
    "yes": msgid("yes"),
}


def _who(event: Event, names: Names) -> str:
    return str(event.data.get("staff") or names.rep(event.data.get("by")) or say("Sales"))


def _staff(entry: Entry, icon: str, text: str, **more: str) -> Line:
    return Line(entry.at, "staff", icon, text, **more)  # type: ignore[arg-type]


def _verdict(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    sentence = VERDICTS.get(event.subject or "", msgid("%(who)s gives a verdict"))
    reason = names("reason", str(event.data.get("reason") or ""))
    return _staff(
        entry,
        "check" if event.subject == "accepted" else "undo-2",
        say(sentence, who=_who(event, names)),
        detail=reason,
    )


def _note(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    return _staff(entry, "message-square", say("%(who)s notes", who=_who(event, names)), quote=entry.words or "")


def _call(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    sentence = CALLS.get(event.subject or "", msgid("%(who)s called"))
    back_at, reason = event.data.get("back_at"), event.data.get("reason")
    detail = moment(datetime.fromisoformat(str(back_at))) if back_at else names("reason", str(reason)) if reason else ""
    return _staff(entry, "phone", say(sentence, who=_who(event, names)), quote=entry.words or "", detail=detail)


def _allowed(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    return _staff(entry, "phone", say("%(who)s notes that they may be called again", who=_who(event, names)))


def _moved(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    text = say("%(who)s moves the lead to %(stage)s", who=_who(event, names), stage=names.stage(event.subject or ""))
    return _staff(entry, "flag", text, quote=str(event.data.get("reason") or ""))


def _task(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    title = str(event.data.get("title") or "")
    return _staff(entry, "list-todo", say(TASKS[event.name], who=_who(event, names), title=title))


def _bant(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    labels = {item.id: voice.text(item.label) for item in names.site.definitions.bant}
    what = labels.get(event.subject or "", event.subject or "")  # type: ignore[call-overload]
    value = say(KNOWN.get(str(event.data.get("value")), KNOWN["unknown"]))
    text = say("%(who)s notes %(what)s: %(value)s", who=_who(event, names), what=what, value=value)
    return _staff(entry, "pencil", text, quote=str(event.data.get("note") or ""))


def _assigned(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    rep = names.rep(event.subject)
    sentence = msgid("%(who)s gives the lead to %(rep)s") if rep else msgid("%(who)s gives the lead to nobody")
    reason = str(event.data.get("reason") or "")
    before = names.rep(str(event.data.get("before") or ""))
    detail = say("Before: %(rep)s.", rep=before) if before else ""
    return _staff(entry, "user-plus", say(sentence, who=_who(event, names), rep=rep), quote=reason, detail=detail)


def _escalated(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    rep = names.rep(str(event.data.get("to") or ""))
    return Line(entry.at, "machine", "bell", say(ESCALATED.get(event.subject or "", ESCALATED["tell"]), rep=rep))


def _sold(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    sentence, icon = SALES[event.name]
    told = event.data
    values = {"who": _who(event, names)}
    if "amount" in told:
        values["amount"] = money(int(told["amount"]), names.site.definitions.deals.currency)
    if "starts_at" in told:
        values["at"] = moment(datetime.fromisoformat(str(told["starts_at"])))
    reason = names("reason", str(told["reason"])) if told.get("reason") else ""
    return _staff(entry, icon, say(sentence, **values), detail=reason)


def _taken_back(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    text = say("%(who)s takes the alert back: it rested on hits of a machine", who=_who(event, names))
    return _staff(entry, "undo-2", text)


def _added(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    told = event.data
    text = say("%(who)s adds the lead: %(source)s", who=_who(event, names), source=source_name(event.subject))
    ground = say("Ground: %(ground)s.", ground=say(GROUNDS.get(str(told.get("ground")), "")))
    because = [ground, *([str(told["note"])] if told.get("note") else [])]
    return _staff(entry, "user-plus", text, quote=str(told.get("interest") or ""), detail=" ".join(because))


ESCALATED: Mapping[str, str] = {
    "remind": msgid("Nobody had answered the alert: %(rep)s is reminded"),
    "tell": msgid("Nobody had answered the alert: %(rep)s is told as well"),
    "reassign": msgid("Nobody had answered the alert: the lead goes to %(rep)s"),
}
Tell = Callable[[Entry, Event, Voice, Names], Line]
OF_STAFF: Mapping[str, Tell] = {
    "verdict_given": _verdict,
    "alert_withdrawn": _taken_back,
    "note_added": _note,
    "call_logged": _call,
    "calls_allowed": _allowed,
    "stage_moved": _moved,
    "task_added": _task,
    "task_done": _task,
    "task_reopened": _task,
    "bant_noted": _bant,
    "lead_assigned": _assigned,
    "lead_added": _added,
    "alert_escalated": _escalated,
    **dict.fromkeys(SALES, _sold),
}
