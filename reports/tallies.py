"""What the engine has counted, added up over days: a few rows for each day, however many leads and events there are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, bindparam, func, select

from storage.schema import tallies


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the site's calendar, both included."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date, count: int) -> "Days":
        return cls(last - timedelta(days=count - 1), last)

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Days":
        """As many days, just before."""
        return Days.up_to(self.first - timedelta(days=1), self.count)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many times; `source` is '' for what is not kept by source."""

    name: str
    subject: str
    source: str
    n: int


_WITHIN = (
    tallies.c.name.in_(bindparam("names", expanding=True)),
    tallies.c.day >= bindparam("first"),
    tallies.c.day <= bindparam("last"),
)
_SUMS = (
    select(tallies.c.name, tallies.c.subject, tallies.c.source, func.sum(tallies.c.n).label("n"))
    .where(*_WITHIN)
    .group_by(tallies.c.name, tallies.c.subject, tallies.c.source)
)
_BY_DAY = select(tallies.c.day, func.sum(tallies.c.n).label("n")).where(*_WITHIN).group_by(tallies.c.day)


def counted(connection: Connection, names: Collection[str], days: Days) -> tuple[Counted, ...]:
    """Everything counted under `names` in those days."""
    rows = connection.execute(_SUMS, _asked(names, days))
    return tuple(Counted(row.name, row.subject, row.source, int(row.n)) for row in rows)


def by_day(connection: Connection, name: str, days: Days) -> dict[date, int]:
    """How often each day, all subjects together; days without any are left out."""
    return {row.day: int(row.n) for row in connection.execute(_BY_DAY, _asked([name], days))}


def total(found: Iterable[Counted], name: str, subject: str | None = None) -> int:
    """Of what was `counted`: the sum under a name, about one subject or about all."""
    return sum(one.n for one in found if one.name == name and subject in (None, one.subject))


def by_subject(found: Iterable[Counted], name: str) -> dict[str, int]:
    """Of what was `counted`: {subject: sum} under a name."""
    sums: dict[str, int] = {}
    for one in found:
        if one.name == name:
            sums[one.subject] = sums.get(one.subject, 0) + one.n
    return sums


def _asked(names: Collection[str], days: Days) -> dict[str, object]:
    return {"names": sorted(names), "first": days.first, "last": days.last}
