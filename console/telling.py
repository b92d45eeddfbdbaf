"""One event, turn or decision as a line of a lead's story; which lines make a story is left to words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from authoring.site import Site
from base.translations import msgid
from console.context import moment, say
from console.entries import told_of_entry
from console.hit_words import because, speaking
from console.names import Names
from console.reasons import told, told_of_refusal
from leads.facts import COLUMNS, REPLIED, Event
from reports.timeline import Entry, Mailed
from sales.wording import Voice, one_line, without_expressions

LONGEST_QUOTE = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a story. `kind`: did (the lead), staff, machine (the house), turn (a stage was entered).

    `quote` is in somebody's own words, `detail` says more, softer; `why` opens in place; `code` is named as in a file.
    `number`: the event's, 0 for what is none. `times`: how many equal lines of one day it stands for.
    """

    at: datetime
    kind: str
    icon: str
    text: str
    quote: str = ""
    detail: str = ""
    why: tuple[str, ...] = ()
    code: str = ""
    stage: str = ""
    number: int = 0
    times: int = 1
    message_id: int | None = None


def is_mail(entry: Entry) -> bool:
    return entry.event is not None and entry.event.name.startswith("mail.")


# ---------------------------------------------------------------- what they did

ICONS: Mapping[str, str] = {
    "form_submitted": "file-text",
    "form_held": "hourglass",
    "asset_downloaded": "download",
    "asset_delivered": "download",
    "link_clicked": "mouse-pointer-click",
    "page_seen": "eye",
    "webinar_attended": "monitor",
    "consent_granted": "check",
    "consent_withdrawn": "ban",
    "unsubscribed": "ban",
    "silence_noticed": "hourglass",
    "consent_affirmed": "check",
    "imported": "inbox",
    "segment_entered": "log-in",
    "segment_left": "log-out",
}
EVIDENCE: Mapping[str, str] = {
    "presumed": msgid("believed, as nothing speaks against it; it proves nothing"),
    "pending": msgid("not known yet whether a human did it"),
    "proxy": msgid("a mail program fetched it"),
    "machine": msgid("a machine did it"),
}
HIDES = frozenset({"pending", "proxy", "machine"})  # evidence that gives no points


