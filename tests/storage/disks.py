"""A disk that a test may fill, and a folder that it may close to writers."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE_BYTES = 256 * 1024  # no file of ours may grow beyond that while the disk "fails"; a database is larger


def may_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["mount", "--version"], capture_output=True).returncode == 0


class Full:
    """A file system of its own, in memory, which is filled to the last byte: writes fail with ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


class Failing:
    """No file of this process may grow any more: writes fail with EFBIG, which SQLite takes for a broken disk."""

    def fill(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path, kind: str, mebibytes: int = 48) -> Iterator[Full | Failing]:
    """`folder` on a disk of that `kind`, "full" or "failing"; whoever may not mount one gets the second for both."""
    folder.mkdir()
    mounted = kind == "full" and may_mount() and _mount("-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder)
    disk = Full(folder) if mounted else Failing()
    try:
        yield disk
    finally:
        disk.make_room()
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write `folder` or a file in it; for root, who may write everything, the mount says so."""
    if os.geteuid() == 0:
        aside = folder.with_name(f"{folder.name}-aside")  # closed there first: here somebody may open a file meanwhile
        aside.mkdir(exist_ok=True)
        closed = _mount("--bind", folder, aside) and _mount("-o", "remount,bind,ro", aside)
        closed = closed and _mount("--bind", aside, folder)
        assert closed, "root may not mount here: run the suite as another account"
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", folder, aside], check=True)
        return
    paths = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path, mode in paths.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in paths.items():
            path.chmod(mode)


def _mount(*words: object) -> bool:
    return subprocess.run(["mount", *map(str, words)], capture_output=True).returncode == 0
