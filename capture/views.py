"""Counts how often each page is opened: in the process, by page and day, and every few seconds into the table.

No visitor is kept, remembered or told apart. What was not written yet when a process is killed is lost: a few seconds.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection

from storage.database import Database
from storage.schema import page_views, visit_counts
from storage.upsert import add_up

# Machines that say what they are. Those that do not are counted: a view is an opening, not a human.
MACHINES = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|monitor|curl/|wget/|python-|headlesschrome", re.IGNORECASE
)


MOST = 500  # openings of different kinds that are told apart between two writings: an address holds what one likes


@dataclass(frozen=True, slots=True)
class Opening:
    """A visit as it is counted: where, through which channel, from which source, for which campaign."""

    page: str
    channel: str
    source: str
    campaign: str


class PageViews:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, date]] = Counter()
        self._visits: Counter[tuple[Opening, date]] = Counter()

    def count(self, page: str, day: date) -> None:
        """One more opening of `page` on `day`, the site's own."""
        with self._lock:
            self._counted[page, day] += 1

    def count_visit(self, opening: Opening, day: date) -> None:
        """One more visit of nobody in particular; of too many kinds at a time, only page and channel are counted."""
        with self._lock:
            if (opening, day) not in self._visits and len(self._visits) >= MOST:
                opening = Opening(opening.page.partition("/")[0], opening.channel, "", "")
            self._visits[opening, day] += 1

    def flush(self, database: Database) -> int:
        """Write what was counted since the last time, in one job; how many openings. Raises StorageUnavailable, with
        nothing lost by it."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
            visits, self._visits = self._visits, Counter()
        if not counted and not visits:
            return 0
        try:
            database.write(lambda conn: _add(conn, counted, visits))
        except BaseException:
            with self._lock:
                self._counted.update(counted)
                self._visits.update(visits)
            raise
        return counted.total()


def _add(conn: Connection, counted: Mapping[tuple[str, date], int], visits: Mapping[tuple[Opening, date], int]) -> None:
    rows = [{"page": page, "day": day, "views": views} for (page, day), views in sorted(counted.items())]
    add_up(conn, page_views, rows, "views")
    told = [{**asdict(opening), "day": day, "n": n} for (opening, day), n in visits.items()]
    keys = ("day", "page", "channel", "source", "campaign")
    add_up(conn, visit_counts, sorted(told, key=lambda row: [str(row[key]) for key in keys]), "n")


def is_a_view(method: str, agent: str, purpose: str) -> bool:
    """Whether a request opens the page for somebody. `purpose` is `Sec-Purpose`: a prefetch opens nothing yet."""
    return method == "GET" and "prefetch" not in purpose.lower() and not MACHINES.search(agent)
