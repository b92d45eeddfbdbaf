"""Files to give away, found by the hash of their bytes: in a directory on one host, in a table for several."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, delete, func, select

from storage.database import Database
from storage.schema import blobs
from storage.upsert import upsert

PART = 1 << 18  # bytes; a row of this size is written well within the 50 ms that a job may take

_HASH = re.compile(r"[0-9a-f]{64}")


class BlobMissing(LookupError):
    """No bytes are stored under that hash."""


class BlobDamaged(ValueError):
    """The bytes offered do not have the hash they are offered under: the file changed while it was read."""


class Blobs(Protocol):
    """`hash` is sha256 in hexadecimal; anything else is missing, whatever it says."""

    def put(self, hash: str, content: bytes | Iterable[bytes]) -> None:
        """Store the content, at once or not at all; BlobDamaged when the hash is not its own."""

    def open(self, hash: str) -> Iterator[bytes]:
        """The bytes in parts; BlobMissing, before the first of them, when there are none."""

    def size(self, hash: str) -> int:
        """In bytes; BlobMissing when there are none."""


class BlobDirectory:
    """One file for each blob, in folders of the first two digits of its hash."""

    def __init__(self, path: Path) -> None:
        self._root = path

    def put(self, hash: str, content: bytes | Iterable[bytes]) -> None:
        target = self._path(hash)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        number, unfinished = tempfile.mkstemp(dir=target.parent, prefix="unfinished-")
        try:
            with os.fdopen(number, "wb") as file:
                for part in _checked(hash, content):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(unfinished)
            raise
        _settle(target.parent)

    def open(self, hash: str) -> Iterator[bytes]:
        self.size(hash)
        return _parts_of(self._path(hash))

    def size(self, hash: str) -> int:
        try:
            return self._path(hash).stat().st_size
        except FileNotFoundError:
            raise BlobMissing(hash) from None

    def _path(self, hash: str) -> Path:
        return self._root / _known_shape(hash)[:2] / hash


class BlobTable:
    """Rows of parts. Part 0 is written last: a blob without it is unfinished, and is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, hash: str, content: bytes | Iterable[bytes]) -> None:
        if self._part(_known_shape(hash), 0) is not None:
            return
        parts = _checked(hash, content)
        first, count = next(parts, b""), 1
        for count, part in enumerate(parts, start=2):
            self._write(hash, count - 1, part)
        self._database.write(lambda conn: _finish(conn, hash, first, count))

    def open(self, hash: str) -> Iterator[bytes]:
        first = self._part(_known_shape(hash), 0)
        if first is None:
            raise BlobMissing(hash)
        return self._parts(hash, first)

    def size(self, hash: str) -> int:
        """Counted in the database; nothing is fetched."""
        lengths = select(func.sum(func.length(blobs.c.bytes)), func.min(blobs.c.part)).where(blobs.c.hash == hash)
        with self._database.read() as conn:
            total, first = conn.execute(lengths).one()
        if first != 0:
            raise BlobMissing(hash)
        return int(total)

    def _parts(self, hash: str, first: bytes) -> Iterator[bytes]:
        """One short read for each part: whoever takes the file may be slow."""
        number, part = 0, first
        while part:
            yield part
            number += 1
            part = self._part(hash, number) or b""

    def _part(self, hash: str, number: int) -> bytes | None:
        wanted = select(blobs.c.bytes).where(blobs.c.hash == hash, blobs.c.part == number)
        with self._database.read() as conn:
            return conn.execute(wanted).scalar()

    def _write(self, hash: str, number: int, part: bytes) -> None:
        row = {"hash": hash, "part": number, "bytes": part}
        self._database.write(lambda conn: upsert(conn, blobs, row, ["hash", "part"]))


def _finish(conn: Connection, hash: str, first: bytes, count: int) -> None:
    """An earlier attempt may have left parts behind the last one."""
    conn.execute(delete(blobs).where(blobs.c.hash == hash, blobs.c.part >= count))
    upsert(conn, blobs, {"hash": hash, "part": 0, "bytes": first}, ["hash", "part"])


def _known_shape(hash: str) -> str:
    """What is no hash never becomes a path."""
    if not _HASH.fullmatch(hash):
        raise BlobMissing(hash)
    return hash


def _checked(hash: str, content: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """The content in parts of one size; BlobDamaged after the last, when the hash is another."""
    total, waiting = hashlib.sha256(), b""
    for chunk in [content] if isinstance(content, bytes) else content:
        total.update(chunk)
        waiting += chunk
        while len(waiting) >= PART:
            yield waiting[:PART]
            waiting = waiting[PART:]
    if waiting:
        yield waiting
    if total.hexdigest() != hash:
        raise BlobDamaged(f"the content of {hash} has another hash, {total.hexdigest()}: it changed while it was read")


def _parts_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part


def _settle(folder: Path) -> None:
    """A new name survives a power cut once its folder is on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
