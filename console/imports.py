"""Lists brought in and taken out: sent, looked at, changed, taken in by the house; each step is a page of its own."""

import csv
import io
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Response, abort, make_response, redirect, request, url_for
from sqlalchemy import Row

from base.saying import Refused
from base.translations import msgid, translator
from console import lists
from console.context import day, draw, on_calendar, say, say_n, viewer
from console.door import ConsoleDoor
from console.lead_filters import SOURCES
from console.routes import Route
from console.traces import clerk
from leads import exports
from leads.exports import Narrowed
from leads.imports import ledger
from leads.imports.mapping import targets_of
from leads.imports.reasons import HEADINGS, HINTS, LEAVES, NOT_LEFT, sentence
from leads.imports.rejects import LINE, REASON
from leads.imports.settings import EXISTING, ORIGINS, Settings

SHOWN = 30  # imports of the list
LINES = 20  # whose consent was not recorded: the file has all of them
EXPORTED = 10_000  # rows of one list: marketing needs parts, operators have the command
SAID = {"dropped": msgid("The list is forgotten. Nothing of it was taken in.")}
NO_FILE = msgid("No file was chosen.")
STATES = {
    ledger.ASKED: msgid("waits for the house"),
    ledger.RUNNING: msgid("is taken in"),
    ledger.DONE: msgid("taken in"),
    ledger.FAILED: msgid("failed"),
}
FIELDS = {
    "email": msgid("Email address"), "phone": msgid("Phone number"), "first_name": msgid("First name"),
    "last_name": msgid("Last name"), "full_name": msgid("Both names, first name first"),
    "last_first_name": msgid("Both names, last name first"), "company": msgid("Company"),
    "job_title": msgid("Job title"), "locale": msgid("Language"), "timezone": msgid("Time zone"),
    "street": msgid("Street"), "postal_code": msgid("Postal code"), "city": msgid("City"), "country": msgid("Country"),
    "id:crm": msgid("Its id in the CRM"), "tags": msgid("Tags"), "consent_at": msgid("Day of the consent"),
    "subscribed": msgid("How they stand: subscribed, unsubscribed, bounced…"),
    "unsubscribed": msgid("They unsubscribed, or objected"), "bounced": msgid("Mail to them came back"),
    "bounce_reason": msgid("Why mail to them came back, where it did"),
    "complained": msgid("They reported mail as spam"),
}  # fmt: skip
EVERYBODY = {
    "": msgid("no: only whom a column says so of"), "unsubscribed": msgid("yes: they unsubscribed, or objected"),
    "bounced": msgid("yes: mail to them came back"), "complained": msgid("yes: they reported mail as spam"),
}  # fmt: skip
POLICIES = {
    "fill": msgid("fill in what is empty"), "keep": msgid("keep everything"),
    "overwrite": msgid("overwrite with what the list says"),
}  # fmt: skip
ORIGIN_NAMES = {
    "outbound": msgid("ours: salons, cards, calls"), "partner": msgid("a partner"), "vendor": msgid("a vendor"),
    "inbound": msgid("they came to us"), "purchased": msgid("purchased: never any marketing"),
}  # fmt: skip


def show(door: ConsoleDoor) -> Response:
    return _page(door)


