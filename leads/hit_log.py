"""Hits as doors meet them, under the lead's wake: noted with their signals, judged later, forgotten on request.

A hit that a reader can have made is also a pending event of the lead's story. What a hit is taken for is decided by
`leads.classing` and written by `leads.judging`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, tuple_, update

from base.clock import Moment
from leads import events, outside, visits
from leads.classing import SETTLES
from leads.hits import Kind
from storage.prepared import Prepared
from storage.schema import events as events_table
from storage.schema import hits
from storage.schema import wakes as wakes_table

MOST = 20  # hits of one link that are noted: more are a machine's, and tell nothing new
STILL_OPEN = timedelta(days=1)  # so long after the hit its page may still say that it was looked at

# Built once: every hit runs them, and building costs more than running.
_NOTE = Prepared(insert(hits))
_HELD = Prepared(select(wakes_table.c.seq).where(wakes_table.c.lead_id == bindparam("lead")).with_for_update())
_UNBELIEVED = and_(
    hits.c.lead_id == bindparam("lead"), hits.c.kind == bindparam("of_kind"), hits.c.link == bindparam("of_link"),
    hits.c.hidden == bindparam("is_hidden"), hits.c.confirmed_seq.is_(None),
)  # fmt: skip
_OF_LINK = Prepared(select(hits.c.id).where(_UNBELIEVED).limit(MOST))
_OF_MAIL = Prepared(select(hits.c.id).where(_UNBELIEVED, hits.c.message_id == bindparam("mail")).limit(MOST))
# Purpose of consent -> the kinds of hits that are only known with it.
OF_PURPOSE: Mapping[str, tuple[Kind, ...]] = {"clicks": ("click", "visit"), "opens": ("open",)}


@dataclass(frozen=True, slots=True)
class Met:
    """A hit as the door met it. `name`, `subject` and `data` are the event's; without a name there is nothing to tell.

    `page`: our own page behind it, which may still say that it was looked at.
    """

    lead_id: int
    kind: Kind
    link: str
    name: str | None = None
    subject: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    message_id: int | None = None
    page: str | None = None
    hidden: bool = False
    marks: Collection[str] = ()
    network: str | None = None
    client: str | None = None


def note(conn: Connection, met: Met, now: Moment, *, seen: bool = False, touched: bool = False) -> bool:
    """Keep the hit, to be judged once more is known; False when there were so many that one more says nothing.

    `seen`, `touched`: what its page had said before, where one page leads to several hits.
    """
    _hold(conn, met.lead_id)
    if _count(conn, met) >= MOST:
        return False
    seq = None
    if met.name is not None:
        seq = events.append(
            conn, met.lead_id, met.name, now, evidence="pending", subject=met.subject, data=dict(met.data)
        )
    at_once = touched or met.name is None
    row = {
        "lead_id": met.lead_id, "message_id": met.message_id, "kind": met.kind, "link": met.link, "hidden": met.hidden,
        "page": met.page, "marks": sorted(met.marks), "network": met.network, "client": met.client, "at": now.machine,
        "seen_at": now.machine if seen else None, "touched": touched, "event_seq": seq, "confirmed_seq": None,
        "seen_seq": None, "klass": "pending", "reasons": [], "judged_by": None, "judged_at": None,
        "due_at": now.machine if at_once else now.machine + SETTLES,
    }  # fmt: skip
    _NOTE.count(conn, row)
    return True


def saw(
    conn: Connection,
    lead_id: int,
    kind: Kind,
    link: str,
    now: Moment,
    *,
    message_id: int | None = None,
    touched: bool,
    driven: bool = False,
) -> bool:
    """The page behind a link says that it stands before somebody, or that somebody did something on it: the newest hit
    of that link is judged anew. `driven`: by a program, as the browser itself admits. False when there was no hit."""
    _hold(conn, lead_id)
    of_link = and_(hits.c.lead_id == lead_id, hits.c.kind == kind, hits.c.link == link)
    same = of_link if message_id is None else and_(of_link, hits.c.message_id == message_id)
    recent = and_(same, hits.c.at >= now.machine - STILL_OPEN, hits.c.event_seq.is_not(None))
    newest = conn.execute(select(hits).where(recent).order_by(hits.c.id.desc()).limit(1)).one_or_none()
    if newest is None:
        return False
    if newest.touched or (newest.seen_at is not None and not touched):
        return True
    marks = sorted({*newest.marks, *(["webdriver"] if driven else [])})
    due = now.machine if touched or newest.due_at is None else newest.due_at
    said = {"seen_at": newest.seen_at or now.machine, "touched": touched, "marks": marks, "due_at": due}
    conn.execute(update(hits).where(hits.c.id == newest.id).values(said))
    return True


def forget(conn: Connection, lead_ids: Collection[int], topics: Collection[str]) -> None:
    """Consent to being measured ends for these, who are one: the signals of every hit go, of mails sent long ago too,
    and what was not judged yet was never there.

    What was believed before stays in the score: it was known with consent. Call it under their wakes.
    """
    kinds = [kind for topic in topics for kind in OF_PURPOSE.get(topic, ())]
    if not kinds:
        return
    if "visit" in kinds:
        visits.forget(conn, lead_ids)
        outside.forget_clicks(conn, lead_ids)
    theirs = and_(hits.c.lead_id.in_(sorted(lead_ids)), hits.c.kind.in_(kinds))
    unjudged = and_(theirs, hits.c.confirmed_seq.is_(None), hits.c.event_seq.is_not(None))
    told = select(hits.c.lead_id, hits.c.event_seq).where(unjudged)
    of_hits = tuple_(events_table.c.lead_id, events_table.c.seq).in_(told)
    conn.execute(delete(events_table).where(events_table.c.lead_id.in_(sorted(lead_ids)), of_hits))
    conn.execute(delete(hits).where(theirs))


def settle_late(conn: Connection, message_ids: Collection[int], now: Moment) -> None:
    """Have the hits of these mails judged again: more is known of when they were sent."""
    conn.execute(update(hits).where(hits.c.message_id.in_(sorted(message_ids))).values(due_at=now.machine))


def _hold(conn: Connection, lead_id: int) -> None:
    """The lead's wake, so that two hits or two beacons come one after the other."""
    _HELD.rows(conn, {"lead": lead_id})


def _count(conn: Connection, met: Met) -> int:
    asked = {"lead": met.lead_id, "of_kind": met.kind, "of_link": met.link, "is_hidden": met.hidden}
    if met.message_id is None:
        return len(_OF_LINK.rows(conn, asked))
    return len(_OF_MAIL.rows(conn, {**asked, "mail": met.message_id}))
