"""`terreau backup`: one file with everything that cannot be made again: the database, the files to give away, and, if
asked for, the secrets. It is taken while the house runs, and looked at before it counts.
"""

import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url

from base.clock import Moment
from base.config import Config
from base.saying import Said, said
from storage.database import open_database
from storage.migrate import OlderTables
from terreau.archive import MANIFEST, SECRETS, Held, Manifest, NoBackup, mark_of, written
from terreau.as_file import AsFile
from terreau.as_rows import AsRows
from terreau.bar import Bar
from terreau.here import Here
from terreau.own_keys import UnfitKeys, keys_at, mark_known


class Kind(Protocol):
    """How a database of one kind goes into a backup and comes out of it."""

    @property
    def target(self) -> str: ...

    def pack(self, archive: zipfile.ZipFile, folder: Path, bar: Bar) -> Held: ...

    def here(self, manifest: Manifest, now: Moment) -> Here | None: ...

    def put(
        self,
        archive: zipfile.ZipFile,
        manifest: Manifest,
        finish: Callable[[Connection], None],
        now: Moment,
        bar: Bar,
    ) -> Said | None: ...


KINDS: Mapping[str, Callable[[Config], Kind]] = {"sqlite": AsFile, "postgresql": AsRows}


def kind_of(config: Config) -> str:
    """That of the database of these settings."""
    return make_url(config.database.url).get_backend_name()


@dataclass(frozen=True, slots=True)
class Backed:
    """`fault`: why the secrets here are not those of the database; none of them is in the backup then."""

    manifest: Manifest
    fault: UnfitKeys | None


def backup(config: Config, file: Path, now: Moment, with_secrets: bool, bar: Bar) -> Backed:
    """Write everything into `file`, which must not be there: the data also where the secrets will not do.

    Raises NoBackup, StorageUnavailable, SchemaMismatch.
    """
    with written(file) as (archive, folder):
        held = _packed(config, archive, folder, bar)
        mark, fault = _mark(config)
        added = with_secrets and fault is None
        made = Manifest(now.machine.isoformat(timespec="seconds"), _version(), added, mark, held)
        archive.writestr(MANIFEST, made.text())
        if added:
            _add_secrets(config, archive)
    return Backed(made, fault)


def _packed(config: Config, archive: zipfile.ZipFile, folder: Path, bar: Bar) -> Held:
    try:
        return KINDS[kind_of(config)](config).pack(archive, folder, bar)
    except OlderTables as error:
        raise NoBackup(
            said(
                "the database was made by an older version, and only that version can back it up: do so with it, before"
                " `terreau migrate`"
            )
        ) from error


def _mark(config: Config) -> tuple[str, UnfitKeys | None]:
    """By which the key of the database is known again, also where it is not here; '' where nothing tells."""
    with closing(open_database(config.database.url, wait_seconds=config.database.wait_seconds)) as database:
        try:
            return mark_of(keys_at(config, database).suppression), None
        except UnfitKeys as error:
            return mark_known(database), error


def _add_secrets(config: Config, archive: zipfile.ZipFile) -> None:
    for path in sorted((config.data.dir / "secrets").glob("*")):
        if path.is_file():
            archive.write(path, SECRETS + path.name)


def _version() -> str:
    try:
        return version("terreau")
    except PackageNotFoundError:
        return "of a checkout"
