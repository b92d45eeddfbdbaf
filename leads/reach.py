"""What nobody ever comes to: points that no rules give, stages without a way in.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions, EngagementRule, Temperature
from authoring.models.sequences import Trigger
from authoring.references import each
from authoring.site import Site
from base.saying import Said, said
from base.toml import Loc
from leads.facts import DISQUALIFIED, RECYCLED
from leads.scoring import most_of

FILE = "definitions.toml"
Found = Iterator[tuple[str, Loc, Said, Said]]  # the file, where in it, what is wrong, what to do


def most_engagement(definitions: Definitions) -> float:
    """The most points that any lead can ever have, `inf` where a rule gives without end."""
    scoring = definitions.scoring
    held = {rule.id for _, rules in scoring.standing_limits for rule in rules}
    free = sum(_most(rule) for rule in scoring.engagement if rule.points > 0 and rule.id not in held)
    return free + sum(min(limit.points, sum(map(_most, rules))) for limit, rules in scoring.standing_limits)


def most_fit(definitions: Definitions) -> int:
    """The most points that the best persona can give."""
    return max(map(most_of, definitions.personas), default=0)


def out_of_reach(site: Site) -> Found:
    """Every condition, trigger and temperature that asks for more points than there are, and every stage without a way
    in. What a stage is entered by is left to the lint of thresholds."""
    files: list[tuple[str, Model]] = [(FILE, site.definitions)]
    files += [(f"sequences/{name}.toml", sequence) for name, sequence in sorted(site.sequences.items())]
    for file, model in files:
        for path, inner in each(model):
            if path[:1] != ("stages",):
                yield from _beyond(file, path, inner, site.definitions)
    yield from _stages_without_a_way_in(site.definitions)


def _beyond(file: str, path: Loc, model: Model, definitions: Definitions) -> Found:
    for key, asked, most in _asked(model, definitions):
        if asked > most:
            message = said(
                "nobody ever has %(asked)s points here: all rules together give %(most)s at most",
                asked=asked,
                most=f"{most:g}",
            )
            yield file, (*path, key), message, said("lower it, or raise a cap or the points of a rule")


def _asked(model: Model, definitions: Definitions) -> Iterator[tuple[str, int, float]]:
    """(the key, the points it asks for, the most that anybody has)."""
    if isinstance(model, Condition) and model.engagement_at_least is not None:
        yield "engagement_at_least", model.engagement_at_least, most_engagement(definitions)
    if isinstance(model, Condition) and model.fit_at_least is not None:
        yield "fit_at_least", model.fit_at_least, most_fit(definitions)
    if isinstance(model, Temperature):
        yield "from_engagement", model.from_engagement, most_engagement(definitions)
    if isinstance(model, Trigger) and model.score is not None and model.when == "rises":
        most = most_engagement(definitions) if model.of == "engagement" else most_fit(definitions)
        yield "score", model.score, most


def _most(rule: EngagementRule) -> float:
    if rule.repeat == "once":
        return rule.points if rule.cap is None else min(rule.points, abs(rule.cap))
    if rule.cap is not None:
        return abs(rule.cap)
    if rule.repeat == "daily" and rule.half_life is not None:
        return rule.points / (1 - 2 ** (-1 / rule.half_life))  # every day for ever: a geometric series
    return float("inf")


def _stages_without_a_way_in(definitions: Definitions) -> Found:
    """Marketing's stages come by rule, or from another; those of sales by a verdict too."""
    led_to = {name for one in definitions.stages for name in (one.cooled_to, one.accepted_to, one.rejected_to)}
    led_to |= {one.id for one in definitions.stages if one.by_sales or one.moved_by}
    for index, stage in enumerate(definitions.stages[1:], start=1):
        by_rule = stage.enter is not None or stage.owner == "sales" or stage.id in (RECYCLED, DISQUALIFIED)
        if not by_rule and stage.id not in led_to:
            message = said("nobody ever comes to the stage `%(stage)s`", stage=stage.id)
            hint = said("give it an `enter`, or let another stage lead to it")
            yield FILE, ("stages", index, "id"), message, hint
