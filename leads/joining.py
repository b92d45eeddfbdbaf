"""Writing two leads as one: the rows of the one are given to the other; what holds where they differ is `merging`'s."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from authoring.site import Site
from base.calendars import Zone, local_day
from base.clock import Moment
from leads import consent, standings, words
from leads.erasing import leave_places
from leads.facts import Event, Standing
from leads.identity import load_leads
from leads.points import engagement
from leads.refold import interests_of
from leads.scoring import fold_buckets
from storage.personal import tables
from storage.schema import (
    audit,
    bant,
    consents,
    departures,
    enrolments,
    hand_offs,
    hits,
    lead_segments,
    lead_words,
    leads,
    notes,
    notifications,
    preference_tokens,
    stage_changes,
    submissions,
    suppressions,
    wakes,
)
from storage.schema import events as log
from storage.schema import standings as stood

# Rows that have a way of their own, below; all others are given to the lead that goes on.
OWN_WAY = frozenset({leads, wakes, log, stood, lead_segments, lead_words, bant, departures})
STAYS = frozenset({audit, preference_tokens})  # the chain is never rewritten; links in old mails lead to the survivor
_NUMBERED: Mapping[Table, tuple[str, ...]] = {
    submissions: ("event_seq",),
    stage_changes: ("event_seq",),
    hand_offs: ("event_seq",),
    hits: ("event_seq", "confirmed_seq", "seen_seq"),
    enrolments: ("entry_seq", "waiting_seq"),
}

Numbers = Mapping[tuple[int, int], int]  # {(lead, number of the event before): its number now}


@dataclass(frozen=True, slots=True)
class Pair:
    """`gone` becomes a pointer to `kept`."""

    kept: int
    gone: int

    @property
    def both(self) -> tuple[int, int]:
        return self.kept, self.gone


@dataclass(frozen=True, slots=True)
class Histories:
    """The events of both, each in its order, and how far an engine took them in: {lead: number}."""

    ours: Sequence[Row[Any]]
    theirs: Sequence[Row[Any]]
    folded: Mapping[int, int]


def histories(conn: Connection, pair: Pair) -> Histories:
    ours, theirs = (
        conn.execute(select(log).where(log.c.lead_id == one).order_by(log.c.seq)).all() for one in pair.both
    )
    stand = select(wakes.c.lead_id, wakes.c.folded_seq).where(wakes.c.lead_id.in_(pair.both))
    return Histories(ours, theirs, {row.lead_id: row.folded_seq for row in conn.execute(stand)})


def join_events(conn: Connection, pair: Pair, one: Sequence[Row[Any]], folded: Mapping[int, int]) -> Numbers:
    """Number both histories as `one`: everything that cites an event is told its new number."""
    numbers = {(row.lead_id, row.seq): number for number, row in enumerate(one, start=1)}
    conn.execute(delete(log).where(log.c.lead_id.in_(pair.both)))
    rows = [{**row._mapping, "lead_id": pair.kept, "seq": numbers[row.lead_id, row.seq]} for row in one]
    if rows:
        conn.execute(insert(log), rows)
    taken = sum(row.seq <= folded[row.lead_id] for row in one)
    free = {"holder": None, "fence": None}  # an engine that holds either finds it changed, and begins anew
    conn.execute(update(wakes).where(wakes.c.lead_id == pair.kept).values(seq=len(one), folded_seq=taken, **free))
    conn.execute(update(wakes).where(wakes.c.lead_id == pair.gone).values(seq=0, folded_seq=0, due_at=None, **free))
    for table, columns in _NUMBERED.items():
        _renumber(conn, table, columns, pair, numbers)
    return numbers


def _renumber(conn: Connection, table: Table, columns: Sequence[str], pair: Pair, numbers: Numbers) -> None:
    for row in conn.execute(select(table).where(table.c.lead_id.in_(pair.both))).all():
        before = {name: row._mapping[name] for name in columns if row._mapping[name] is not None}
        cited = {name: numbers.get((row.lead_id, seq), seq) for name, seq in before.items()}
        if cited:
            conn.execute(update(table).where(table.c.id == row.id).values(cited))


def give_rows(conn: Connection, pair: Pair, numbers: Numbers, now: Moment) -> None:
    """Everything else that the one had is the other's."""
    _leave_doubles(conn, pair, now)
    _shift_cycles(conn, pair)
    _give_bant(conn, pair)
    for table in tables():
        if table not in OWN_WAY | STAYS and "lead_id" in table.columns:
            conn.execute(update(table).where(table.c.lead_id == pair.gone).values(lead_id=pair.kept))
    for table in (lead_segments, departures):
        conn.execute(delete(table).where(table.c.lead_id == pair.gone))
    conn.execute(delete(departures).where(departures.c.lead_id == pair.kept))


