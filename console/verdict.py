"""The page behind an alert: the brief of one hand-off, and the verdict of whoever answers first.

The token in the address is the permission: it went to one rep, by mail, and says who answers. A GET changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from sqlalchemy import Connection, Row

from authoring.releases import Releases
from authoring.site import Site
from base.clock import Clocks
from base.config import Config
from base.keyring import Keys
from base.paths import data_path
from console.drawings import strata
from console.left_alone import in_short
from console.looks import asset
from console.speech import StaffSpeech, staff_speech
from leads.undone import WITHDRAWN
from reports.came_back import shut
from sales import moving
from sales.links import Opened, held, opened
from sales.moving import Refused, sentence
from sales.notebook import Author
from sales.verdicts import AnsweredBefore, Verdict
from sales.wording import Voice
from storage.database import Database

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
    keys: Keys


def verdict_blueprint(door: StaffDoor) -> Blueprint:
    blueprint = Blueprint("console", __name__, template_folder=str(data_path("templates")))
    blueprint.add_url_rule("/v/<token>", "verdict", partial(show, door), methods=["GET"])
    blueprint.add_url_rule("/v/<token>", "give verdict", partial(answer, door), methods=["POST"])
    return blueprint


def show(door: StaffDoor, token: str) -> Response:
    """The brief, with the two buttons or the answer that was given."""
    found = _find(door, token)
    return _moved(door, found) if found.ended else _draw(door, found.hand_off, request.args.get("choice", ""))


def answer(door: StaffDoor, token: str) -> Response:
    """Accept or reject, under the name of the rep whose page it is; the first answer counts, who is late is told."""
    found, site = _find(door, token), door.releases.in_force()
    verdict = VERDICTS.get(request.form.get("choice", ""))
    reason = request.form.get("reason") if verdict == "rejected" else None
    if verdict is None:
        abort(400)
    if found.ended:
        return _moved(door, found)
    if verdict == "rejected" and reason not in {one.id for one in site.definitions.hand_off.reject_reasons}:
        return _draw(door, found.hand_off, "reject", error=NO_REASON, status=422)
    names = {rep.id: rep.name for rep in site.definitions.hand_off.reps}
    author, now = Author(names.get(found.rep, found.rep), found.rep), door.clocks.moment()

    def job(conn: Connection) -> bool:
        still = held(conn, token)  # since the page was looked up the lead may have become another's
        if still is None or still.ended:
            return False
        moving.answer(conn, still.hand_off.id, Verdict(verdict, reason), site, author, now)
        return True

    try:
        if not door.database.write(job):
            return _moved(door, _find(door, token))
    except AnsweredBefore:
        return redirect(f"{request.path}?late=1", 303)  # type: ignore[return-value]
    except Refused as error:
        voice = Voice(site, found.hand_off.brief.get("locale") or "fr", door.config.site.timezone)
        return _draw(door, found.hand_off, "accept", error=sentence(error.barred, voice), status=422)
    return redirect(request.path, 303)  # type: ignore[return-value]


def _find(door: StaffDoor, token: str) -> Opened:
    with door.database.read() as conn:
        found = opened(conn, token)
    if found is None:
        abort(404)
    return found


def _moved(door: StaffDoor, found: Opened) -> Response:
    """The lead is another's: nothing of it is shown any more, and nothing can be answered."""
    reps = {rep.id: rep for rep in door.releases.in_force().definitions.hand_off.reps}
    mine, owner = reps.get(found.rep), reps.get(found.hand_off.owner)
    speech = staff_speech(door.config, mine.locale if mine else None)
    name = owner.name if owner else found.hand_off.owner
    page = make_response(render_template("console/verdict_moved.html", s=speech, asset=asset, owner=name))
    page.headers["Cache-Control"] = "no-store"
    return page


def _draw(door: StaffDoor, hand_off: Row[Any], choice: str, *, error: str = "", status: int = 200) -> Response:
    brief, site = hand_off.brief, door.releases.in_force()
    speech = staff_speech(door.config, brief.get("locale"))
    page = render_template(
        "console/verdict.html",
        s=speech,
        asset=asset,
        brief=brief,
        shut=_shut(door, speech, brief.get("email")),
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


def _shut(door: StaffDoor, speech: StaffSpeech, email: str | None) -> str:
    """Why nobody writes to the address any more, "" where one may."""
    with door.database.read() as conn:
        reasons = shut(conn, door.keys.suppression, [email])
    return speech.say(in_short(reasons[email])) if email in reasons else ""


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
