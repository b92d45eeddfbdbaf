"""What sales answered: hand-offs by the day of their verdict; the one question behind every share of them; read-only.

A hand-off that was taken back is neither answered nor late: nobody of sales gave a verdict on it. What sales decides of
a lead that nobody had handed over answers nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from base.calendars import Zone
from leads.undone import WITHDRAWN
from reports.days import instants
from reports.shares import Part
from reports.tallies import Days
from storage.schema import hand_offs, leads

ACCEPTED = "accepted"
VERDICTS = (ACCEPTED, "rejected", "recycled", "disqualified")  # the good one first

# A hand-off that sales was given, and keeps; one of them that has its verdict.
GIVEN = or_(hand_offs.c.verdict.is_(None), hand_offs.c.verdict != WITHDRAWN)
ANSWERED = hand_offs.c.verdict.in_(VERDICTS)


@dataclass(frozen=True, slots=True)
class Answers:
    """`given`: {verdict: how often}, those that were given only."""

    given: Mapping[str, int]

    @property
    def count(self) -> int:
        return sum(self.given.values())

    @property
    def accepted(self) -> int:
        return self.given.get(ACCEPTED, 0)

    @property
    def share(self) -> Part:
        """Of all that were answered, those that sales took."""
        return Part(self.accepted, self.count)

    def plus(self, other: "Answers") -> "Answers":
        both = {said: self.given.get(said, 0) + other.given.get(said, 0) for said in VERDICTS}
        return Answers({said: n for said, n in both.items() if n})


NONE = Answers({})


def answered_in(days: Days, zone: Zone) -> ColumnElement[bool]:
    """Of `hand_offs`, those with a verdict of those days."""
    start, end = instants(days, zone)
    return and_(ANSWERED, hand_offs.c.verdict_at >= start, hand_offs.c.verdict_at < end)


def answers_by_source(connection: Connection, days: Days, zone: Zone) -> dict[str, Answers]:
    """{channel of the first touch of whom was handed over, "" = unknown: what sales answered in those days}: nobody
    changes it by being merged or made nameless since."""
    source = func.coalesce(leads.c.source, "")
    counted = (
        select(source.label("source"), hand_offs.c.verdict, func.count().label("n"))
        .select_from(hand_offs.join(leads, leads.c.id == hand_offs.c.lead_id))
        .where(answered_in(days, zone))
        .group_by(source, hand_offs.c.verdict)
    )
    found: dict[str, Answers] = {}
    for row in connection.execute(counted):
        found[row.source] = found.get(row.source, NONE).plus(Answers({row.verdict: row.n}))
    return found


def all_of(found: Mapping[str, Answers]) -> Answers:
    """Of all sources together."""
    whole = NONE
    for one in found.values():
        whole = whole.plus(one)
    return whole
