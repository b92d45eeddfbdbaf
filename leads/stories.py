"""The stored past of leads, some leads at a time, so that a million events need no more memory than a few thousand."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from leads import consent, events
from leads.identity import load_leads
from leads.replay import Past, Story
from storage.database import Database
from storage.schema import events as events_table
from storage.schema import hand_offs, leads, stage_changes, submissions, wakes

EVENTS_AT_ONCE = 5_000
LEADS_AT_ONCE = 200


def sizes(conn: Connection, since: datetime | None) -> list[tuple[int, int]]:
    """(lead, events) of everybody who did something since that instant (calendar; None = ever), by number."""
    wanted = select(wakes.c.lead_id, wakes.c.seq).join(leads, leads.c.id == wakes.c.lead_id)
    wanted = wanted.where(wakes.c.seq > 0, leads.c.merged_into.is_(None)).order_by(wakes.c.lead_id)
    if since is not None:
        newest = select(func.max(events_table.c.at)).where(events_table.c.lead_id == wakes.c.lead_id).scalar_subquery()
        wanted = wanted.where(newest >= since)
    return [(row.lead_id, row.seq) for row in conn.execute(wanted)]


def pasts(database: Database, chosen: Sequence[tuple[int, int]]) -> Iterator[Past]:
    """The past of those leads, `(lead, events)` each, in their order; no transaction is held while one is looked at."""
    for some in _portions(chosen):
        with database.read() as conn:
            portion = list(_read(conn, some))
        yield from portion


def _portions(chosen: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """So many leads at a time that their events are not too many; a lead with more is a portion of its own."""
    some: list[int] = []
    total = 0
    for lead_id, size in chosen:
        if some and (total + size > EVENTS_AT_ONCE or len(some) == LEADS_AT_ONCE):
            yield some
            some, total = [], 0
        some.append(lead_id)
        total += size
    if some:
        yield some


def _read(conn: Connection, ids: list[int]) -> Iterator[Past]:
    known, granted = load_leads(conn, ids), consent.granted(conn, ids)
    past = events.after(conn, dict.fromkeys(ids, 0))
    learnt, stages = _learnt(conn, ids), _stages(conn, ids)
    told, answers = _hand_offs(conn, ids)
    for lead_id in ids:
        if lead_id in known and past[lead_id]:
            story = Story(known[lead_id], granted[lead_id], tuple(past[lead_id]), learnt[lead_id], told[lead_id])
            yield Past(story, tuple(answers[lead_id]), frozenset(stages[lead_id]))


def _learnt(conn: Connection, ids: Collection[int]) -> Mapping[int, dict[str, int]]:
    """{lead: {field: number of the event whose form first answered it}}."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    columns = (submissions.c.lead_id, submissions.c.event_seq, submissions.c.answers)
    wanted = select(*columns).where(submissions.c.lead_id.in_(ids)).order_by(submissions.c.id)
    for row in conn.execute(wanted):
        for name, answer in row.answers.items():
            if answer not in (None, ""):
                found[row.lead_id].setdefault(name, row.event_seq)
    return found


def _hand_offs(
    conn: Connection, ids: Collection[int]
) -> tuple[Mapping[int, dict[int, datetime]], Mapping[int, list[str]]]:
    """When sales was told, by cycle, and what they answered."""
    told: dict[int, dict[int, datetime]] = defaultdict(dict)
    answers: dict[int, list[str]] = defaultdict(list)
    for row in conn.execute(select(hand_offs).where(hand_offs.c.lead_id.in_(ids)).order_by(hand_offs.c.id)):
        told[row.lead_id][row.cycle] = row.opened_at
        answers[row.lead_id] += [row.verdict] if row.verdict is not None else []
    return told, answers


def _stages(conn: Connection, ids: Collection[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    columns = (stage_changes.c.lead_id, stage_changes.c.to_stage)
    for row in conn.execute(select(*columns).where(stage_changes.c.lead_id.in_(ids))):
        found[row.lead_id].add(row.to_stage)
    return found
