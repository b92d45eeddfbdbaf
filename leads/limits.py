"""How many submissions an hour takes per address, network, form and site: counted in the submission's own transaction.

What comes over a limit is kept, and held: no event says that a form was sent, so nothing follows from it and nothing
mails, until somebody of the house lets it through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.among import among
from storage.lines import stand_in_line
from storage.prepared import Prepared
from storage.schema import submission_counts as counts

SITE = "site"
_COUNTING = "submissions of an hour"
KEPT = timedelta(days=1)  # hours gone by, for whoever asks how it was
_GIVE_BACK = Prepared(
    update(counts)
    .where(among(counts.c.what, "whats"), counts.c.hour == bindparam("this_hour"))
    .values(number=counts.c.number - 1)
)


@dataclass(frozen=True, slots=True)
class Limit:
    """`kind` is address, network, form or site; `what` tells one from another (a keyed hash where it is personal).

    `at_most` in an hour; None = counted and never full.
    """

    kind: str
    what: str
    at_most: int | None


def over(conn: Connection, limits: Sequence[Limit], proven: bool, machine_now: datetime) -> str | None:
    """Count one more submission for each limit; the kind of the first that is full, None where none is.

    Only what goes through is counted: whoever is held uses up nobody else's share.
    Who has confirmed that the address is theirs counts for the address alone: no flood of strangers holds them up.
    """
    ours = [limit for limit in limits if not proven or limit.kind == "address"]
    if not ours:
        return None
    hour = machine_now.replace(minute=0, second=0, microsecond=0)
    if any(limit.what == SITE for limit in ours):  # one row for all forms; the others are hardly ever wanted twice
        stand_in_line(conn, [_COUNTING])
    numbers = _count(conn, sorted(limit.what for limit in ours), hour)
    if numbers.get(SITE) == 1:
        conn.execute(delete(counts).where(counts.c.hour < hour - KEPT))
    full = [limit.kind for limit in ours if limit.at_most is not None and numbers[limit.what] > limit.at_most]
    if not full:
        return None
    _GIVE_BACK.count(conn, {"whats": list(numbers), "this_hour": hour})
    return full[0]


def _count(conn: Connection, whats: Sequence[str], hour: datetime) -> dict[str, int]:
    """One statement for all of them, in the order of their names, which lets no two doors wait for each other."""
    values: dict[str, Any] = {f"what_{place}": what for place, what in enumerate(whats)}
    statement = _counting(conn.dialect.name, len(whats))
    return {what: number for what, number in statement.rows(conn, {**values, "this_hour": hour})}


@cache
def _counting(dialect: str, several: int) -> Prepared:
    insert = postgresql.insert(counts) if dialect == "postgresql" else sqlite.insert(counts)
    hour = bindparam("this_hour", type_=counts.c.hour.type)
    rows = [{"what": bindparam(f"what_{place}"), "hour": hour, "number": 1} for place in range(several)]
    one_more = insert.values(rows).on_conflict_do_update(
        index_elements=[counts.c.what, counts.c.hour], set_={"number": counts.c.number + 1}
    )
    return Prepared(one_more.returning(counts.c.what, counts.c.number))
