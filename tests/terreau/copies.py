"""Copies of the town's database: every row as it was, and what was true of its people then."""

from copy import deepcopy
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from storage.schema import metadata

KNOWN = ("lead_of", "agreed", "left", "gone", "resting")  # of a town: what its database knows too


@dataclass(frozen=True)
class Copy:
    """A backup; it knows nothing of what comes after it was taken."""

    rows: list
    known: dict
    letters: int

    @classmethod
    def of(cls, town):
        with town.database.read() as conn:
            rows = [(one, [row._asdict() for row in conn.execute(select(one))]) for one in metadata.sorted_tables]
        return cls(rows, deepcopy({name: getattr(town, name) for name in KNOWN}), len(town.office.kept))

    def put_back(self, town):
        """In place of everything that is; nobody may use the database meanwhile."""
        town.do(self._write)
        for name, then in deepcopy(self.known).items():
            setattr(town, name, then)
        del town.office.kept[self.letters :]

    def _write(self, conn):
        for table, _ in reversed(self.rows):
            conn.execute(delete(table))
        for table, those in self.rows:
            if those:
                conn.execute(insert(table), those)
