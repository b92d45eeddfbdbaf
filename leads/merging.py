"""Making one lead of two, by a pointer that can be taken back: no row of either is written anew.

The one that goes on stands for both: it is judged by the events of both, and has the turns of both. What comes for the
other's address or by its old links stays the other's (docs/decisions/0010). The engine counts anew (`leads.regroup`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from authoring.site import Site
from base.clock import Moment
from base.saying import said
from leads import events, standings, words
from leads.answering import in_force
from leads.erasing import WAITING, UnderWay, leave_places
from leads.facts import COLUMNS, MERGED, Standing
from leads.groups import group, survivor
from storage.schema import (
    consents,
    decisions,
    departures,
    enrolments,
    lead_segments,
    lead_words,
    leads,
    messages,
    wakes,
)
from storage.schema import events as log
from storage.schema import standings as stood

TAKEN_IN = said("What they just did is still being taken in: nothing was changed, try again in a moment.")
ENDED = "merged"  # why the enrolments of the one that is merged end


class NoMerge(ValueError):
    """These two cannot be made one, or not be parted again; the sentence says why."""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """`kept` goes on and `gone` leads to it. `filled`: what was empty and is known now; `differ`: what both know, and
    differently: {column: (kept, gone)}; `consents`: {topic: state that holds for both}; `ended`: the sequences that
    the one who goes is in; `waiting`: mails of theirs that will not leave."""

    kept: int
    gone: int
    filled: Mapping[str, Any]
    differ: Mapping[str, tuple[Any, Any]]
    consents: Mapping[str, str]
    events: int
    ended: tuple[str, ...]
    waiting: int


def plan(conn: Connection, kept: int, gone: int) -> MergePlan:
    """Look, and change nothing. Raises NoMerge, LookupError."""
    ours, theirs = row_of(conn, kept), row_of(conn, gone)
    if survivor(conn, kept) == survivor(conn, gone):
        raise NoMerge(said("%(kept)s and %(gone)s are one lead already.", kept=kept, gone=gone))
    for one in (ours, theirs):
        if one.merged_into is not None:
            raise NoMerge(said("Lead %(lead)s was merged before: name the one that stands for it.", lead=one.id))
    if theirs.email and not ours.email:
        sentence = "Lead %(kept)s has no address, lead %(gone)s has one: name them the other way round."
        raise NoMerge(said(sentence, kept=kept, gone=gone))
    both = (*group(conn, kept), *group(conn, gone))
    waits = select(func.count()).where(messages.c.lead_id == gone, messages.c.state.in_(WAITING))
    return MergePlan(
        kept,
        gone,
        filled(ours, theirs),
        differing(ours, theirs),
        strictest(_held(conn, kept), _held(conn, gone)),
        events=conn.execute(select(func.count()).where(log.c.lead_id.in_(both))).scalar_one(),
        ended=tuple(sorted({row.sequence for row in _inside(conn, gone)})),
        waiting=conn.execute(waits.where(messages.c.klass != "notification")).scalar_one(),
    )


def merge(conn: Connection, kept: int, gone: int, site: Site, now: Moment) -> MergePlan:
    """Do it. Raises as `plan`, and UnderWay while the engine has not taken in what either of them just did."""
    plan(conn, kept, gone)
    those = group(conn, gone)
    held = hold(conn, [*those[1:], gone, kept])
    made = plan(conn, kept, gone)
    top = _top_of(held[kept], held[gone])
    where = standings.load(conn, (kept, gone))
    conn.execute(update(wakes).where(wakes.c.lead_id == kept).values(seq=top, folded_seq=top))
    told = {"lead": gone, "ours": _told(where.get(kept)), "theirs": _told(where.get(gone))}
    joined = events.append(conn, kept, MERGED, now, evidence="engine", subject=str(gone), data=told)
    at_rest = {"seq": joined, "folded_seq": joined, "due_at": None, "holder": None, "fence": None}
    turn = {"survivor_id": kept, "joined_seq": joined, **at_rest}
    conn.execute(update(wakes).where(wakes.c.lead_id.in_(those)).values(turn))
    conn.execute(update(leads).where(leads.c.id == gone).values(merged_into=kept, merged_at=now.machine))
    _end_enrolments(conn, gone, site, now)
    _forget_standing(conn, gone)
    conn.execute(delete(departures).where(departures.c.lead_id.in_((kept, gone))))
    name_again(conn, kept)
    return made


# ---------------------------------------------------------------- what is decided; pure


def filled(ours: Row[Any], theirs: Row[Any]) -> dict[str, Any]:
    """What only the other one knew."""
    names = (*(name for name in COLUMNS if name != "email"), "timezone", "owner")
    return {name: theirs._mapping[name] for name in names if not ours._mapping[name] and theirs._mapping[name]}


def differing(ours: Row[Any], theirs: Row[Any]) -> dict[str, tuple[Any, Any]]:
    """What both know, and differently: the lead that goes on keeps its own."""
    pairs = {name: (ours._mapping[name], theirs._mapping[name]) for name in (*COLUMNS, "owner")}
    return {name: pair for name, pair in pairs.items() if all(pair) and pair[0] != pair[1]}


def strictest(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """The state of each topic for both: a no of either holds, and a yes only for the address that said it.

    What only the other one agreed to is to be asked again: the mail would go to another address.
    """
    held: dict[str, str] = {}
    for topic in sorted({*ours, *theirs}):
        said_so = {ours.get(topic), theirs.get(topic)}
        held[topic] = "withdrawn" if "withdrawn" in said_so else ours.get(topic, "asked")
    return held


def _top_of(ours: Row[Any], theirs: Row[Any]) -> int:
    """The highest number of either. Raises UnderWay."""
    if any(one.seq != one.folded_seq for one in (ours, theirs)):
        raise UnderWay(TAKEN_IN)
    return int(max(ours.seq, theirs.seq))


def _told(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {"stage": standing.stage, "since": standing.stage_since.isoformat(), "cycle": standing.cycle}


# ---------------------------------------------------------------- what is asked


def row_of(conn: Connection, lead_id: int) -> Row[Any]:
    found = conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()
    if found is None:
        raise LookupError(f"there is no lead {lead_id}")
    return found


def _held(conn: Connection, lead_id: int) -> dict[str, str]:
    listed = select(consents.c.topic, consents.c.state, consents.c.proof).where(consents.c.lead_id == lead_id)
    return {row.topic: in_force(row.state, row.proof) for row in conn.execute(listed.order_by(consents.c.id))}


def hold(conn: Connection, lead_ids: list[int]) -> dict[int, Row[Any]]:
    """The wakes, held until the commit: the survivor's last, as doors take them."""
    return {one: conn.execute(select(wakes).where(wakes.c.lead_id == one).with_for_update()).one() for one in lead_ids}


