"""The file that a backup is: what is in it, what it says of itself, and how it is laid on the disk in one piece."""

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from base.saying import said
from base.system_words import why_of
from base.tokens import keyed_hash
from base.translations import msgid
from terreau.folders import working_folder
from terreau.mishaps import sentence_of

FORM = 2  # raised when an older version could not read the file
_READABLE = (1, 2)  # the first knew SQLite alone
MANIFEST, BLOBS, SECRETS = "manifest.json", "blobs/", "secrets/"
CHUNK = 1 << 20
DAMAGED = msgid("the backup is damaged: %(why)s")
NOT_AS_PACKED = msgid("its database is not the one that was packed")
_LIGHT = 1  # a third of the size for a few seconds a gigabyte


class NoBackup(Exception):
    """Nothing was written; the sentence says why, and what to do."""


class NoRestore(Exception):
    """Nothing was changed; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is said of the database in a backup. `tables` and `numbers`: of rows, how to read them (`storage.rows`)."""

    leads: int
    messages: int
    waiting: int  # mails that were promised and not sent
    size: int  # bytes of the database as it is packed
    sha256: str
    blobs: int
    kind: str = "sqlite"
    revision: str = ""
    tables: Mapping[str, Any] = field(default_factory=dict)  # {table: {"columns": [...], "rows": n}}, in order
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `suppression` tells the key of before from another one, and gives neither away."""

    made_at: str
    version: str
    secrets: bool
    suppression: str
    held: Held

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def text(self) -> str:
        flat = asdict(self)
        held = flat.pop("held")
        return json.dumps({"form": FORM, **flat, **held}, indent=2)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Raises ValueError for what is none, or is of a newer form."""
        try:
            values: dict[str, Any] = json.loads(text)
            if (form := values.pop("form", None)) not in _READABLE:
                raise ValueError(said("it is of form %(form)s, and this version reads %(ours)s", form=form, ours=FORM))
            ours = {name: values.pop(name) for name in ("made_at", "version", "secrets", "suppression")}
            return cls(**ours, held=Held(**values))
        except (TypeError, AttributeError, KeyError, UnicodeDecodeError) as error:
            raise ValueError(said("its manifest cannot be read")) from error


def mark_of(key: str) -> str:
    """By which a suppression key is known again."""
    return keyed_hash(key, "terreau backup")[:16]


@contextmanager
def written(file: Path) -> Iterator[tuple[zipfile.ZipFile, Path]]:
    """The archive that becomes `file` at the end, and a folder beside it for what is needed on the way.

    Readable by its owner only: it holds people's data. Raises NoBackup when the disk has no room, or the file is there.
    """
    if file.exists():
        raise NoBackup(said("%(file)s is there already: name another one", file=file))
    try:
        with working_folder(file.absolute().parent, ".terreau-backup-") as folder:
            packed = folder / "packed"
            flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL
            with os.fdopen(os.open(packed, flags, 0o600), "wb") as raw:
                with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=_LIGHT) as archive:
                    yield archive, folder
                raw.flush()
                os.fsync(raw.fileno())
            os.replace(packed, file)
    except OSError as error:
        raise NoBackup(said("%(file)s cannot be written: %(why)s", file=file, why=why_of(error))) from error


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup, and what it says of itself. Raises NoRestore."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        why = why_of(error) if isinstance(error, OSError) else said("it is not a backup, or was cut short")
        sentence = said("%(file)s cannot be read (%(why)s): name a file that `terreau backup` made", file=file, why=why)
        raise NoRestore(sentence) from error
    with archive:
        try:
            manifest = Manifest.read(archive.read(MANIFEST))
        except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            sentence = said("%(file)s is not a backup of Terreau: %(why)s", file=file, why=sentence_of(error))
            raise NoRestore(sentence) from error
        yield archive, manifest


def parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
