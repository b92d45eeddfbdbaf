"""Calls, posted: how one ended and what follows; an objection that is taken back."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Response, request

from authoring.vocabulary import CALL_OUTCOMES
from base.calendars import at_local
from base.translations import msgid
from console import today
from console.acts import act, came_from
from console.choices import NO_REASON
from console.context import by_htmx, say, viewer
from console.door import ConsoleDoor
from console.lead_fragments import calls_fragment
from console.posted import Unusable, day_in, note_in, one_of, plain, time_in
from console.routes import Route
from sales import calling
from sales.calling import Call
from sales.notebook import MORNING

NO_OUTCOME = msgid("Say how the call ended: nothing was saved.")
PAST = msgid("This moment is past: nothing was saved. Say when to call again.")


def log_call(door: ConsoleDoor, lead_id: int) -> Response:
    """How a call ended; on the day's lists the line says so in its place."""

    def verb() -> Callable[..., object]:
        return partial(calling.log_call, call=_call(door))

    if by_htmx() and came_from() in ("today", "qualify"):
        return act(
            door, lead_id, verb, lambda door, lead_id: today.call_fragment(door, lead_id, request.form["outcome"])
        )
    return act(door, lead_id, verb, calls_fragment)


def allow_calls(door: ConsoleDoor, lead_id: int) -> Response:
    """They may be called again."""
    return act(
        door,
        lead_id,
        lambda: partial(calling.take_objection_back, key=door.keys.suppression),
        calls_fragment,
    )


def _call(door: ConsoleDoor) -> Call:
    outcome = one_of("outcome", CALL_OUTCOMES, NO_OUTCOME)
    reasons = tuple(one.id for one in door.site().definitions.hand_off.reject_reasons)
    return Call(
        outcome,
        note_in(),
        reason=one_of("reason", reasons, NO_REASON) if outcome == "not_interested" else None,
        back_at=_back_at(door.clocks.calendar()) if outcome == "callback" else None,
        reminder=say("Call back, as they asked"),
        key=door.keys.suppression,
    )


def _back_at(now: datetime) -> datetime | None:
    """The moment on the house's wall clock, a morning where no hour is given; None where no day is."""
    if not plain("on"):
        return None
    at = at_local(day_in("on"), time_in("time", MORNING), viewer().zone)
    if at <= now:
        raise Unusable(PAST)
    return at


ROUTES = (
    Route("POST", "/leads/<int:lead_id>/calls", "log_call", log_call),
    Route("POST", "/leads/<int:lead_id>/calls/allowed", "allow_calls", allow_calls),
)
