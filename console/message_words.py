"""Messages in the viewer's words: how each stands, why, and what may be decided about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from authoring.site import Site
from base.translations import msgid
from console.context import number, say, say_n, viewer
from console.doubts import Known, known
from console.left_alone import marks
from console.names import Names
from console.reasons import told
from console.step_words import subject_of
from emails.doubts import doubts
from emails.states import AGAIN
from reports.came_back import shut
from reports.messages import Count, MessageLine

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
    shut: str  # why nobody writes to the lead's address, "" where one may
    doubt: Known | None  # while it is in doubt


def doubts_of(conn: Connection, lines: Sequence[MessageLine]) -> dict[int, Known]:
    """What is known about those of them that are in doubt."""
    ids = [line.id for line in lines if line.state == "unknown"]
    return {one.id: known(one) for one in doubts(conn, ids)} if ids else {}


def shut_of(conn: Connection, key: str, lines: Sequence[MessageLine]) -> dict[str, str]:
    """{address: why nobody writes to it}, of the leads that they went to. `key`: the suppression key."""
    return marks(shut(conn, key, {line.address for line in lines if line.klass != "notification"}))


def shown(line: MessageLine, site: Site, about: Mapping[int, Known], closed: Mapping[str, str]) -> Shown:
    state, kind = STATES[line.state]
    names = Names(site, viewer())
    sequence = names("sequence", line.sequence) if line.sequence else ""
    return Shown(
        line=line,
        state=say(state),
        kind=kind,
        klass=say(KLASSES[line.klass]),
        about=called(line.email, site),
        where=" / ".join(part for part in (sequence, line.step) if part),
        when=line.sent_at or line.created_at,
        reason=told(line.reason, names) if line.reason else "",
        in_doubt=line.state == "unknown",
        may_retry=line.state in AGAIN,
        told=_told(line, site) if line.klass == "notification" else "",
        shut=closed.get(line.address or "", "") if line.klass != "notification" else "",
        doubt=about.get(line.id),
    )


def _told(line: MessageLine, site: Site) -> str:
    """The rep whose address it went to; the address where nobody has it any more."""
    reps = {rep.email: rep.name for rep in site.definitions.hand_off.reps}
    return reps.get(line.recipient or "", line.recipient or say("staff"))


def called(email: str, site: Site) -> str:
    """The subject of SEQUENCE/TEXT, or what a notification tells."""
    sequence, _, text = email.partition("/")
    alerts = {"alert": say("Alert: a hot lead"), "notify": say("Word to staff")}
    return subject_of(site, sequence, text) if text else alerts.get(email, email)


def sentence(totals: dict[str, Count]) -> str:
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
