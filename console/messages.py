"""Messages: those in doubt first, with what is known and what may be decided; then failures, and every other one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import Connection

from authoring.site import Site
from base.clock import Moment
from base.translations import msgid
from console.access import may
from console.context import number, say, say_n, viewer
from console.door import ConsoleDoor
from console.doubts import Known, known
from console.letters import CLIPPED, Letter, sent
from console.names import Names
from console.preview import frame_answer, look_of, looks, size_said
from console.reasons import told
from console.reporting import draw_report
from console.routes import Route
from console.step_words import subject_of
from console.traces import clerk
from emails import settling
from emails.doubts import doubts
from emails.drafts import Unwritable
from emails.states import AGAIN
from reports.messages import LOOK, VIEWS, Count, MessageLine, Place, counts, message, page

LONGEST_NAME = 300
LONGEST_NUMBER = 16
MANY = 1_000  # doubts ended in one go
TABS: dict[str, str] = {
    "unknown": msgid("Delivery not known"),
    "failed": msgid("Failed"),
    "waiting": msgid("On their way"),
    "sent": msgid("Sent"),
    "stopped": msgid("Not sent"),
}
STATES: dict[str, tuple[str, str]] = {  # state -> word, kind of the tag
    "due": (msgid("due"), ""),
    "claimed": (msgid("in hand"), ""),
    "in_data": (msgid("being sent"), ""),
    "deferred": (msgid("put off"), "warm"),
    "unknown": (msgid("in doubt"), "warm"),
    "sent": (msgid("sent"), "sprout"),
    "refused": (msgid("refused"), "hot"),
    "failed": (msgid("failed"), "hot"),
    "expired": (msgid("too late"), ""),
    "withdrawn": (msgid("withdrawn"), ""),
    "settled_delivered": (msgid("taken as delivered"), "sprout"),
    "settled_resent": (msgid("sent again"), "sprout"),
    "settled_dropped": (msgid("taken as lost"), ""),
}
KLASSES: dict[str, str] = {
    "marketing": msgid("Marketing"), "transactional": msgid("Transactional"), "notification": msgid("To staff"),
}  # fmt: skip
# choice -> (name of the button, its consequence)
CHOICES: dict[str, tuple[str, str]] = {
    "delivered": (msgid("It arrived"), msgid("Counted as delivered; the sequence goes on from now.")),
    "again": (msgid("Send it again"), msgid("The same mail under the same number. The lead may get two.")),
    "dropped": (msgid("It is lost"), msgid("Counted as not sent; the sequence goes on to its next step.")),
}
DONE: dict[str, str] = {
    "retried": msgid("It is due again and leaves within a second or two, unless the lead has left meanwhile."),
    "settled": msgid("The doubt is ended, and the lead's timeline says by whom."),
    "many": msgid("The doubts are ended, and each lead's timeline says by whom."),
    "none": msgid("Nothing was changed: choose mails that are in doubt."),
    "late": msgid("Nothing was changed: this mail is in another state by now."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in the viewer's words. `may_retry`, `in_doubt`: what may be decided about it."""

    line: MessageLine
    state: str
    kind: str
    klass: str
    about: str  # its subject, or what it told
    where: str  # sequence and step
    when: datetime
    reason: str
    in_doubt: bool
    may_retry: bool
    told: str  # of a word to staff: whom it told
    doubt: Known | None  # while it is in doubt


def messages(door: ConsoleDoor) -> Response:
    """One view, a page of it; by default what somebody may settle, else the failures, else what was sent."""
    site, mail = door.site(), _mail_asked()
    with door.database.read() as conn:
        totals = counts(conn)
        view = _view(totals)
        found = page(conn, view, _place(request.args.get("after", "")), email=mail)
        about = _doubts(conn, found.lines)
    after = found.after
    return draw_report(
        "console/messages.html",
        view=view,
        total=totals[view],
        tabs=[
            (name, say(text), None if mail else totals[name], url_for("console.messages", view=name, mail=mail or None))
            for name, text in TABS.items()
        ],
        mail=subject_of(site, *mail.split("/", 1)) if mail else "",
        every=url_for("console.messages", view=view),
        looked=number(LOOK),
        lines=[_shown(line, site, about) for line in found.lines],
        choices=_choices(),
        sentence=_sentence(totals),
        first=url_for("console.messages", view=view, mail=mail or None) if request.args.get("after") else "",
        following=url_for(
            "console.messages", view=view, after=f"{after.due_at.isoformat()}~{after.id}", mail=mail or None
        )
        if after
        else "",
        done=_done(),
        counted=counted,
    )


