"""Messages: those in doubt first, with what is known and what may be decided; then failures, and every other one."""

from datetime import datetime

from flask import Response, abort, g, request, url_for
from sqlalchemy import Connection

from base.translations import msgid
from console.access import may
from console.context import number, say, viewer
from console.deciding import choices, done
from console.door import ConsoleDoor
from console.letters import CLIPPED, Letter, sent
from console.message_words import counted, doubts_of, sentence, shown, shut_of
from console.names import Names
from console.preview import frame_answer, look_of, looks, size_said
from console.reasons import told
from console.reporting import draw_report
from console.routes import Route
from console.step_words import subject_of
from emails.drafts import Unwritable
from reports.messages import LOOK, VIEWS, Count, Place, counts, message, page

LONGEST_NAME = 300
TABS: dict[str, str] = {
    "unknown": msgid("Delivery not known"),
    "failed": msgid("Failed"),
    "waiting": msgid("On their way"),
    "sent": msgid("Sent"),
    "stopped": msgid("Not sent"),
}


def messages(door: ConsoleDoor) -> Response:
    """One view, a page of it; by default what somebody may settle, else the failures, else what was sent."""
    site, mail = door.site(), _mail_asked()
    with door.database.read() as conn:
        totals = counts(conn)
        view = _view(totals)
        found = page(conn, view, _place(request.args.get("after", "")), email=mail)
        about = doubts_of(conn, found.lines)
        closed = shut_of(conn, door.keys.suppression, found.lines)
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
        lines=[shown(line, site, about, closed) for line in found.lines],
        choices=choices(),
        sentence=sentence(totals),
        first=url_for("console.messages", view=view, mail=mail or None) if request.args.get("after") else "",
        following=url_for(
            "console.messages", view=view, after=f"{after.due_at.isoformat()}~{after.id}", mail=mail or None
        )
        if after
        else "",
        done=done(),
        counted=counted,
    )


def show_message(door: ConsoleDoor, message_id: int) -> Response:
    """One message: what is known, what may be decided, and the mail itself."""
    site = door.site()
    with door.database.read() as conn:
        line = message(conn, message_id) or abort(404)
        letter, why = _letter(door, conn, message_id)
        about = doubts_of(conn, [line])
        closed = shut_of(conn, door.keys.suppression, [line])
    look = look_of()
    return draw_report(
        "console/message.html",
        one=shown(line, site, about, closed),
        choices=choices(),
        deciding=may(viewer(), "settle_message"),
        letter=letter,
        why=why,
        look=look,
        looks=looks(look, "message", message_id=message_id),
        frame=url_for("console.message_frame", message_id=message_id, night="1" if look.night else None),
        said=size_said(letter) if letter else "",
        clipped=CLIPPED,
        done=done(),
    )


def message_frame(door: ConsoleDoor, message_id: int) -> Response:
    """The message's HTML alone, for the frame."""
    with door.database.read() as conn:
        letter, why = _letter(door, conn, message_id)
    if letter is None:
        abort(404, why)
    return frame_answer(letter)


def _view(totals: dict[str, Count]) -> str:
    asked = request.args.get("view", "")
    if asked in VIEWS:
        return asked
    return next((view for view in ("unknown", "failed") if totals[view].number), "sent")


def _mail_asked() -> str:
    """The text whose messages are asked for, SEQUENCE/TEXT; "" for every message."""
    asked = request.args.get("mail", "")
    return asked if "/" in asked and len(asked) <= LONGEST_NAME else ""


def _place(text: str) -> Place | None:
    at, _, number = text.partition("~")
    try:
        return Place(datetime.fromisoformat(at), int(number))
    except ValueError:
        return None


def _letter(door: ConsoleDoor, conn: Connection, message_id: int) -> tuple[Letter | None, str]:
    try:
        return sent(door, conn, message_id, g.moment), ""
    except Unwritable as error:
        return None, told(str(error), Names(door.site(), viewer()))


ROUTES = (
    Route("GET", "/messages", "messages", messages),
    Route("GET", "/messages/<int:message_id>", "message", show_message),
    Route("GET", "/messages/<int:message_id>/frame", "message_frame", message_frame),
)
