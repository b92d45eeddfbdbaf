"""What is wrong with rules of hand-off that each read well: rounds without anybody, a step with nobody to go to.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.hand_off import HandOff
from authoring.site import Locate, Site
from base.problems import Problem, Severity
from base.saying import Said, said

FILE = "definitions.toml"
Found = Iterator[tuple[Severity, tuple[str | int, ...], Said, Said]]


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem that the rules of `[hand_off]` have with each other."""
    chosen = site.definitions.hand_off
    found = [*_idle_routes(chosen), *_idle_reps(chosen), *_nobody_to_go_to(chosen)]
    return sorted(
        Problem(FILE, *locate(FILE, ("hand_off", *path)), severity, message, hint)
        for severity, path, message, hint in found
    )


def _idle_routes(chosen: HandOff) -> Found:
    """A route whose reps all have weight 0 finds nobody, and its leads go on to the next rule."""
    weights = {rep.id: rep.weight for rep in chosen.reps}
    for index, route in enumerate(chosen.routes):
        if all(weights.get(rep) == 0 for rep in route.reps):
            message = said("the route `%(route)s` never finds anybody: its reps have `weight = 0`", route=route.id)
            yield "error", ("routes", index, "reps"), message, said("give one of them a weight, or name others")


def _idle_reps(chosen: HandOff) -> Found:
    if all(rep.weight == 0 for rep in chosen.reps) and chosen.fallback is None:
        message = said("no rep takes part in the round: all have `weight = 0`")
        yield "error", ("reps",), message, said("give one a weight, or name a `fallback`")


def _nobody_to_go_to(chosen: HandOff) -> Found:
    for index, step in enumerate(chosen.escalation):
        if step.do == "reassign" and step.to is None and chosen.fallback is None:
            message = said("the step `%(step)s` gives the lead to nobody", step=step.id)
            yield "error", ("escalation", index, "do"), message, said("say `to`, or name a `fallback`")
