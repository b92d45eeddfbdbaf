"""May the house write where its settings, or a command, say? Tried with a file, since rights, disks and mounts all have
their say."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TextIO

from base.saying import said
from base.system_words import why_of


class UnusableFolder(Exception):
    """Nothing can be kept there."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            said("the folder %(folder)s cannot be written (%(why)s): %(hint)s", folder=folder, why=why, hint=WHAT_TO_DO)
        )


class UnwritableFile(Exception):
    """Nothing was written there."""


WHAT_TO_DO = said("name one that this account may write to, [data] dir in the settings, or give it the right")


def why_unwritable(folder: Path) -> str | None:
    """Why no file can be laid into `folder`, or into the nearest one above it that is there; None when one can."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with TemporaryFile(dir=place) as tried:
            tried.write(b"terreau")
    except OSError as error:
        return said("%(name)s: %(what)s", name=place, what=why_of(error))
    return None


def make_writable(folder: Path, mode: int = 0o777) -> None:
    """The folder, made where it is missing. Raises UnusableFolder."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise UnusableFolder(folder, why_of(error)) from error
    if why := why_unwritable(folder):
        raise UnusableFolder(folder, why)


def for_its_owner(path: Path, encoding: str = "utf-8") -> TextIO:
    """The file, written anew, with people's data: made so that only its owner may read it. Raises UnwritableFile."""
    try:
        return open(path, "w", encoding=encoding, newline="", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise UnwritableFile(said("%(file)s cannot be written: %(why)s", file=path, why=why_of(error))) from error


@contextmanager
def working_folder(beside: Path, prefix: str) -> Iterator[Path]:
    """A folder in `beside` for what is needed on the way, gone at the end.

    Whoever was killed left theirs, with people's data in it: those of nobody alive go first. Raises OSError.
    """
    for left in beside.glob(f"{prefix}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(dir=beside, prefix=prefix) as name, _held(Path(name)):
        yield Path(name)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Ours alone until the end of the block, or of this process. Raises OSError while it is somebody else's."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