def send(door: ConsoleDoor) -> Response:
    """Keep the file that was sent, and show what is in it."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page(door, say(NO_FILE))
    try:
        made = lists.keep(door, sent.filename, sent.stream, viewer().name)  # type: ignore[arg-type]
    except Refused as error:
        return _page(door, error.sentence.by(translator(viewer().locale)))
    return _to(made)


def show_one(door: ConsoleDoor, import_id: int) -> Response:
    """What the list would come to, how far it is, or what came of it."""
    row = _row(door, import_id)
    return _plan(door, row, Settings.from_json(row.settings)) if row.state == ledger.DRAFT else _progress(door, row)


def change(door: ConsoleDoor, import_id: int) -> Response:
    """Look at the plan again with other choices, or have it taken in so."""
    row, form = _row(door, import_id), request.form
    if row.state != ledger.DRAFT:
        return _to(import_id)
    before = Settings.from_json(row.settings)
    try:
        settings = lists.changed(door, before, form)
    except Refused as error:
        return _plan(door, row, before, error.sentence.by(translator(viewer().locale)))
    state = ledger.ASKED if form.get("act") == "take" else ledger.DRAFT
    now, name = door.clocks.machine(), form.get("keep_as", "").strip()
    if name:
        kept, author = lists.fields_of(settings), viewer().name
        door.database.write(lambda conn: ledger.keep_mapping(conn, name, kept, author, now))
    door.database.write(lambda conn: ledger.settle(conn, import_id, settings, state))
    return _to(import_id)


def drop(door: ConsoleDoor, import_id: int) -> Response:
    door.database.write(partial(ledger.drop, import_id=import_id))
    return make_response(redirect(url_for("console.imports", said="dropped"), 303))


def rejects(door: ConsoleDoor, import_id: int) -> Response:
    """The rows that were not taken, or without their consent: line and reason, nothing of what is written in them."""
    words, row = translator(viewer().locale), _row(door, import_id)
    into = io.StringIO(newline="")
    writer = csv.writer(into, delimiter=";" if viewer().language == "fr" else ",")
    writer.writerow([words.gettext(LINE), words.gettext(REASON)])
    with door.database.read() as conn:
        for one in ledger.kept_back(conn, import_id):
            writer.writerow([one.line, sentence(one).by(words)])
    return _download(into.getvalue(), f"{row.name}.rejects.csv")


def export(door: ConsoleDoor) -> Response:
    """The leads that are asked for, as a list; who took it stands in `exports`."""
    narrowed = Narrowed(
        **{name: request.form.get(name) or None for name in ("stage", "source", "origin", "owner", "status")}
    )
    try:
        with door.database.read() as conn:
            exports.insist_on_known(conn, narrowed, door.site().definitions, SOURCES)
    except Refused as error:
        return _page(door, error.sentence.by(translator(viewer().locale)))
    into, now = io.StringIO(newline=""), door.clocks.moment()
    fields = tuple(sorted(targets_of(door.site()).fields))
    exports.write_list(
        door.database, narrowed, into, door.keys.suppression, clerk(), now, fields, EXPORTED,
        ";" if viewer().language == "fr" else ",",
    )  # fmt: skip
    return _download(into.getvalue(), f"leads-{now.machine:%Y-%m-%d}.csv")


# ---------------------------------------------------------------- pages


def _page(door: ConsoleDoor, wrong: str = "") -> Response:
    with door.database.read() as conn:
        begun, taken_out = ledger.newest(conn, SHOWN), exports.newest(conn, SHOWN)
    said = SAID.get(request.args.get("said", ""))
    site = door.site()
    return draw(
        "console/imports.html",
        422 if wrong else 200,
        begun=begun,
        taken_out=taken_out,
        states={state: say(name) for state, name in STATES.items()},
        wrong=wrong,
        said=say(said) if said else "",
        sentence=_sentence(begun),
        stages=[
            ("", say("Any stage")),
            *((one.id, viewer().speech.text(one.label)) for one in site.definitions.stages),
        ],
        sources=[("", say("Any source")), *((id, say(name)) for id, name in SOURCES.items())],
        ceiling=EXPORTED,
    )


def _sentence(begun: Any) -> str:
    under_way = [row for row in begun if row.state in (ledger.ASKED, ledger.RUNNING)]
    if under_way:
        return say_n("%(count)s list is being taken in.", "%(count)s lists are being taken in.", len(under_way))
    if begun:
        return say("The last list came in on %(day)s.", day=day(on_calendar(begun[0].at)))
    return say("Send a list: you see what is in it before anything is written.")


def _plan(door: ConsoleDoor, row: Row[Any], settings: Settings, wrong: str = "") -> Response:
    draft = lists.plan(door, row.id, settings)
    with door.database.read() as conn:
        kept, before = ledger.mapping_names(conn), ledger.done_before(conn, row.hash)
    words = translator(viewer().locale)
    return draw(
        "console/import_plan.html",
        422 if wrong else 200,
        row=row,
        draft=draft,
        policy=settings.policy,
        names=list(enumerate(settings.names)),
        chosen={int(place): field for place, field in settings.fields.items()},
        options=_options(door),
        kept=kept,
        before=before,
        existing=[(one, say(POLICIES[one])) for one in sorted(EXISTING, key=list(POLICIES).index)],
        origins=[(one, say(ORIGIN_NAMES[one])) for one in ORIGINS],
        reasons=[(say(HEADINGS[code]), n) for code, n in draft.tally.reasons.most_common()],
        hints=[(say(HINTS[code]), n) for code, n in draft.tally.remarks.counts.most_common()],
        leaves=[(say(LEAVES[why]), n) for why, n in draft.tally.left.most_common()],
        unread=draft.tally.unread.most_common(),
        everybody=[(one, say(name)) for one, name in EVERYBODY.items()],
        rejects=[(one.line, sentence(one).by(words)) for one in draft.rejects],
        remarks=[(one.line, sentence(one).by(words)) for one in draft.remarks],
        has_consent=any(field.startswith("consent:") for field in settings.fields.values()),
        wrong=wrong,
    )


def _progress(door: ConsoleDoor, row: Row[Any]) -> Response:
    with door.database.read() as conn:
        reasons = ledger.reasons(conn, row.id)
        remarks = ledger.remarks(conn, row.id, LINES) if row.counts["no_consent"] else []
        stayed = ledger.remarks(conn, row.id, LINES, NOT_LEFT) if row.counts.get("stayed") else []
    is_over, words = row.state in (ledger.DONE, ledger.FAILED), translator(viewer().locale)
    return draw(
        "console/import_result.html",
        row=row,
        counts=row.counts,
        is_over=is_over,
        is_late=not is_over and door.clocks.machine() - row.seen_at > timedelta(minutes=2),
        state=say(STATES.get(row.state, row.state)),
        reasons=[(say(HEADINGS[code]), n) for code, n in reasons.items()],
        remarks=[(one.line, sentence(one).by(words)) for one in remarks],
        more=row.counts["no_consent"] - LINES if len(remarks) == LINES else 0,
        stayed=[(one.line, sentence(one).by(words)) for one in stayed],
    )


def _options(door: ConsoleDoor) -> list[tuple[str, str]]:
    """What a column may fill, by name; the first is nothing."""
    topics = {id: viewer().speech.text(topic.label) for id, topic in door.site().definitions.topics.items()}
    named = [("", say("leave out"))]
    for field in targets_of(door.site()).all():
        topic = field.removeprefix("consent:")
        known = say("Consent: %(topic)s", topic=topics.get(topic, topic)) if field != topic else None
        named.append((field, known or (say(FIELDS[field]) if field in FIELDS else field)))
    return named


def _row(door: ConsoleDoor, import_id: int) -> Row[Any]:
    with door.database.read() as conn:
        row = ledger.one(conn, import_id)
    if row is None:
        abort(404)
    return row


def _to(import_id: int) -> Response:
    return make_response(redirect(url_for("console.import_plan", import_id=import_id), 303))


def _download(text: str, name: str) -> Response:
    """A list as a file, with the mark that Excel needs."""
    answer = make_response(text.encode("utf-8-sig"))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


ROUTES = (
    Route("GET", "/imports", "imports", show),
    Route("POST", "/imports", "send_list", send),
    Route("GET", "/imports/<int:import_id>", "import_plan", show_one),
    Route("POST", "/imports/<int:import_id>", "change_import", change),
    Route("POST", "/imports/<int:import_id>/drop", "drop_import", drop),
    Route("GET", "/imports/<int:import_id>/rejects", "import_rejects", rejects),
    Route("POST", "/exports", "export_leads", export),
)
