"""Writes the tallies of decided turns, in their own transaction; and counts everything again from the rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text

from authoring.models.definitions import Definitions
from base.calendars import Zone, local_day
from leads.facts import Event
from leads.tallies import BEGUN
from storage.database import Database
from storage.schema import decisions, enrolments, events, leads, occupancy, receipts, stage_changes, tallies, wakes
from storage.upsert import add_up
from workflows.tallies import (
    Place,
    Tally,
    moved,
    of_decision,
    of_end,
    of_event,
    of_receipt,
    of_stages,
    tallied,
    tally,
)
from workflows.values import Turn

LEADS_AT_ONCE = 5_000
ROWS_AT_ONCE = 1_000
PATIENCE = 3600.0  # seconds: an upgrade takes the time it takes
Happening = tuple[str, str | None]


def add(conn: Connection, turns: Sequence[Turn], definitions: Definitions, now: datetime) -> None:
    """Count what `turns` add; to be the last statements of their transaction, since all engines meet in these rows."""
    been = _reached_before(conn, turns)
    counted: Counter[Tally] = Counter()
    places: Counter[Place] = Counter()
    for turn in turns:
        counted.update(tallied(turn, local_day(now, turn.facts.zone), definitions, been.get(turn.lead_id, ())))
        places.update(moved(turn))
    _add(conn, counted, {at: by for at, by in places.items() if by})


def _add(conn: Connection, counted: Mapping[Tally, int], places: Mapping[Place, int]) -> None:
    """In one order for everybody, so that no two engines wait for each other."""
    add_up(conn, tallies, [{**key._asdict(), "n": n} for key, n in sorted(counted.items())], "n")
    add_up(conn, occupancy, [{**key._asdict(), "n": n} for key, n in sorted(places.items())], "n")


def _reached_before(conn: Connection, turns: Sequence[Turn]) -> dict[int, list[str]]:
    """The stages of those who move and have gone back before; this turn's own moves, stored already, are left out."""
    moving = {turn.lead_id: turn for turn in turns if any(change.cycle > 1 for change in turn.stage_changes)}
    if not moving:
        return {}
    been: dict[int, list[str]] = {lead_id: [] for lead_id in moving}
    rows = select(stage_changes.c.lead_id, stage_changes.c.to_stage).where(stage_changes.c.lead_id.in_(sorted(moving)))
    for row in conn.execute(rows.order_by(stage_changes.c.id)):
        been[row.lead_id].append(row.to_stage)
    return {lead_id: those[: -len(moving[lead_id].stage_changes)] for lead_id, those in been.items()}


# ---------------------------------------------------------------- again, from the rows


def fill_in(database: Database, definitions: Definitions, zone: Zone) -> None:
    """Count what happened before anything was counted; nothing where something was."""
    with database.read() as conn:
        begun = conn.execute(select(tallies.c.n).limit(1)).first()
    if begun is None:
        database.write(lambda conn: recount(conn, definitions, zone), timeout=PATIENCE)


