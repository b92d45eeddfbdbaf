"""Takes in the lists that were sent to the console: one at a time, by whichever process finds them first."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from threading import Event

import structlog

from base.clock import Clocks
from base.tokens import new_token
from leads.imports import ledger
from leads.imports.ledger import Run, TakenOver
from leads.imports.running import take_in
from leads.imports.settings import Settings
from leads.imports.writing import Source
from storage.database import Database, StorageUnavailable

log = structlog.get_logger(__name__)

FORGOTTEN_AFTER = timedelta(days=1)  # a list that was looked at and never asked for


@dataclass(frozen=True, slots=True)
class Importer:
    """`locale` is spoken to those of whom a list says nothing."""

    database: Database
    clocks: Clocks
    suppression_key: str
    locale: str

    def drain(self, stop: Event) -> int:
        """Take in every list that waits, until `stop` is set: what is left goes on at the next start. Returns rows."""
        now = self.clocks.machine()
        with self.database.read() as conn:
            littered = ledger.has_old(conn, now - FORGOTTEN_AFTER)
        if littered:
            self.database.write(lambda conn: ledger.drop_old(conn, now - FORGOTTEN_AFTER))
        rows = 0
        while not stop.is_set() and (import_id := self._waiting()) is not None:
            with suppress(TakenOver):
                rows += self._take_in(import_id, stop)
        return rows

    def _waiting(self) -> int | None:
        with self.database.read() as conn:
            return ledger.waiting(conn, self.clocks.machine())

    def _take_in(self, import_id: int, stop: Event) -> int:
        token, now = new_token(), self.clocks.machine()
        run = self.database.write(lambda conn: ledger.take(conn, import_id, token, now))
        with TemporaryFile() as file:
            with self.database.read() as conn:
                row = ledger.one(conn, import_id)
                ledger.copy_file(conn, import_id, file)
            assert row is not None
            settings = Settings.from_json(row.settings)
            source = Source(import_id, row.hash, row.author, settings.policy, self.locale, self.suppression_key)
            try:
                done = take_in(file, settings, run, source, self.database, self.clocks, stopped=stop.is_set)
            except (TakenOver, StorageUnavailable):
                raise  # it goes on, here or elsewhere
            except Exception as error:  # it would fail again and again: somebody has to look
                self._fail(run, error)
                return 0
        return int(done.counts["rows"] - run.counts["rows"])

    def _fail(self, run: Run, error: Exception) -> None:
        log.error("a list cannot be taken in", import_id=run.import_id, exc_info=error)
        now = self.clocks.machine()
        self.database.write(lambda conn: ledger.end(conn, run, now, f"{type(error).__name__}: {error}"))
