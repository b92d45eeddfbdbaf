"""What sales does with a lead: meetings and deals, each a form that is posted; and a meeting for one's calendar."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial

from flask import Response, abort, g, make_response, request
from icalendar import Calendar, Event

from base.calendars import at_local, local_day
from base.translations import msgid
from console.acts import act
from console.choices import NO_REASON
from console.context import say, viewer
from console.door import ConsoleDoor
from console.lead_fragments import deal_fragment
from console.lead_identity import known
from console.posted import NO_TIME, TOO_LONG, Unusable, day_in, plain, time_in
from console.routes import Route
from console.selling_parts import LENGTHS
from leads.facts import Lead
from leads.groups import group
from reports import selling
from sales import deals
from sales.deals import Forecast, NoDeal

LONGEST_PLACE = 300
MOST = Decimal(1_000_000_000)
NO_AMOUNT = msgid("This is not an amount: nothing was saved. Write it in figures, such as 1200 or 1200,50.")
NO_PERCENT = msgid("A probability is a number from 0 to 100: nothing was saved.")
NO_DEAL = msgid("No deal is open: nothing was saved. Recycle or disqualify the lead instead.")


# ---------------------------------------------------------------- acts


def book_meeting(door: ConsoleDoor, lead_id: int) -> Response:
    def verb() -> Callable[..., object]:
        on, wall = day_in("on"), time_in("time")
        minutes = request.form.get("minutes", type=int)
        if minutes not in LENGTHS:
            raise Unusable(NO_TIME)
        place = plain("place")
        if len(place) > LONGEST_PLACE:
            raise Unusable(TOO_LONG)
        starts_at = at_local(on, wall, viewer().zone)
        return partial(deals.book_meeting, starts_at=starts_at, minutes=minutes, place=place or None)

    return act(door, lead_id, verb, deal_fragment)


def save_deal(door: ConsoleDoor, lead_id: int) -> Response:
    """What is expected: an amount, a day, how likely."""

    def verb() -> Callable[..., object]:
        said = Forecast(_amount(), day_in("close_on"), _percent())
        return partial(deals.forecast, said=said)

    return act(door, lead_id, verb, deal_fragment)


def win_deal(door: ConsoleDoor, lead_id: int) -> Response:
    return act(door, lead_id, lambda: partial(deals.win, amount=_amount(), on=_today()), deal_fragment)


def lose_deal(door: ConsoleDoor, lead_id: int) -> Response:
    def verb() -> Callable[..., object]:
        reason = request.form.get("reason", "")
        if reason not in {one.id for one in door.site().definitions.lost_reasons}:
            raise Unusable(NO_REASON)
        return partial(deals.lose, reason=reason, on=_today())

    try:
        return act(door, lead_id, verb, deal_fragment)
    except NoDeal:
        return act(door, lead_id, _no_deal, deal_fragment)


def _no_deal() -> Callable[..., object]:
    raise Unusable(NO_DEAL)


def meeting_file(door: ConsoleDoor, lead_id: int, meeting_id: int) -> Response:
    """The meeting as every calendar takes it (RFC 5545)."""
    with door.database.read() as conn:
        who = known(conn, lead_id)
        found = selling.meeting(conn, group(conn, lead_id), meeting_id)
    if found is None:
        abort(404)
    answer = make_response(_invitation(who, found, door.clocks.machine()))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
    answer.headers["Content-Disposition"] = f'attachment; filename="meeting-{meeting_id}.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _invitation(who: Lead, found: selling.MeetingSeen, stamped: datetime) -> bytes:
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Terreau//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event.add("uid", f"meeting-{found.id}-lead-{who.id}@terreau")
    event.add("dtstamp", stamped)
    event.add("dtstart", found.starts_at)
    event.add("dtend", found.starts_at + timedelta(minutes=found.minutes))
    event.add("summary", say("Meeting with %(name)s", name=" · ".join(filter(None, (who.name, who.company)))))
    if found.place:
        event.add("location", found.place)
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


# ---------------------------------------------------------------- what the form says


def _amount() -> int:
    """In hundredths; "1 200,50" and "1200.50" are the same."""
    written = "".join(request.form.get("amount", "").split()).replace("\u202f", "").replace(",", ".")
    try:
        amount = Decimal(written)
    except InvalidOperation:
        raise Unusable(NO_AMOUNT) from None
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise Unusable(NO_AMOUNT)
    return round(amount * 100)


def _percent() -> int | None:
    written = request.form.get("probability", "").strip().removesuffix("%").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and int(written) <= 100):
        raise Unusable(NO_PERCENT)
    return int(written)


def _today() -> date:
    return local_day(g.moment.calendar, viewer().zone)


ROUTES = (
    Route("POST", "/leads/<int:lead_id>/meetings", "book_meeting", book_meeting),
    Route("GET", "/leads/<int:lead_id>/meetings/<int:meeting_id>.ics", "meeting_file", meeting_file),
    Route("POST", "/leads/<int:lead_id>/deal", "save_deal", save_deal),
    Route("POST", "/leads/<int:lead_id>/deal/won", "win_deal", win_deal),
    Route("POST", "/leads/<int:lead_id>/deal/lost", "lose_deal", lose_deal),
)
