"""Alerts: which wait and how long yet, what was done about it, who answered first; and who of sales is not there."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Response, abort, g, make_response, redirect, request, url_for

from base.calendars import local_day
from base.translations import msgid
from console.access import RUNNING, SEES_EVERY_LEAD, SELLING
from console.context import Viewer, draw, say, say_n, viewer
from console.door import ConsoleDoor
from console.hands import SAID
from console.names import Names
from console.posted import NO_REP
from console.routes import Route
from console.traces import clerk
from reports.alerts import Alert, answered_alerts, open_alerts
from sales import absences
from sales.absences import Away
from sales.routing import Routed, why
from sales.wording import Voice

SHOWN_DAYS = 7
NO_DAYS = msgid("Two days are needed, the first before the last: nothing was noted.")
DONE = {
    "noted": msgid("Noted: new leads go to others on these days."),
    "back": msgid("Taken back: new leads come again."),
}
# What was done about an alert that waited.
STEPS: Mapping[str, str] = {
    "remind": msgid("%(rep)s was reminded"),
    "tell": msgid("%(rep)s was told as well"),
    "reassign": msgid("given to %(rep)s"),
}


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def _page(door: ConsoleDoor, wrong: str = "", status: int = 200) -> Response:
    site, who, now = door.site(), viewer(), g.moment.calendar
    owners = None if who.role in SEES_EVERY_LEAD else ((who.rep,) if who.rep else ())
    today = local_day(now, who.zone)
    with door.database.read() as conn:
        waiting = open_alerts(conn, owners)
        answered = answered_alerts(conn, owners, now - timedelta(days=SHOWN_DAYS))
        away = absences.every(conn, site.definitions.hand_off, today)
    names, voice = Names(site, who), Voice(site, who.locale, who.zone)
    return draw(
        "console/hand_offs.html",
        status,
        waiting=[_line(one, names, voice) for one in waiting],
        answered=[_line(one, names, voice) for one in answered],
        away=[_absence(one, names, today) for one in away],
        reps=[(rep.id, rep.name) for rep in _reps(door, who)],
        everybody=owners is None,
        noting=who.role in SELLING,
        shown_days=SHOWN_DAYS,
        today=today,
        wrong=wrong,
        done=say(DONE[request.args["done"]]) if request.args.get("done") in DONE else "",
        sentence=_sentence(waiting, g.moment.calendar),
    )


def _sentence(waiting: list[Alert], now: Any) -> str:
    late = sum(one.answer_by is not None and one.answer_by < now for one in waiting)
    if not waiting:
        return say("Every alert is answered.")
    told = say_n("%(count)s alert waits for an answer.", "%(count)s alerts wait for an answer.", len(waiting))
    return f"{told} {say_n('%(count)s is overdue.', '%(count)s are overdue.', late)}" if late else told


def _line(one: Alert, names: Names, voice: Voice) -> dict[str, Any]:
    steps = [
        {
            "at": taken.at,
            "name": names("escalation", taken.step),
            "said": say(STEPS[taken.act], rep=names.rep(taken.told)),
        }
        for taken in one.steps
    ]
    return {
        "alert": one,
        "rep": names.rep(one.owner),
        "why": why(Routed.read(one.routed), voice) if one.routed else "",
        "steps": steps,
        "said": say(SAID.get(one.verdict, SAID["rejected"]), who=names.rep(one.by)) if one.verdict else "",
        "took": one.answered_at - one.opened_at if one.answered_at else None,
    }


# ---------------------------------------------------------------- who is not there


def _absence(one: Away, names: Names, today: date) -> dict[str, Any]:
    mine = viewer().role in RUNNING or (viewer().role in SELLING and one.rep == viewer().rep)
    return {"away": one, "rep": names.rep(one.rep), "now": one.first <= today, "may": mine and one.id is not None}


def _reps(door: ConsoleDoor, who: Viewer) -> list[Any]:
    """Those whose absences the viewer may note: sales its own, whoever runs the house everybody's."""
    reps = door.site().definitions.hand_off.reps
    return [rep for rep in reps if who.role in RUNNING or (who.role in SELLING and rep.id == who.rep)]


def note_absence(door: ConsoleDoor) -> Response:
    """New leads go to others on these days; entered in the audit chain."""
    rep = request.form.get("rep", "")
    if rep not in {one.id for one in _reps(door, viewer())}:
        return _page(door, wrong=say(NO_REP), status=422)
    days = _days()
    if days is None:
        return _page(door, wrong=say(NO_DAYS), status=422)
    first, last = days
    key, now = door.keys.suppression, g.moment
    door.database.write(partial(absences.add, rep=rep, first=first, last=last, key=key, clerk=clerk(), now=now))
    return make_response(redirect(url_for("console.hand_offs", done="noted"), 303))


def remove_absence(door: ConsoleDoor, absence_id: int) -> Response:
    """Take it back; of somebody else only whoever runs the house may."""
    with door.database.read() as conn:
        found = absences.found(conn, absence_id)
    if found is None or not (viewer().role in RUNNING or found.rep == viewer().rep):
        abort(404)
    key, now = door.keys.suppression, g.moment
    door.database.write(partial(absences.remove, absence_id=absence_id, key=key, clerk=clerk(), now=now))
    return make_response(redirect(url_for("console.hand_offs", done="back"), 303))


def _days() -> tuple[date, date] | None:
    """The days of the form; None where they cannot be planned."""
    try:
        first, last = (date.fromisoformat(request.form.get(name, "")) for name in ("first", "last"))
    except ValueError:
        return None
    return (first, last) if first <= last and first.year >= 2000 and last.year <= 9000 else None


ROUTES = (
    Route("GET", "/hand-offs", "hand_offs", show),
    Route("POST", "/absences", "note_absence", note_absence),
    Route("POST", "/absences/<int:absence_id>/remove", "remove_absence", remove_absence),
)