def act(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    raised = bool(event.data.get("hand_raise"))
    doubt = EVIDENCE.get(event.evidence)
    why = event.data.get("why") or ()
    return Line(
        at=entry.at,
        kind="did" if event.human else "machine",
        icon="hand" if raised else "eye-off" if event.evidence in HIDES else ICONS.get(event.means, "circle"),
        text=voice.action(event),
        quote=own_words(entry.form, entry.answers, voice.site),
        detail=say(doubt) if doubt else _where(event, names),
        why=tuple(because(speaking(why, "machine" if event.evidence in HIDES else "human"))),
    )


def _where(event: Event, names: Names) -> str:
    if event.by_list:
        return _list(event)
    page = event.data.get("page")
    return say("on the page “%(page)s”", page=page) if page and event.name == "form_submitted" else ""


def _list(event: Event) -> str:
    return say(
        "elsewhere, before: so says line %(line)s of a list (import %(id)s)",
        line=event.data["line"],
        id=event.data["import_id"],
    )


def own_words(form: str | None, answers: Mapping[str, object], site: Site) -> str:
    """What they wrote freely in a form, on one line; nothing where they only chose."""
    asked = site.forms.get(form or "")
    fields = [field for field in asked.field if field.kind == "text" and field.name not in COLUMNS] if asked else []
    written = (one_line(answers.get(field.name) or "") for field in fields)
    said = " · ".join(words for words in written if words)
    return _shortened(said)


def _shortened(said: str) -> str:
    return said if len(said) <= LONGEST_QUOTE else said[:LONGEST_QUOTE].rstrip() + "…"


# ---------------------------------------------------------------- what the house did

# The end of a mail -> icon, sentence.
MAILS: Mapping[str, tuple[str, str]] = {
    "mail.sent": ("send", msgid("Mail sent: “%(subject)s”")),
    "mail.refused": ("ban", msgid("Mail refused by their server: “%(subject)s”")),
    "mail.failed": ("circle-alert", msgid("Mail not made: “%(subject)s”")),
    "mail.expired": ("hourglass", msgid("Mail too late, not sent: “%(subject)s”")),
    "mail.withdrawn": ("ban", msgid("Mail held back at the last moment: “%(subject)s”")),
    "mail.settled_delivered": ("circle-help", msgid("Mail in doubt, taken as delivered: “%(subject)s”")),
    "mail.settled_resent": ("send", msgid("Mail in doubt, sent again: “%(subject)s”")),
    "mail.settled_dropped": ("ban", msgid("Mail in doubt, given up: “%(subject)s”")),
    "mail.bounced": ("ban", msgid("Mail came back, the address is left alone: “%(subject)s”")),
    "mail.soft_bounced": ("hourglass", msgid("Mail came back this time: “%(subject)s”")),
    "mail.complained": ("circle-alert", msgid("Mail reported as spam: “%(subject)s”")),
    "mail.auto_replied": ("mail", msgid("A machine answered “%(subject)s”")),
    REPLIED: ("message-square", msgid("Answered “%(subject)s”")),
}
# The same of mail that others had sent, as a list tells it.
ELSEWHERE: Mapping[str, str] = {
    "mail.bounced": msgid("Mail to them had come back, the address is left alone"),
    "mail.complained": msgid("They had reported mail as spam, the address is left alone"),
}
CAME_BACK = frozenset({"mail.bounced", "mail.soft_bounced", "mail.complained", "mail.auto_replied"})
NOTIFIED: Mapping[str, str] = {
    "alert": msgid("%(who)s was alerted"),
    "notify": msgid("%(who)s was reminded"),
    "assigned": msgid("%(who)s was told that the lead is theirs now"),
    "late": msgid("%(who)s was told that the alert waits"),
    "withdrawn": msgid("%(who)s was told that the alert is taken back"),
}


def mailed(entry: Entry, event: Event, voice: Voice, names: Names) -> Line:
    mail = entry.mail
    if mail is not None and mail.klass == "notification":
        return _notified(entry, event, mail, names)
    if event.by_list and event.name in ELSEWHERE:
        return Line(entry.at, "machine", MAILS[event.name][0], say(ELSEWHERE[event.name]), detail=_list(event))
    icon, sentence = MAILS.get(event.name, ("mail", msgid("Mail: “%(subject)s”")))
    reason = str(event.data.get("reason") or (mail.reason if mail else "") or "")
    why = () if event.name == "mail.sent" or not reason else (told(reason, names),)
    status = str(event.data.get("status") or "")
    if status:  # it came back: why stands on the line, the code behind it
        reason, why = told(reason, names), (status,)
    return Line(
        at=entry.at,
        kind="did" if event.human else "machine",
        icon=icon,
        text=say(sentence, subject=subject_of(mail, event.subject or "", voice)),
        quote=_shortened(one_line(event.data.get("text") or "")),
        detail=reason if status else "",
        code=event.subject or "",
        why=why,
        message_id=mail.id if mail else None,
    )


def _notified(entry: Entry, event: Event, mail: Mailed, names: Names) -> Line:
    reps = {rep.email: rep.name for rep in names.site.definitions.hand_off.reps}
    who = reps.get(mail.recipient or "", mail.recipient or "")
    if event.name in CAME_BACK:
        text = say("The mail to %(who)s came back", who=who)
        return Line(entry.at, "machine", "circle-alert", text, detail=str(event.data.get("status") or ""))
    if event.name not in ("mail.sent", "mail.settled_delivered", "mail.settled_resent"):
        text = say("The mail to %(who)s did not leave", who=who)
        return Line(entry.at, "machine", "circle-alert", text, why=(mail.reason,) if mail.reason else ())
    sentence = NOTIFIED.get(mail.kind) or NOTIFIED.get(mail.email, NOTIFIED["notify"])
    given = mail.given.data if mail.given else {}
    by = say("given to them by %(who)s", who=given["staff"]) if given.get("staff") else ""
    quote = str(given.get("reason") or "")
    return Line(entry.at, "machine", "bell", say(sentence, who=who), quote=quote, detail=by, message_id=mail.id)


def subject_of(mail: Mailed | None, email: str, voice: Voice) -> str:
    """The subject as it was written, with … for what is filled in; the mail's path where no text is known."""
    sequence, _, name = email.partition("/")
    authored = voice.site.emails.get((sequence, name, voice.locale))
    written = (mail.subject if mail else None) or (authored.subject if authored else None)
    return without_expressions(written) if written else email


# Outcome of a decision -> icon, sentence.
DECIDED: Mapping[str, tuple[str, str]] = {
    "entered": ("play", msgid("Enters “%(sequence)s”")),
    "refused": ("ban", msgid("Not let into “%(sequence)s”")),
    "delayed": ("pause", msgid("“%(sequence)s” waits")),
    "skipped": ("ban", msgid("A step of “%(sequence)s” was left out")),
    "adopted": ("pencil", msgid("“%(sequence)s” was edited")),
    "left": ("log-out", msgid("Leaves “%(sequence)s”")),
    "completed": ("circle-check", msgid("Comes to the end of “%(sequence)s”")),
}


def decided(entry: Entry, names: Names) -> Line:
    row = entry.decision
    assert row is not None
    icon, sentence = DECIDED.get(row.outcome, ("circle", msgid("“%(sequence)s”: a decision")))
    sequence = names("sequence", row.sequence or "")
    reason = told_of_refusal(row.reason, names) if row.outcome == "refused" else told(row.reason, names)
    until = (say("Until %(moment)s.", moment=moment(row.until)),) if row.until else ()
    return Line(
        at=entry.at,
        kind="machine",
        icon=icon,
        text=say(sentence, sequence=sequence) if row.sequence else say("Set aside for a moment"),
        why=_why(row.outcome, reason, until, told_of_entry(row.reason)),
        code=names.step(row.sequence, row.step),
    )


def _why(outcome: str, reason: str, until: tuple[str, ...], version: str) -> tuple[str, ...]:
    """An entry says only which version was entered, where there is a choice; an end after all steps needs no reason."""
    if outcome in ("entered", "completed"):
        return (_sentence(version),) if version else ()
    return (_sentence(reason), *until)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


# ---------------------------------------------------------------- turning points


def turned(entry: Entry, names: Names) -> Line:
    row = entry.passage
    assert row is not None
    here = names.stage(row.to_stage)
    text = (
        say("%(before)s becomes %(now)s", before=names.stage(row.from_stage), now=here)
        if row.from_stage and row.from_stage != row.to_stage
        else here
    )
    return Line(at=entry.at, kind="turn", icon="flag", text=text, why=(told(row.reason, names),), stage=row.to_stage)
