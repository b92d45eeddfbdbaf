"""What a CRM says that sales decided there, read with the definitions: a verdict, or a deal."""

from collections.abc import Iterator
from functools import partial

from authoring.site import Site
from base.calendars import at_local, local_day
from base.clock import Moment
from base.settings import Site as Spoken
from base.translations import translator
from capture.bodies import Told, unknown
from sales import deals
from sales.deals import Forecast
from sales.notebook import MORNING
from sales.outside import Verb, judging
from sales.verdicts import REMINDER, VERDICTS, Verdict

FOUND_BY = frozenset({"id", "email", "phone"})


def problems(told: Told, site: Site) -> Iterator[str]:
    """A reason that nobody agreed on, and what sales' decisions do not tell of a lead."""
    word = told.verdict or told.deal
    if word is None:
        return
    beside = sorted(told.lead.keys() - FOUND_BY)
    yield from (f"lead: `{name}` is learnt from events, not beside `{word}`" for name in beside)
    reasons = site.definitions.lost_reasons if told.deal is not None else site.definitions.hand_off.reject_reasons
    known = {one.id for one in reasons}
    if told.reason is not None and told.reason not in known:
        yield f"reason: {unknown('reason', told.reason, known)}"


def verb(told: Told, site: Site, spoken: Spoken, now: Moment) -> Verb:
    """What is done with the lead of a call that has no problems."""
    if told.verdict is not None:
        until = at_local(told.until, MORNING, spoken.timezone) if told.until is not None else None
        reminder = translator(spoken.default_locale).gettext(REMINDER)
        return judging(Verdict(VERDICTS[told.verdict], told.reason, until, reminder), site)
    on = told.on or local_day(now.calendar, spoken.timezone)
    if told.deal == "lost":
        return partial(deals.lose, reason=str(told.reason), on=on)
    amount = int((told.amount or 0) * 100)
    if told.deal == "won":
        return partial(deals.win, amount=amount, on=on)
    return partial(deals.forecast, said=Forecast(amount, on, told.probability))
