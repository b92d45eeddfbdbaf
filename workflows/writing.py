"""Writes decided turns, many leads to a transaction; decides nothing, and drops a lead that has moved on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, update

from authoring.site import Site
from base.calendars import Zone
from base.clock import Moment
from base.tokens import new_token
from leads import confirmations, events, outside, standings, words
from leads.asked import added
from leads.facts import COLUMNS, REPLIED, Facts, Lead
from leads.hands import asked_with
from storage import wakes
from storage.holders import Holder
from storage.schema import decisions, enrolments, leads, messages, receipts, stage_changes, tasks, webhooks
from storage.schema import wakes as wakes_table
from storage.wakes import Claimed
from workflows import figures
from workflows.values import Decision, Enrolment, Turn

ROWS_PER_JOB = 30  # some 6 ms of CPU: a form never waits long behind a batch
PARKED_FOR = timedelta(minutes=15)

Key = tuple[int, str, str]  # lead, sequence, entry key


@dataclass(frozen=True, slots=True)
class HandOff:
    """A lead has reached a stage that sales is told of, or (`again`) raises a hand where sales has it already.

    `facts` are those after the turn.
    """

    facts: Facts
    stage: str
    cycle: int
    event_seq: int
    reason: str
    site: Site
    now: Moment
    again: bool = False

    @property
    def lead(self) -> Lead:
        return self.facts.lead


OpenHandOff = Callable[[Connection, HandOff], None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a write job needs besides the turns."""

    holder: Holder
    site: Site
    release_id: int
    now: Moment
    zone: Zone
    open_hand_off: OpenHandOff


def jobs(turns: Iterable[Turn]) -> Iterator[list[Turn]]:
    """The turns in the same order, cut so that no job writes more than ROWS_PER_JOB rows (unless one turn does)."""
    job: list[Turn] = []
    rows = 0
    for turn in turns:
        if job and rows + turn.rows > ROWS_PER_JOB:
            yield job
            job, rows = [], 0
        job.append(turn)
        rows += turn.rows
    if job:
        yield job


def write_turns(conn: Connection, turns: Sequence[Turn], claimed: Mapping[int, Claimed], sheet: Sheet) -> list[int]:
    """Write those turns whose lead is still as it was seen; let the others go, untouched. Returns the others' ids."""
    kept = [turn for turn in turns if _is_ours(conn, turn, claimed[turn.lead_id], sheet)]
    moved_on = sorted({turn.lead_id for turn in turns} - {turn.lead_id for turn in kept})
    if moved_on:
        wakes.let_go(conn, moved_on, sheet.holder)
    _write_leads(conn, kept)
    _write_standings(conn, kept, sheet)
    _insert(conn, stage_changes, [row for turn in kept for row in _stage_changes(turn, sheet)])
    ids = _write_enrolments(conn, kept)
    _insert(conn, receipts, [row for turn in kept for row in _receipts(turn, ids, sheet)])
    _insert(conn, messages, [row for turn in kept for row in _messages(turn, ids, sheet)])
    _insert(conn, decisions, [row for turn in kept for row in _decisions(turn, ids, sheet)])
    _insert(conn, tasks, [row for turn in kept for row in _tasks(turn, sheet)])
    telling = [turn for turn in kept if turn.webhooks]
    called = outside.named_by_systems(conn, {turn.lead_id for turn in telling})
    _insert(conn, webhooks, [row for turn in telling for row in _webhooks(turn, called[turn.lead_id], sheet)])
    for turn in kept:
        _hand_off(conn, turn, sheet)
    if handed_over := [turn.lead_id for turn in kept if any(change.hand_off for change in turn.stage_changes)]:
        standings.copy_owners(conn, handed_over)
    _tell_of_segments(conn, kept, sheet)
    figures.add(conn, kept, sheet.site.definitions, sheet.now.calendar)
    return moved_on


