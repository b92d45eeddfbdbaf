"""What marketing and sales have agreed on, to be read by both; what sales thinks of those whom it brings them, and what
changes of it would have made of the past."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Response
from markupsafe import Markup

from authoring.models.conditions import Condition
from authoring.models.definitions import EngagementRule, IdealCustomer, Limit, Scoring, Stage
from authoring.models.hand_off import Escalation
from authoring.site import Site
from base.translations import msgid
from console.charts import interval
from console.conditions import duration, in_words
from console.context import draw, number, percent, say, say_n, viewer
from console.dashboard import source_name
from console.door import ConsoleDoor
from console.names import Names
from console.routes import Route
from console.rule_changes import told
from console.step_words import localised
from leads.gates import Lacking
from reports.intervals import FEW, Share, wilson
from reports.precision import Precision, precision
from reports.rule_changes import rule_changes
from sales.moving import SIDES
from sales.wording import Voice, joined

CHANGES = 10  # told on the page

STEPS: Mapping[str, str] = {
    "remind": msgid("the rep is reminded"),
    "tell": msgid("%(rep)s is told as well"),
    "reassign": msgid("the lead goes to %(rep)s"),
}
REPEATS: Mapping[str, str] = {
    "once": msgid("once"),
    "daily": msgid("once a day"),
    "always": msgid("each time"),
}


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage: how one comes to it, and by which ways one leaves it, as sentences."""

    stage: Stage
    name: str
    meaning: str
    enter: str
    asks: str
    moved_by: str
    leave: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the score: for which act it pays, how often, and how its points end."""

    rule: EngagementRule
    name: str
    act: str
    repeat: str
    ends: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What sales thinks of those that a rule or a source brought: `drawing` and `share` are empty where the answers are
    too few to say."""

    name: str
    wanted: int
    answered: int
    share: str
    between: str
    drawing: Markup


def show(door: ConsoleDoor) -> Response:
    """The whole agreement on one page, in the viewer's language."""
    site = door.site()
    with door.database.read() as conn:
        found = precision(conn, door.config.site.timezone)
        changes = tuple(rule_changes(conn, CHANGES))
    definitions = site.definitions
    return draw(
        "console/agreed.html",
        site=site,
        definitions=definitions,
        stages=[_stage(stage, site) for stage in definitions.stages],
        rules=[_rule(rule, site) for rule in definitions.scoring.engagement],
        limits=[_limit(limit, definitions.scoring) for limit in definitions.scoring.limits],
        temperatures=[(localised(one.label), one.from_engagement) for one in definitions.temperatures],
        personas=[_persona(persona, site) for persona in definitions.personas],
        interests=_interests(definitions.scoring, site),
        answer_within=duration(definitions.hand_off.answer_within),
        reps=[one.name for one in definitions.hand_off.reps],
        routes=list(_routes(site)),
        steps=[_step(one, site) for one in definitions.hand_off.escalation],
        reasons=[localised(one.label) for one in definitions.hand_off.reject_reasons],
        by_rule=list(_by_rule(found, site)),
        by_source=list(_by_source(found)),
        every=_opinion("", found.every, found.every),
        few=FEW,
        changes=list(told(changes, site)),
    )


# ---------------------------------------------------------------- what is agreed


def _words(condition: Condition, site: Site) -> str:
    return in_words(condition.model_dump(by_alias=True, exclude_none=True), Names(site, viewer()))


def _stage(stage: Stage, site: Site) -> StageRow:
    enter = _words(stage.enter, site) if stage.enter is not None else ""
    voice = Voice(site, viewer().locale, viewer().zone)
    bant = tuple(item.id for item in site.definitions.bant) if stage.requires_bant else ()
    return StageRow(
        stage,
        localised(stage.label),
        localised(stage.meaning),
        enter,
        joined(voice.lacks(Lacking(tuple(stage.requires), bant))),
        joined((say(SIDES[side]) for side in stage.moved_by), f" {say('or')} "),
        tuple(_ways_out(stage, site)),
    )


