"""Where leads are lost: how long since anybody last heard of them, and who stands still in which phase; read-only.

The six phases in which a lead is worked on: generate, qualify, classify, prioritise, strengthen, distribute.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.calendars import Zone
from base.translations import msgid
from leads.conditions import after_hand_off, before_hand_off, handed_stages
from reports import ahead
from reports.report import Column, Report, Table, Value
from reports.tallies import Days
from storage.schema import events, leads, standings

BANDS = (7, 30, 90)  # days since the last touch
NAMED, LISTED = 15, 10_000  # leads of a phase: named on a page, listed in a file
SILENT = msgid(
    "Days since the last thing they did themselves; where nothing is known of that, since they came to the stage."
)
STUCK = msgid(
    "Generate: contacts who have done nothing for 30 days. Qualify: nobody knows who they are after 14 days. "
    "Classify: 90 days in one stage. Prioritise: the promise to answer is over. Strengthen: in no sequence, and no"
    " task, meeting or deal ahead. Distribute: taken by sales, with no task, meeting or deal ahead."
)
FIRST = msgid("The first fifteen of each phase. The spreadsheet has up to 10,000 of them.")
CUT = msgid("The first 10,000 of each phase. There are more: take these up first.")

_S, _L = standings.c, leads.c


def leaks(connection: Connection, site: Site, days: Days, zone: Zone, now: datetime, whole: bool = False) -> Report:
    """How long each stage has been silent, and by phase who stands still; as of now, whatever the days. Of each phase
    NAMED are listed, or LISTED for the `whole`."""
    found = {phase.id: phase for phase in _phases(site.definitions, now, zone)}
    return Report(
        name="leaks",
        title=msgid("Where leads are lost"),
        days=days,
        currency=site.definitions.deals.currency,
        version=site.definitions.version,
        tables=(
            _silence(connection, site.definitions, now),
            _counts(connection, found),
            _stuck(connection, found, now, LISTED if whole else NAMED),
        ),
    )


# ---------------------------------------------------------------- since when nothing was heard


def _silence(connection: Connection, definitions: Definitions, now: datetime) -> Table:
    touched = func.coalesce(events.c.at, _S.stage_since)
    newest = and_(events.c.lead_id == _S.lead_id, events.c.seq == _S.human_seq)
    floors = [now - timedelta(days=band) for band in BANDS]
    bands = [touched >= floors[0], *(and_(touched < a, touched >= b) for a, b in pairwise(floors))]
    bands.append(touched < floors[-1])
    sums = [func.sum(case((band, 1), else_=0)).label(f"band_{number}") for number, band in enumerate(bands)]
    asked = select(_S.stage, func.count().label("n"), *sums).select_from(_present().outerjoin(events, newest))
    rows = {row.stage: row for row in connection.execute(asked.where(*_KNOWN).group_by(_S.stage))}
    columns = (
        Column("stage", msgid("Stage"), "stage"),
        Column("count", msgid("Leads"), "count"),
        Column("week", msgid("Up to 7 days"), "count"),
        Column("month", msgid("8 to 30"), "count"),
        Column("quarter", msgid("31 to 90"), "count"),
        Column("longer", msgid("Longer"), "count"),
    )
    told = tuple(
        (stage.id, rows[stage.id].n, *(int(rows[stage.id][2 + number]) for number in range(len(bands))))
        for stage in definitions.stages
        if stage.id in rows
    )
    return Table("silence", msgid("How long nothing was heard of them"), columns, told, None, SILENT)


# ---------------------------------------------------------------- who stands still


@dataclass(frozen=True, slots=True)
class Phase:
    """`inside`: who is in it; `stuck`: who of them stands still, since `since` where an instant says so."""

    id: str
    inside: ColumnElement[bool]
    stuck: ColumnElement[bool]
    since: ColumnElement[datetime]


def _phases(definitions: Definitions, now: datetime, zone: Zone) -> Iterator[Phase]:
    before, after = before_hand_off(definitions), after_hand_off(definitions)
    early, taken = _S.stage.in_(before), _S.stage.in_(after)
    lead = _L.status == "lead"

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    yield Phase("generate", _L.status == "contact", _L.created_at < ago(30), _L.created_at)
    yield Phase("qualify", and_(lead, early, _S.persona.is_(None)), _L.created_at < ago(14), _L.created_at)
    yield Phase("classify", and_(lead, early, _S.persona.is_not(None)), _S.stage_since < ago(90), _S.stage_since)
    waiting, handed = ahead.unanswered(_L.id), _S.stage.in_(handed_stages(definitions))
    yield Phase("prioritise", waiting, ahead.overdue(_L.id, now), _S.stage_since)
    # Whoever stands where leads are handed over and waits for no answer (it was given, or taken back) is not forgotten.
    yield Phase("strengthen", and_(lead, or_(early, handed), ~waiting), ahead.nothing(_L.id, now, zone), _S.stage_since)
    taken_up = or_(ahead.to_do(_L.id), ahead.to_meet(_L.id, now), ahead.dealing(_L.id, now, zone))
    yield Phase("distribute", taken, ~taken_up, _S.stage_since)


_KNOWN = (_L.merged_into.is_(None),)


def _present() -> Any:
    return leads.outerjoin(standings, _S.lead_id == _L.id)


def _those(what: Any, phase: Phase, *more: ColumnElement[bool]) -> Select[Any]:
    return select(*what).select_from(_present()).where(*_KNOWN, phase.inside, *more)


def _counts(connection: Connection, phases: dict[str, Phase]) -> Table:
    def number(phase: Phase, *more: ColumnElement[bool]) -> int:
        found: int = connection.execute(_those([func.count()], phase, *more)).scalar_one()
        return found

    columns = (
        Column("phase", msgid("Phase"), "word"),
        Column("count", msgid("Leads"), "count"),
        Column("stuck", msgid("Standing still"), "count"),
    )
    rows = tuple((name, number(phase), number(phase, phase.stuck)) for name, phase in phases.items())
    return Table("phases", msgid("The six phases"), columns, rows, None, STUCK)


def _stuck(connection: Connection, phases: dict[str, Phase], now: datetime, most: int) -> Table:
    columns = (
        Column("phase", msgid("Phase"), "word"),
        Column("lead", msgid("Lead"), "lead"),
        Column("stage", msgid("Stage"), "stage"),
        Column("days", msgid("Since"), "days"),
        Column("owner", msgid("Rep"), "rep"),
    )
    rows, cut = list[tuple[Value, ...]](), False
    for name, phase in phases.items():
        what = (_L.id, _S.stage, phase.since.label("since"), _L.owner)
        asked = _those(what, phase, phase.stuck).order_by(phase.since, _L.id).limit(most + 1)
        longest = connection.execute(asked).all()
        rows += [_line(name, row, now) for row in longest[:most]]
        cut |= len(longest) > most
    said = (FIRST if most == NAMED else CUT) if cut else ""
    return Table("stuck", msgid("Who stands still, the longest first"), columns, tuple(rows), None, cut=said)


def _line(phase: str, row: Any, now: datetime) -> tuple[Value, ...]:
    days = None if row.since is None else int((now - row.since).total_seconds() // 86_400)
    return (phase, row.id, row.stage, days, row.owner)
