"""The parts of a lead's page that say what the house does with them: sequences, mails, consents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from authoring.models.sequences import Sequence as Authored
from authoring.models.steps import Step
from authoring.site import Site
from base.translations import msgid
from console.context import Viewer, day, hour, moment, say
from console.left_alone import BACK
from console.names import Names
from console.reasons import told, told_of_refusal
from console.step_words import wait_of
from leads.answering import in_force
from leads.facts import Lead
from reports.came_back import Heard
from reports.dealings import Consent, Dealings, Inside, Mail, Said
from sales.wording import without_expressions
from workflows.language import zone_for
from workflows.values import REACHED
from workflows.waits import hours_of, opening, shut_by


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A sequence they are in, or were. `kind` colours the state: sprout, warm or ""."""

    id: int
    sequence: str
    title: str
    step: str
    state: str
    kind: str
    next: str
    why: tuple[str, ...]
    active: bool
    since: datetime
    email: str  # the text of the step they stand before, "" for one that mails nothing


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail: what it is, how far it came."""

    id: int
    subject: str
    path: str
    state: str
    kind: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds for one purpose, and the ledger behind it, newest first."""

    topic: str
    value: str  # yes | no | partial (asked, not confirmed) | unknown
    said: str
    ledger: tuple[tuple[str, str, Consent], ...]  # state in words, where from, the row


# ---------------------------------------------------------------- sequences

STATES: Mapping[str, tuple[str, str]] = {
    "active": (msgid("under way"), "sprout"),
    "held": (msgid("held back"), "warm"),
    "completed": (msgid("finished"), ""),
    "left": (msgid("left"), ""),
}
OUTGOING: Mapping[str, str] = {
    "due": msgid("its mail leaves in a moment"),
    "claimed": msgid("its mail leaves in a moment"),
    "in_data": msgid("its mail is with the mail server"),
    "deferred": msgid("the mail server asked to try again later"),
    "unknown": msgid("its mail is in doubt: the server did not answer, and it is never sent again by itself"),
}


def enrolled(
    inside: Sequence[Inside], pinned: Mapping[str, Authored], lead: Lead, names: Names, viewer: Viewer
) -> list[Enrolled]:
    """The sequences they are in, then those they were in. `pinned`: {version: the sequence as it was then}."""
    return [_enrolled(one, pinned.get(one.version), lead, names, viewer) for one in inside]


def _enrolled(one: Inside, sequence: Authored | None, lead: Lead, names: Names, viewer: Viewer) -> Enrolled:
    held = one.state == "active" and one.position == "ready" and one.due_at is not None
    state, kind = STATES["held" if held else one.state]
    title = viewer.speech.text(sequence.title) if sequence else names("sequence", one.sequence)
    active = one.state == "active"
    following, why = _next(one, sequence, lead, names) if active else (_ended(one), _end_reason(one, names))
    step = sequence.find(one.step) if sequence is not None and one.step else None
    return Enrolled(
        id=one.id,
        sequence=one.sequence,
        title=title,
        step=one.step or "",
        state=say(state),
        kind=kind,
        next=following,
        why=why,
        active=active,
        since=one.entered_at,
        email=(step.email or "") if step is not None else "",
    )


def _next(one: Inside, sequence: Authored | None, lead: Lead, names: Names) -> tuple[str, tuple[str, ...]]:
    """What comes next and when; and why then."""
    step = sequence.find(one.step) if sequence is not None and one.step else None
    if one.position == "awaiting_mail":
        return say(OUTGOING.get(one.mail or "due", OUTGOING["due"])), ()
    if one.position == "ready" and one.due_at is not None and one.said is not None:
        return _not_before(one.due_at), (told(one.said.reason, names),)
    if step is not None and step.wait_for is not None:
        return say("waits for an act of theirs"), _awaited(one, step, names)
    if one.due_at is not None and sequence is not None and step is not None:
        at, shut = _open_at(one.due_at, sequence, step, zone_for(lead, sequence, names.viewer.zone))
        return _not_before(at), tuple(why for why in (wait_of(step), told(shut, names)) if why)
    return say("goes on in a moment") if one.due_at is None else _not_before(one.due_at), ()


def _open_at(due: datetime, sequence: Authored, step: Step, zone: str) -> tuple[datetime, str]:
    """When what is due goes on, and what keeps it until then: a mail waits for its hours, as the engine has them."""
    hours = hours_of(sequence, step)
    shut = shut_by(hours, due, zone) if step.mails else None
    if shut is None or shut.fallback == "skip":
        return due, ""
    return opening(hours, due, zone), f"{shut.by} {zone}"


