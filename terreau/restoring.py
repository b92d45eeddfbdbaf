"""`terreau restore`: says what a backup would put in place of what is here, and puts it there, at rest.

A copy does not know what was sent after it was made: nothing leaves it until a person has looked (`terreau resume`).
Nor does it know who was erased since: they are erased again before anybody can work with it.
"""

import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from authoring.blobs import BlobDamaged, BlobDirectory
from base.calendars import Zone
from base.clock import Moment
from base.config import Config
from base.saying import Said, said, said_moment, said_n, said_number
from base.translations import msgid
from leads.forgetting import LIST, Clerk, forget_at_rest
from storage.holders import bury_all
from storage.migrate import knows
from terreau.archive import BLOBS, DAMAGED, SECRETS, Manifest, NoRestore, mark_of, opened
from terreau.backups import KINDS, Kind, kind_of
from terreau.bar import Bar
from terreau.here import Here
from terreau.own_keys import kept_key
from terreau.rights import marks_in
from workflows import gaps, pauses
from workflows.gaps import HOUSE
from workflows.resting import EVERYTHING

UNKNOWN = msgid(
    "Nothing here tells who was erased since: name the file `erasures` of the former [data] dir with --erasures, or"
    " they come back."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen. `here`: what would be put aside, None without any; `marks`: whom to erase again."""

    manifest: Manifest
    target: str
    here: Here | None
    secrets: Said
    marks: Mapping[str, datetime]

    @property
    def is_blind(self) -> bool:
        """Nothing here tells whether somebody was erased since."""
        return not self.marks and (self.here is None or self.here.marks is None)

    def lines(self, now: Moment, zone: Zone) -> Iterator[Said]:
        """For whoever decides, on the wall clock of `zone`."""
        told, held = self.manifest, self.manifest.held
        yield said(
            "The backup was made on %(when)s, %(age)s ago, by Terreau %(version)s.",
            when=said_moment(told.made, zone), age=_age(now.machine - told.made), version=told.version,
        )  # fmt: skip
        yield said(
            "It holds %(leads)s, %(messages)s, %(waiting)s of them not sent yet, and %(files)s.",
            leads=said_n("%(count)s lead", "%(count)s leads", held.leads),
            messages=said_n("%(count)s message", "%(count)s messages", held.messages),
            waiting=said_number(held.waiting),
            files=said_n("%(count)s file", "%(count)s files", held.blobs),
        )
        if self.here is None:
            yield said("It would become %(target)s, where there is no database now.", target=self.target)
        else:
            yield said_n(
                "It would become %(target)s; the database there, with %(count)s lead, would be put aside.",
                "It would become %(target)s; the database there, with %(count)s leads, would be put aside.",
                self.here.leads, target=self.target,
            )  # fmt: skip
        yield self.secrets
        yield self._erased()
        yield said("Everything rests afterwards: nothing is sent until `terreau resume`.")

    def _erased(self) -> Said:
        if self.marks:
            return said_n(
                "Whoever was erased stays erased: %(count)s keyed hash is known here.",
                "Whoever was erased stays erased: %(count)s keyed hashes are known here.",
                len(self.marks),
            )
        return said(UNKNOWN) if self.is_blind else said("Nobody was ever erased here.")


def _age(past: timedelta) -> Said:
    """In its largest unit, from minutes on."""
    unit, one, many = next((row for row in _AGES if past >= row[0]), _AGES[-1])
    return said_n(one, many, past // unit)


_AGES = (
    (timedelta(days=1), "%(count)s day", "%(count)s days"),
    (timedelta(hours=1), "%(count)s hour", "%(count)s hours"),
    (timedelta(minutes=1), "%(count)s minute", "%(count)s minutes"),
)


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside`: where the database of before lies now; `erased`: how many leads were erased again."""

    aside: Said | None
    erased: int


def plan(config: Config, file: Path, now: Moment, erasures: Path | None = None) -> Plan:
    """What restoring `file` would do; `erasures`: the list to go by, if not that in [data] dir.

    Raises NoRestore where it would not be done, NotRead for a list that cannot be read, SchemaMismatch and
    StorageUnavailable for a database in its place that is not ours or does not answer.
    """
    with opened(file) as (_, manifest):
        secrets = _secrets(config, manifest)
    if manifest.held.kind != kind_of(config):
        raise NoRestore(said(_OTHER_KIND, kind=manifest.held.kind, ours=kind_of(config)))
    if manifest.held.revision and not knows(manifest.held.revision):
        raise NoRestore(said(_NEWER, revision=manifest.held.revision))
    kind = _kind(config)
    here = kind.here(manifest, now)
    if gaps.at_work_beside(config.data.dir / "incarnation", here.name if here else None, now.machine):
        raise NoRestore(said(_BESIDE, folder=config.data.dir))
    listed = marks_in(erasures or config.data.dir / LIST, must_be=erasures is not None)
    known = here.marks if here and here.marks else {}
    return Plan(manifest, kind.target, here, secrets, {**listed, **known})


_NEWER = msgid(
    "the backup was made by a newer version (its tables are at %(revision)s): nothing was changed, install that version"
)
_BESIDE = msgid(
    "a house worked with the folder %(folder)s within the last minute, on another database, and would take itself for a"
    " copy: name a folder of its own under [data] dir, with the secrets in it; or stop that house and wait a minute"
)
_OTHER_KIND = msgid(
    "the backup is of a %(kind)s database, and [database] url names a %(ours)s one: name one of the same kind"
)


def restore(config: Config, file: Path, made: Plan, now: Moment, bar: Bar) -> Restored:
    """Do it. Raises NoRestore, SchemaMismatch, StorageUnavailable."""
    erased, fresh = 0, gaps.Incarnation.fresh()
    with opened(file) as (archive, manifest):

        def finish(conn: Connection) -> None:
            nonlocal erased
            _bring_files(config, archive)
            if manifest.secrets:
                _bring_secrets(config, archive)
            erased = forget_at_rest(conn, config.keys().suppression, made.marks, Clerk(HOUSE), now)
            _put_to_rest(conn, manifest, now)
            gaps.renew(conn, fresh, now)

        aside = _kind(config).put(archive, manifest, finish, now, bar)
    gaps.keep(config.data.dir / "incarnation", fresh)  # killed before it, the house asks once more
    return Restored(aside, erased)


def _kind(config: Config) -> Kind:
    return KINDS[kind_of(config)](config)


def _secrets(config: Config, manifest: Manifest) -> Said:
    """Whether those who must not be mailed would be known again: without the key of before, they would not."""
    known = kept_key(config)
    if known is not None and not manifest.suppression:
        return said(
            "Nothing in the backup tells under which secrets it was made: look whether those here are the ones."
        )
    if known is not None and mark_of(known) == manifest.suppression:
        return said("The secrets here are those of the backup.")
    if known is None and manifest.secrets:
        return said("The secrets come with it.")
    missing = said("the secrets of this backup are not here")
    fault = missing if known is None else said("the secrets here are not those of this backup")
    raise NoRestore(
        said(
            "%(fault)s: without the former suppression key, people who must not be mailed are not recognised. Put the"
            " former files of `secrets` into %(folder)s, then try again",
            fault=fault,
            folder=config.data.dir / "secrets",
        )
    )


def _put_to_rest(conn: Connection, manifest: Manifest, now: Moment) -> None:
    """Everything paused as of the moment of the copy, and nobody at work in it."""
    bury_all(conn)
    reason = f"restored from the backup of {manifest.made:%Y-%m-%d %H:%M} UTC: what was sent since is not known here"
    since = replace(now, calendar=min(manifest.made, now.calendar))
    pauses.begin_at(conn, EVERYTHING, reason, HOUSE, since, now)


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