def _leave_doubles(conn: Connection, pair: Pair, now: Moment) -> None:
    """Where both are in a sequence, the one that goes on stays in it: nobody is written to twice."""
    rows = conn.execute(select(enrolments).where(enrolments.c.lead_id.in_(pair.both))).all()
    ours = {(row.sequence, row.entry_key) for row in rows if row.lead_id == pair.kept}
    inside = {row.sequence for row in rows if row.lead_id == pair.kept and row.state == "active"}
    for row in (row for row in rows if row.lead_id == pair.gone):
        changed: dict[str, Any] = {}
        if (row.sequence, row.entry_key) in ours:
            changed["entry_key"] = f"{row.entry_key[:160]}#{pair.gone}"
        if row.state == "active" and row.sequence in inside:
            leave_places(conn, enrolments.c.id == row.id)
            changed |= {"state": "left", "step": None, "due_at": None}
            changed |= {"exit_reason": "merged", "ended_at": now.calendar}
        if changed:
            conn.execute(update(enrolments).where(enrolments.c.id == row.id).values(changed))


def _shift_cycles(conn: Connection, pair: Pair) -> None:
    """Where both were handed over, the cycles of the one that goes come before the first of the other."""
    ours, theirs = (
        {
            cycle
            for table in (hand_offs, notifications)
            for cycle in conn.scalars(select(table.c.cycle).where(table.c.lead_id == one))
        }
        for one in pair.both
    )
    if ours & theirs:
        back = max(theirs) - min(ours) + 1
        for table in (hand_offs, notifications, stage_changes):
            conn.execute(update(table).where(table.c.lead_id == pair.gone).values(cycle=table.c.cycle - back))


def _give_bant(conn: Connection, pair: Pair) -> None:
    """What both know of an item stands once; what the other one's said is kept as a note."""
    known = set(conn.scalars(select(bant.c.item).where(bant.c.lead_id == pair.kept)))
    for row in conn.execute(select(bant).where(bant.c.lead_id == pair.gone)).all():
        this = (bant.c.lead_id == pair.gone) & (bant.c.item == row.item)
        if row.item not in known:
            conn.execute(update(bant).where(this).values(lead_id=pair.kept))
            continue
        text = f"{row.item}: {row.value}" + (f" ({row.note})" if row.note else "")
        conn.execute(insert(notes).values(lead_id=pair.kept, author=row.author, text=text, at=row.at))
        conn.execute(delete(bant).where(this))


def join_consents(conn: Connection, pair: Pair, states: Mapping[str, str], key: str, now: Moment) -> None:
    """Let the newest row of each topic say what holds for both, and leave both addresses alone, or neither."""
    for topic, state in states.items():
        rows = conn.execute(
            select(consents).where(consents.c.lead_id == pair.kept, consents.c.topic == topic).order_by(consents.c.id)
        ).all()
        newest = rows[-1]
        if newest.state != state:
            row = {name: newest._mapping[name] for name in ("topic", "wording", "wording_hash", "form", "locale")}
            more = {"lead_id": pair.kept, "state": state, "proof": {"merged": pair.gone}}
            conn.execute(insert(consents).values(**row, **more, at=now.calendar, recorded_at=now.machine))
    _join_suppressions(conn, pair, key, now)


def _join_suppressions(conn: Connection, pair: Pair, key: str, now: Moment) -> None:
    """What the person said holds for every address of theirs; what a mailbox said, for that one alone."""
    known = load_leads(conn, pair.both)
    ours, theirs = known[pair.kept].email, known[pair.gone].email
    if not ours or not theirs:
        return
    said = suppressions.c.scope == "marketing"
    hashed = suppressions.c.address_hash == consent.address_hash(key, theirs)
    for reason in conn.scalars(select(suppressions.c.reason).where(hashed, said)).all():
        consent.suppress(conn, consent.address_hash(key, ours), "marketing", reason, now.machine)