def _is_ours(conn: Connection, turn: Turn, claimed: Claimed, sheet: Sheet) -> bool:
    """Whether the lead is still as it was seen, and so is what its address was asked to confirm."""
    new = added(turn.state.facts.asked, turn.facts.asked)
    if not confirmations.note(conn, new):
        return False
    ours = wakes.finish(conn, claimed, sheet.holder, turn.due_at)
    if not ours:
        confirmations.take_back(conn, new)
    return ours


def park(conn: Connection, lead: Claimed, error: str, sheet: Sheet) -> None:
    """Set aside a lead whose turn failed, its events not taken in: marketing mail to it is held back meanwhile."""
    until = sheet.now.calendar + PARKED_FOR
    ours = (wakes_table.c.lead_id == lead.lead_id) & (wakes_table.c.seq == lead.seq)
    held = (wakes_table.c.holder == sheet.holder.id) & (wakes_table.c.fence == sheet.holder.fence)
    conn.execute(update(wakes_table).where(ours, held).values(due_at=until))
    wakes.let_go(conn, [lead.lead_id], sheet.holder)
    decision = Decision("delayed", f"parked: its turn failed with {error}, see the log", until=until)
    row = {**asdict(decision), "lead_id": lead.lead_id, "enrolment_id": None}
    del row["key"]
    _insert(conn, decisions, [{**row, "at": sheet.now.calendar, "release_id": sheet.release_id}])


def _insert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), rows)


# ---------------------------------------------------------------- the lead


def _write_leads(conn: Connection, turns: Sequence[Turn]) -> None:
    """Doors write leads; a `set` step may too, as the wake is held and no door came in between."""
    for turn in turns:
        if turn.lead_changed:
            lead = turn.facts.lead
            columns = {name: getattr(lead, name) for name in COLUMNS}
            changed = {**columns, "fields": dict(lead.fields), "tags": list(lead.tags)}
            conn.execute(update(leads).where(leads.c.id == turn.lead_id).values(changed))
            words.write(conn, {lead.id: columns})


def _write_standings(conn: Connection, turns: Sequence[Turn], sheet: Sheet) -> None:
    changed = [turn for turn in turns if turn.standing_changed]
    stood = {turn.lead_id: turn.facts.standing for turn in changed}
    known = {turn.lead_id: turn.facts.lead for turn in changed}
    standings.save(conn, stood, known, sheet.release_id, sheet.zone)
    moved = {turn.lead_id: (turn.state.facts.standing.segments, turn.facts.standing.segments) for turn in changed}
    standings.move_segments(conn, moved)


def _tell_of_segments(conn: Connection, turns: Sequence[Turn], sheet: Sheet) -> None:
    """Append what changed, as a door would: the lead is due again, to take it in."""
    for turn in turns:
        for passage in turn.passages:
            seq = wakes.stir(conn, turn.lead_id, passage.due_at(sheet.now.calendar))
            subject, data = passage.segment, passage.data
            events.write(
                conn, turn.lead_id, seq, passage.event, sheet.now, evidence="engine", subject=subject, data=data
            )


def _stage_changes(turn: Turn, sheet: Sheet) -> Iterator[dict[str, Any]]:
    for change in turn.stage_changes:
        row = asdict(change)
        del row["hand_off"]
        row["reason"] = change.reason[:200]
        yield {**row, "lead_id": turn.lead_id, "at": sheet.now.calendar, "release_id": sheet.release_id}


def _hand_off(conn: Connection, turn: Turn, sheet: Sheet) -> None:
    for change in turn.stage_changes:
        if change.hand_off:
            seq = change.event_seq or turn.state.seq
            call = HandOff(turn.facts, change.to_stage, change.cycle, seq, change.reason, sheet.site, sheet.now)
            sheet.open_hand_off(conn, call)
    standing = turn.facts.standing
    for event in turn.raised:
        why = f"reply: {event.subject}" if event.name == REPLIED else asked_with(event)
        again = HandOff(turn.facts, standing.stage, standing.cycle, event.seq, why, sheet.site, sheet.now, again=True)
        sheet.open_hand_off(conn, again)


# ---------------------------------------------------------------- enrolments and what hangs on them


