"""`terreau backup`: one file with everything that cannot be made again: the database, the files to give away, and, if
asked for, the secrets. It is taken while the house runs, and looked at before it counts.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, make_url, select

from base.clock import Moment
from base.config import Config
from base.saying import said
from base.system_words import why_of
from base.tokens import keyed_hash
from base.translations import msgid
from storage import copies, sqlite
from storage.database import open_database
from storage.migrate import check_schema
from storage.schema import leads, messages
from terreau.bar import Bar

FORM = 1  # raised when an older version could not read the file
DATABASE, MANIFEST, BLOBS, SECRETS = "terreau.db", "manifest.json", "blobs/", "secrets/"
CHUNK = 1 << 20
_LIGHT = 1  # a third of the size for a few seconds a gigabyte


class NoBackup(Exception):
    """Nothing was written; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `suppression` tells the key of before from another one, and gives neither away."""

    form: int
    made_at: str
    version: str
    leads: int
    messages: int
    waiting: int  # mails that were promised and not sent
    size: int  # bytes of the database
    sha256: str
    blobs: int
    secrets: bool
    suppression: str

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Raises ValueError for what is none, or is of a newer form."""
        try:
            values: dict[str, Any] = json.loads(text)
            if values.get("form") != FORM:
                form = values.get("form")
                raise ValueError(said("it is of form %(form)s, and this version reads %(ours)s", form=form, ours=FORM))
            return cls(**values)
        except (TypeError, AttributeError, UnicodeDecodeError) as error:
            raise ValueError(said("its manifest cannot be read")) from error


def backup(config: Config, file: Path, now: Moment, with_secrets: bool, bar: Bar) -> Manifest:
    """Write everything into `file`, which must not be there. Raises NoBackup, StorageUnavailable, SchemaMismatch."""
    address = make_url(config.database.url)
    if address.get_backend_name() != "sqlite":
        raise NoBackup(said(_RECIPE, url=address.render_as_string(hide_password=True)))
    if file.exists():
        raise NoBackup(said("%(file)s is there already: name another one", file=file))
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".terreau-backup-") as folder:
            copied = Path(folder) / DATABASE
            _copy(sqlite.path_of(address), copied, bar)
            manifest = _described(config, copied, now, with_secrets)
            packed = Path(folder) / "packed"
            _pack(config, manifest, copied, packed, bar)
            os.replace(packed, file)
    except OSError as error:
        raise NoBackup(said("%(file)s cannot be written: %(why)s", file=file, why=why_of(error))) from error
    return manifest


_RECIPE = msgid(
    "a PostgreSQL database is backed up by its own tools, which know how to:"
    " pg_dump --format=custom --file=terreau.dump '%(url)s' (magnets are inside; keep the folder `secrets` of [data]"
    " dir with it). docs/operations.md says how to bring it back"
)


def _copy(source: Path, target: Path, bar: Bar) -> None:
    """A copy that was found whole. Raises NoBackup."""
    if not source.exists():
        raise NoBackup(
            said("%(name)s is not made yet: there is nothing to back up (the settings name it: --config)", name=source)
        )
    try:
        with bar(said("Copying the database")) as watch:
            copies.copy(source, target, watch)
        with bar(said("Looking whether it is whole")):
            broken = copies.faults(target)
    except sqlite3.Error as error:
        raise NoBackup(said("%(name)s cannot be copied: %(why)s", name=source, why=error)) from error
    if broken:
        told = msgid("%(name)s is damaged: %(why)s. Restore the last good backup")
        raise NoBackup(said(told, name=source, why="; ".join(broken[:3])))


def _described(config: Config, copied: Path, now: Moment, with_secrets: bool) -> Manifest:
    with closing(open_database(f"sqlite:///{copied}")) as database:
        check_schema(database)
        with database.read() as conn:
            counts = [conn.scalar(select(func.count()).select_from(table)) or 0 for table in (leads, messages)]
            unsent = messages.c.state.in_(("due", "claimed", "in_data", "deferred"))
            waiting = conn.scalar(select(func.count()).where(unsent)) or 0
    return Manifest(
        form=FORM,
        made_at=now.machine.isoformat(timespec="seconds"),
        version=_version(),
        leads=counts[0],
        messages=counts[1],
        waiting=waiting,
        size=copied.stat().st_size,
        sha256=_sha256(copied),
        blobs=len(list(_blobs(config))),
        secrets=with_secrets,
        suppression=mark_of(config.keys().suppression),
    )


def mark_of(key: str) -> str:
    """By which a suppression key is known again."""
    return keyed_hash(key, "terreau backup")[:16]


def _pack(config: Config, manifest: Manifest, copied: Path, packed: Path, bar: Bar) -> None:
    """The archive on the disk, readable by its owner only: it holds people's data."""
    kept = config.data.dir / "secrets"
    secrets = sorted(path for path in kept.glob("*") if path.is_file()) if manifest.secrets else []
    with (
        os.fdopen(os.open(packed, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file,
        bar(said("Writing the backup")) as watch,
    ):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LIGHT) as archive:
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
            with copied.open("rb") as known, archive.open(DATABASE, "w", force_zip64=True) as member:
                for part in _parts(known):
                    member.write(part)
                    watch(known.tell() / manifest.size)
            for path in _blobs(config):
                archive.write(path, BLOBS + path.name, zipfile.ZIP_STORED)
            for path in secrets:
                archive.write(path, SECRETS + path.name)
        file.flush()
        os.fsync(file.fileno())


def _blobs(config: Config) -> Iterator[Path]:
    """Every whole file to give away; one that is being written has another kind of name."""
    return (path for path in sorted((config.data.dir / "blobs").glob("??/*")) if len(path.name) == 64)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version() -> str:
    try:
        return version("terreau")
    except PackageNotFoundError:
        return "of a checkout"


def room_for(folder: Path, size: int) -> bool:
    """Whether so many bytes fit on the disk of `folder`, with a tenth to spare."""
    return shutil.disk_usage(folder).free > size * 1.1
