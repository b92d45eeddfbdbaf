"""`terreau rights`, `terreau leads` and `terreau audit`: the verbs behind them, on the database of the settings."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from authoring.releases import Releases
from authoring.site import Site
from base.clock import Moment
from base.config import Config
from base.saying import said
from base.settings import Retention
from base.system_words import why_of
from base.translations import translator
from leads import erasing, forgetting, giving_ids, merging, parting, retention, thinning
from leads.correcting import correct, fields_of
from leads.facts import MERGED, PARTED
from leads.forgetting import Clerk, Desk, Way
from leads.outside import OutsideId
from leads.thinning import Thinned
from reports.personal import record_of
from reports.record_page import as_page
from storage.chain import Verified, verify
from storage.database import Database, open_database
from storage.migrate import check_schema
from storage.schema import audit, audit_payloads
from terreau.explaining import find_itself, find_lead
from terreau.house import blobs_of
from terreau.keeping import bought_in_force
from terreau.own_keys import keys_at
from terreau.virtual import clocks_of

FORMS = ("json", "html")


class NotRead(ValueError):
    """The list of erasures cannot be read; the sentence says why."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """An open database, and what rights are exercised by."""

    config: Config
    database: Database
    key: str = field(repr=False)
    now: Moment

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.key, self.config.data.dir, self.config.told_of_erasures)

    @property
    def releases(self) -> Releases:
        return Releases(self.database, blobs_of(self.config, self.database))

    def find(self, meant: str) -> int:
        """Number, address or telephone. Raises UnknownLead."""
        with self.database.read() as conn:
            return find_lead(conn, meant)


@dataclass(frozen=True, slots=True)
class Retained:
    """Whose time is up or soon will be, by class; how many are `silent` (no more marketing), `asked` before
    that, new on the list, gone; and what is too old to be kept one by one."""

    terms: Retention
    classes: Mapping[str, int]
    silent: int
    asked: int
    was_dry: bool
    announced: int
    gone: int
    old: Thinned


@contextmanager
def open_house(config: Config) -> Iterator[OpenHouse]:
    """Raises SchemaMismatch, UnfitKeys, StorageUnavailable."""
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        check_schema(database)
        yield OpenHouse(config, database, keys_at(config, database).suppression, clocks_of(database).moment())


def export(at: OpenHouse, meant: str, form: str, clerk: Clerk) -> str:
    """Everything about that lead, as JSON or as a page in their language; entered in the audit chain."""
    lead_id = at.find(meant)
    with at.database.read() as conn:
        record = record_of(conn, lead_id, at.now.calendar)
    key = at.desk.key
    at.database.write(
        partial(forgetting.note, key=key, act="lead_exported", lead_id=record.lead_id, clerk=clerk, now=at.now)
    )
    if form == "json":
        return json.dumps(record.as_json(), ensure_ascii=False, indent=2)
    site = at.releases.in_force()
    return as_page(record, translator(record.locale), at.config.site.timezone, site.definitions.house.name)


def erasure(at: OpenHouse, meant: str) -> erasing.ErasurePlan:
    """What would go."""
    lead_id = at.find(meant)
    with at.database.read() as conn:
        return erasing.plan(conn, lead_id, at.config.told_of_erasures)


def forget(at: OpenHouse, lead_id: int, way: Way, clerk: Clerk) -> bool:
    """Do it; returns whether the disk has forgotten too. Raises UnderWay."""
    return forgetting.forget(at.desk, lead_id, way, clerk, at.now)


def replay(at: OpenHouse, path: Path | None, clerk: Clerk) -> int:
    """Erase again whom a restored database brought back. Raises NotRead."""
    marks = marks_in(path or at.config.data.dir / forgetting.LIST, must_be=path is not None)
    return forgetting.forget_again(at.desk, marks, clerk, at.now)


def marks_in(listed: Path, must_be: bool) -> dict[str, datetime]:
    """Who was erased and when, by a list that may be missing unless it `must_be` there. Raises NotRead."""
    try:
        return forgetting.read_marks(listed)
    except FileNotFoundError:
        if not must_be:
            return {}
        raise NotRead(said("%(file)s is not there", file=listed)) from None
    except OSError as error:
        raise NotRead(said("%(path)s cannot be read (%(why)s)", path=listed, why=why_of(error))) from error
    except ValueError as error:
        sentence = said("%(file)s is no list of erasures: each line holds a keyed hash and an instant", file=listed)
        raise NotRead(sentence) from error


def site_in_force(at: OpenHouse) -> Site:
    """Raises NoRelease."""
    return Releases(at.database, blobs_of(at.config, at.database)).in_force()


def put_right(at: OpenHouse, meant: str, told: dict[str, str], clerk: Clerk) -> list[str]:
    """Raises NoCorrection."""
    site = site_in_force(at)
    job = partial(
        correct,
        lead_id=at.find(meant),
        told=told,
        known=fields_of(site),
        key=at.desk.key,
        clerk=clerk,
        now=at.now,
    )
    return at.database.write(job)


def merge_plan(at: OpenHouse, kept: str, gone: str) -> merging.MergePlan:
    """Raises NoMerge, UnknownLead."""
    with at.database.read() as conn:
        return merging.plan(conn, find_lead(conn, kept), find_lead(conn, gone))


def merge(at: OpenHouse, made: merging.MergePlan, clerk: Clerk) -> None:
    """Raises NoMerge, UnderWay."""
    site = site_in_force(at)

    def job(conn: Connection) -> None:
        merging.merge(conn, made.kept, made.gone, site, at.now)
        forgetting.note(conn, at.desk.key, MERGED, made.kept, clerk, at.now, gone=made.gone)

    at.database.write(job)


def name_outside(at: OpenHouse, lead_id: int, one: OutsideId, remove: bool, clerk: Clerk) -> bool:
    """Give or take an id of another system; whether that changed anything. Raises NoId."""
    verb = giving_ids.take if remove else giving_ids.give
    return at.database.write(partial(verb, lead_id=lead_id, one=one, key=at.desk.key, clerk=clerk, now=at.now))


def part_plan(at: OpenHouse, meant: str) -> parting.PartPlan:
    """Of the lead itself, not of the one that stands for it. Raises NoMerge, UnknownLead."""
    with at.database.read() as conn:
        return parting.part_plan(conn, find_itself(conn, meant))


def unmerge(at: OpenHouse, made: parting.PartPlan, clerk: Clerk) -> None:
    """Raises NoMerge."""

    def job(conn: Connection) -> None:
        parting.unmerge(conn, made.lead, at.now)
        forgetting.note(conn, at.desk.key, PARTED, made.kept, clerk, at.now, gone=made.lead)

    at.database.write(job)


def retain(at: OpenHouse, dry: bool) -> Retained:
    """Go through all leads; announce, put to rest and let go, or only say who it would be."""
    terms, classes, silent, asked, new, first = at.config.retention, Counter[str](), 0, 0, 0, 1
    customers = bought_in_force(at.releases)
    while True:
        with at.database.read() as conn:
            found = retention.look(conn, terms, customers, first, at.now.calendar)
        classes.update(one.klass for one in found.departing)
        silent, asked = silent + len(found.silent), asked + len(found.asked)
        if not dry:
            new += at.database.write(partial(retention.announce, found=found, now=at.now.calendar))
            at.database.write(partial(retention.ask, lead_ids=found.asked, now=at.now))
            at.database.write(partial(retention.rest, lead_ids=found.silent, key=at.desk.key, now=at.now))
        if found.next_id is None:
            break
        first = found.next_id
    gone = 0
    while not dry and (some := retention.let_go(at.desk, terms, at.now)):
        gone += some
    return Retained(terms, classes, silent, asked, dry, new, gone, _thinned(at, terms.hits_months, dry))


def _thinned(at: OpenHouse, months: int, dry: bool) -> Thinned:
    """Hits and visits that are too old to be kept one by one, and no longer are."""
    with at.database.read() as conn:
        old = thinning.too_old(conn, months, at.now)
    job = partial(thinning.thin, months=months, zone=at.config.site.timezone, now=at.now)
    while not dry and at.database.write(job).total:
        pass
    return old


def verified(at: OpenHouse) -> Verified:
    with at.database.read() as conn:
        return verify(conn, at.desk.key)


def entries(at: OpenHouse, limit: int) -> list[dict[str, Any]]:
    """The newest entries of the chain, the newest first."""
    newest = select(audit.c.id, audit.c.at, audit.c.act, audit.c.lead_id, audit_payloads.c.payload)
    joined = newest.outerjoin(audit_payloads, audit_payloads.c.audit_id == audit.c.id)
    with at.database.read() as conn:
        rows = conn.execute(joined.order_by(audit.c.id.desc()).limit(limit)).mappings()
        return [{**row, "at": row["at"].isoformat()} for row in rows]
