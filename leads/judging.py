"""Writes what hits are taken for: those that are due, and those beside them that look different now.

A human's hit is confirmed by an event, which the engine takes in; another's is told as such, and scores nothing. What
turns out differently later changes the evidence of its events, the only thing about an event that ever changes, and an
event `hit_reclassed` says so: then the engine counts the lead's points again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, tuple_, update

from base.clock import Moment
from leads import events
from leads.classing import AROUND, CROWD, THRONG, classify
from leads.facts import CONFIRMED, HUMAN, PRESUMED, RECLASSED, Event
from leads.groups import group, survivor
from leads.hits import Beacon, Class, Hit, Verdict
from storage.schema import events as log
from storage.schema import hits, messages, wakes

AT_ONCE = 25  # hits judged in one transaction
_SENT = ("sent", "settled_delivered", "settled_resent")


def due(conn: Connection, now: datetime) -> bool:
    """Whether any hit is to be judged at `now` of the machine's clock."""
    return conn.execute(select(hits.c.id).where(hits.c.due_at <= now).limit(1)).first() is not None


def settle(conn: Connection, now: Moment, limit: int = AT_ONCE) -> int:
    """Judge up to `limit` hits that are due, oldest first; returns how many. Safe to run in several processes."""
    oldest = select(hits).where(hits.c.due_at <= now.machine).order_by(hits.c.due_at, hits.c.id).limit(limit)
    those = conn.execute(oldest.with_for_update(skip_locked=True)).all()
    if not those:
        return 0
    ripe = {row.id for row in those}
    around = _around(conn, those)
    near = Near(around.values(), _sent_at(conn, {row.message_id for row in around.values()}))
    for row in sorted(around.values(), key=lambda row: (row.lead_id, row.id)):
        if row.judged_by is not None and row.id in ripe:
            conn.execute(update(hits).where(hits.c.id == row.id).values(due_at=None))
        elif row.id in ripe or _beside(row, those):
            verdict = near.verdict(conn, row)
            if row.id in ripe or verdict.klass != row.klass:
                _write(conn, row, verdict, [reason.as_json() for reason in verdict.reasons], now)
    return len(those)


def correct(conn: Connection, hit_id: int, klass: Class, by: str, now: Moment) -> bool:
    """A person says what the hit was, and no signal overrules them. False when there is no such hit, or it is that."""
    row = conn.execute(select(hits).where(hits.c.id == hit_id).with_for_update()).one_or_none()
    if row is None:
        return False
    kept = Verdict(klass, (), proven=klass == "human")
    _write(conn, row, kept, [["by_hand", 0, 0]], now)
    conn.execute(update(hits).where(hits.c.id == hit_id).values(judged_by=by[:200]))
    return bool(row.klass != klass)


# ---------------------------------------------------------------- what is looked at together


def _around(conn: Connection, those: Sequence[Row[Any]]) -> dict[int, Row[Any]]:
    """The due hits, and those of their mails within two hours: whoever is judged anew within one has their own hour.

    Nothing is left out: a mail keeps no more than `hit_log.MOST` hits of each link that nobody believed.
    """
    times: dict[int, list[datetime]] = defaultdict(list)
    for row in those:
        if row.message_id is not None:
            times[row.message_id].append(row.at)
    found = {row.id: row for row in those}
    of_mails = [
        and_(hits.c.message_id == mail, hits.c.at.between(min(at) - 2 * AROUND, max(at) + 2 * AROUND))
        for mail, at in sorted(times.items())
    ]
    if of_mails:
        found |= {row.id: row for row in conn.execute(select(hits).where(or_(*of_mails)))}
    return found


def _crowd_of(conn: Connection, hit: Hit) -> list[Hit]:
    """One hit for each lead in whose mails the same client was within a minute, as many as make a throng."""
    if hit.client is None:
        return []
    near = and_(hits.c.client == hit.client, hits.c.at.between(hit.at - CROWD, hit.at + CROWD))
    of_leads = conn.scalars(select(hits.c.lead_id).where(near).distinct().limit(THRONG))
    return [replace(hit, lead=str(lead)) for lead in of_leads]


def _beside(row: Row[Any], those: Iterable[Row[Any]]) -> bool:
    """Whether the judged hit may look different now, as one of its own mail was judged."""
    if row.klass == "pending" or row.judged_by is not None or row.message_id is None:
        return False
    return any(one.message_id == row.message_id and abs(one.at - row.at) <= AROUND for one in those)


class Near:
    """Hits that are looked at together, by their mail."""

    def __init__(self, rows: Iterable[Row[Any]], sent: Mapping[int, datetime]) -> None:
        self._hits = {row.id: as_hit(row, sent.get(row.message_id)) for row in rows}
        self._of_mail: dict[str, list[Hit]] = defaultdict(list)
        for hit in self._hits.values():
            if hit.mail is not None:
                self._of_mail[hit.mail].append(hit)

    def verdict(self, conn: Connection, row: Row[Any]) -> Verdict:
        hit = self._hits[row.id]
        return classify(hit, self._of_mail.get(hit.mail or "", ()), _crowd_of(conn, hit))


def as_hit(row: Row[Any], sent_at: datetime | None) -> Hit:
    """A row as the judge sees it."""
    return Hit(
        id=row.id,
        kind=row.kind,
        at=row.at,
        mail=None if row.message_id is None else str(row.message_id),
        lead=str(row.lead_id),
        link=row.link,
        hidden=row.hidden,
        sent_at=sent_at,
        marks=frozenset(row.marks),
        network=row.network,
        client=row.client,
        beacon=_beacon(row),
    )


