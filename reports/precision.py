"""What sales answered to the leads that the rules brought them, by rule and by source; read-only.

A rule counts for a lead that it had given points to by the day of the hand-off; where two turned out to be one, to
either. Of whoever was made nameless since, no points are kept: they count under no rule. The newest hand-offs that were
answered are looked at, at most AT_MOST.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from base.calendars import Zone, local_day
from leads.scoring import paid_by
from reports.answers import ACCEPTED, ANSWERED, answered_in
from reports.intervals import Share
from reports.tallies import Days
from storage.schema import hand_offs, leads, standings, wakes

AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Precision:
    """`every`: of all hand-offs that were answered, those accepted; the same by rule, and by source ("" = unknown)."""

    every: Share
    rules: Mapping[str, Share]
    sources: Mapping[str, Share]

    def as_json(self) -> dict[str, Any]:
        """Counts: {"accepted", "answered"} of each."""
        return {
            "every": _plain(self.every),
            "rules": {name: _plain(share) for name, share in self.rules.items()},
            "sources": {name: _plain(share) for name, share in self.sources.items()},
        }


def precision(conn: Connection, zone: Zone, days: Days | None = None) -> Precision:
    """Of the hand-offs answered so far, or in `days`; `zone` is the site's, which the days of points
    are counted in."""
    columns = (hand_offs.c.verdict, hand_offs.c.opened_at, standings.c.buckets, leads.c.source)
    whose = func.coalesce(wakes.c.survivor_id, hand_offs.c.lead_id)
    told = hand_offs.join(leads, leads.c.id == hand_offs.c.lead_id)
    told = told.outerjoin(wakes, wakes.c.lead_id == hand_offs.c.lead_id)
    told = told.outerjoin(standings, standings.c.lead_id == whose)
    answered = select(*columns).select_from(told).where(ANSWERED if days is None else answered_in(days, zone))
    rows = conn.execute(answered.order_by(hand_offs.c.id.desc()).limit(AT_MOST)).all()
    return Precision(
        _shares((row.verdict, ["every"]) for row in rows).get("every", Share(0, 0)),
        _shares((row.verdict, paid_by(row.buckets or {}, local_day(row.opened_at, zone))) for row in rows),
        _shares((row.verdict, [row.source or ""]) for row in rows),
    )


def _shares(answers: Iterable[tuple[str, list[str]]]) -> dict[str, Share]:
    """{what: how many of its answers are acceptances}."""
    said: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for verdict, about in answers:
        said.update(about)
        wanted.update(about if verdict == ACCEPTED else ())
    return {name: Share(wanted[name], count) for name, count in said.items()}


def _plain(share: Share) -> dict[str, int]:
    return {"accepted": share.n, "answered": share.of}
