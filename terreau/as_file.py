"""A SQLite database in a backup: its file, copied while the house runs, put in the place of another in one piece."""

import hashlib
import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, make_url

from base.clock import Moment
from base.config import Config
from base.saying import Said, said
from base.translations import msgid
from storage import copies, sqlite
from storage.database import StorageUnavailable, open_database
from storage.migrate import check_tables, head, migrate
from terreau.archive import BLOBS, DAMAGED, NOT_AS_PACKED, Held, Manifest, NoBackup, NoRestore, parts
from terreau.bar import Bar
from terreau.folders import working_folder
from terreau.here import Here, counts, look

DATABASE = "terreau.db"
BESIDE = ("-wal", "-shm")  # what lies beside a SQLite database while it is open


@dataclass(frozen=True, slots=True)
class AsFile:
    """The SQLite database of these settings."""

    config: Config

    @property
    def path(self) -> Path:
        return sqlite.path_of(make_url(self.config.database.url))

    @property
    def target(self) -> str:
        return str(self.path)

    def pack(self, archive: zipfile.ZipFile, folder: Path, bar: Bar) -> Held:
        """Put database and files into the archive. Raises NoBackup, SchemaMismatch, StorageUnavailable."""
        copied = folder / DATABASE
        _copy(self.path, copied, bar)
        with closing(open_database(f"sqlite:///{copied}")) as database, database.read() as conn:
            check_tables(conn)
            counted = counts(conn)
        size, files = copied.stat().st_size, list(self._files())
        with (
            bar(said("Writing the backup")) as watch,
            copied.open("rb") as known,
            archive.open(DATABASE, "w", force_zip64=True) as member,
        ):
            for part in parts(known):
                member.write(part)
                watch(known.tell() / size)
        for path in files:
            archive.write(path, BLOBS + path.name, zipfile.ZIP_STORED)
        return Held(*counted, size, _sha256(copied), len(files), "sqlite", head())

    def _files(self) -> Iterator[Path]:
        """Every whole file to give away; one that is being written has another kind of name."""
        return (path for path in sorted((self.config.data.dir / "blobs").glob("??/*")) if len(path.name) == 64)

    def here(self, manifest: Manifest, now: Moment) -> Here | None:
        """What a restore would put aside, None without any. Raises NoRestore."""
        place = next(path for path in self.path.parents if path.exists())
        if not room_for(place, manifest.held.size):
            size = manifest.held.size >> 20
            raise NoRestore(said("%(size)s MiB do not fit on the disk of %(file)s", size=size, file=self.path))
        if not self.path.exists():
            return None
        try:
            with closing(open_database(f"sqlite:///{self.path}", wait_seconds=1)) as database, database.read() as conn:
                return look(conn, self.target, now)
        except StorageUnavailable:
            return Here(0, None)  # damaged: the reason to be here

    def put(
        self,
        archive: zipfile.ZipFile,
        manifest: Manifest,
        finish: Callable[[Connection], None],
        now: Moment,
        bar: Bar,
    ) -> Said | None:
        """Put the database of the archive in place, `finish` done in it; says where that of before lies now.

        Raises NoRestore, SchemaMismatch, StorageUnavailable.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with working_folder(self.path.parent, ".terreau-restore-") as folder:
            fresh = folder / DATABASE
            _unpack(archive, fresh, manifest, bar)
            url = f"sqlite:///{fresh}"
            migrate(url)
            with closing(open_database(url)) as database:
                database.write(finish, timeout=3600)
                database.settle_deletions()
            for beside in BESIDE:
                fresh.with_name(fresh.name + beside).unlink(missing_ok=True)
            return _swap(fresh, self.path, f"before-{now.machine:%Y%m%d-%H%M%S}")


def _copy(source: Path, target: Path, bar: Bar) -> None:
    """A copy that was found whole. Raises NoBackup."""
    if not source.exists():
        raise NoBackup(
            said("%(name)s is not made yet: there is nothing to back up (the settings name it: --config)", name=source)
        )
    try:
        with bar(said("Copying the database")) as watch:
            copies.copy(source, target, watch)
        with bar(said("Checking whether it is whole")):
            broken = copies.faults(target)
    except sqlite3.Error as error:
        raise NoBackup(said("%(name)s cannot be copied: %(why)s", name=source, why=error)) from error
    if broken:
        told = msgid("%(name)s is damaged: %(why)s. Restore the last good backup")
        raise NoBackup(said(told, name=source, why="; ".join(broken[:3])))


def _unpack(archive: zipfile.ZipFile, fresh: Path, manifest: Manifest, bar: Bar) -> None:
    """The database of the backup, byte for byte as it was packed, and whole. Raises NoRestore."""
    digest, done = hashlib.sha256(), 0
    try:
        with bar(said("Reading the backup")) as watch, archive.open(DATABASE) as member, fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            for part in parts(member):
                file.write(part)
                digest.update(part)
                done += len(part)
                watch(done / max(manifest.held.size, 1))
            file.flush()
            os.fsync(file.fileno())
    except (KeyError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise NoRestore(said(DAMAGED, why=error)) from error
    if digest.hexdigest() != manifest.held.sha256:
        raise NoRestore(said(DAMAGED, why=said(NOT_AS_PACKED)))
    with bar(said("Checking whether it is whole")):
        broken = copies.faults(fresh)
    if broken:
        raise NoRestore(said(DAMAGED, why="; ".join(broken[:3])))


def _swap(fresh: Path, target: Path, word: str) -> Said | None:
    """Put `fresh` in the place of `target`, which keeps another name: at every instant one of the two is there.

    The log of before never lies beside the file of now, which would take it for its own.
    """
    aside = target.with_name(f"{target.name}.{word}") if target.exists() else None
    if aside is not None:
        with suppress(StorageUnavailable, sqlite3.Error):
            sqlite.fold_log(target, 1)
        for beside in BESIDE:
            left = target.with_name(target.name + beside)
            if left.exists():
                os.replace(left, aside.with_name(aside.name + beside))
        _second_name(target, aside)
    os.replace(fresh, target)
    return None if aside is None else Said(str(aside))


def _second_name(target: Path, aside: Path) -> None:
    try:
        os.link(target, aside)
    except OSError:  # a disk that knows no second names
        shutil.copy2(target, aside)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def room_for(folder: Path, size: int) -> bool:
    """Whether so many bytes fit on the disk of `folder`, with a tenth to spare."""
    return shutil.disk_usage(folder).free > size * 1.1
