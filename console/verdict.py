"""The page behind an alert: the brief of one hand-off, and the verdict of whoever answers first.

The token in the address is the permission: it went to one rep, by mail. A GET changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from sqlalchemy import Connection, Row, select, update

from authoring.releases import Releases
from authoring.site import Site
from base.clock import Clocks
from base.config import Config
from base.paths import data_path
from console.drawings import strata
from console.looks import asset
from console.speech import StaffSpeech, staff_speech
from leads import events
from leads.undone import WITHDRAWN
from sales.verdicts import cycle_told
from storage import wakes
from storage.database import Database
from storage.schema import hand_offs

VERDICTS = {"accept": "accepted", "reject": "rejected"}
SOON_MINUTES = 15
NO_REASON = "Choose the reason: it is what marketing learns from."


@dataclass(frozen=True, slots=True)
class StaffDoor:
    """Everything that the staff's pages may touch."""

    database: Database
    releases: Releases
    config: Config
    clocks: Clocks


class AnsweredBefore(Exception):
    """Somebody was faster: nothing was saved."""


def verdict_blueprint(door: StaffDoor) -> Blueprint:
    blueprint = Blueprint("console", __name__, template_folder=str(data_path("templates")))
    blueprint.add_url_rule("/v/<token>", "verdict", partial(show, door), methods=["GET"])
    blueprint.add_url_rule("/v/<token>", "give verdict", partial(answer, door), methods=["POST"])
    return blueprint


def show(door: StaffDoor, token: str) -> Response:
    """The brief, with the two buttons or the answer that was given."""
    return _draw(door, _find(door, token), request.args.get("choice", ""))


def answer(door: StaffDoor, token: str) -> Response:
    """Accept or reject; the first answer counts, whoever comes later is told."""
    hand_off, site = _find(door, token), door.releases.in_force()
    verdict = VERDICTS.get(request.form.get("choice", ""))
    reason = request.form.get("reason") if verdict == "rejected" else None
    if verdict is None:
        abort(400)
    if verdict == "rejected" and reason not in {one.id for one in site.definitions.hand_off.reject_reasons}:
        return _draw(door, hand_off, "reject", error=NO_REASON, status=422)
    now = door.clocks.moment()
    data = {"reason": reason, "by": hand_off.owner}

    def job(conn: Connection) -> None:
        lead_id = hand_off.lead_id
        seq = wakes.stir(conn, lead_id, now.calendar)  # held until the commit: two answers come one after the other
        given = update(hand_offs).where(hand_offs.c.id == hand_off.id, hand_offs.c.verdict.is_(None))
        told = {"verdict": verdict, "verdict_reason": reason, "verdict_by": hand_off.owner, "verdict_at": now.calendar}
        if conn.execute(given.values(**told)).rowcount == 0:
            raise AnsweredBefore
        told = data | cycle_told(conn, lead_id, hand_off.cycle)
        events.write(conn, lead_id, seq, "verdict_given", now, evidence="engine", subject=verdict, data=told)

    try:
        door.database.write(job)
    except AnsweredBefore:
        return redirect(f"{request.path}?late=1", 303)  # type: ignore[return-value]
    return redirect(request.path, 303)  # type: ignore[return-value]


def _find(door: StaffDoor, token: str) -> Row[Any]:
    with door.database.read() as conn:
        found = conn.execute(select(hand_offs).where(hand_offs.c.token == token)).one_or_none()
    if found is None:
        abort(404)
    return found


def _draw(door: StaffDoor, hand_off: Row[Any], choice: str, *, error: str = "", status: int = 200) -> Response:
    brief, site = hand_off.brief, door.releases.in_force()
    speech = staff_speech(door.config, brief.get("locale"))
    page = render_template(
        "console/verdict.html",
        s=speech,
        asset=asset,
        brief=brief,
        strata=strata(brief["score"]),
        clock=_clock(speech, hand_off.answer_by, door.clocks.calendar()),
        reasons=[{"id": one.id, "label": speech.text(one.label)} for one in site.definitions.hand_off.reject_reasons],
        given=_given(speech, site, hand_off),
        late="late" in request.args,
        choice=choice,
        error=speech.say(error) if error else "",
        action=request.path,
    )
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _clock(speech: StaffSpeech, answer_by: datetime | None, now: datetime) -> dict[str, str] | None:
    """The promise: how long is left, and until when."""
    if answer_by is None:
        return None
    minutes = int((answer_by - now).total_seconds() // 60)
    state = "over" if minutes < 0 else "soon" if minutes <= SOON_MINUTES else ""
    return {
        "state": state,
        "left": _left(speech, minutes),
        "at": speech.say("before %(at)s", at=speech.moment(answer_by)),
    }


def _left(speech: StaffSpeech, minutes: int) -> str:
    if minutes < 0:
        return speech.say("late")
    if minutes < 120:
        return speech.say_n("%(count)s minute", "%(count)s minutes", minutes)
    if minutes < 48 * 60:  # up to the quarter of an hour: a moment after a promise of four hours, four are left
        hours, rest = divmod(-(-minutes // 15) * 15, 60)
        return f"{hours}\u00a0h\u00a0{rest}" if rest else speech.say_n("%(count)s hour", "%(count)s hours", hours)
    return speech.say_n("%(count)s day", "%(count)s days", minutes // (24 * 60))


def _given(speech: StaffSpeech, site: Site, hand_off: Row[Any]) -> dict[str, str] | None:
    """The answer that counts: what, by whom, when, why."""
    if hand_off.verdict is None:
        return None
    chosen = site.definitions.hand_off
    names = {rep.id: rep.name for rep in chosen.reps}
    reasons = {one.id: speech.text(one.label) for one in chosen.reject_reasons}
    who, when = names.get(hand_off.verdict_by, hand_off.verdict_by), speech.moment(hand_off.verdict_at)
    accepted = hand_off.verdict == "accepted"
    sentence = "%(who)s took this lead on %(when)s." if accepted else "%(who)s rejected this lead on %(when)s."
    if hand_off.verdict == WITHDRAWN:
        sentence = "%(who)s took this alert back on %(when)s: it rested on hits of a machine."
    return {
        "verdict": hand_off.verdict,
        "sentence": speech.say(sentence, who=who, when=when),
        "reason": reasons.get(hand_off.verdict_reason or "", hand_off.verdict_reason or ""),
    }
