"""How a list of leads is read: which ranges of which index, what narrows them, and whether they are read to their end.

One filter leads, the rarest; the others are looked at on the way. Their columns are wrapped, so that no planner is
tempted to begin with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    literal,
    select,
    true,
    union_all,
)

from base.calendars import Zone
from reports import ahead
from reports.lead_search import LOOK
from storage.schema import lead_segments, standings

Order = Literal["score", "newest"]
Conditions = tuple[ColumnElement[bool], ...]
_S = standings.c
_NO_SCORE = -(2**31)  # below any: a bound lets every planner read the index as a range
_EQUAL = {"stage": _S.stage, "source": _S.source, "owner": _S.owner}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed by. `owners`: the reps whose leads are meant, None among them for nobody's; None = all.

    `band`: engagement in milli-points, from and below; `words` as `leads.words.asked_for` gives them.
    """

    words: tuple[str, ...] = ()
    stage: str | None = None
    band: tuple[int, int | None] | None = None
    segment: str | None = None
    source: str | None = None
    owners: frozenset[str | None] | None = None
    orphans: datetime | None = None  # at this instant (calendar) nothing is ahead of them (`reports.ahead`)
    zone: Zone = "UTC"  # whose day it is then
    order: Order = "score"


@dataclass(frozen=True, slots=True)
class Reading:
    """`arms`: each a range of one index, read side by side; `rest` narrows what they hold.

    `whole`: the arms hold few enough to be read to their end. `sorts`: they are not in the order of the list.
    """

    arms: Conditions
    rest: Conditions = ()
    whole: bool = False
    sorts: bool = False


def reading(connection: Connection, asked: Asked) -> Reading:
    """The cheapest way to read what is asked, its words left out; a few bounded counts find out."""
    arms = _arms(asked)
    if asked.order == "score" and len(arms) == 1 and not rest_of(asked, leading := next(iter(arms))):
        return Reading(arms[leading])
    sizes = {name: _size(connection, of) for name, of in arms.items()}
    rarest = min(sizes, key=lambda name: sizes[name], default="")
    if not rarest or (asked.order == "newest" and sizes[rarest] > LOOK):
        everybody = _S.lead_id > 0 if asked.order == "newest" else _S.engagement > _NO_SCORE
        return Reading((everybody,), rest_of(asked, ""))
    return Reading(arms[rarest], rest_of(asked, rarest), sizes[rarest] <= LOOK, asked.order == "newest")


def _arms(asked: Asked) -> Mapping[str, Conditions]:
    """The ranges that each filter would read: all of them lie in an index that goes on with the score."""
    band = _band(_S.engagement, asked)
    wanted = {"stage": asked.stage, "source": asked.source}
    arms: dict[str, Conditions] = {
        name: (and_(_EQUAL[name] == value, band),) for name, value in wanted.items() if value is not None
    }
    if asked.owners is not None:
        owned = ((_S.owner == rep) if rep else _S.owner.is_(None) for rep in sorted(asked.owners, key=str))
        arms["owner"] = tuple(and_(one, band) for one in owned)
    return arms or ({"band": (band,)} if asked.band else {})


def rest_of(asked: Asked, leading: str, lead_id: ColumnElement[int] = _S.lead_id) -> Conditions:
    """What the leading filter has not seen to; with none leading, everything but the words."""
    wanted = {"stage": asked.stage, "source": asked.source}
    rest = [func.coalesce(_EQUAL[name], "") == value for name, value in wanted.items() if value and name != leading]
    if asked.owners is not None and leading != "owner":
        rest.append(func.coalesce(_S.owner, "").in_(sorted(rep or "" for rep in asked.owners)))
    if asked.band is not None and not leading:
        rest.append(_band(_S.engagement + 0, asked))
    if asked.segment is not None:
        here = (lead_segments.c.segment == asked.segment) & (lead_segments.c.lead_id == lead_id)
        rest.append(exists(literal(1)).where(here))
    if asked.orphans is not None:
        rest.append(ahead.nothing(lead_id, asked.orphans, asked.zone))
    return tuple(rest)


def _band(engagement: ColumnElement[int], asked: Asked) -> ColumnElement[bool]:
    if asked.band is None:
        return true()
    low, high = asked.band
    return engagement >= low if high is None else (engagement >= low) & (engagement < high)


def _size(connection: Connection, arms: Conditions) -> int:
    """How many entries the arms hold, counted up to one more than is looked at."""
    entries = [select(literal(1).label("one")).where(arm).limit(LOOK + 1).subquery() for arm in arms]
    if not entries:
        return 0
    all_of_them = union_all(*(select(some.c.one) for some in entries)).subquery()
    return connection.execute(select(func.count()).select_from(all_of_them)).scalar_one()
