"""What happened to a lead, a page at a time: events, changes of stage and decisions as one story; read-only.

Each source is read by its own index from its own place on, so that a page costs the same however long the story is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from leads import events as log
from leads.facts import CONFIRMED, Event
from leads.groups import group
from storage.schema import (
    calls,
    compiled,
    decisions,
    events,
    messages,
    notes,
    notifications,
    stage_changes,
    submissions,
)

PAGE = 40
COUNTED = 1_000
ASSIGNED = "assigned"  # in the name of a channel: its rep was told that a lead is theirs now
MACHINES = ("proxy", "machine")
Kind = Literal["event", "stage", "decision"]
RANK: Mapping[Kind, int] = {"event": 0, "stage": 1, "decision": 2}  # of one instant, the later is told first


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: the numbers that each source is read below; None = from the newest."""

    event: int | None = None
    stage: int | None = None
    decision: int | None = None

    def __str__(self) -> str:
        return ".".join(str(number or "") for number in (self.event, self.stage, self.decision))

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place of an address; the beginning for what is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(
            part == "" or (part.isascii() and part.isdigit() and len(part) < 18) for part in parts
        ):
            return cls()
        return cls(*(int(part) if part else None for part in parts))


@dataclass(frozen=True, slots=True)
class Mailed:
    """The message that a `mail.*` event is about. Of word to sales: `channel` is whom it went to and as what
    (`sales.telling`), `given` the event by which the lead became theirs, where it tells of that."""

    id: int
    klass: str
    email: str
    locale: str
    state: str
    reason: str | None
    reply: str | None
    subject: str | None  # as written, expressions not filled in
    recipient: str | None
    channel: str | None = None
    given: Event | None = None

    @property
    def kind(self) -> str:
        """What the channel was told of: "" for an alert and for what is no word to sales."""
        return ":".join((self.channel or "").split(":")[2:3])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. Of `event`, `passage` (a row of stage_changes) and `decision`, the one that `kind` names is there."""

    kind: Kind
    number: int
    at: datetime
    event: Event | None = None
    passage: Row[Any] | None = None
    decision: Row[Any] | None = None
    mail: Mailed | None = None
    words: str | None = None  # a note, what was said on the telephone
    answers: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None

    @property
    def order(self) -> tuple[datetime, int, int]:
        return (self.at, RANK[self.kind], self.number)


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: where the next page begins; None at the end."""

    entries: tuple[Entry, ...]
    after: Place | None


def timeline(
    conn: Connection, lead_id: int, place: Place | None = None, size: int = PAGE, machines: bool = False
) -> Page:
    """The lead's story from `place` on. What only machines did is left out unless asked for."""
    place = place or Place()
    sources: list[list[Entry]] = [
        _events(conn, lead_id, place.event, size, machines),
        _stages(conn, lead_id, place.stage, size),
        _decisions(conn, lead_id, place.decision, size),
    ]
    told = _merged(sources, size)
    more = sum(map(len, sources)) > len(told)
    return Page(_filled(conn, told), _next(place, told) if more else None)


def machine_visits(conn: Connection, lead_id: int) -> int:
    """How many events are left out as a machine's, up to COUNTED."""
    of_machines = (events.c.lead_id.in_(group(conn, lead_id)), events.c.evidence.in_(MACHINES), ~_TOLD_ELSEWHERE)
    theirs = select(events.c.seq).where(*of_machines).limit(COUNTED)
    return conn.execute(select(func.count()).select_from(theirs.subquery())).scalar_one()


def _merged(sources: Sequence[list[Entry]], size: int) -> list[Entry]:
    """The newest `size`, taking the newest head each time: nothing is lost where a source is out of order."""
    heads = [0] * len(sources)
    told: list[Entry] = []
    while len(told) < size:
        ready = [index for index, source in enumerate(sources) if heads[index] < len(source)]
        if not ready:
            break
        newest = max(ready, key=lambda index: sources[index][heads[index]].order)
        told.append(sources[newest][heads[newest]])
        heads[newest] += 1
    return told


def _next(place: Place, told: Iterable[Entry]) -> Place:
    lowest: dict[str, int] = {}
    for entry in told:
        lowest[entry.kind] = min(entry.number, lowest.get(entry.kind, entry.number))
    return Place(
        lowest.get("event", place.event), lowest.get("stage", place.stage), lowest.get("decision", place.decision)
    )


# ---------------------------------------------------------------- the sources


def _events(conn: Connection, lead_id: int, below: int | None, size: int, machines: bool) -> list[Entry]:
    columns = (events.c.seq, events.c.name, events.c.at, events.c.evidence, events.c.subject, events.c.data)
    if story := log.stories(conn, [lead_id]):
        return _of_story(story[lead_id], below, size, machines)
    theirs: Select[Any] = select(*columns).where(events.c.lead_id == lead_id, ~_TOLD_ELSEWHERE)
    if below is not None:
        theirs = theirs.where(events.c.seq < below)
    if not machines:
        theirs = theirs.where(events.c.evidence.not_in(MACHINES))
    rows = conn.execute(theirs.order_by(events.c.seq.desc()).limit(size + 1))
    return [Entry("event", row.seq, row.at, event=Event(*row)) for row in rows]


