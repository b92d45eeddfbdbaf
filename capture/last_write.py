"""Whether the database takes writes, tried seldom: anybody may ask whether the house is ready, and a commit costs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from storage.database import Database, StorageUnavailable
from storage.schema import facts
from storage.upsert import upsert

KEY = "ready"  # the row of `facts` that is written to see whether writing works
BELIEVED = timedelta(seconds=5)


@dataclass(slots=True)
class LastWrite:
    """Whether writing worked when it was last tried, at `tried` of the machine's clock. One thread tries at a time."""

    tried: datetime | None = None
    worked: bool = False
    lock: Lock = field(default_factory=Lock)

    def works(self, database: Database, now: datetime) -> bool:
        """True when a write was committed less than BELIEVED ago, or is now."""
        with self.lock:
            if self.tried is None or not self.tried <= now < self.tried + BELIEVED:
                self.tried, self.worked = now, _can_write(database, now)
            return self.worked


def _can_write(database: Database, now: datetime) -> bool:
    try:
        database.write(lambda conn: upsert(conn, facts, {"key": KEY, "value": now.isoformat()}, ["key"]))
    except StorageUnavailable:
        return False
    return True
