"""`terreau import`: a list is looked at, its plan told, and then taken in; reading and writing are the leads'."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TextIO

from authoring.load import load_site
from authoring.releases import NoRelease, Releases, ReleaseUnreadable
from authoring.site import Site
from authoring.tree import read_tree
from base.config import Config
from base.saying import Refused, said
from base.system_words import why_of
from base.tokens import new_token
from base.translations import Translator
from leads.imports import ledger
from leads.imports.contacts import Reject
from leads.imports.ledger import Run, UnknownMapping
from leads.imports.mapping import Fields, Targets, Unmappable, targets_of
from leads.imports.reading import Survey, Unreadable, Wishes, survey
from leads.imports.reasons import reason
from leads.imports.rejects import write_rejects
from leads.imports.running import Progress, Tally, rehearse, take_in
from leads.imports.settings import Policy, Settings, Unproven
from leads.imports.writing import Source
from storage.database import Database, StorageUnavailable, open_database
from storage.migrate import SchemaMismatch, check_schema
from terreau.house import blobs_of
from terreau.virtual import clocks_of


class NoImport(Refused):
    """Nothing is taken in; the sentence says why."""


EXPECTED = (Unmappable, Unreadable, Unproven, UnknownMapping, ledger.TakenOver, NoImport)


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
    """What a list would come to; `rejects` gives every row that would not be taken, in the order of the file."""

    name: str
    found: Survey
    settings: Settings
    tally: Tally
    rejects: Callable[[], Iterator[Reject]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where lists are taken in: without a database they are only looked at."""

    config: Config
    database: Database | None
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
        yield Desk(config, database, targets_of(_site(config, database)), _key(config, database))


@contextmanager
def planned(at: Desk, wish: Wish, progress: Progress) -> Iterator[tuple[BinaryIO, Plan]]:
    """The opened file, and what taking it in would come to. Writes nothing. Raises those of EXPECTED."""
    saved = _kept_mapping(at.database, wish.mapping) if wish.mapping is not None else None
    with _opened(wish.path) as file, TemporaryFile("w+", encoding="utf-8") as spool:
        found = survey(file, wish.wishes, at.targets, saved)
        settings = Settings.of(found, wish.policy, tuple(at.config.site.locales))

        def keep(reject: Reject) -> None:
            spool.write(json.dumps([reject.line, reject.code, reject.about]) + "\n")

        tally = rehearse(file, settings, at.database, at.key, keep, progress)
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


def rejects_file(file: BinaryIO, plan: Plan, rejects: Iterable[Reject], path: Path, words: Translator) -> int:
    """Write the rows that were not taken; returns how many. In UTF-8 with the mark that Excel needs."""
    with path.open("w", encoding="utf-8-sig", newline="") as into:
        return write_rejects(file, plan.settings, rejects, into, words)


def rejects_of(database: Database, import_id: int) -> Iterator[Reject]:
    with database.read() as conn:
        yield from ledger.rejects(conn, import_id)


def keep_mapping(at: Desk, name: str, fields: Fields, author: str) -> None:
    database = at.database
    assert database is not None
    now = clocks_of(database).machine()
    database.write(lambda conn: ledger.keep_mapping(conn, name, fields, author, now))


# ---------------------------------------------------------------- as JSON


def as_json(plan: Plan) -> dict[str, Any]:
    """Everything but the rejected rows, which may be many: `write_json` puts them behind."""
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
        "hints": dict(tally.hints.most_common()),
    }


def write_json(told: dict[str, Any], rejects: Iterable[Reject], into: TextIO, words: Translator) -> None:
    """One object, its list `rejected` written row by row."""
    head = json.dumps(told, ensure_ascii=False, indent=2)
    into.write(head.removesuffix("\n}") + ',\n  "rejected": [')
    between = "\n    "
    for reject in rejects:
        sentence = reason(reject.code, reject.about).by(words)
        row = {"line": reject.line, "reason": sentence, "code": reject.code}
        into.write(between + json.dumps(row, ensure_ascii=False))
        between = ",\n    "
    into.write("]\n}\n" if between == "\n    " else "\n  ]\n}\n")


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
    return config.keys().suppression if database is not None else ""


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


def _unspooled(spool: Any) -> Iterator[Reject]:
    spool.seek(0)
    for line in spool:
        yield Reject(*json.loads(line))
