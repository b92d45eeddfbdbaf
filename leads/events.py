"""The event log of a lead: appended by doors and outboxes under the lead's wake, never changed (but for
what a hit is taken for, by `leads.judging`)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, and_, bindparam, insert, or_, select, update

from base.clock import Moment
from leads.facts import DEPARTURES, Event
from leads.groups import members
from leads.union import Written, one_story
from storage import wakes
from storage.prepared import Prepared
from storage.schema import events, leads

T = TypeVar("T")

_AT_A_TIME = 100  # leads asked for in one statement
_COLUMNS = (
    events.c.lead_id,
    events.c.seq,
    events.c.name,
    events.c.at,
    events.c.evidence,
    events.c.subject,
    events.c.data,
)

# Built once: every submission, hit and sent mail runs them, and building costs more than running.
_WRITE = Prepared(insert(events))
_MAKE_LEAD = Prepared(
    update(leads).where(leads.c.id == bindparam("lead"), leads.c.status == "contact").values(status="lead")
)


def append(
    conn: Connection,
    lead_id: int,
    name: str,
    now: Moment,
    *,
    evidence: str,
    subject: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Stir the lead, then write the event; returns its number. Raises LookupError for a lead without a wake."""
    seq = wakes.stir(conn, lead_id, now.calendar)
    write(conn, lead_id, seq, name, now, evidence=evidence, subject=subject, data=data)
    return seq


def write(
    conn: Connection,
    lead_id: int,
    seq: int,
    name: str,
    now: Moment,
    *,
    evidence: str,
    subject: str | None = None,
    data: Mapping[str, Any] | None = None,
    by_a_lead: bool = False,
) -> None:
    """Write the event under a number that `wakes.stir` gave in this transaction.

    What a human does, other than leaving, shows interest: it makes a lead of a contact, where it is not `by_a_lead`.
    """
    row = {
        "lead_id": lead_id,
        "seq": seq,
        "name": name,
        "at": now.calendar,
        "recorded_at": now.machine,
        "evidence": evidence,
        "subject": subject,
        "data": dict(data or {}),
    }
    _WRITE.count(conn, row)
    if makes_lead(evidence, name) and not by_a_lead:
        _MAKE_LEAD.count(conn, {"lead": lead_id})


def makes_lead(evidence: str, name: str) -> bool:
    """Whether such an event shows interest, which makes a lead of a contact. Pure."""
    return evidence == "human" and name not in DEPARTURES


def after(conn: Connection, seen: Mapping[int, int]) -> dict[int, list[Event]]:
    """For each lead of `{lead id: newest number seen}`, the later events, oldest first; all of them after 0.

    Of whoever stands for others as well, the events of all of these (`leads.union`).
    """
    found: dict[int, list[Event]] = {lead_id: [] for lead_id in seen}
    together = stories(conn, seen)
    for some in _some((lead_id, seq) for lead_id, seq in seen.items() if lead_id not in together):
        later = or_(*(and_(events.c.lead_id == lead_id, events.c.seq > seq) for lead_id, seq in some))
        _gather(conn, select(*_COLUMNS).where(later), found)
    return found | {
        lead_id: [event for event in story if event.seq > seen[lead_id] or not seen[lead_id]]
        for lead_id, story in together.items()
    }


def history(conn: Connection, lead_ids: Collection[int], names: Collection[str]) -> dict[int, tuple[Event, ...]]:
    """For each lead, every event of those names, oldest first; as `after` does it."""
    found: dict[int, list[Event]] = {lead_id: [] for lead_id in lead_ids}
    together = stories(conn, lead_ids) if names else {}
    if names:
        for some in _some(lead_id for lead_id in found if lead_id not in together):
            wanted = and_(events.c.lead_id.in_(some), events.c.name.in_(sorted(names)))
            _gather(conn, select(*_COLUMNS).where(wanted), found)
    found |= {lead_id: [event for event in story if event.name in names] for lead_id, story in together.items()}
    return {lead_id: tuple(those) for lead_id, those in found.items()}


def all_of(conn: Connection, lead_id: int) -> list[Event]:
    """Everything that ever happened to one lead, oldest first."""
    return after(conn, {lead_id: 0})[lead_id]


def written(conn: Connection, lead_id: int, name: str) -> list[Event]:
    """What stands under that name in the log of that very lead, oldest first."""
    theirs = select(*_COLUMNS).where(events.c.lead_id == lead_id, events.c.name == name)
    return [_event(row) for row in conn.execute(theirs.order_by(events.c.seq))]


def newest(conn: Connection, lead_id: int, limit: int) -> list[Event]:
    """The lead's last `limit` events, the newest first."""
    if together := stories(conn, [lead_id]):
        return together[lead_id][: -limit - 1 : -1]
    last: Select[Any] = select(*_COLUMNS).where(events.c.lead_id == lead_id).order_by(events.c.seq.desc()).limit(limit)
    return [_event(row) for row in conn.execute(last)]


def stories(conn: Connection, lead_ids: Collection[int]) -> dict[int, list[Event]]:
    """The whole story of those leads who stand for others as well; the others are left out."""
    told: dict[int, list[Event]] = {}
    for lead_id, those in members(conn, lead_ids).items():
        ids = [lead_id, *(one.lead_id for one in those)]
        rows = conn.execute(select(*_COLUMNS, events.c.recorded_at).where(events.c.lead_id.in_(ids)))
        written = [Written(row.lead_id, row.recorded_at, _event(row)) for row in rows]
        told[lead_id] = one_story(lead_id, {one.lead_id: one.joined_seq for one in those}, written)
    return told


def _gather(conn: Connection, wanted: Select[Any], found: dict[int, list[Event]]) -> None:
    for row in conn.execute(wanted.order_by(events.c.lead_id, events.c.seq)):
        found[row.lead_id].append(_event(row))


def _event(row: Any) -> Event:
    return Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data)


def _some(those: Iterable[T]) -> Iterator[list[T]]:
    listed = list(those)
    for start in range(0, len(listed), _AT_A_TIME):
        yield listed[start : start + _AT_A_TIME]
