"""Leads taken out as a list: no cell that a spreadsheet calculates, and never without a trace of who did it."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select

from authoring.models.definitions import Definitions
from authoring.suggest import did_you_mean
from base.clock import Moment
from base.saying import Refused, said
from base.translations import msgid
from leads import consent, outside, strictness
from leads.facts import COLUMNS, Lead
from leads.forgetting import Clerk, note
from leads.groups import members
from leads.identity import load_leads
from leads.imports.running import Progress, silent
from leads.imports.settings import ORIGINS
from leads.imports.values import harmless
from leads.outside import OutsideId
from storage.database import Database
from storage.schema import exports, leads, standings

CEILING = 1_000_000  # rows of one list: whoever needs more asks for parts
_AT_A_TIME = 500
HEADER = (*COLUMNS, "locale", "timezone", "tags", "status", "origin", "source", "owner", "stage", "created_at",
          "consents", "informed", "left_alone", "company_domain", "outside_ids")  # fmt: skip
STATUSES = ("contact", "lead")
_ITS_OWN = (
    "id",
    "email",
    "locale",
    "origin",
    "created_at",
    "company_domain",
)  # the rest is told of all that are one with a lead
_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "stage": standings.c.stage,
    **{name: leads.c[name] for name in ("source", "origin", "owner", "status")},
}
_UNKNOWN = {
    "stage": msgid("there is no stage `%(name)s`"),
    "source": msgid("no lead has the source `%(name)s`"),
    "origin": msgid("there is no origin `%(name)s`"),
    "owner": msgid("there is no rep `%(name)s`"),
    "status": msgid("there is no status `%(name)s`"),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which leads are meant; None = not narrowed by that."""

    stage: str | None = None
    source: str | None = None
    origin: str | None = None
    owner: str | None = None
    status: str | None = None


class UnknownValue(Refused):
    """Leads are asked for of what there is none of; the sentence says what there is."""


@dataclass(frozen=True, slots=True)
class Exported:
    """`rows` were written; `is_cut`: there are more than the ceiling."""

    rows: int
    is_cut: bool


def insist_on_known(
    conn: Connection, narrowed: Narrowed, definitions: Definitions, sources: Collection[str] = ()
) -> None:
    """Each value is one that the definitions know, or that a lead has: a slip of the pen is no empty list. `sources`:
    those to be known besides. Raises UnknownValue."""
    declared: Mapping[str, Collection[str]] = {
        "stage": [stage.id for stage in definitions.stages],
        "source": sources,
        "origin": ORIGINS,
        "owner": [rep.id for rep in definitions.hand_off.reps],
        "status": STATUSES,
    }
    for name, value in asdict(narrowed).items():
        if value is None or value in declared[name] or _has(conn, _COLUMNS[name], value):
            continue
        there = {*declared[name], *_values(conn, _COLUMNS[name])}
        hint = did_you_mean(value, there, msgid("there are %(names)s")) or said("there are none")
        raise UnknownValue(said("%(what)s (%(hint)s)", what=said(_UNKNOWN[name], name=value), hint=hint))


def _has(conn: Connection, column: ColumnElement[Any], value: str) -> bool:
    return conn.execute(select(column).where(column == value).limit(1)).one_or_none() is not None


def _values(conn: Connection, column: ColumnElement[Any]) -> list[str]:
    return list(conn.scalars(select(column).where(column.is_not(None)).distinct()))


def write_list(
    database: Database,
    narrowed: Narrowed,
    into: TextIO,
    suppression_key: str,
    clerk: Clerk,
    now: Moment,
    fields: tuple[str, ...] = (),
    ceiling: int = CEILING,
    delimiter: str = ",",
    progress: Progress = silent,
) -> Exported:
    """Write the leads to `into`, opened with `newline=""`, and note that `clerk` took them: first, so that no list is
    ever out without a note, here and in the audit chain. What is imported again says the same. `progress` hears of
    every few hundred rows.
    """
    fields = tuple(name for name in fields if name not in COLUMNS)  # a form's question that fills the lead's own column
    noted = database.write(lambda conn: _note(conn, narrowed, suppression_key, clerk, now))
    writer = csv.writer(into, delimiter=delimiter)
    writer.writerow(map(harmless, (*HEADER, *fields)))
    rows, is_cut = 0, False
    for share, batch in _batches(database, narrowed, suppression_key, fields):
        fitting = batch[: ceiling - rows]
        writer.writerows(map(harmless, cells) for cells in fitting)
        rows, is_cut = rows + len(fitting), len(fitting) < len(batch)
        progress(share, {"rows": rows})
        if is_cut:
            break
    database.write(lambda conn: conn.execute(exports.update().where(exports.c.id == noted).values(rows=rows)).rowcount)
    return Exported(rows, is_cut)


