"""The mailbox that bounces come back to, a Maildir: each new mail is taken in once, then lies where read mail lies."""

import threading
from pathlib import Path

import structlog

from base.clock import Clocks, elapsed
from emails.intake import Rules, take
from emails.received import LONGEST
from emails.returns import read
from storage.database import Database
from storage.schema import BOUNCES_READ_AT, facts
from storage.trouble import StorageUnavailable
from storage.upsert import upsert

NOTED_EVERY = 60.0  # seconds between two writes of it
SEEN = ":2,S"  # what a Maildir's file is called once it was read

log = structlog.get_logger(__name__)


class BounceBox:
    """Takes what lies in `new`. What a mail says is written down before it is moved: twice is as good as once."""

    def __init__(self, folder: Path, database: Database, rules: Rules, clocks: Clocks) -> None:
        self._folder, self._database, self._rules, self._clocks = folder, database, rules, clocks
        self._passed_by: set[str] = set()  # files that cannot be read: told once
        self._noted_at: float | None = None

    def drain(self, stop: threading.Event) -> int:
        """Take all that is new, until `stop` is set; returns how many. Raises StorageUnavailable: they stay new."""
        taken = 0
        for path in self._new():
            if stop.is_set():
                break
            taken += self._take(path)
        self._note()
        return taken

    def _new(self) -> list[Path]:
        """The oldest first. Names that begin with a dot are not there yet."""
        try:
            there = [path for path in (self._folder / "new").iterdir() if not path.name.startswith(".")]
        except OSError as error:
            self._complain("new", error)
            return []
        return sorted(path for path in there if path.name not in self._passed_by)

    def _take(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                mail = read(file.read(LONGEST))
            self._database.write(lambda conn: take(conn, mail, self._rules, self._clocks.moment()))
            self._put_away(path)
        except StorageUnavailable:
            raise
        except FileNotFoundError:
            return False  # somebody else was quicker
        except Exception as error:  # one mail must not hold up the others
            self._complain(path.name, error)
            return False
        return True

    def _put_away(self, path: Path) -> None:
        read_mail = self._folder / "cur"
        read_mail.mkdir(exist_ok=True)
        path.rename(read_mail / (path.name.partition(":")[0] + SEEN))

    def _complain(self, name: str, error: Exception) -> None:
        if name not in self._passed_by:
            self._passed_by.add(name)
            log.error("the mailbox of bounces cannot be read", folder=str(self._folder), file=name, exc_info=error)

    def _note(self) -> None:
        if self._noted_at is None or elapsed() - self._noted_at >= NOTED_EVERY:
            self._noted_at = elapsed()
            row = {"key": BOUNCES_READ_AT, "value": self._clocks.machine().isoformat()}
            self._database.write(lambda conn: upsert(conn, facts, row, ["key"]))
