"""What one run of work remembers, on disk so that memory does not grow with it, and gone with the run."""

import hashlib
import sqlite3


class FirstSeen:
    """Where each key was met first. Keeps eight bytes of a hash and a number for each."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a file without a name
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, line INTEGER NOT NULL)")
        self._file.execute("BEGIN")

    def before(self, key: str, line: int) -> int | None:
        """The line that had this key first; None when it is this one."""
        short = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
        if self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (short, line)).rowcount:
            return None
        return int(self._file.execute("SELECT line FROM seen WHERE key = ?", (short,)).fetchone()[0])

    def close(self) -> None:
        self._file.close()
