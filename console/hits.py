"""Who stood behind hits: those of a lead, with buttons for whoever knows better; alerts that rested on machines."""

from functools import partial
from typing import Any

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import Row

from base.translations import msgid
from console.access import WRITING, sees
from console.acts import author
from console.context import draw, say, say_n, viewer
from console.door import ConsoleDoor
from console.hit_words import CLASSES, KINDS, about, because, speaking
from console.names import Names
from console.reporting import draw_report
from console.routes import Route
from leads import judging
from leads.facts import Event
from leads.forgetting import Clerk, note
from leads.groups import survivor
from leads.identity import load_leads
from leads.undone import WITHDRAWN
from reports import lead as leads_report
from reports.withdrawn_alerts import withdrawn_alerts
from sales.verdicts import AnsweredBefore
from sales.withdrawing import withdraw
from sales.wording import Voice

JUDGED = "hit_judged"
CHOICES = ("human", "machine", "proxy")
LISTED = 100
DONE = {
    "back": msgid("Taken back: the rep is told that there is nothing to do."),
    "late": msgid("Nothing was changed: sales has answered this alert."),
    "judged": msgid("Noted. Points, stage and figures follow within a second or two."),
}


def show_alerts(door: ConsoleDoor) -> Response:
    """The alerts that should not have gone out, the newest first."""
    with door.database.read() as conn:
        found = withdrawn_alerts(conn)
        people = load_leads(conn, {one.lead_id for one in found[:LISTED]})
    waiting = sum(one.verdict is None for one in found)
    return draw_report(
        "console/alerts.html",
        lines=found[:LISTED],
        people=people,
        names=Names(door.releases.in_force(), viewer()),
        withdrawn=WITHDRAWN,
        done=DONE.get(request.args.get("done", "")),
        more=len(found) > LISTED,
        listed=LISTED,
        sentence=say_n("%(count)s alert is to be taken back.", "%(count)s alerts are to be taken back.", waiting),
    )


def take_back(door: ConsoleDoor, hand_off_id: int) -> Response:
    """The hand-off is closed, and the rep told."""
    config = door.config
    job = partial(
        withdraw, hand_off_id=hand_off_id, site=door.releases.in_force(), zone=config.site.timezone,
        base_url=config.site.base_url, key=door.keys.suppression, author=author(), now=g.moment,
    )  # fmt: skip
    try:
        door.database.write(job)
    except LookupError:
        abort(404)
    except AnsweredBefore:
        return make_response(redirect(url_for("console.alerts", done="late"), 303))
    return make_response(redirect(url_for("console.alerts", done="back"), 303))


def show_hits(door: ConsoleDoor, lead_id: int) -> Response:
    """The newest hits of a lead, what each is taken for, and why."""
    with door.database.read() as conn:
        lead_id = survivor(conn, lead_id)
        portrait = leads_report.portrait(conn, lead_id)
        if portrait is None or not sees(viewer(), portrait.lead.owner):
            abort(404)
        found = judging.every(conn, lead_id)
        told = judging.told_of(conn, found)
    who = viewer()
    voice = Voice(door.site(), who.locale, who.zone)
    return draw(
        "console/lead_hits.html",
        lead=portrait.lead,
        lines=[_line(row, told.get(row.id), voice) for row in found],
        choices=[(name, say(CLASSES[name])) for name in CHOICES],
        judging=who.role in WRITING,
        done=DONE.get(request.args.get("done", "")),
    )


def judge(door: ConsoleDoor, lead_id: int, hit_id: int) -> Response:
    """Somebody knows better, and no signal overrules them; entered in the audit chain."""
    klass, now, who = request.form.get("class", ""), g.moment, viewer()
    if klass not in CHOICES:
        abort(400)

    def job(conn: Any) -> bool:
        row = judging.find(conn, hit_id)
        if row is None or survivor(conn, row.lead_id) != survivor(conn, lead_id):
            return False
        if judging.correct(conn, hit_id, klass, who.name, now):  # type: ignore[arg-type]
            clerk = Clerk(who.name, who.staff_id)
            note(conn, door.keys.suppression, JUDGED, row.lead_id, clerk, now, hit=hit_id, to=klass)
        return True

    if not door.database.write(job):
        abort(404)
    return make_response(redirect(url_for("console.lead_hits", lead_id=lead_id, done="judged"), 303))


def _line(row: Row[Any], event: Event | None, voice: Voice) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "what": say(KINDS[row.kind]),
        "link": about(row, event, voice),
        "klass": row.klass,
        "said": say(CLASSES[row.klass]),
        "by": row.judged_by,
        "why": because(speaking(row.reasons, row.klass)),
    }


ROUTES = (
    Route("GET", "/alerts", "alerts", show_alerts),
    Route("POST", "/alerts/<int:hand_off_id>", "take_back", take_back),
    Route("GET", "/leads/<int:lead_id>/hits", "lead_hits", show_hits),
    Route("POST", "/leads/<int:lead_id>/hits/<int:hit_id>", "judge_hit", judge),
)
