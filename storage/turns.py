"""Lets processes that share a SQLite file begin their writes in turns; who may write is still SQLite's own lock.

SQLite serves those who wait by chance, with growing pauses: a process that writes without end would starve another.
Whoever holds the turn is the only one to ask for the lock, and gets it at the next commit.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait for a turn on the file `path`-turn, and hold it inside the block. Without such a file, chance decides."""
    handle = None
    with suppress(OSError):
        handle = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