def _beacon(row: Row[Any]) -> Beacon:
    if row.touched:
        return "touched"
    if row.seen_at is not None:
        return "seen"
    return "missing" if row.page is not None else "impossible"


def _sent_at(conn: Connection, message_ids: Iterable[int | None]) -> dict[int, datetime]:
    """{message: when its server took it}, of those that were taken."""
    known = sorted(number for number in message_ids if number is not None)
    sent = select(messages.c.id, messages.c.ended_at).where(messages.c.id.in_(known), messages.c.state.in_(_SENT))
    return {row.id: row.ended_at for row in conn.execute(sent) if row.ended_at is not None}


# ---------------------------------------------------------------- what is written


def _write(conn: Connection, row: Row[Any], verdict: Verdict, reasons: list[Any], now: Moment) -> None:
    """The class with its reasons, and what the lead's story and score make of it."""
    values: dict[str, Any] = {"klass": verdict.klass, "reasons": reasons, "judged_at": now.machine, "due_at": None}
    if row.event_seq is not None:
        if verdict.klass == "human":
            values |= _believe(conn, row, verdict, reasons, now)
        else:
            values |= _disbelieve(conn, row, verdict.klass, reasons, now)
    conn.execute(update(hits).where(hits.c.id == row.id).values(values))


def _believe(conn: Connection, row: Row[Any], verdict: Verdict, why: list[Any], now: Moment) -> dict[str, Any]:
    evidence = HUMAN if verdict.proven else PRESUMED
    hit = _event(conn, row.lead_id, row.event_seq)
    if hit is None:
        return {}
    numbers: dict[str, Any] = {}
    if row.confirmed_seq is None:
        _mark(conn, row.lead_id, row.event_seq, "pending", why)
        told = {"interests": hit.data.get("interests", []), "message_id": hit.data.get("message_id"), "why": why}
        data = {"of": hit.name, "hit_seq": hit.seq, **told}
        numbers["confirmed_seq"] = events.append(
            conn, row.lead_id, CONFIRMED, now, evidence=evidence, subject=hit.subject, data=data
        )
    elif verdict.proven:
        _mark(conn, row.lead_id, row.confirmed_seq, HUMAN, why)
    if verdict.proven and row.seen_seq is None and row.kind == "click" and row.page is not None:
        data = {"interests": hit.data.get("page_interests", [])}
        numbers["seen_seq"] = events.append(
            conn, row.lead_id, "page_seen", now, evidence=HUMAN, subject=row.page, data=data
        )
    return numbers


def _disbelieve(conn: Connection, row: Row[Any], klass: str, why: list[Any], now: Moment) -> dict[str, Any]:
    _mark(conn, row.lead_id, row.event_seq, klass, why)
    believed = [seq for seq in (row.confirmed_seq, row.seen_seq) if seq is not None]
    if not believed:
        return {}
    folded = _folded(conn, row.lead_id)
    undone = [event for seq in believed if (event := _event(conn, row.lead_id, seq)) is not None]
    for event in undone:
        _mark(conn, row.lead_id, event.seq, klass, why)
    counted = [
        {
            "name": event.data.get("of", event.name),
            "subject": event.subject,
            "at": event.at.isoformat(),
            "seq": event.seq,
        }
        for event in undone
        if event.seq <= folded
    ]
    data = {"hit_seq": row.event_seq, "to": klass, "why": why, "counted": counted}
    events.append(conn, row.lead_id, RECLASSED, now, evidence="engine", subject=undone[0].subject, data=data)
    return {"confirmed_seq": None, "seen_seq": None}


def _folded(conn: Connection, lead_id: int) -> int:
    """The newest event that the engine has taken in, as it stays until this transaction ends."""
    turn = wakes.c.lead_id == survivor(conn, lead_id)
    return int(conn.execute(select(wakes.c.folded_seq).where(turn).with_for_update()).scalar_one())


def _event(conn: Connection, lead_id: int, seq: int) -> Row[Any] | None:
    return conn.execute(select(log).where(log.c.lead_id == lead_id, log.c.seq == seq)).one_or_none()


def _mark(conn: Connection, lead_id: int, seq: int, evidence: str, why: list[Any]) -> None:
    event = _event(conn, lead_id, seq)
    if event is not None:
        this = and_(log.c.lead_id == lead_id, log.c.seq == seq)
        conn.execute(update(log).where(this).values(evidence=evidence, data={**event.data, "why": why}))


def find(conn: Connection, hit_id: int) -> Row[Any] | None:
    """The hit of that number."""
    return conn.execute(select(hits).where(hits.c.id == hit_id)).one_or_none()


def every(conn: Connection, lead_id: int, limit: int = 200) -> Sequence[Row[Any]]:
    """The newest hits of a lead and of whom it stands for, the newest first."""
    theirs = hits.c.lead_id.in_(group(conn, lead_id))
    return conn.execute(select(hits).where(theirs).order_by(hits.c.id.desc()).limit(limit)).all()


def told_of(conn: Connection, rows: Sequence[Row[Any]]) -> dict[int, Event]:
    """{hit: its event}, which names the magnet, the page or the mail that it was about, and a link's address as `url`;
    of a hit that only machines make there is none."""
    wanted = {(row.lead_id, row.event_seq): row.id for row in rows if row.event_seq is not None}
    columns = (log.c.lead_id, log.c.seq, log.c.name, log.c.at, log.c.evidence, log.c.subject, log.c.data)
    found = conn.execute(select(*columns).where(tuple_(log.c.lead_id, log.c.seq).in_(sorted(wanted))))
    return {wanted[row.lead_id, row.seq]: Event(*row[1:]) for row in found}
