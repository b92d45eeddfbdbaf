"""Which of the leads who came into a sequence under some releases are looked at, when they are too many for a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, literal, select
from sqlalchemy.sql import FromClause

from authoring.rollouts import Rollout
from storage.schema import enrolments


@dataclass(frozen=True, slots=True)
class Draw:
    """Every `every`-th enrolment by number, from `first` to `last`; as it stands, all there are.

    Numbers are given one after the other, whoever comes in: which of them is looked at has nothing to do with which
    version somebody entered.
    """

    first: int = 1
    last: int = 0
    every: int = 1

    def entries(self, rollout: Rollout) -> Select[tuple[int, datetime]]:
        """(lead, first entry that counts) of those who are looked at: a lead is drawn with the first entry or not at
        all, so that whoever came in often is not drawn more often."""
        counts = _counts(enrolments, rollout)
        if self.every == 1:
            first = func.min(enrolments.c.entered_at).label("entered_at")
            return select(enrolments.c.lead_id, first).where(counts).group_by(enrolments.c.lead_id)
        number = select(literal(self.first, enrolments.c.id.type).label("id")).cte("number", recursive=True)
        number = number.union_all(select(number.c.id + self.every).where(number.c.id + self.every <= self.last))
        before = enrolments.alias()
        again = exists().where(before.c.lead_id == enrolments.c.lead_id, before.c.id < enrolments.c.id)
        drawn = select(enrolments.c.lead_id, enrolments.c.entered_at).join(number, number.c.id == enrolments.c.id)
        return drawn.where(counts, ~again.where(_counts(before, rollout)))


def draw(conn: Connection, rollout: Rollout, at_most: int) -> Draw:
    """All, up to `at_most` enrolments of whatever sequence since the rollout began; else an even share of them."""
    newest = conn.scalar(select(func.max(enrolments.c.id))) or 0
    if newest <= at_most:
        return Draw()
    first, last = _first_under(conn, rollout.first, newest), _first_under(conn, rollout.last + 1, newest) - 1
    return Draw(first, last, max(1, -(-(last - first + 1) // at_most)))


def _counts(table: FromClause, rollout: Rollout) -> Any:
    return and_(table.c.sequence == rollout.sequence, table.c.release_id.between(rollout.first, rollout.last))


def _first_under(conn: Connection, release_id: int, newest: int) -> int:
    """The number of the first enrolment under that release or a later one: numbers and releases grow together."""
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        at = select(enrolments.c.release_id).where(enrolments.c.id >= middle).order_by(enrolments.c.id).limit(1)
        if (conn.scalar(at) or release_id) >= release_id:
            high = middle
        else:
            low = middle + 1
    return low
