"""A PostgreSQL database in a backup: the rows of every table, of one instant, put in the place of others in one
transaction. The files to give away are rows too.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, func, make_url, select

from base.clock import Moment
from base.config import Config
from base.saying import Said, said
from base.translations import msgid
from storage import rows
from storage.migrate import changing, check_tables, has_tables, head, upgrade
from storage.rows import Layout, RowsDamaged
from storage.schema import blobs
from terreau.archive import DAMAGED, NOT_AS_PACKED, Held, Manifest, NoRestore, parts
from terreau.bar import Bar
from terreau.here import Here, counts, look

ROWS = "rows/"


@dataclass(frozen=True, slots=True)
class AsRows:
    """The PostgreSQL database of these settings."""

    config: Config

    @property
    def address(self) -> URL:
        return make_url(self.config.database.url)

    @property
    def target(self) -> str:
        return self.address.render_as_string(hide_password=True)

    def pack(self, archive: zipfile.ZipFile, folder: Path, bar: Bar) -> Held:
        """Put every row into the archive, out of one snapshot. Raises SchemaMismatch, StorageUnavailable."""
        with rows.snapshot(self.address) as conn:
            check_tables(conn)
            counted, files = counts(conn), conn.scalar(select(func.count(func.distinct(blobs.c.hash)))) or 0
            known = rows.layouts(conn)
            size, digest = _write(conn, archive, known, bar)
            told = {one.table: {"columns": one.columns, "rows": one.rows} for one in known}
            return Held(*counted, size, digest, files, "postgresql", head(), told, rows.numbers(conn))

    def here(self, manifest: Manifest, now: Moment) -> Here | None:
        """What a restore would put aside, None without any. Raises NoRestore, SchemaMismatch, StorageUnavailable."""
        with rows.snapshot(self.address) as conn:
            return look(conn, self.target, now) if has_tables(conn) else None

    def put(
        self,
        archive: zipfile.ZipFile,
        manifest: Manifest,
        finish: Callable[[Connection], None],
        now: Moment,
        bar: Bar,
    ) -> Said | None:
        """Put the rows of the archive in place, `finish` done with them; says where those of before lie now.

        All in one transaction. Raises NoRestore, SchemaMismatch, StorageUnavailable.
        """
        schema = f"before_{now.machine:%Y%m%d_%H%M%S}"
        try:
            with changing(self.config.database.url) as conn:
                somebody = has_tables(conn)
                if somebody:
                    rows.put_aside(conn, schema)
                upgrade(conn, manifest.held.revision)
                _read(conn, archive, manifest, bar)
                upgrade(conn)
                finish(conn)
        except (KeyError, RowsDamaged, zipfile.BadZipFile, zlib.error) as error:
            raise NoRestore(said(DAMAGED, why=error)) from error
        return said(_ASIDE, schema=schema) if somebody else None


_ASIDE = msgid("in the schema %(schema)s of the same database")


def _write(conn: Connection, archive: zipfile.ZipFile, known: list[Layout], bar: Bar) -> tuple[int, str]:
    """(bytes written, their hash)"""
    digest, size, done, total = hashlib.sha256(), 0, 0, sum(one.rows for one in known)
    with bar(said("Writing the backup")) as watch:
        for layout in known:
            with archive.open(ROWS + layout.table, "w", force_zip64=True) as member:
                for part in rows.out_of(conn, layout):
                    member.write(part)
                    digest.update(part)
                    size += len(part)
                    done += part.count(b"\n")  # those of a value are written otherwise
                    watch(done / max(total, 1))
    return size, digest.hexdigest()


def _read(conn: Connection, archive: zipfile.ZipFile, manifest: Manifest, bar: Bar) -> None:
    """Fill every table with what was packed, and nothing else. Raises NoRestore, RowsDamaged, and as `zipfile` does."""
    digest, done, held = hashlib.sha256(), 0, manifest.held

    def told(table: str) -> Iterator[bytes]:
        nonlocal done
        with archive.open(ROWS + table) as member:
            for part in parts(member):
                digest.update(part)
                done += len(part)
                watch(done / max(held.size, 1))
                yield part

    whole = rows.empty(conn) == held.tables.keys()
    with bar(said("Reading the backup")) as watch:
        for table, layout in held.tables.items():
            known = Layout(table, tuple(layout["columns"]), layout["rows"])
            whole &= rows.into(conn, known, told(table)) == known.rows
    rows.number_on(conn, dict(held.numbers))
    if not whole or digest.hexdigest() != held.sha256:
        raise NoRestore(said(DAMAGED, why=said(NOT_AS_PACKED)))
