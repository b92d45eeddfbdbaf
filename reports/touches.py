"""How a lead came, every time that is known: first, last and all between; read-only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from leads.groups import group
from leads.touches import channel
from storage.schema import submissions, visits

MOST = 200  # the newest visits, and as many forms
_SAME = timedelta(hours=1)  # a form that was sent so soon after the visit came by it


@dataclass(frozen=True, slots=True)
class Touched:
    """`by` visit or form; `touch`: utm_*, click ids, referrer, page, at."""

    at: datetime
    by: str
    channel: str
    page: str | None
    touch: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        told = {name: value for name, value in self.touch.items() if name not in ("at", "page")}
        return {"at": self.at.isoformat(), "by": self.by, "channel": self.channel, "page": self.page, **told}


def touches(conn: Connection, lead_id: int) -> tuple[Touched, ...]:
    """The oldest first; a visit from one of our pages to the next is none."""
    everyone = group(conn, lead_id)
    from_somewhere = select(visits).where(visits.c.lead_id.in_(everyone), visits.c.channel != "")
    came = conn.execute(from_somewhere.order_by(visits.c.at.desc(), visits.c.id.desc()).limit(MOST)).all()
    columns = (submissions.c.at, submissions.c.page, submissions.c.touch)
    asked = select(*columns).where(submissions.c.lead_id.in_(everyone))
    sent = conn.execute(asked.order_by(submissions.c.id.desc()).limit(MOST)).all()
    found = [Touched(row.at, "visit", row.channel, row.page, row.touch) for row in came]
    return tuple(sorted([*found, *_forms(sent, found)], key=lambda one: one.at))


def _forms(sent: Iterable[Any], came: Sequence[Touched]) -> Iterator[Touched]:
    """Forms by which somebody came whose visit is not known."""
    for row in sent:
        if not any(timedelta(0) <= row.at - one.at <= _SAME for one in came):
            yield Touched(row.at, "form", channel(row.touch), row.page, row.touch)
