"""What sales does with a lead it has taken: meets them, forecasts a deal, wins or loses it; each leaves an event.

A lead has at most one open deal. Every word on it is kept, so that what was believed on any day can be told.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from base.clock import Moment
from leads.facts import LOST
from leads.groups import group
from sales.notebook import Act, Author
from storage.schema import deal_forecasts, deals, meetings

OPEN, WON = "open", "won"


class NoDeal(Exception):
    """The lead has no open deal: nothing was saved."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`amount` in hundredths of the currency, `probability` in percent or None for that of the lead's stage."""

    amount: int
    close_on: date
    probability: int | None = None


def book_meeting(
    conn: Connection, lead_id: int, starts_at: datetime, minutes: int, place: str | None, author: Author, now: Moment
) -> int:
    """Note a meeting that was agreed on; returns its id."""
    act = Act.begin(conn, lead_id, author, now)
    row = insert(meetings).values(
        lead_id=act.lead_id,
        starts_at=starts_at,
        minutes=minutes,
        place=place,
        author=author.name,
        at=now.calendar,
    )
    made: int = conn.execute(row.returning(meetings.c.id)).scalar_one()
    act.tell(conn, "meeting_booked", meeting_id=made, starts_at=starts_at.isoformat())
    return made


def forecast(conn: Connection, lead_id: int, said: Forecast, author: Author, now: Moment) -> int:
    """Open the lead's deal, or say anew what is expected of it; returns its id."""
    act = Act.begin(conn, lead_id, author, now)
    known = _open_deal(conn, act.lead_id)
    deal_id = _write(conn, act, known, OPEN, said)
    act.tell(conn, "deal_forecast", deal_id=deal_id, **_told(said))
    return deal_id


def win(conn: Connection, lead_id: int, amount: int, on: date, author: Author, now: Moment) -> int:
    """The lead has signed, for that amount, on that day; without an open deal it is one that nobody foresaw."""
    act = Act.begin(conn, lead_id, author, now)
    signed = Forecast(amount, on, 100)
    deal_id = _write(conn, act, _open_deal(conn, act.lead_id), WON, signed)
    act.tell(conn, "deal_won", deal_id=deal_id, **_told(signed))
    return deal_id


def lose(conn: Connection, lead_id: int, reason: str, on: date, author: Author, now: Moment) -> int:
    """The open deal comes to nothing, for a reason of the definitions. Raises NoDeal when none is open."""
    act = Act.begin(conn, lead_id, author, now)
    known = _open_deal(conn, act.lead_id)
    if known is None:
        raise NoDeal
    deal_id = _write(conn, act, known, "lost", Forecast(known.amount, on, 0), reason)
    act.tell(conn, LOST, deal_id=deal_id, reason=reason)
    return deal_id


def _open_deal(conn: Connection, lead_id: int) -> Row[Any] | None:
    """The newest, where two who are one had each their own. The wake of the lead is held: nobody else opens or closes
    one meanwhile."""
    whose = deals.c.lead_id.in_(group(conn, lead_id))
    return conn.execute(select(deals).where(whose, deals.c.state == OPEN).order_by(deals.c.id.desc())).first()


def _write(
    conn: Connection, act: Act, known: Row[Any] | None, state: str, said: Forecast, reason: str | None = None
) -> int:
    values = {
        "state": state,
        "amount": said.amount,
        "probability": said.probability,
        "close_on": said.close_on,
        "author": act.author.name,
    }
    deal = {**values, "reason": reason, "ended_at": None if state == OPEN else act.now.calendar}
    if known is None:
        row = insert(deals).values(lead_id=act.lead_id, opened_at=act.now.calendar, **deal)
        deal_id: int = conn.execute(row.returning(deals.c.id)).scalar_one()
    else:
        deal_id = known.id
        conn.execute(update(deals).where(deals.c.id == deal_id).values(**deal))
    number = select(func.count()).select_from(deal_forecasts).where(deal_forecasts.c.deal_id == deal_id)
    conn.execute(
        insert(deal_forecasts).values(
            deal_id=deal_id, number=conn.execute(number).scalar_one() + 1, at=act.now.calendar, **values
        )
    )
    return deal_id


def _told(said: Forecast) -> dict[str, Any]:
    return {"amount": said.amount, "probability": said.probability, "close_on": said.close_on.isoformat()}