def join_standings(conn: Connection, pair: Pair, numbers: Numbers, site: Site, zone: Zone, now: Moment) -> None:
    """Count the points of both histories anew; the stage is the further one's. The engine looks at once."""
    held = standings.load(conn, pair.both)
    conn.execute(delete(stood).where(stood.c.lead_id == pair.gone))
    conn.execute(update(wakes).where(wakes.c.lead_id == pair.kept).values(due_at=now.calendar))
    if not held:
        return
    ours, theirs = held.get(pair.kept), held.get(pair.gone)
    further = max((one for one in (ours, theirs) if one), key=lambda one: _rank(site, one.stage))
    past = [_event(row) for row in _taken_in(conn, pair.kept)]
    buckets = fold_buckets(past, site.definitions, zone)
    one = replace(
        further,
        buckets=buckets,
        interests=interests_of(past, site.definitions),
        engagement=engagement(buckets, site.definitions, local_day(now.calendar, zone)),
        segments=ours.segments if ours else (),
        cycle=max(each.cycle for each in held.values()),
        verdict_seq=_newest(held, "verdict_seq", numbers),
        human_seq=_newest(held, "human_seq", numbers),
        bare_seq=_newest(held, "bare_seq", numbers),
    )
    standings.save(conn, {pair.kept: one}, load_leads(conn, [pair.kept]), site.release_id or 0)
    if ours is not None and ours.stage != one.stage:
        _tell_of_stage(conn, pair, ours, one, site, now)


def _tell_of_stage(conn: Connection, pair: Pair, ours: Standing, one: Standing, site: Site, now: Moment) -> None:
    change = {"from_stage": ours.stage, "to_stage": one.stage, "reason": "merged", "cycle": one.cycle}
    where = {"lead_id": pair.kept, "at": now.calendar, "release_id": site.release_id}
    conn.execute(insert(stage_changes).values(**change, **where))


def _rank(site: Site, stage: str) -> int:
    return next((rank for rank, one in enumerate(site.definitions.stages) if one.id == stage), -1)


def _newest(held: Mapping[int, Standing], name: str, numbers: Numbers) -> int:
    return max(numbers.get((lead_id, asdict(one)[name]), 0) for lead_id, one in held.items())


def _taken_in(conn: Connection, lead_id: int) -> Sequence[Row[Any]]:
    folded = select(wakes.c.folded_seq).where(wakes.c.lead_id == lead_id).scalar_subquery()
    return conn.execute(select(log).where(log.c.lead_id == lead_id, log.c.seq <= folded).order_by(log.c.seq)).all()


def _event(row: Row[Any]) -> Event:
    return Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data)


def join_identities(conn: Connection, pair: Pair, filled: Mapping[str, Any]) -> None:
    """Fill in what was empty, keep the first and the last way they came, and let the other one lead here."""
    rows = {row.id: row for row in conn.execute(select(leads).where(leads.c.id.in_(pair.both)))}
    ours, theirs = rows[pair.kept], rows[pair.gone]
    first, last = sorted((ours, theirs), key=lambda row: row.created_at), sorted((ours, theirs), key=_last_came)
    told = {name: value for name, value in filled.items() if name != "email"}
    if "email" in filled:  # an address belongs to one lead: the pointer needs none
        conn.execute(update(leads).where(leads.c.id == pair.gone).values(email=None))
        told["email"] = filled["email"]
    conn.execute(
        update(leads)
        .where(leads.c.id == pair.kept)
        .values(
            **told,
            status="lead" if "lead" in (ours.status, theirs.status) else ours.status,
            fields={**theirs.fields, **{name: value for name, value in ours.fields.items() if value not in (None, "")}},
            tags=[*dict.fromkeys([*ours.tags, *theirs.tags])],
            source=first[0].source or first[1].source,
            first_touch=first[0].first_touch or first[1].first_touch,
            last_touch=last[1].last_touch or last[0].last_touch,
            created_at=first[0].created_at,
        )
    )
    conn.execute(update(leads).where(leads.c.id == pair.gone).values(merged_into=pair.kept))
    conn.execute(delete(lead_words).where(lead_words.c.lead_id == pair.gone))
    words.write(conn, {pair.kept: {**theirs._mapping}})
    words.write(conn, {pair.kept: {**ours._mapping, **told}})
    standings.copy_owners(conn, [pair.kept])


def _last_came(row: Row[Any]) -> str:
    return str((row.last_touch or {}).get("at", ""))