def recount(conn: Connection, definitions: Definitions, zone: Zone) -> int:
    """Throw the figures away and count them again from the rows they stand for; returns how many leads were read.

    Holds up every engine until the commit; a million leads take some minutes. Stages count as `definitions` order them.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("LOCK TABLE tallies, occupancy IN EXCLUSIVE MODE"))
    conn.execute(delete(tallies))
    conn.execute(delete(occupancy))
    counted: Counter[Tally] = Counter()
    last = conn.execute(select(func.coalesce(func.max(leads.c.id), 0))).scalar_one()
    read = 0
    for first in range(1, last + 1, LEADS_AT_ONCE):
        some = dict(_sources(conn, first, first + LEADS_AT_ONCE))
        read += len(some)
        for lead_id, at, (name, subject) in _rows(conn, first, first + LEADS_AT_ONCE, definitions):
            counted[tally(name, local_day(at, zone), subject, some[lead_id])] += 1
    _insert(conn, counted)
    _count_places(conn)
    return read


def _insert(conn: Connection, counted: Mapping[Tally, int]) -> None:
    rows = [{**key._asdict(), "n": n} for key, n in counted.items()]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        conn.execute(insert(tallies), rows[start : start + ROWS_AT_ONCE])


def _count_places(conn: Connection) -> None:
    columns = (enrolments.c.sequence, enrolments.c.sequence_version, enrolments.c.step, enrolments.c.position)
    standing = and_(enrolments.c.state == "active", enrolments.c.step.is_not(None))
    counted = select(*columns, func.count()).where(standing).group_by(*columns)
    conn.execute(insert(occupancy).from_select(["sequence", "version", "step", "position", "n"], counted))


def _sources(conn: Connection, first: int, end: int) -> Iterator[tuple[int, str]]:
    within = and_(leads.c.id >= first, leads.c.id < end)
    for row in conn.execute(select(leads.c.id, leads.c.source).where(within)):
        yield row.id, row.source or ""


def _rows(
    conn: Connection, first: int, end: int, definitions: Definitions
) -> Iterator[tuple[int, datetime, Happening]]:
    """Of the leads from `first` up to `end`: whose, when, and what it is counted under."""
    yield from _from_events(conn, first, end)
    yield from _from_stages(conn, first, end, definitions)
    yield from _from_ways(conn, first, end)


def _from_events(conn: Connection, first: int, end: int) -> Iterator[tuple[int, datetime, Happening]]:
    own = wakes.alias("own")  # what a merged lead does is taken in with the survivor
    turn = and_(own.c.lead_id == events.c.lead_id, wakes.c.lead_id == func.coalesce(own.c.survivor_id, own.c.lead_id))
    before = or_(events.c.seq <= wakes.c.folded_seq, events.c.seq <= own.c.joined_seq)
    taken_in = events.join(own, own.c.lead_id == events.c.lead_id).join(wakes, and_(turn, before))
    within = and_(events.c.lead_id >= first, events.c.lead_id < end)
    for row in conn.execute(select(events).select_from(taken_in).where(within)):
        event = Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data)
        yield from ((row.lead_id, row.at, counted) for counted in of_event(event))


def _from_stages(
    conn: Connection, first: int, end: int, definitions: Definitions
) -> Iterator[tuple[int, datetime, Happening]]:
    within = and_(stage_changes.c.lead_id >= first, stage_changes.c.lead_id < end)
    been: dict[int, list[str]] = {}
    for row in conn.execute(select(stage_changes).where(within).order_by(stage_changes.c.lead_id, stage_changes.c.id)):
        before = been.setdefault(row.lead_id, [])
        for counted in of_stages([(row.from_stage, row.to_stage)], definitions, before):
            yield row.lead_id, row.at, counted
        before.append(row.to_stage)


def _from_ways(conn: Connection, first: int, end: int) -> Iterator[tuple[int, datetime, Happening]]:
    within = and_(enrolments.c.lead_id >= first, enrolments.c.lead_id < end)
    sequence_of: dict[int, tuple[int, str]] = {}
    for row in conn.execute(select(enrolments).where(within)):
        sequence_of[row.id] = (row.lead_id, row.sequence)
        yield row.lead_id, row.entered_at, (BEGUN, row.sequence)
        ends = of_end(row.sequence, row.state, row.exit_reason)
        yield from ((row.lead_id, row.ended_at, counted) for counted in ends)
    for row in conn.execute(select(receipts).select_from(receipts.join(enrolments)).where(within)):
        lead_id, sequence = sequence_of[row.enrolment_id]
        yield lead_id, row.at, of_receipt(sequence, row.step, row.outcome)
    yield from _from_decisions(conn, first, end)


def _from_decisions(conn: Connection, first: int, end: int) -> Iterator[tuple[int, datetime, Happening]]:
    within = and_(decisions.c.lead_id >= first, decisions.c.lead_id < end, decisions.c.outcome.in_(("left", "skipped")))
    for row in conn.execute(select(decisions).where(within)):
        said = of_decision(row.sequence, row.step, row.outcome, row.reason)
        yield from ((row.lead_id, row.at, counted) for counted in said)