def _note(conn: Connection, narrowed: Narrowed, key: str, clerk: Clerk, now: Moment) -> int:
    asked = {name: value for name, value in asdict(narrowed).items() if value is not None}
    row = {"author": clerk.by[:200], "filters": asdict(narrowed), "rows": 0, "at": now.machine}
    made: int = conn.execute(insert(exports).values(**row).returning(exports.c.id)).scalar_one()
    note(conn, key, "leads_exported", None, clerk, now, export=made, only=asked)
    return made


def newest(conn: Connection, limit: int) -> list[Row[Any]]:
    """The last lists that were taken out, the newest first."""
    return list(conn.execute(select(exports).order_by(exports.c.id.desc()).limit(limit)))


def _batches(
    database: Database, narrowed: Narrowed, key: str, fields: tuple[str, ...]
) -> Iterator[tuple[float, list[list[str]]]]:
    """The rows, some at a time, and which share of all leads has been looked at with them."""
    after = 0
    with database.read() as conn:
        last = conn.execute(select(func.max(leads.c.id))).scalar_one() or 1
    while True:
        with database.read() as conn:
            batch = conn.execute(_batch(narrowed, after)).all()
            whole = load_leads(conn, [row.id for row in batch])
            grounds = consent.grounds(conn, [row.id for row in batch])
            hashes = {consent.address_hash(key, row.email): row.id for row in batch if row.email}
            left = {hashes[one] for one in consent.suppressed(conn, hashes)}
            left |= strictness.left_by_others(conn, key, [row.id for row in batch])
            called = outside.of_leads(conn, _groups(conn, [row.id for row in batch]))
        cells = [
            _cells(row, whole[row.id], grounds[row.id], row.id in left, called.get(row.id, ()), fields) for row in batch
        ]
        is_over = len(batch) < _AT_A_TIME
        after = last if is_over else batch[-1].id
        yield min(after / last, 1.0), cells
        if is_over:
            return


def _groups(conn: Connection, ids: Sequence[int]) -> dict[int, list[int]]:
    """Each of these with whom it stands for."""
    joined = members(conn, ids)
    return {one: [one, *(other.lead_id for other in joined.get(one, ()))] for one in ids}


def _batch(narrowed: Narrowed, after: int) -> Select[Any]:
    meant = [_COLUMNS[name] == value for name, value in asdict(narrowed).items() if value is not None]
    both = leads.outerjoin(standings, standings.c.lead_id == leads.c.id)
    found = select(*(leads.c[name] for name in _ITS_OWN), standings.c.stage).select_from(both)
    return found.where(leads.c.id > after, leads.c.merged_into.is_(None), *meant).order_by(leads.c.id).limit(_AT_A_TIME)


def _cells(
    row: Row[Any],
    lead: Lead,
    grounds: Mapping[str, str],
    left_alone: bool,
    called: Sequence[OutsideId],
    fields: tuple[str, ...],
) -> list[str]:
    """A line, with what only those are known by whom the lead stands for."""
    told = {
        **row._asdict(),
        **{name: getattr(lead, name) for name in (*COLUMNS, "timezone", "source", "owner", "status")},
        "tags": ", ".join(lead.tags),
        "created_at": row.created_at.isoformat(),
        "consents": ", ".join(sorted(consent.agreed_to(grounds))),
        "informed": ", ".join(sorted(consent.told_of(grounds))),
        "left_alone": "yes" if left_alone else "",
        "outside_ids": ", ".join(f"{one.system}={one.value}" for one in called),
    }
    return [*(str(told[name] or "") for name in HEADER), *(str(lead.fields.get(name) or "") for name in fields)]