def _inside(conn: Connection, lead_id: int) -> list[Row[Any]]:
    theirs = select(enrolments).where(enrolments.c.lead_id == lead_id, enrolments.c.state == "active")
    return list(conn.execute(theirs))


# ---------------------------------------------------------------- what is written


def _end_enrolments(conn: Connection, gone: int, site: Site, now: Moment) -> None:
    """The one that goes on keeps its own; the other's end, and their mails are withdrawn at the next look."""
    inside = _inside(conn, gone)
    leave_places(conn, enrolments.c.lead_id == gone)
    over = {"state": "left", "step": None, "due_at": None, "exit_reason": ENDED, "ended_at": now.calendar}
    conn.execute(update(enrolments).where(enrolments.c.id.in_([row.id for row in inside])).values(over))
    rows = [
        {
            "lead_id": gone,
            "enrolment_id": row.id,
            "sequence": row.sequence,
            "step": row.step,
            "outcome": "left",
            "reason": ENDED,
            "at": now.calendar,
            "release_id": site.release_id,
        }
        for row in inside
    ]
    if rows:
        conn.execute(insert(decisions), rows)


def _forget_standing(conn: Connection, gone: int) -> None:
    """It stands nowhere by itself: lists and figures of standings have one line for both."""
    for table in (stood, lead_segments):
        conn.execute(delete(table).where(table.c.lead_id == gone))


def name_again(conn: Connection, lead_id: int) -> None:
    """Let the lead be found by its own words and by those of whom it stands for, who are found by none."""
    ids = group(conn, lead_id)
    named = {row.id: dict(row._mapping) for row in conn.execute(select(leads).where(leads.c.id.in_(ids)))}
    conn.execute(delete(lead_words).where(lead_words.c.lead_id.in_(ids)))
    for one in ids:
        words.write(conn, {lead_id: named[one]})
