"""The list of leads, a page at a time, in the order of the score or the newest first; how it is read is left to ranges.

What is narrowed on the way is cut after LOOK entries, and says so: no question reads more, of however many leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, func, literal, select, tuple_, union_all

from reports.lead_few import Few, Place, few
from reports.lead_ranges import Asked, Reading, reading
from reports.lead_search import LOOK
from storage.schema import standings

COUNTED = 1_000  # a list says "1 000+" from there on
PAGE = 50
_S = standings.c


@dataclass(frozen=True, slots=True)
class Page:
    """Lead ids in order. `after`: behind which place the next page begins; None at the end.

    `cut`: the page may be short, since no more entries were looked at; others come behind.
    `more`: a question so common that only some of those it means were looked at.
    """

    ids: tuple[int, ...]
    after: Place | None
    cut: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """`more`: there are at least so many."""

    number: int
    more: bool = False


def listed(connection: Connection, asked: Asked, after: Place | None = None, size: int = PAGE) -> tuple[Page, Count]:
    """The leads that follow `after` in the list, and how many the whole list holds."""
    if asked.owners == frozenset():
        return Page((), None), Count(0)
    if (those := few(connection, asked)) is not None:
        return _page_of_few(asked, those, after, size), _count_of_few(those, COUNTED)
    way = reading(connection, asked)
    floor = _floor(connection, asked, way, None)
    below = _floor(connection, asked, way, after) if after else floor
    return _page(connection, asked, way, after, size, below), _count(connection, asked, way, COUNTED, floor)


def page(connection: Connection, asked: Asked, after: Place | None = None, size: int = PAGE) -> Page:
    """The leads that follow `after` in the list."""
    if asked.owners == frozenset():
        return Page((), None)
    those = few(connection, asked)
    if those is not None:
        return _page_of_few(asked, those, after, size)
    way = reading(connection, asked)
    return _page(connection, asked, way, after, size, _floor(connection, asked, way, after))


def count(connection: Connection, asked: Asked, limit: int = COUNTED) -> Count:
    """How many leads the list holds, counted up to `limit`."""
    if asked.owners == frozenset():
        return Count(0)
    those = few(connection, asked)
    if those:
        return _count_of_few(those, limit)
    way = reading(connection, asked)
    return _count(connection, asked, way, limit, _floor(connection, asked, way, None))


# ---------------------------------------------------------------- of few


def _page_of_few(asked: Asked, those: Few, after: Place | None, size: int) -> Page:
    """Put in order here: there are not many."""
    newest = asked.order == "newest"
    order = (lambda place: place.lead_id) if newest else (lambda place: (place.engagement, place.lead_id))
    behind = [place for place in those.places if after is None or order(place) < order(after)]
    found = sorted(behind, key=order, reverse=True)
    return Page(_ids(found[:size]), found[size - 1] if len(found) > size else None, more=those.more)


def _count_of_few(those: Few, limit: int) -> Count:
    number = len(those.places)
    return Count(min(number, limit), number > limit or those.more)


def _ids(places: Sequence[Place]) -> tuple[int, ...]:
    return tuple(place.lead_id for place in places)


# ---------------------------------------------------------------- of many


def _page(
    connection: Connection, asked: Asked, way: Reading, after: Place | None, size: int, floor: Place | None
) -> Page:
    rows = connection.execute(_places(asked, way, size + 1, after, floor))
    found = [Place(row.engagement, row.lead_id) for row in rows]
    if len(found) > size:
        return Page(_ids(found[:size]), found[size - 1])
    return Page(_ids(found), floor, cut=floor is not None)


def _count(connection: Connection, asked: Asked, way: Reading, limit: int, floor: Place | None) -> Count:
    places = _places(asked, way, limit + 1, None, floor).subquery()
    number = connection.execute(select(func.count()).select_from(places)).scalar_one()
    return Count(min(number, limit), number > limit or floor is not None)


def _places(asked: Asked, way: Reading, size: int, after: Place | None, floor: Place | None) -> Select[Any]:
    """The first `size` places behind `after`, down to `floor`: of each arm, then of all of them."""
    bounds = [_behind(asked, after)] if after else []
    bounds += [~_behind(asked, floor)] if floor else []
    arms = [_ordered(asked, way, arm).where(*way.rest, *bounds).limit(size) for arm in way.arms]
    if len(arms) == 1:
        return arms[0]
    return _merged(asked, arms).limit(size)


def _merged(asked: Asked, arms: Sequence[Select[Any]]) -> Select[Any]:
    both = union_all(*(select(arm.subquery()) for arm in arms)).subquery()
    order = [both.c.lead_id.desc()] if asked.order == "newest" else [both.c.engagement.desc(), both.c.lead_id.desc()]
    return select(*both.c).order_by(*order)


def _ordered(asked: Asked, way: Reading, arm: ColumnElement[bool]) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [_S.engagement.label("engagement"), _S.lead_id.label("lead_id")]
    return select(*columns).where(arm).order_by(*(key.desc() for key in _keys(asked, way)))


def _keys(asked: Asked, way: Reading) -> list[ColumnElement[int]]:
    """What the list is ordered by. Where the arms are in another order, wrapped: the planner must not follow it."""
    if asked.order == "newest":
        return [_S.lead_id + 0 if way.sorts else _S.lead_id]
    return [_S.engagement, _S.lead_id]


def _behind(asked: Asked, place: Place) -> ColumnElement[bool]:
    if asked.order == "newest":
        return _S.lead_id < place.lead_id
    return tuple_(_S.engagement, _S.lead_id) < tuple_(
        literal(place.engagement, Integer), literal(place.lead_id, Integer)
    )


def _floor(connection: Connection, asked: Asked, way: Reading, after: Place | None) -> Place | None:
    """The last entry that this page looks at; None when nothing stands in the way of reading as far as it goes."""
    if way.whole or not way.rest:
        return None
    if asked.order == "newest":
        newest = connection.execute(select(func.max(_S.lead_id))).scalar_one() or 0
        begin = after.lead_id if after else newest + 1
        return Place(0, begin - LOOK) if begin - LOOK > 1 else None
    behind = [_behind(asked, after)] if after else []
    lasts = [_ordered(asked, way, arm).where(*behind).offset(LOOK - 1).limit(1) for arm in way.arms]
    found = [Place(row.engagement, row.lead_id) for last in lasts for row in connection.execute(last)]
    return max(found, default=None)