def _ways_out(stage: Stage, site: Site) -> Iterator[str]:
    names = Names(site, viewer())
    if stage.accepted_to is not None:
        yield say("accepted: to %(stage)s", stage=names.stage(stage.accepted_to))
    if stage.rejected_to is not None:
        yield say("rejected: to %(stage)s", stage=names.stage(stage.rejected_to))
    if stage.leave is not None:
        to = stage.cooled_to or site.definitions.stages[max(site.definitions.stages.index(stage) - 1, 0)].id
        yield say("below %(points)s points: to %(stage)s", points=number(stage.leave), stage=names.stage(to))


def _rule(rule: EngagementRule, site: Site) -> RuleRow:
    act = _words(Condition(event=rule.event, subject=rule.subject), site)
    return RuleRow(rule, localised(rule.label), act, say(REPEATS[rule.repeat]), ", ".join(_ends(rule)))


def _ends(rule: EngagementRule) -> Iterator[str]:
    if rule.came_back_within is not None:
        yield say_n("when back within %(count)s day", "when back within %(count)s days", rule.came_back_within)
    if rule.cap is not None:
        yield say("at most %(points)s", points=number(rule.cap))
    if rule.half_life is not None:
        yield say_n("half in %(count)s day", "half in %(count)s days", rule.half_life)


def _limit(limit: Limit, scoring: Scoring) -> tuple[str, str]:
    """The name of a limit, and what it holds."""
    labels = {rule.id: localised(rule.label) for rule in scoring.engagement}
    held = ", ".join(labels.get(name, name) for name in limit.rules) or say("all rules")
    if limit.days is None:
        said = say("at most %(points)s points at any time: %(rules)s", points=number(limit.points), rules=held)
        return localised(limit.label), said
    said = say_n(
        "at most %(points)s points in any %(count)s day: %(rules)s",
        "at most %(points)s points in any %(count)s days: %(rules)s",
        limit.days,
        points=number(limit.points),
        rules=held,
    )
    return localised(limit.label), said


def _persona(persona: IdealCustomer, site: Site) -> tuple[str, list[tuple[str, str, int]]]:
    return localised(persona.label), [
        (localised(one.label), _words(one.when, site), one.points) for one in persona.rules
    ]


def _routes(site: Site) -> Iterator[tuple[str, str, str]]:
    """The rules by which leads go to reps: what each is called, for whom it is, and to whom they go."""
    names = Names(site, viewer())
    for route in site.definitions.hand_off.routes:
        yield localised(route.label), _words(route.when, site), ", ".join(names.rep(rep) for rep in route.reps)


def _step(step: Escalation, site: Site) -> tuple[str, str]:
    """When somebody is told that an alert waits, and who."""
    chosen = site.definitions.hand_off
    whom = Names(site, viewer()).rep(step.to or (chosen.fallback if step.do == "reassign" else None))
    return duration(step.after), say(STEPS[step.do], rep=whom)


def _interests(scoring: Scoring, site: Site) -> list[tuple[str, int]]:
    return [(_words(Condition(event=name), site), points) for name, points in scoring.interest_points.items()]


# ---------------------------------------------------------------- what sales thinks of it


def _by_rule(found: Precision, site: Site) -> Iterator[Opinion]:
    """In the order of the definitions; rules that are no longer written are left out."""
    for rule in site.definitions.scoring.engagement:
        yield _opinion(localised(rule.label), found.rules.get(rule.id, Share(0, 0)), found.every)


def _by_source(found: Precision) -> Iterator[Opinion]:
    """Those with the most answers first."""
    for name, share in sorted(found.sources.items(), key=lambda one: (-one[1].of, one[0])):
        yield _opinion(source_name(name), share, found.every)


def _opinion(name: str, share: Share, every: Share) -> Opinion:
    if share.of < FEW:
        return Opinion(name, share.n, share.of, "", "", Markup(""))
    low, high = wilson(share)
    between = say("%(low)s to %(high)s", low=percent(round(100 * low), 100), high=percent(round(100 * high), 100))
    drawing = interval(100 * share.value, 100 * low, 100 * high, 100 * every.value)
    return Opinion(name, share.n, share.of, percent(round(100 * share.value), 100), between, drawing)


ROUTES = (Route("GET", "/agreement", "agreement", show),)
