"""`terreau restore`: says what a backup would put in place of what is here, and puts it there, at rest.

A copy does not know what was sent after it was made: nothing leaves it until a person has looked (`terreau resume`).
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, make_url, select

from authoring.blobs import BlobDamaged, BlobDirectory
from base.clock import Moment
from base.config import Config
from base.keyring import read_secret
from base.saying import Said, said
from base.system_words import why_of
from base.translations import msgid
from storage import copies, sqlite
from storage.database import StorageUnavailable, open_database
from storage.holders import DEAD_AFTER
from storage.migrate import migrate
from storage.schema import holders, leads
from terreau.backups import BLOBS, CHUNK, DATABASE, MANIFEST, SECRETS, Manifest, mark_of, room_for
from terreau.bar import Bar
from terreau.mishaps import sentence_of
from workflows import pauses
from workflows.gaps import HOUSE
from workflows.resting import EVERYTHING

BUSY = msgid("somebody worked with %(target)s within the last minute: stop the house, wait a minute")
DAMAGED = msgid("the backup is damaged: %(why)s")
BESIDE = ("", "-wal", "-shm")  # a SQLite database and what lies beside it while it is open


class NoRestore(Exception):
    """Nothing was changed; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen. `here`: how many leads the database holds that would be put aside, None without one."""

    manifest: Manifest
    target: Path
    here: int | None
    secrets: Said

    def lines(self, now: Moment) -> Iterator[Said]:
        told, age = self.manifest, now.machine - self.manifest.made
        yield said(
            "The backup was made %(when)s UTC, %(hours)s hours ago, by Terreau %(version)s.",
            when=f"{told.made:%Y-%m-%d %H:%M}", hours=f"{age.total_seconds() / 3600:.1f}", version=told.version,
        )  # fmt: skip
        yield said(
            "It holds %(leads)s leads, %(messages)s messages, %(waiting)s of them not sent yet, and %(files)s files.",
            leads=told.leads, messages=told.messages, waiting=told.waiting, files=told.blobs,
        )  # fmt: skip
        if self.here is None:
            yield said("It would become %(target)s, where there is no database now.", target=self.target)
        else:
            yield said(
                "It would become %(target)s; the database there, with %(leads)s leads, would be put aside.",
                target=self.target, leads=self.here,
            )  # fmt: skip
        yield self.secrets
        yield said("Everything rests afterwards: nothing is sent until `terreau resume`.")


def plan(config: Config, file: Path, now: Moment) -> Plan:
    """What restoring `file` would do. Raises NoRestore where it would not be done."""
    address = make_url(config.database.url)
    if address.get_backend_name() != "sqlite":
        raise NoRestore(said(_RECIPE))
    target = sqlite.path_of(address)
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        secrets = _secrets(config, manifest)
    if not room_for(next(path for path in target.parents if path.exists()), manifest.size):
        raise NoRestore(said("%(size)s MiB do not fit on the disk of %(file)s", size=manifest.size >> 20, file=target))
    return Plan(manifest, target, _leads_of(target, now), secrets)


_RECIPE = msgid(
    "a PostgreSQL database is brought back by its own tools: pg_restore --clean --if-exists --dbname=URL terreau.dump,"
    " then `terreau pause` before anything starts. docs/operations.md tells it step by step"
)


def restore(config: Config, file: Path, made: Plan, now: Moment, bar: Bar) -> Path | None:
    """Do it; returns where the database of before lies now. Raises NoRestore, SchemaMismatch, StorageUnavailable."""
    target = made.target
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _opened(file) as archive, tempfile.TemporaryDirectory(dir=target.parent, prefix=".terreau-restore-") as folder:
        fresh = Path(folder) / DATABASE
        _unpack(archive, fresh, made.manifest, bar)
        _put_to_rest(fresh, made.manifest, now)
        _bring_files(config, archive)
        if made.manifest.secrets:
            _bring_secrets(config, archive)
        aside = _put_aside(target, now.machine) if target.exists() else None
        os.replace(fresh, target)
    (config.data.dir / "incarnation").unlink(missing_ok=True)  # of a life that is over: the house asks once more
    return aside


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        why = why_of(error) if isinstance(error, OSError) else said("it is no backup, or was cut short")
        sentence = said("%(file)s cannot be read (%(why)s): name a file that `terreau backup` made", file=file, why=why)
        raise NoRestore(sentence) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        return Manifest.read(archive.read(MANIFEST))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise NoRestore(said("%(file)s is no backup of Terreau: %(why)s", file=file, why=sentence_of(error))) from error


def _secrets(config: Config, manifest: Manifest) -> Said:
    """Whether those who must not be mailed would be known again: without the key of before, they would not."""
    kept = config.data.dir / "secrets" / "suppression_key"
    known = config.secrets.suppression_key or (read_secret(kept) if kept.exists() else None)
    if known is not None and mark_of(known) == manifest.suppression:
        return said("The secrets here are those of the backup.")
    if known is None and manifest.secrets:
        return said("The secrets come with it.")
    missing = said("the secrets of this backup are not here")
    fault = missing if known is None else said("the secrets here are not those of this backup")
    raise NoRestore(
        said(
            "%(fault)s: without the suppression key of before, people who must not be mailed are not known again. Lay"
            " the files of `secrets` of before into %(folder)s, then try again",
            fault=fault,
            folder=config.data.dir / "secrets",
        )
    )


def _leads_of(target: Path, now: Moment) -> int | None:
    """How many there are in the database of now, None without one. Raises NoRestore while somebody works with it."""
    if not target.exists():
        return None
    try:
        with closing(open_database(f"sqlite:///{target}", wait_seconds=1)) as database, database.read() as conn:
            alive = holders.c.seen_at > now.machine - DEAD_AFTER
            if conn.scalar(select(func.count()).select_from(holders).where(alive)):
                raise NoRestore(said(BUSY, target=target))
            return conn.scalar(select(func.count()).select_from(leads)) or 0
    except StorageUnavailable:
        return 0  # damaged: the reason to be here


def _unpack(archive: zipfile.ZipFile, fresh: Path, manifest: Manifest, bar: Bar) -> None:
    """The database of the backup, byte for byte as it was packed, and whole. Raises NoRestore."""
    digest, done = hashlib.sha256(), 0
    try:
        with bar(said("Reading the backup")) as watch, archive.open(DATABASE) as member, fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            while part := member.read(CHUNK):
                file.write(part)
                digest.update(part)
                done += len(part)
                watch(done / max(manifest.size, 1))
            file.flush()
            os.fsync(file.fileno())
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise NoRestore(said(DAMAGED, why=error)) from error
    if digest.hexdigest() != manifest.sha256:
        raise NoRestore(said(DAMAGED, why=said("its database is not the one that was packed")))
    with bar(said("Looking whether it is whole")):
        broken = copies.faults(fresh)
    if broken:
        raise NoRestore(said(DAMAGED, why="; ".join(broken[:3])))


def _put_to_rest(fresh: Path, manifest: Manifest, now: Moment) -> None:
    """With the tables of this version, and everything paused as of the moment of the copy."""
    url = f"sqlite:///{fresh}"
    migrate(url)
    reason = f"restored from the backup of {manifest.made:%Y-%m-%d %H:%M} UTC: what was sent since is not known here"
    since = replace(now, calendar=min(manifest.made, now.calendar))
    with closing(open_database(url)) as database:
        database.write(lambda conn: pauses.begin_at(conn, EVERYTHING, reason, HOUSE, since, now))
    for beside in BESIDE[1:]:
        fresh.with_name(fresh.name + beside).unlink(missing_ok=True)


def _bring_files(config: Config, archive: zipfile.ZipFile) -> None:
    blobs = BlobDirectory(config.data.dir / "blobs")
    for name in archive.namelist():
        if name.startswith(BLOBS):
            try:
                blobs.put(name.removeprefix(BLOBS), archive.read(name))
            except (BlobDamaged, LookupError, zipfile.BadZipFile) as error:
                why = said("the file %(name)s is not the one that was packed", name=name)
                raise NoRestore(said(DAMAGED, why=why)) from error


def _bring_secrets(config: Config, archive: zipfile.ZipFile) -> None:
    """Those that are not here; one that is stays."""
    folder = config.data.dir / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in archive.namelist():
        path = folder / Path(name).name
        if name.startswith(SECRETS) and not path.exists():
            with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
                file.write(archive.read(name))


def _put_aside(target: Path, machine_now: datetime) -> Path:
    """The database of before under another name: nothing is thrown away."""
    aside = target.with_name(f"{target.name}.before-{machine_now:%Y%m%d-%H%M%S}")
    for beside in BESIDE:
        known = target.with_name(target.name + beside)
        if known.exists():
            os.replace(known, aside.with_name(aside.name + beside))
    return aside
