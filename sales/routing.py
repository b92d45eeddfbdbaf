"""Whose a hot lead becomes, and why: whom its form promises, its own rep, a route, everybody in turn, the fallback.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from authoring.models.definitions import Definitions
from authoring.models.hand_off import Rep
from base.translations import msgid
from leads.conditions import holds
from leads.facts import Facts
from sales.wording import Voice, joined

# By what a rep was found, in the order in which it is looked for.
FORM, OWNER, ROUTE, EVERYBODY, FALLBACK = "form", "owner", "route", "everybody", "fallback"
# What may come later: somebody gave the lead away, or nobody answered in time.
ASSIGNED, LATE = "assigned", "late"

WHY: Mapping[str, str] = {
    FORM: msgid("%(rep)s, because the form “%(name)s” promises them."),
    OWNER: msgid("%(rep)s, because the lead was theirs already."),
    ROUTE: msgid("%(rep)s, whose turn it was by the rule “%(name)s”."),
    EVERYBODY: msgid("%(rep)s, whose turn it was among all: no rule sends such a lead to somebody in particular."),
    FALLBACK: msgid("%(rep)s, as nobody else was there."),
    ASSIGNED: msgid("%(rep)s, to whom %(by)s gave the lead: %(reason)s"),
    LATE: msgid("%(rep)s, as nobody had answered in time: step “%(name)s”."),
}
GIVEN_SILENTLY = msgid("%(rep)s, to whom %(by)s gave the lead.")
TO_NOBODY = msgid("Nobody, since %(by)s said so: %(reason)s")
TO_NOBODY_SILENTLY = msgid("Nobody, since %(by)s said so.")


@dataclass(frozen=True, slots=True)
class Found:
    """Among whom the lead goes: `reps` are there, `away` came before them and are not. `name`: of form or route."""

    by: str
    name: str
    reps: tuple[Rep, ...]
    away: tuple[str, ...] = ()

    @property
    def goes_round(self) -> bool:
        """Whether turns are taken there; else the first one has it."""
        return self.by in (ROUTE, EVERYBODY)


@dataclass(frozen=True, slots=True)
class Routed:
    """Who has the lead, and by what: kept beside the hand-off, so that it can be said in any language later."""

    rep: str
    by: str
    name: str = ""
    away: tuple[str, ...] = ()
    author: str = ""  # who gave it, where somebody did
    reason: str = ""  # in their words

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "away": list(self.away)}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Routed":
        return cls(**{**kept, "away": tuple(kept.get("away", ()))})


def find(
    facts: Facts, definitions: Definitions, promised: tuple[str, str] | None, away: frozenset[str], now: datetime
) -> Found:
    """The first rule that finds somebody who is there. `promised`: the form that raised the hand, and its rep."""
    chosen = definitions.hand_off
    reps = {rep.id: rep for rep in chosen.reps}
    missing: list[str] = []
    for by, name, one in _named(facts, promised):
        if one in reps and one not in away:
            return Found(by, name, (reps[one],), tuple(missing))
        missing += [one] if one in reps and one not in missing else []
    for by, name, some in _rounds(facts, definitions, now):
        there = tuple(reps[one] for one in some if one in reps and reps[one].weight and one not in away)
        missing += [one for one in some if one in away and one not in missing]
        if there:
            return Found(by, name, there, tuple(missing))
    last = reps.get(chosen.fallback or "", chosen.reps[0])
    return Found(FALLBACK, "", (last,), tuple(one for one in missing if one != last.id))


def turn(reps: Sequence[Rep], credit: Mapping[str, int]) -> tuple[Rep, dict[str, int]]:
    """Whose turn it is among `reps`, and everybody's credit after it: the smooth weighted round robin of nginx.

    Each earns their weight, and whoever has most, the first of equals, pays what all have earned. So nobody is ever a
    whole lead above their share, and after as many leads as the weights add up to each has exactly theirs. Who is away
    earns nothing: nobody is flooded on their return.
    """
    earned = {rep.id: credit.get(rep.id, 0) + rep.weight for rep in reps}
    chosen = max(reps, key=lambda rep: earned[rep.id])
    earned[chosen.id] -= sum(rep.weight for rep in reps)
    return chosen, {**credit, **earned}


def why(routed: Routed, voice: Voice) -> str:
    """Why this rep, as a sentence or two."""
    definitions = voice.site.definitions
    reps = {rep.id: rep.name for rep in definitions.hand_off.reps}
    called = reps.get(routed.rep, routed.rep)
    told = voice.told(
        _sentence(routed), rep=called, name=_called(routed, voice), by=routed.author, reason=routed.reason
    )
    if not routed.away:
        return told
    gone = joined(reps.get(one, one) for one in routed.away)
    return joined([told, voice.told("Not there: %(reps)s.", reps=gone)], " ")


def _sentence(routed: Routed) -> str:
    if not routed.rep:
        return TO_NOBODY if routed.reason else TO_NOBODY_SILENTLY
    return WHY[routed.by] if routed.reason or routed.by != ASSIGNED else GIVEN_SILENTLY


def _called(routed: Routed, voice: Voice) -> str:
    definitions = voice.site.definitions
    labels = {route.id: route.label for route in definitions.hand_off.routes} if routed.by == ROUTE else {}
    if routed.by == FORM and routed.name in voice.site.forms:
        labels = {routed.name: voice.site.forms[routed.name].title}
    return voice.text(labels[routed.name]) if routed.name in labels else routed.name


def _named(facts: Facts, promised: tuple[str, str] | None) -> Iterator[tuple[str, str, str]]:
    if promised is not None:
        yield FORM, *promised
    if facts.lead.owner is not None:
        yield OWNER, "", facts.lead.owner


def _rounds(facts: Facts, definitions: Definitions, now: datetime) -> Iterator[tuple[str, str, list[str]]]:
    for route in definitions.hand_off.routes:
        if holds(route.when, facts, definitions, now):
            yield ROUTE, route.id, route.reps
    yield EVERYBODY, "", [rep.id for rep in definitions.hand_off.reps]