def _not_before(at: datetime) -> str:
    return say("waits for %(day)s, %(hour)s", day=day(at, "full"), hour=hour(at))


def _awaited(one: Inside, step: Step, names: Names) -> tuple[str, ...]:
    assert step.wait_for is not None
    asked = step.wait_for.when.model_dump(by_alias=True, exclude_none=True)
    until = (say("goes on without it at %(moment)s", moment=moment(one.due_at)),) if one.due_at else ()
    return (say("for %(what)s", what=names.wanted(asked)), *until)


def _ended(one: Inside) -> str:
    return say("until %(day)s", day=day(one.ended_at)) if one.ended_at else ""


def _end_reason(one: Inside, names: Names) -> tuple[str, ...]:
    return (told(one.exit_reason, names),) if one.exit_reason else ()


def refused(said: Sequence[Said], names: Names) -> list[tuple[str, str, datetime]]:
    """Sequences that did not let them in lately: which, why, when."""
    return [(names("sequence", one.sequence or ""), told_of_refusal(one.reason, names), one.at) for one in said]


# ---------------------------------------------------------------- mails

MAILS: Mapping[str, tuple[str, str]] = {
    "due": (msgid("about to leave"), ""),
    "claimed": (msgid("leaving"), ""),
    "in_data": (msgid("leaving"), ""),
    "sent": (msgid("sent"), "sprout"),
    "deferred": (msgid("put off by the server"), "warm"),
    "refused": (msgid("refused"), "hot"),
    "failed": (msgid("not made"), "hot"),
    "withdrawn": (msgid("held back"), "warm"),
    "expired": (msgid("too late"), "warm"),
    "unknown": (msgid("in doubt"), "warm"),
    "settled_delivered": (msgid("taken as delivered"), "sprout"),
    "settled_resent": (msgid("sent again"), "sprout"),
    "settled_dropped": (msgid("given up"), "warm"),
}


def mails(dealings: Dealings, site: Site, names: Names, viewer: Viewer) -> list[Sent]:
    return [_sent(mail, site, names, viewer) for mail in dealings.mails]


def _sent(mail: Mail, site: Site, names: Names, viewer: Viewer) -> Sent:
    back = mail.back if mail.state in REACHED else None
    state, kind = BACK[back.how] if back else MAILS.get(mail.state, (mail.state, ""))
    sequence, _, name = mail.email.partition("/")
    text = site.emails.get((sequence, name, mail.locale)) or site.emails.get((sequence, name, viewer.locale))
    return Sent(
        id=mail.id,
        subject=without_expressions(text.subject) if text else mail.email,
        path=mail.email,
        state=say(state),
        kind=kind,
        why=_why(mail, back, names),
        at=mail.sent_at or mail.created_at,
    )


def _why(mail: Mail, back: Heard | None, names: Names) -> str:
    if back is not None:
        on = moment(back.at)
        return say("on %(moment)s: %(cause)s", moment=on, cause=say(back.cause)) if back.cause else on
    return told(mail.reason, names) if mail.reason and mail.state != "sent" else ""


# ---------------------------------------------------------------- consents

LEDGER: Mapping[str, str] = {
    "asked": msgid("asked, not confirmed"),
    "granted": msgid("agreed"),
    "informed": msgid("told of it at a work address, no objection"),
    "withdrawn": msgid("withdrawn"),
}
HELD: Mapping[str, str] = {"asked": "partial", "granted": "yes", "informed": "yes", "withdrawn": "no"}


def consents(rows: Sequence[Consent], site: Site, names: Names, viewer: Viewer) -> list[Agreed]:
    """Every purpose of the definitions, and those of earlier definitions that the ledger knows."""
    definitions, text = site.definitions, viewer.speech.text
    labels = {name: text(topic.label) for name, topic in [*definitions.topics.items(), *definitions.tracking.items()]}
    known = [*labels, *(row.topic for row in rows if row.topic not in dict(labels))]
    made = []
    for topic in dict.fromkeys(known):
        ledger = [row for row in rows if row.topic == topic]
        newest = in_force(ledger[0].state, ledger[0].proof) if ledger else ""
        told_rows = tuple((say(LEDGER[row.state]), _proof(row, names), row) for row in ledger)
        said = say(LEDGER[newest]) if newest else say("never asked")
        made.append(Agreed(dict(labels).get(topic, topic), HELD.get(newest, "unknown"), said, told_rows))
    return made


def _proof(row: Consent, names: Names) -> str:
    if row.form:
        return say("form “%(form)s”", form=names("form", row.form))
    page = row.proof.get("page")
    return say("page “%(page)s”", page=page) if page else ""