def show_message(door: ConsoleDoor, message_id: int) -> Response:
    """One message: what is known, what may be decided, and the mail itself."""
    site = door.site()
    with door.database.read() as conn:
        line = message(conn, message_id) or abort(404)
        letter, why = _letter(door, conn, message_id)
        about = _doubts(conn, [line])
    look = look_of()
    return draw_report(
        "console/message.html",
        one=_shown(line, site, about),
        choices=_choices(),
        deciding=may(viewer(), "settle_message"),
        letter=letter,
        why=why,
        look=look,
        looks=looks(look, "message", message_id=message_id),
        frame=url_for("console.message_frame", message_id=message_id, night="1" if look.night else None),
        said=size_said(letter) if letter else "",
        clipped=CLIPPED,
        done=_done(),
    )


def message_frame(door: ConsoleDoor, message_id: int) -> Response:
    """The message's HTML alone, for the frame."""
    with door.database.read() as conn:
        letter, why = _letter(door, conn, message_id)
    if letter is None:
        abort(404, why)
    return frame_answer(letter)


def retry_message(door: ConsoleDoor, message_id: int) -> Response:
    """What failed or was refused becomes due again."""
    return _decide(door, message_id, partial(settling.send_again, message_id=message_id), "retried")


def settle_message(door: ConsoleDoor, message_id: int) -> Response:
    """The doubt ends as one of CHOICES says."""
    choice = request.form.get("choice", "")
    if choice not in CHOICES:
        abort(400)
    return _decide(door, message_id, partial(settling.settle, message_id=message_id, choice=choice), "settled")


def settle_messages(door: ConsoleDoor) -> Response:
    """Many doubts end alike: shown once more with the consequence, then done."""
    choice, everything = request.form.get("choice", ""), "all" in request.form
    if choice not in CHOICES:
        abort(400)
    ids = [int(id) for id in request.form.getlist("id") if id.isdecimal() and len(id) < LONGEST_NUMBER][:MANY]
    with door.database.read() as conn:
        some = doubts(conn, None if everything else ids, limit=MANY)
    if not some:
        return make_response(redirect(url_for("console.messages", view="unknown", done="none"), 303))
    if "sure" not in request.form:
        name, consequence = (say(word) for word in CHOICES[choice])
        shown = [(one.id, one.to, _called(one.email, door.site())) for one in some]
        return draw_report("console/settle.html", choice=choice, name=name, consequence=consequence, some=shown)
    settling.settle_many(door.database, [one.id for one in some], choice, _decider(door), g.moment)
    return make_response(redirect(url_for("console.messages", view="unknown", done="many"), 303))


def _decider(door: ConsoleDoor) -> settling.Decider:
    return settling.Decider(clerk(), door.keys.suppression)


def _decide(door: ConsoleDoor, message_id: int, act: Callable[..., bool], done: str) -> Response:
    who, now = _decider(door), g.moment

    def job(conn: Connection) -> bool:
        return act(conn, who=who, now=Moment(now.calendar, now.machine))

    said = done if door.database.write(job) else "late"
    if request.form.get("back") == "message":
        there = url_for("console.message", message_id=message_id, done=said)
    else:
        there = url_for("console.messages", view="unknown" if done == "settled" else "failed", done=said)
    return make_response(redirect(there, 303))


# ---------------------------------------------------------------- in words


def _view(totals: dict[str, Count]) -> str:
    asked = request.args.get("view", "")
    if asked in VIEWS:
        return asked
    return next((view for view in ("unknown", "failed") if totals[view].number), "sent")


