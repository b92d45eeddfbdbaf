"""What is wrong with rules that each read well: thresholds nobody can reach, conditions nobody measures, circles.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable, Iterator, Mapping

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions, EngagementRule, Stage
from authoring.references import each
from authoring.site import Locate, Site
from authoring.vocabulary import EVENTS
from base.problems import Problem, Severity
from base.saying import Said, said
from base.translations import msgid
from leads.conditions import parts
from leads.facts import DISQUALIFIED, RECYCLED
from leads.reach import most_engagement, most_fit, out_of_reach
from leads.segments import ENTERED, LEFT

FILE = "definitions.toml"
Path = tuple[str | int, ...]

# What is only recorded with consent to be measured, and the purpose that asks for it.
MEASURED = {"link_clicked": "clicks", "page_seen": "clicks", "message_opened": "opens"}


def lint(site: Site, locate: Locate) -> list[Problem]:
    """Every problem that rules of score and stage have with each other."""
    found = [*_thresholds(site.definitions, locate), *_circles(site.definitions, locate), *_measures(site, locate)]
    found += _reps(site, locate)
    found += _acts_of_sales(site.definitions, locate)
    found += _limits(site.definitions, locate)
    found += _gates(site.definitions, locate)
    found += _raised_hands(site.definitions, locate)
    for file, path, message, hint in out_of_reach(site):
        found.append(Problem(file, *locate(file, path), "warning", message, hint))
    return sorted(found)


def _reps(site: Site, locate: Locate) -> Iterator[Problem]:
    """A form that promises somebody whom the definitions do not know: its leads would go to another."""
    known = {rep.id for rep in site.definitions.hand_off.reps}
    for name, form in sorted(site.forms.items()):
        if form.rep is not None and form.rep not in known:
            file = f"forms/{name}.toml"
            message = said("definitions.toml has no rep `%(name)s`", name=form.rep)
            yield Problem(file, *locate(file, ("rep",)), "error", message, said("name one of [[hand_off.reps]]"))


def _acts_of_sales(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """An act of sales that leads to two stages; only the first would ever be entered by it."""
    first: dict[str, str] = {}
    for index, stage in enumerate(definitions.stages):
        for place, act in enumerate(stage.by_sales):
            if act in first:
                message = said("`%(act)s` leads to `%(stage)s` already", act=act, stage=first[act])
                path = ("stages", index, "by_sales", place)
                yield _problem("error", path, message, said("name it in `by_sales` of one stage"), locate)
            first.setdefault(act, stage.id)


def _gates(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """A stage that asks for BANT where there is none, or lets people move leads to where verdicts alone lead."""
    for index, stage in enumerate(definitions.stages):
        if stage.requires_bant and not definitions.bant:
            message = said("`%(stage)s` requires BANT, and there are no items of it", stage=stage.id)
            hint = said("write them under [[bant]]")
            yield _problem("error", ("stages", index, "requires_bant"), message, hint, locate)
        if stage.moved_by and stage.id in (RECYCLED, DISQUALIFIED):
            message = said("leads come to `%(stage)s` by a verdict, which has a reason", stage=stage.id)
            yield _problem("error", ("stages", index, "moved_by"), message, said("leave it out"), locate)


def _raised_hands(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """A label by which events of the house itself would raise hands."""
    for index, label in enumerate(definitions.event_labels):
        path = ("event_labels", index, "hand_raise")
        if label.hand_raise and label.event in EVENTS:
            message = said("`%(event)s` is noted by the house itself, and raises no hand", event=label.event)
            hint = said("a form says `hand_raise = true` itself; here it is for events of other programs")
            yield _problem("error", path, message, hint, locate)


def _limits(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """A rule that two limits hold at any time: what each leaves of it would hang on the other."""
    first: dict[str, str] = {}
    standing = {limit.id: rules for limit, rules in definitions.scoring.standing_limits}
    for index, limit in enumerate(definitions.scoring.limits):
        twice = next((rule.id for rule in standing.get(limit.id, ()) if rule.id in first), None)
        if twice is not None:
            message = said("the rule `%(rule)s` is held by `%(limit)s` already", rule=twice, limit=first[twice])
            hint = said("name each rule in one limit without `days`")
            yield _problem("error", ("scoring", "limits", index), message, hint, locate)
        first |= {rule.id: limit.id for rule in standing.get(limit.id, ()) if rule.id not in first}


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
    for key, (most, sentence, hint) in _offers(definitions).items():
        asked = getattr(part, key)
        if asked is not None and asked > most:
            message = said(sentence, stage=stage.id, asked=asked, most=f"{most:g}")
            yield _problem("error", (*path, key), message, said(hint), locate)


def _offers(definitions: Definitions) -> dict[str, tuple[float, str, str]]:
    """Key of a condition -> the most points that there are, what is said where that is too few, what to do."""
    return {
        "engagement_at_least": (
            most_engagement(definitions),
            msgid(
                "nobody can enter `%(stage)s`: it asks for %(asked)s points and all scoring rules together give"
                " %(most)s at most"
            ),
            msgid("lower `engagement_at_least` or raise a cap or a rule"),
        ),
        "fit_at_least": (
            most_fit(definitions),
            msgid(
                "nobody can enter `%(stage)s`: it asks for %(asked)s points and the best persona gives %(most)s at most"
            ),
            msgid("lower `fit_at_least` or raise a rule of a persona"),
        ),
    }


def _leaves_above(part: Condition, path: Path, stage: Stage, locate: Locate) -> Iterator[Problem]:
    asked = part.engagement_at_least
    if asked is not None and stage.leave is not None and stage.leave > asked:
        message = said(
            "`%(stage)s` is entered at %(asked)s points and left below %(leave)s: whoever enters has cooled",
            stage=stage.id,
            asked=asked,
            leave=stage.leave,
        )
        yield _problem("error", path, message, said("set `leave` to at most %(asked)s", asked=asked), locate)


# ---------------------------------------------------------------- circles


def _circles(definitions: Definitions, locate: Locate) -> Iterator[Problem]:
    """Segments and fit that wait for themselves: their value would depend on who asks first."""
    every = [segment.id for segment in definitions.segments]
    asks = {segment.id: frozenset(_asked(segment.when, every)) for segment in definitions.segments}
    asks["fit"] = frozenset(
        name for persona in definitions.personas for rule in persona.rules for name in _asked(rule.when, every)
    )
    for index, segment in enumerate(definitions.segments):
        if segment.id in _reached(segment.id, asks):
            message = said("the segment `%(segment)s` depends on itself", segment=segment.id)
            hint = said("take it out of its own condition")
            yield _problem("error", ("segments", index, "when"), message, hint, locate)
    if "fit" in _reached("fit", asks):
        message = said("the rules of personas depend on the fit they add up to")
        hint = said("ask for fields or events there, not for `fit_at_least` or `persona`")
        yield _problem("error", ("personas",), message, hint, locate)


def _asked(condition: Condition, segments: Iterable[str]) -> Iterator[str]:
    """What the condition waits for, of segments and fit; an event that tells of a segment waits for it too."""
    for part in parts(condition):
        if part.segment is not None:
            yield part.segment
        if part.event in (ENTERED, LEFT):
            yield from segments if part.subject is None else [part.subject]
        if part.fit_at_least is not None or part.persona is not None:
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


def measured_rules(site: Site) -> Iterator[tuple[str, Path, str, str]]:
    """Every rule and condition on what is only recorded with consent: (file, where in it, event, purpose)."""
    files: list[tuple[str, Model]] = [(FILE, site.definitions)]
    files += [(f"sequences/{name}.toml", sequence) for name, sequence in site.sequences.items()]
    for file, model in files:
        for path, inner in each(model):
            if isinstance(inner, Condition | EngagementRule) and (inner.event or "") in MEASURED:
                yield file, (*path, "event"), str(inner.event), MEASURED[str(inner.event)]


def _measures(site: Site, locate: Locate) -> Iterator[Problem]:
    for file, path, event, purpose in measured_rules(site):
        if purpose not in site.definitions.tracking:
            message = said(
                "`%(event)s` is only recorded with consent to `%(purpose)s`, which is never asked for",
                event=event,
                purpose=purpose,
            )
            hint = said(
                "declare [tracking.%(purpose)s] in definitions.toml, or ask for an act that needs no measuring",
                purpose=purpose,
            )
            yield Problem(file, *locate(file, path), "warning", message, hint)


def _problem(severity: Severity, path: Path, message: Said, hint: Said, locate: Locate) -> Problem:
    return Problem(FILE, *locate(FILE, path), severity, message, hint)
