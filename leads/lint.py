"""What is wrong with rules that each read well: thresholds nobody can reach, conditions nobody measures, circles.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions, EngagementRule, Stage
from authoring.references import each
from authoring.site import Locate, Site
from base.problems import Problem, Severity
from leads.conditions import parts

FILE = "definitions.toml"
Path = tuple[str | int, ...]

# What is only recorded with consent to be measured, and the purpose that asks for it.
MEASURED = {"link_clicked": "clicks", "page_seen": "clicks", "message_opened": "opens"}


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem that rules of score and stage have with each other."""
    found = [*_thresholds(site.definitions, locate), *_circles(site.definitions, locate), *_measures(site, locate)]
    found += _reps(site, locate)
    return sorted(found)


def most_engagement(definitions: Definitions) -> float:
    """The most points that any lead can ever have, `inf` where a rule gives without end."""
    return sum(_most(rule) for rule in definitions.scoring.engagement if rule.points > 0)


def most_fit(definitions: Definitions) -> int:
    """The most points that the best persona can give."""
    sums = [sum(rule.points for rule in persona.rules if rule.points > 0) for persona in definitions.personas]
    return max(sums, default=0)


def _most(rule: EngagementRule) -> float:
    if rule.repeat == "once":
        return rule.points if rule.cap is None else min(rule.points, abs(rule.cap))
    if rule.cap is not None:
        return abs(rule.cap)
    if rule.repeat == "daily" and rule.half_life is not None:
        return rule.points / (1 - 2 ** (-1 / rule.half_life))  # every day for ever: a geometric series
    return float("inf")


def _reps(site: Site, locate: Locate) -> Iterator[Problem]:
    """A form that promises somebody whom the definitions do not know: its leads would go to another."""
    known = {rep.id for rep in site.definitions.hand_off.reps}
    for name, form in sorted(site.forms.items()):
        if form.rep is not None and form.rep not in known:
            file = f"forms/{name}.toml"
            message = f"definitions.toml has no rep `{form.rep}`"
            yield Problem(file, *locate(file, ("rep",)), "error", message, "name one of [[hand_off.reps]]")


# ---------------------------------------------------------------- thresholds


def _thresholds(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    for index, stage in enumerate(definitions.stages):
        if stage.enter is None:
            continue
        for path, part in _demanded(stage.enter, ("stages", index, "enter")):
            yield from _unreachable(part, path, stage, definitions, locate)
            yield from _leaves_above(part, ("stages", index, "leave"), stage, locate)


def _demanded(condition: Condition, path: Path) -> Iterator[tuple[Path, Condition]]:
    """The parts without which the condition cannot hold: itself, or each of its `all`."""
    yield path, condition
    for index, inner in enumerate(condition.all or ()):
        yield from _demanded(inner, (*path, "all", index))


def _unreachable(
    part: Condition, path: Path, stage: Stage, definitions: Definitions, locate: Locate
) -> Iterator[Problem]:
    offers = {
        "engagement_at_least": (most_engagement(definitions), "all scoring rules together give", "a cap or a rule"),
        "fit_at_least": (most_fit(definitions), "the best persona gives", "a rule of a persona"),
    }
    for key, (most, giver, remedy) in offers.items():
        asked = getattr(part, key)
        if asked is not None and asked > most:
            message = f"nobody can enter `{stage.id}`: it asks for {asked} points and {giver} {most:g} at most"
            yield _problem("error", (*path, key), message, f"lower `{key}` or raise {remedy}", locate)


def _leaves_above(part: Condition, path: Path, stage: Stage, locate: Locate) -> Iterator[Problem]:
    asked = part.engagement_at_least
    if asked is not None and stage.leave is not None and stage.leave > asked:
        message = f"`{stage.id}` is entered at {asked} points and left below {stage.leave}: whoever enters has cooled"
        yield _problem("error", path, message, f"set `leave` to at most {asked}", locate)


# ---------------------------------------------------------------- circles


def _circles(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """Segments and fit that wait for themselves: their value would depend on who asks first."""
    asks = {segment.id: frozenset(_asked(segment.when)) for segment in definitions.segments}
    asks["fit"] = frozenset(
        name for persona in definitions.personas for rule in persona.rules for name in _asked(rule.when)
    )
    for index, segment in enumerate(definitions.segments):
        if segment.id in _reached(segment.id, asks):
            message = f"the segment `{segment.id}` depends on itself"
            yield _problem("error", ("segments", index, "when"), message, "take it out of its own condition", locate)
    if "fit" in _reached("fit", asks):
        message = "the rules of personas depend on the fit they add up to"
        yield _problem(
            "error", ("personas",), message, "ask for fields or events there, not for `fit_at_least`", locate
        )


def _asked(condition: Condition) -> Iterator[str]:
    for part in parts(condition):
        if part.segment is not None:
            yield part.segment
        if part.fit_at_least is not None:
            yield "fit"


def _reached(start: str, asks: Mapping[str, frozenset[str]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = set(asks.get(start, ()))
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= asks.get(name, frozenset()) - reached
    return frozenset(reached)


# ---------------------------------------------------------------- evidence


def _measures(site: Site, locate: Locate) -> Iterator[Problem]:
    files: list[tuple[str, Model]] = [(FILE, site.definitions)]
    files += [(f"sequences/{name}.toml", sequence) for name, sequence in site.sequences.items()]
    for file, model in files:
        for path, inner in each(model):
            purpose = MEASURED.get(getattr(inner, "event", None) or "")
            if isinstance(inner, Condition | EngagementRule) and purpose and purpose not in site.definitions.tracking:
                message = f"`{inner.event}` is only recorded with consent to `{purpose}`, which is never asked for"
                hint = f"declare [tracking.{purpose}], or ask for an act that needs no measuring"
                yield Problem(file, *locate(file, (*path, "event")), "warning", message, hint)


def _problem(severity: Severity, path: Path, message: str, hint: str, locate: Locate) -> Problem:
    return Problem(FILE, *locate(FILE, path), severity, message, hint)