def _of_story(story: Sequence[Event], below: int | None, size: int, machines: bool) -> list[Entry]:
    """Of leads who are one: an event is numbered by its place in their story."""
    numbered = [*enumerate(story, start=1)][: None if below is None else below - 1]
    once = [(number, event) for number, event in numbered if not _told_elsewhere(event)]
    shown = [(number, event) for number, event in once if machines or event.evidence not in MACHINES]
    return [Entry("event", number, event.at, event=event) for number, event in reversed(shown[-size - 1 :])]


def _told_elsewhere(event: Event) -> bool:
    """A hit is told once: a human's by its confirmation, a machine's by itself, whatever was believed before."""
    if event.name == CONFIRMED:
        return event.evidence in MACHINES
    return event.evidence == "pending" and event.data.get("why") is not None


_TOLD_ELSEWHERE = or_(
    and_(events.c.name == CONFIRMED, events.c.evidence.in_(MACHINES)),
    and_(events.c.name != CONFIRMED, events.c.evidence == "pending", events.c.data["why"].as_string().is_not(None)),
)  # the same for rows


def _stages(conn: Connection, lead_id: int, below: int | None, size: int) -> list[Entry]:
    theirs = select(stage_changes).where(stage_changes.c.lead_id.in_(group(conn, lead_id)))
    if below is not None:
        theirs = theirs.where(stage_changes.c.id < below)
    rows = conn.execute(theirs.order_by(stage_changes.c.id.desc()).limit(size + 1))
    return [Entry("stage", row.id, row.at, passage=row) for row in rows]


def _decisions(conn: Connection, lead_id: int, below: int | None, size: int) -> list[Entry]:
    theirs = select(decisions).where(decisions.c.lead_id.in_(group(conn, lead_id)))
    if below is not None:
        theirs = theirs.where(decisions.c.id < below)
    rows = conn.execute(theirs.order_by(decisions.c.id.desc()).limit(size + 1))
    return [Entry("decision", row.id, row.at, decision=row) for row in rows]


# ---------------------------------------------------------------- what lies behind an event


def _filled(conn: Connection, told: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries with the mail, the note, the call or the answers that their event names."""
    mails = _mails(conn, _named(told, "message_id"))
    texts = {
        "note_id": _texts(conn, select(notes.c.id, notes.c.text).where(notes.c.id.in_(_named(told, "note_id")))),
        "call_id": _texts(conn, select(calls.c.id, calls.c.note).where(calls.c.id.in_(_named(told, "call_id")))),
    }
    asked = _named(told, "submission_id")
    forms = (
        {row.id: row for row in conn.execute(select(submissions).where(submissions.c.id.in_(asked)))} if asked else {}
    )
    return tuple(_with(entry, mails, texts, forms) for entry in told)


def _with(
    entry: Entry, mails: Mapping[int, Mailed], texts: Mapping[str, Mapping[int, str]], forms: Mapping[int, Row[Any]]
) -> Entry:
    if entry.event is None:
        return entry
    data = entry.event.data
    words = next((known[data[name]] for name, known in texts.items() if data.get(name) in known), None)
    form = forms.get(data.get("submission_id", 0))
    return Entry(
        entry.kind,
        entry.number,
        entry.at,
        event=entry.event,
        mail=mails.get(data.get("message_id", 0)),
        words=words,
        answers=form.answers if form else {},
        form=form.form if form else None,
    )


def _named(told: Iterable[Entry], name: str) -> list[int]:
    found = (entry.event.data.get(name) for entry in told if entry.event is not None)
    return sorted({number for number in found if isinstance(number, int)})


def _texts(conn: Connection, query: Select[Any]) -> dict[int, str]:
    return {number: text for number, text in conn.execute(query) if text}


_TOLD = and_(notifications.c.lead_id == messages.c.lead_id, notifications.c.message_id == messages.c.id)
_MAIL = (
    *(messages.c[name] for name in ("id", "klass", "email", "locale", "state", "reason", "reply")),
    compiled.c.subject,
    messages.c.recipient,
    notifications.c.channel,
)


def _mails(conn: Connection, ids: Sequence[int]) -> dict[int, Mailed]:
    if not ids:
        return {}
    joined = messages.outerjoin(compiled, compiled.c.hash == messages.c.compiled_hash).outerjoin(notifications, _TOLD)
    asked = select(*_MAIL, messages.c.lead_id).select_from(joined).where(messages.c.id.in_(ids))
    return {row.id: _mailed(conn, Mailed(*row[:-1]), row.lead_id) for row in conn.execute(asked)}


def _mailed(conn: Connection, mail: Mailed, lead_id: int) -> Mailed:
    """With the event that it tells of, whose number closes the channel's name."""
    number = (mail.channel or "").rpartition(":")[2]
    if mail.kind != ASSIGNED or not number.isdecimal():
        return mail
    columns = (events.c.seq, events.c.name, events.c.at, events.c.evidence, events.c.subject, events.c.data)
    theirs = select(*columns).where(events.c.lead_id == lead_id, events.c.seq == int(number))
    row = conn.execute(theirs).one_or_none()
    return mail if row is None else replace(mail, given=Event(*row))
