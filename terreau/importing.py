"""`terreau import`: a list is looked at, its plan told, and then taken in; reading and writing are the leads'."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, field, replace
from heapq import merge
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TextIO

from authoring.load import load_site
from authoring.releases import NoRelease, Releases, ReleaseUnreadable
from authoring.site import Site
from authoring.tree import read_tree
from base.clock import system_clocks
from base.config import Config
from base.saying import Refused, said
from base.system_words import why_of
from base.tokens import new_token
from base.translations import Translator
from leads.imports import ledger
from leads.imports.contacts import Reject, Remark
from leads.imports.ledger import Run, UnknownMapping
from leads.imports.mapping import Fields, Targets, Unmappable, targets_of
from leads.imports.reading import Survey, Unreadable, Wishes, survey
from leads.imports.reasons import KEPT, Remarks, sentence
from leads.imports.rejects import write_rejects
from leads.imports.running import Progress, Tally, rehearse, take_in
from leads.imports.settings import Policy, Settings, Unproven
from leads.imports.writing import Source
from storage.database import Database, StorageUnavailable, open_database
from storage.migrate import SchemaMismatch, check_schema
from terreau.folders import for_its_owner
from terreau.house import blobs_of
from terreau.own_keys import keys_at
from terreau.virtual import clocks_of


class NoImport(Refused):
    """Nothing is taken in; the sentence says why."""


EXPECTED = (Unmappable, Unreadable, Unproven, UnknownMapping, ledger.TakenOver, NoImport)
KEPT_BACK: dict[str, type[Reject] | type[Remark]] = {"Reject": Reject, "Remark": Remark}  # by what is spooled of each


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with which file. `again`: even if this very file was taken in before."""

    path: Path
    wishes: Wishes
    policy: Policy
    mapping: str | None = None  # the name it was kept under
    again: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list would come to; `kept_back` gives every row that would not be taken, and every remark on the others,
    in the order of the file."""

    name: str
    found: Survey
    settings: Settings
    tally: Tally
    kept_back: Callable[[], Iterator[Reject | Remark]]

    def rejects(self) -> Iterator[Reject]:
        return (one for one in self.kept_back() if isinstance(one, Reject))

    def remarks(self) -> Iterator[Remark]:
        return (one for one in self.kept_back() if isinstance(one, Remark))

    def to_mend(self) -> Iterator[Reject | Remark]:
        """What the import itself would keep: rows not taken, and those of which not all is recorded."""
        return (one for one in self.kept_back() if isinstance(one, Reject) or one.code in KEPT)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where lists are taken in: without a database they are only looked at."""

    config: Config
    database: Database | None
    site: Site | None
    targets: Targets
    key: str = field(repr=False)


@contextmanager
def desk(config: Config, needs_database: bool) -> Iterator[Desk]:
    """Raises what opening the database raises, where it is needed."""
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as opened:
        database: Database | None = opened
        try:
            check_schema(opened)
        except (StorageUnavailable, SchemaMismatch):
            if needs_database:
                raise
            database = None
        site = _site(config, database)
        yield Desk(config, database, site, targets_of(site), _key(config, database))


@contextmanager
def planned(at: Desk, wish: Wish, progress: Progress) -> Iterator[tuple[BinaryIO, Plan]]:
    """The opened file, and what taking it in would come to. Writes nothing. Raises those of EXPECTED."""
    saved = _kept_mapping(at.database, wish.mapping) if wish.mapping is not None else None
    with _opened(wish.path) as file, TemporaryFile("w+", encoding="utf-8") as spool:
        found = survey(file, wish.wishes, at.targets, saved)
        settings = Settings.of(found, wish.policy, tuple(at.config.site.locales))

        def keep(one: Reject | Remark) -> None:
            told = astuple(replace(one, departure=None) if isinstance(one, Reject) else one)
            spool.write(json.dumps([type(one).__name__, *told]) + "\n")

        now = (clocks_of(at.database) if at.database is not None else system_clocks()).calendar()
        tally = rehearse(file, settings, at.database, at.key, now, keep, progress)
        yield file, Plan(wish.path.name, found, settings, tally, lambda: _unspooled(spool))


def carry_out(at: Desk, wish: Wish, file: BinaryIO, plan: Plan, author: str, progress: Progress) -> Run:
    """Take the list in, or go on with what a process that died has left. Raises NoImport, TakenOver."""
    database = at.database
    assert database is not None  # `desk` was told that one is needed
    clocks, token = clocks_of(database), new_token()
    _insist_on_first_time(database, plan.found.hash, wish.again)
    run = database.write(
        lambda conn: ledger.begin(conn, plan.name, plan.found, plan.settings, author, token, clocks.machine())
    )
    locale = at.config.site.default_locale
    source = Source(run.import_id, plan.found.hash, author, plan.settings.policy, locale, at.key)
    return take_in(file, plan.settings, run, source, database, clocks, progress)


