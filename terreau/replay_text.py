"""What a replay found, in lines: who comes to a stage when, and what share of them sales wanted."""

from collections.abc import Callable, Iterator
from datetime import datetime

from base.calendars import Zone
from leads.what_if import Example, Hits, How, StageShift, WhatIf
from reports.intervals import FEW, Share, wilson
from terreau.language import gettext, ngettext, words
from terreau.plan_moves import leads_told
from terreau.suggesting import Suggestion

DAY_HOURS = 24
_HOWS: dict[How, Callable[[int], str]] = {
    "newly": lambda count: ngettext(
        "%(count)s lead who never came, comes", "%(count)s leads who never came, come", count
    ),
    "no_longer": lambda count: ngettext(
        "%(count)s lead who came, comes no longer", "%(count)s leads who came, come no longer", count
    ),
    "earlier": lambda count: ngettext("%(count)s lead comes earlier", "%(count)s leads come earlier", count),
    "later": lambda count: ngettext("%(count)s lead comes later", "%(count)s leads come later", count),
    "alike": lambda count: ngettext("%(count)s lead comes when they did", "%(count)s leads come when they did", count),
}


def lines(found: WhatIf, zone: Zone) -> Iterator[str]:
    """The whole answer."""
    yield gettext(
        "%(leads)s and %(events)s events, by the rules in force and by those given:",
        leads=leads_told(found.leads), events=words().number(found.events),
    )  # fmt: skip
    yield from stage_lines(found, zone)
    yield ""
    yield from sales_lines(found)


def stage_lines(found: WhatIf, zone: Zone, indent: str = "") -> Iterator[str]:
    """Each stage that somebody comes to otherwise."""
    for shift in found.stages:
        if shift.moves:
            yield ""
            yield indent + gettext("into %(stage)s", stage=shift.stage)
            yield from (f"{indent}  {line}" for line in _shift(shift, zone))
    if not found.moves:
        yield indent + gettext("nobody would have come to another stage, or at another time")


def sales_lines(found: WhatIf) -> Iterator[str]:
    """Precision and recall of the old rules and of the new."""
    yield gettext("Of those who are handed to sales and were answered, sales accepted")
    yield f"  {gettext('rules in force')}: {_told(_precision(found.old))}"
    yield f"  {gettext('rules given')}: {_told(_precision(found.new))}"
    yield gettext("Of those whom sales ever accepted, these rules hand over")
    yield f"  {gettext('rules in force')}: {_told(Share(found.old.found, found.accepted))}"
    yield f"  {gettext('rules given')}: {_told(Share(found.new.found, found.accepted))}"
    if found.won:
        yield gettext("Of those who were won, these rules hand over")
        yield f"  {gettext('rules in force')}: {_told(Share(found.old.won_found, found.won))}"
        yield f"  {gettext('rules given')}: {_told(Share(found.new.won_found, found.won))}"
    if found.new.unseen:
        yield gettext(
            "%(leads)s are handed over by the rules given whom sales has never answered: nobody knows of them.",
            leads=leads_told(found.new.unseen),
        )


def suggestion_lines(made: Suggestion, zone: Zone) -> Iterator[str]:
    """Why each step is suggested, and what all of them would have made of the past."""
    yield gettext("Sales accepted: %(share)s", share=_told(made.found.every))
    if made.effect is None:
        yield gettext("The answers of sales speak surely for or against no rule: nothing to suggest.")
        return
    for step in made.advice:
        yield gettext(
            "%(rule)s: %(now)s points instead of %(was)s, since sales accepts %(paid)s with them, %(others)s without",
            rule=step.rule.id, now=step.points, was=step.rule.points,
            paid=_percent(step.apart.new), others=_percent(step.apart.old),
        )  # fmt: skip
    yield ""
    yield from lines(made.effect, zone)


def _percent(share: Share) -> str:
    counted = gettext("%(n)s of %(of)s", n=words().number(share.n), of=words().number(share.of))
    return f"{words().percent(share.value, 0)} ({counted})"


def _shift(shift: StageShift, zone: Zone) -> Iterator[str]:
    for how, told in _HOWS.items():
        if count := shift.counts[how]:
            yield told(count) + _by(shift.median(how), count)
            yield from (f"  {_example(one, zone)}" for one in shift.examples.get(how, ()))


def _by(median: int | None, count: int) -> str:
    """By how much, where that is an hour or more."""
    if not median:
        return ""
    return ngettext(", by %(span)s or more", ", half of them by %(span)s or more", count, span=_span(median))


def _example(one: Example, zone: Zone) -> str:
    return gettext(
        "lead %(number)s: %(now)s instead of %(was)s",
        number=one.lead, was=_when(one.was, zone), now=_when(one.now, zone),
    )  # fmt: skip


def _when(at: datetime | None, zone: Zone) -> str:
    return gettext("never") if at is None else words().moment(at, zone)


def _span(hours: int) -> str:
    if hours < DAY_HOURS:
        return ngettext("%(count)s hour", "%(count)s hours", hours)
    return ngettext("%(count)s day", "%(count)s days", hours // DAY_HOURS)


def _precision(hits: Hits) -> Share:
    return Share(hits.wanted, hits.answered)


def _told(share: Share) -> str:
    """The share with its interval, or that there are too few to say."""
    counted = gettext("%(n)s of %(of)s", n=words().number(share.n), of=words().number(share.of))
    if share.of < FEW:
        return gettext("%(counted)s: not enough data yet (%(few)s are needed)", counted=counted, few=FEW)
    low, high = (words().percent(end, 0) for end in wilson(share))
    return gettext(
        "%(counted)s, %(share)s (almost surely between %(low)s and %(high)s)",
        counted=counted, share=words().percent(share.value, 0), low=low, high=high,
    )  # fmt: skip
