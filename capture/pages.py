"""Landing pages: the page and form of the release in force shown to a visitor, and the visitor's answers taken in."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, current_app, redirect, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from authoring.models.common import subjects
from authoring.models.forms import Form
from authoring.models.pages import Page
from authoring.site import Site
from base.calendars import local_day
from base.tokens import new_token
from capture import proof
from capture import stamp as stamps
from capture.addresses import page_path, thanks_path
from capture.body import read_body
from capture.boxes import consents, is_asked, objections
from capture.door import Door
from capture.even import leave_evenly
from capture.forms import CSRF_FIELD, Answers, answers, faults, form_class, trap_name, undeclared
from capture.limits import TOLD, held_by_form, limits_of
from capture.notices import RETRY_SECONDS, UNDECLARED
from capture.partners import brought_by
from capture.showing import Showing, draw_page
from capture.speech import Speech, speech_in
from capture.stamp import Stamp, open_stamp
from capture.thanks import seal_thanks
from capture.touch import is_inner, kept_touch, read_touch
from capture.views import is_a_view
from capture.visits import opening, origins, visitor_of
from leads.holding import Spent
from leads.identity import Capture, record
from leads.touches import BROUGHT_BY
from storage.database import StorageUnavailable

log = logging.getLogger(__name__)

EXPIRED = "This page was open for a long time. Your answers are still here: send them again."
TOO_FAST = "That was very quick. Check your answers, then send them again."
MORE_WORK = "This form was sent before with other answers. Yours are still here: send them once more."
UNSAVED = "We could not save this. Try again, or write to %(email)s"
SEALED = frozenset({stamps.FIELD, CSRF_FIELD})
OURS = SEALED | {proof.FIELD}  # what the page itself put into the form


@dataclass(frozen=True, slots=True)
class Visit:
    """Which page a request is about, in which language."""

    site: Site
    name: str
    page: Page
    form: Form
    speech: Speech


def show(door: Door, page: str, locale: str | None = None) -> Response:
    """The landing page with its empty form."""
    visit = _visit(door, page, locale)
    stamp = _stamp(door, visit)
    _count(door, page, stamp)
    return _draw(door, visit, stamp, form_class(visit.form)(formdata=None))


def submit(door: Door, page: str, locale: str | None = None) -> Response:
    """The answers: recorded and thanked for (303), or the page again with what is wrong (422), never half of it."""
    visit = _visit(door, page, locale)
    sent = read_body(request, door.config.server.body_limit, SEALED)
    stamp = open_stamp(door.signer, sent.get(stamps.FIELD, ""), page)
    trap = trap_name(visit.form)
    _refuse_undeclared(visit, sent, stamp, trap)
    if sent.get(trap):
        leave_evenly()
        log.info("form %s: the trap was filled in, nothing was recorded", visit.page.form)
        address = sent.get("email", "")
        return _thank(door, visit, address, is_asked(visit.form, sent, address))
    questions = form_class(visit.form)(formdata=sent)
    questions.validate()
    wrong = faults(visit.form, questions)
    if stamp is None or _session_is_gone(questions, stamp):
        again = (stamp or _stamp(door, visit)).asked_again()
        return _draw(door, visit, again, questions, status=422, wrong=wrong, notice=EXPIRED)
    if wrong or _too_fast(door, stamp):
        return _draw(door, visit, stamp, questions, status=422, wrong=wrong, notice="" if wrong else TOO_FAST)
    return _record(door, visit, stamp, questions)


def _visit(door: Door, name: str, locale: str | None) -> Visit:
    """The page asked for; 404 where there is none, or not in that language."""
    site = door.site()
    page = site.pages.get(name)
    spoken = locale or door.config.site.default_locale
    unknown = page is None or spoken not in page.locales or spoken not in door.config.site.locales
    if page is None or unknown or locale == door.config.site.default_locale or page.form not in site.forms:
        abort(404)
    return Visit(site, name, page, site.forms[page.form], speech_in(door.config, spoken))


def _count(door: Door, page: str, stamp: Stamp) -> None:
    """The page was opened, and somebody came from somewhere: of a browser that may be known, the script tells it."""
    if not is_a_view(request.method, request.user_agent.string, request.headers.get("Sec-Purpose", "")):
        return
    day = local_day(door.clocks.calendar(), door.config.site.timezone)
    door.views.count(page, day)
    if door.config.tracking.visits != "never" and not visitor_of(door) and not is_inner(request.referrer, _own(door)):
        door.views.count_visit(opening(page, stamp.touch), day)


def _stamp(door: Door, visit: Visit) -> Stamp:
    moment = door.clocks.moment()
    own = _own(door)
    touch = read_touch(request.args, request.referrer, own, visit.name, moment.calendar)
    if brings := brought_by(door.config, door.signer, request.args, request.referrer, own):
        touch[BROUGHT_BY] = brings
    return Stamp(new_token(), visit.name, moment.machine.isoformat(), visit.site.release_id or 0, touch)


def _own(door: Door) -> set[str]:
    return {urlsplit(one).hostname or "" for one in origins(door.config)}


def _refuse_undeclared(visit: Visit, sent: MultiDict[str, str], stamp: Stamp | None, trap: str) -> None:
    """A page shown before another release may hold questions that are gone: those answers are let go, not refused."""
    strangers = undeclared(visit.form, sent, OURS | {trap})
    outdated = stamp is not None and stamp.release_id != visit.site.release_id
    if strangers and not outdated:
        raise BadRequest(UNDECLARED)


def _session_is_gone(questions: FlaskForm, stamp: Stamp) -> bool:
    """A browser that keeps no cookie has no session to be abused: it is asked once to send again, then believed."""
    if not questions[CSRF_FIELD].errors:
        return False
    return not stamp.again or current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def _too_fast(door: Door, stamp: Stamp) -> bool:
    return stamp.age(door.clocks.machine()) < timedelta(seconds=door.config.server.form_min_seconds)


def _record(door: Door, visit: Visit, stamp: Stamp, questions: FlaskForm) -> Response:
    leave_evenly()
    said = answers(visit.form, questions)
    capture = _capture(door, visit, stamp, said)
    moment = door.clocks.moment()
    try:
        recorded = door.database.write(lambda conn: record(conn, capture, moment))
    except Spent:  # they went back, and mended an answer
        return _draw(door, visit, stamp.for_more_work(), questions, status=422, notice=MORE_WORK)
    except StorageUnavailable:
        log.exception("form %s: the database is away, nothing was saved", visit.page.form)
        return _draw(door, visit, stamp, questions, status=503, notice=UNSAVED)
    log.info("form %s: submission %s of lead %s", visit.page.form, recorded.submission_id, recorded.lead_id)
    if recorded.held is not None:
        log.warning("form %s: held, %s", visit.page.form, recorded.held)
    told = recorded.held if recorded.held in TOLD else None
    address = said.columns.get("email", "")
    return _thank(door, visit, address, is_asked(visit.form, said.given, address), held=told)


def _capture(door: Door, visit: Visit, stamp: Stamp, said: Answers) -> Capture:
    form, agreed = visit.form, consents(visit.form, visit.speech, said.given)
    address = said.columns.get("email", "")
    reach = address or said.columns.get("phone", "")
    measured = any(box.topic == "clicks" and box.given for box in agreed)
    return Capture(
        form=visit.page.form,
        page=visit.name,
        locale=visit.speech.locale,
        answers=said.given,
        columns=said.columns,
        fields=said.fields,
        consents=agreed,
        objections=objections(form, visit.site, visit.speech, said.given),
        touch=kept_touch(stamp.touch, measured),
        idempotency_key=stamp.idempotency_key({name: str(value) for name, value in said.given.items()}),
        hand_raise=form.hand_raise,
        magnet=form.magnet,
        interests=subjects(form.interests, visit.page.interests),
        release_id=visit.site.release_id or 0,
        visitor=visitor_of(door),
        limits=limits_of(door, visit.page.form, reach, request.remote_addr or ""),
        hold=held_by_form(form, address, stamp.key, request.form.get(proof.FIELD, "")),
        spends=proof.spent(stamp.key) if form.proof_of_work else None,
    )


def _thank(door: Door, visit: Visit, address: str, ticked: bool, *, held: str | None = None) -> Response:
    path = thanks_path(door.config, visit.speech.locale, visit.page.form)
    sealed = seal_thanks(door.signer, visit.name, address, ticked=ticked, held=held)
    # A fragment of its own, or the browser keeps the one of the form that was sent (RFC 9110, 10.2.2).
    return redirect(f"{path}?for={sealed}#main", 303)  # type: ignore[return-value]


def _draw(
    door: Door,
    visit: Visit,
    stamp: Stamp,
    questions: FlaskForm,
    *,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    notice: str = "",
) -> Response:
    values: dict[str, Any] = {
        field.name: questions[f"q_{field.name}"].data for field in visit.form.field if field.kind != "hidden"
    }
    said = visit.speech.say(notice, email=visit.site.definitions.house.email) if notice else ""
    showing = Showing(
        action=page_path(door.config, visit.speech.locale, visit.name),
        stamp=stamp.sealed(door.signer),
        challenge=stamp.key,
        proof=_work_on(door, visit, stamp.key),
        csrf=questions[CSRF_FIELD](),
        values=values,
        wrong=wrong or {},
        notice=said,
    )
    answer = draw_page(door, visit.site, visit.name, visit.speech, showing, status)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _work_on(door: Door, visit: Visit, challenge: str) -> str:
    """What the browser has found for that challenge: found for another, it would stand in the way of the work."""
    found = request.form.get(proof.FIELD, "")
    posted = open_stamp(door.signer, request.form.get(stamps.FIELD, ""), visit.name) if found else None
    return found if posted is not None and posted.key == challenge else ""