def _mail_asked() -> str:
    """The text whose messages are asked for, SEQUENCE/TEXT; "" for every message."""
    asked = request.args.get("mail", "")
    return asked if "/" in asked and len(asked) <= LONGEST_NAME else ""


def _done() -> str:
    """What has just been decided, told once."""
    word = DONE.get(request.args.get("done", ""))
    return say(word) if word is not None else ""


def _place(text: str) -> Place | None:
    at, _, number = text.partition("~")
    try:
        return Place(datetime.fromisoformat(at), int(number))
    except ValueError:
        return None


def _doubts(conn: Connection, lines: Sequence[MessageLine]) -> dict[int, Known]:
    """What is known about those of them that are in doubt."""
    ids = [line.id for line in lines if line.state == "unknown"]
    return {one.id: known(one) for one in doubts(conn, ids)} if ids else {}


def _shown(line: MessageLine, site: Site, about: Mapping[int, Known]) -> Shown:
    state, kind = STATES[line.state]
    names = Names(site, viewer())
    sequence = names("sequence", line.sequence) if line.sequence else ""
    return Shown(
        line=line,
        state=say(state),
        kind=kind,
        klass=say(KLASSES[line.klass]),
        about=_called(line.email, site),
        where=" / ".join(part for part in (sequence, line.step) if part),
        when=line.sent_at or line.created_at,
        reason=told(line.reason, names) if line.reason else "",
        in_doubt=line.state == "unknown",
        may_retry=line.state in AGAIN,
        told=_told(line, site) if line.klass == "notification" else "",
        doubt=about.get(line.id),
    )


def _told(line: MessageLine, site: Site) -> str:
    """The rep whose address it went to; the address where nobody has it any more."""
    reps = {rep.email: rep.name for rep in site.definitions.hand_off.reps}
    return reps.get(line.recipient or "", line.recipient or say("staff"))


def _called(email: str, site: Site) -> str:
    """The subject of SEQUENCE/TEXT, or what a notification tells."""
    sequence, _, text = email.partition("/")
    alerts = {"alert": say("Alert: a hot lead"), "notify": say("Word to staff")}
    return subject_of(site, sequence, text) if text else alerts.get(email, email)


def _choices() -> list[tuple[str, str, str]]:
    return [(choice, say(name), say(consequence)) for choice, (name, consequence) in CHOICES.items()]


def _sentence(totals: dict[str, Count]) -> str:
    doubt, failed = totals["unknown"], totals["failed"]
    if doubt.number:
        head = say_n(
            "%(number)s mail is in doubt", "%(number)s mails are in doubt", doubt.number, number=counted(doubt)
        )
        return say("%(head)s: the server never answered. It is yours to say what became of it.", head=head)
    if failed.number:
        head = say_n("%(number)s mail failed", "%(number)s mails failed", failed.number, number=counted(failed))
        return say("Nothing is in doubt. %(head)s, each with its reason.", head=head)
    waiting = totals["waiting"]
    if waiting.number:
        head = say_n("%(number)s mail is on its way", "%(number)s mails are on their way", waiting.number,
                     number=counted(waiting))  # fmt: skip
        return say("Nothing failed, nothing is in doubt. %(head)s.", head=head)
    return say("Nothing failed, nothing is in doubt, nothing waits.")


def counted(total: Count) -> str:
    return f"{number(total.number)}+" if total.more else number(total.number)


def _letter(door: ConsoleDoor, conn: Connection, message_id: int) -> tuple[Letter | None, str]:
    try:
        return sent(door, conn, message_id, g.moment), ""
    except Unwritable as error:
        return None, told(str(error), Names(door.site(), viewer()))


ROUTES = (
    Route("GET", "/messages", "messages", messages),
    Route("GET", "/messages/<int:message_id>", "message", show_message),
    Route("GET", "/messages/<int:message_id>/frame", "message_frame", message_frame),
    Route("POST", "/messages/<int:message_id>/retry", "retry_message", retry_message),
    Route("POST", "/messages/settle", "settle_messages", settle_messages),
    Route("POST", "/messages/<int:message_id>/settle", "settle_message", settle_message),
)