def _write_enrolments(conn: Connection, turns: Sequence[Turn]) -> dict[Key, int]:
    """Store what changed; returns the id of every enrolment of these leads."""
    known = [one for turn in turns for one in turn.enrolments if one.id is not None]
    new = [(turn.lead_id, one) for turn in turns for one in turn.enrolments if one.id is None]
    if known:
        conn.execute(_UPDATE, [{"number": one.id, **_moving(one)} for one in known])
    ids = {(turn.lead_id, *one.key): one.id for turn in turns for one in turn.state.enrolments if one.id is not None}
    if new:
        made = insert(enrolments).returning(enrolments.c.id, sort_by_parameter_order=True)
        numbers = conn.execute(made, [{**_row(one), "lead_id": lead_id} for lead_id, one in new]).scalars()
        ids |= {(lead_id, *one.key): number for (lead_id, one), number in zip(new, numbers, strict=True)}
    return ids


def _row(one: Enrolment) -> dict[str, Any]:
    row = asdict(one)
    del row["id"]
    row["sequence_version"] = row.pop("version")
    return {**row, "passed": list(one.passed) or None}


def _moving(one: Enrolment) -> dict[str, Any]:
    row = _row(one)
    return {name: row[name] for name in _MOVING}


_MOVING = (
    "sequence_version", "state", "step", "occurrence", "position", "due_at", "anchor_at", "waiting_since",
    "waiting_zone", "waiting_seq", "exit_reason", "ended_at", "laps", "edit_release_id", "passed",
)  # fmt: skip
_UPDATE = update(enrolments).where(enrolments.c.id == bindparam("number"))


def _receipts(turn: Turn, ids: Mapping[Key, int], sheet: Sheet) -> Iterator[dict[str, Any]]:
    for receipt in turn.receipts:
        row = asdict(receipt)
        row["enrolment_id"] = ids[(turn.lead_id, *row.pop("key"))]
        yield {**row, "at": sheet.now.calendar, "release_id": sheet.release_id}


def _messages(turn: Turn, ids: Mapping[Key, int], sheet: Sheet) -> Iterator[dict[str, Any]]:
    for message in turn.messages:
        row = asdict(message)
        row["enrolment_id"] = ids[(turn.lead_id, *row.pop("key"))]
        yield {
            **row,
            "lead_id": turn.lead_id,
            "token": new_token(),
            "state": "due",
            "due_at": sheet.now.machine,
            "attempts": 0,
            "release_id": sheet.release_id,
            "created_at": sheet.now.calendar,
        }


def _tasks(turn: Turn, sheet: Sheet) -> Iterator[dict[str, Any]]:
    for task in turn.tasks:
        row = {"title": task.title[:300], "owner": task.owner, "due_at": task.due_at, "created_by": task.sequence}
        yield {**row, "lead_id": turn.lead_id, "at": sheet.now.calendar}


def _webhooks(turn: Turn, called: Mapping[str, list[str]], sheet: Sheet) -> Iterator[dict[str, Any]]:
    """As Standard Webhooks has it: the receiver knows a second delivery by `event_id`."""
    for webhook in turn.webhooks:
        data = {**webhook.data, "lead": {**webhook.data["lead"], "outside_ids": called}}
        body = {"type": webhook.type, "timestamp": sheet.now.machine.isoformat(), "data": data}
        yield {
            "lead_id": turn.lead_id,
            "channel": webhook.channel,
            "event_id": f"msg_{new_token()}",
            "type": webhook.type,
            "payload": body,
            "state": "due",
            "due_at": sheet.now.machine,
            "attempts": 0,
            "created_at": sheet.now.calendar,
        }


def _decisions(turn: Turn, ids: Mapping[Key, int], sheet: Sheet) -> Iterator[dict[str, Any]]:
    for decision in turn.decisions:
        row = asdict(decision)
        key = row.pop("key")
        row["enrolment_id"] = None if key is None else ids[(turn.lead_id, *key)]
        row["reason"] = decision.reason[:300]
        yield {**row, "lead_id": turn.lead_id, "at": sheet.now.calendar, "release_id": sheet.release_id}