def rejects_file(
    file: BinaryIO, plan: Plan, kept_back: Iterable[Reject | Remark], path: Path, words: Translator
) -> int:
    """Write the rows that were not taken, or not whole; returns how many. In UTF-8 with the mark that Excel needs."""
    with for_its_owner(path, "utf-8-sig") as into:
        return write_rejects(file, plan.settings, kept_back, into, words)


def kept_back_of(database: Database, import_id: int) -> Iterator[Reject | Remark]:
    with database.read() as conn:
        yield from ledger.kept_back(conn, import_id)


def told_of(database: Database, import_id: int, plan: Plan) -> tuple[Iterator[Reject], Iterator[Remark]]:
    """The rows not taken, and the remarks on the others: of the plan, but for what the import decides."""
    found = (one for one in kept_back_of(database, import_id) if isinstance(one, Remark))
    planned = (one for one in plan.remarks() if one.code not in KEPT)
    rejects = (one for one in kept_back_of(database, import_id) if isinstance(one, Reject))
    return rejects, merge(planned, found, key=lambda one: one.line)


def remarks_of(database: Database, import_id: int) -> Remarks:
    """Why consents and departures were not recorded, counted."""
    counted = Remarks()
    for one in kept_back_of(database, import_id):
        if isinstance(one, Remark):
            counted.hear(one)
    return counted


def keep_mapping(at: Desk, name: str, fields: Fields, author: str) -> None:
    database = at.database
    assert database is not None
    now = clocks_of(database).machine()
    database.write(lambda conn: ledger.keep_mapping(conn, name, fields, author, now))


# ---------------------------------------------------------------- as JSON


def as_json(plan: Plan) -> dict[str, Any]:
    """Everything but the rejected rows and the remarks, which may be many: `write_json` puts them behind."""
    found, tally = plan.found, plan.tally
    return {
        "file": plan.name,
        "hash": found.hash,
        "encoding": found.encoding,
        "delimiter": found.shape.delimiter,
        "header": found.shape.header or None,
        "columns": list(found.shape.names),
        "mapping": dict(found.mapping),
        "unmapped": [name for name in found.shape.names if name not in found.mapping],
        "rows": tally.rows,
        "accepted": tally.accepted,
        "known": tally.known,
        "suppressed": tally.suppressed,
        "reasons": dict(tally.reasons.most_common()),
        "hints": dict(tally.remarks.counts.most_common()),
        "consents": tally.consents,
        "no_consent": tally.no_consent,
        "left": dict(tally.left.most_common()),
        "unread": dict(tally.unread.most_common()),
        "passed_over": found.passed_over,
    }


def write_json(
    told: dict[str, Any], rejects: Iterable[Reject], remarks: Iterable[Remark], into: TextIO, words: Translator
) -> None:
    """One object, its lists `rejected` and `remarks` written row by row."""
    into.write(json.dumps(told, ensure_ascii=False, indent=2).removesuffix("\n}"))
    _write_rows("rejected", rejects, into, words)
    _write_rows("remarks", remarks, into, words)
    into.write("\n}\n")


def _write_rows(name: str, rows: Iterable[Reject | Remark], into: TextIO, words: Translator) -> None:
    into.write(f',\n  "{name}": [')
    between = "\n    "
    for one in rows:
        row = {"line": one.line, "reason": sentence(one).by(words), "code": one.code}
        into.write(between + json.dumps(row, ensure_ascii=False))
        between = ",\n    "
    into.write("]" if between == "\n    " else "\n  ]")


# ---------------------------------------------------------------- what is needed


def _site(config: Config, database: Database | None) -> Site | None:
    """The content in force; before the first release that of the folder, as far as it can be read."""
    if database is not None:
        try:
            return Releases(database, blobs_of(config, database)).in_force()
        except (NoRelease, ReleaseUnreadable):
            """Nothing is in force yet."""
    return load_site(read_tree(config.content.dir))[0]


def _key(config: Config, database: Database | None) -> str:
    """The key of suppressions; looking at a file alone makes no secrets."""
    return keys_at(config, database).suppression if database is not None else ""


def _kept_mapping(database: Database | None, name: str) -> Fields:
    if database is None:
        raise NoImport(said("a mapping is kept in the database, which is not there yet: run `terreau migrate`"))
    with database.read() as conn:
        return ledger.mapping(conn, name)


def _insist_on_first_time(database: Database, hash: str, again: bool) -> None:
    with database.read() as conn:
        before = ledger.done_before(conn, hash)
    if before is not None and not again:
        day = f"{before.at:%Y-%m-%d}"
        raise NoImport(
            said(
                "this file was taken in on %(day)s (import %(id)s): add --again to take it in once more",
                day=day,
                id=before.id,
            )
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        if error.filename is None:
            raise
        raise NoImport(said("%(path)s cannot be read (%(why)s)", path=path, why=why_of(error))) from error


def _unspooled(spool: Any) -> Iterator[Reject | Remark]:
    spool.seek(0)
    for line in spool:
        kind, *told = json.loads(line)
        yield KEPT_BACK[kind](*told)
