"""Which commercial mails reach cold leads, who are to be taught first: those texts say `commercial = true`.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.conditions import Condition
from authoring.models.definitions import Definitions
from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import Step
from authoring.routes import END, targets, turns_away
from authoring.site import Site
from base.problems import Severity
from base.saying import Said, said
from base.toml import Loc
from leads.conditions import stage_rank

Found = Iterator[tuple[Severity, Loc, Said, Said]]


def commercial_to_cold(name: str, sequence: Sequence, site: Site) -> Found:
    """A step that sends a commercial text, and to which leads may come of whom nothing says that they are warm."""
    least = warm_from(site.definitions)
    warmth = Warmth(site, least) if least is not None else None
    if warmth is None or any(_keeps_cold_out(condition, warmth) for condition in sequence.suppress):
        return
    cold = _reached_cold(sequence, warmth)
    for index, step in enumerate(sequence.step):
        text = _commercial(name, step, site)
        if text is not None and step.id in cold and not warmth.sure(step.only_if):
            message = said("`%(text)s` is commercial, and cold leads come to this step", text=text)
            hint = said(
                "teach them first, and say `only_if = { engagement_at_least = %(least)s }` here, or let in those who"
                " are warm",
                least=least,
            )
            yield "warning", ("step", index, step.act or "email"), message, hint


def warm_from(definitions: Definitions) -> int | None:
    """The engagement from which a lead is not cold any more; None where the definitions know no other temperature."""
    return min((one.from_engagement for one in definitions.temperatures if one.id != "cold"), default=None)


class Warmth:
    """Whether what is known of a lead says that it is warm: by its points, its stage, or a hand it has raised."""

    def __init__(self, site: Site, least: int) -> None:
        self._site, self._least = site, least
        self._asking: set[str] = set()

    def sure(self, condition: Condition | None) -> bool:
        """Whether whoever fulfils the condition is warm."""
        if condition is None:
            return False
        if condition.all is not None:
            return any(map(self.sure, condition.all))
        if condition.any is not None:
            return bool(condition.any) and all(map(self.sure, condition.any))
        if condition.engagement_at_least is not None:
            return condition.engagement_at_least >= self._least
        if condition.segment is not None:
            whens = [one.when for one in self._site.definitions.segments if one.id == condition.segment]
            return self._once(f"segment {condition.segment}", whens)
        if condition.event == "form_submitted":
            return self._raises_a_hand(condition.subject)
        if condition.event is not None:
            return self._site.definitions.raises_hand(condition.event, condition.subject)
        return self._stage(condition.stage) or self._stage(condition.stage_at_least)

    def of(self, trigger: Trigger) -> bool:
        """Whether whoever that lets in is warm."""
        if trigger.score is not None:
            return trigger.of == "engagement" and trigger.when == "rises" and trigger.score >= self._least
        if trigger.segment is not None:
            return trigger.when == "entered" and self.sure(Condition(segment=trigger.segment))
        if trigger.form is not None or trigger.event == "form_submitted":
            return self._raises_a_hand(trigger.form or trigger.subject)
        if trigger.event is not None:
            return self._site.definitions.raises_hand(trigger.event, trigger.subject)
        return self._stage(trigger.stage)

    def _raises_a_hand(self, form: str | None) -> bool:
        asked = self._site.forms.get(form or "")
        return asked is not None and asked.hand_raise

    def _stage(self, name: str | None) -> bool:
        """Sales has the lead, or the stage, or one before it, is entered with that many points."""
        stages = self._site.definitions.stages[: stage_rank(self._site.definitions, name) + 1] if name else []
        by_rule = any(self._once(f"stage {one.id}", [one.enter]) for one in stages if one.enter is not None)
        return bool(stages) and (stages[-1].owner == "sales" or by_rule)

    def _once(self, name: str, conditions: list[Condition]) -> bool:
        """Whether one of them is sure; no, while the same is asked already: a circle makes nobody warm."""
        if name in self._asking:
            return False
        self._asking.add(name)
        try:
            return any(map(self.sure, conditions))
        finally:
            self._asking.discard(name)


def _keeps_cold_out(condition: Condition, warmth: Warmth) -> bool:
    return condition.not_ is not None and warmth.sure(condition.not_)


def _reached_cold(sequence: Sequence, warmth: Warmth) -> frozenset[str]:
    """The steps to which somebody may come who is not known to be warm."""
    if warmth.sure(sequence.filter):
        return frozenset()
    pending = [] if all(map(warmth.of, sequence.trigger)) else [sequence.step[0].id]
    goal = sequence.goal
    if goal is not None and goal.on_reach not in END and not warmth.sure(goal.when):
        pending.append(goal.on_reach)
    seen: set[str] = set()
    while pending:
        step = sequence.find(pending.pop())
        if step is not None and step.id not in seen:
            seen.add(step.id)
            pending += _cold_ways(sequence, step, warmth)
    return frozenset(seen)


def _cold_ways(sequence: Sequence, step: Step, warmth: Warmth) -> list[str]:
    """Where whoever stands at the step goes on to, by a way that does not ask for warmth."""
    warm = {case.to for case in step.branch.case if warmth.sure(case.when)} if step.branch is not None else set()
    acts = not warmth.sure(step.only_if)
    named = [name for _, name in targets(step) if name not in warm] if acts else []
    below = sequence.next_after(step.id)
    awaits_warmth = step.wait_for is not None and warmth.sure(step.wait_for.when) and step.wait_for.on_timeout != "next"
    if below is None or awaits_warmth or (step.only_if is None and turns_away(step)):
        return named
    return [*named, below.id]


def _commercial(name: str, step: Step, site: Site) -> str | None:
    """The commercial text that the step sends, or may pick."""
    if step.email is not None:
        return step.email if _says_so(site, name, step.email) else None
    if step.pick is None:
        return None
    phase = step.pick.phase
    picked = {email for (sequence, email, _), text in site.emails.items() if sequence == name and text.phase
              and phase in (None, text.phase)}  # fmt: skip
    return next((email for email in sorted(picked) if _says_so(site, name, email)), None)


def _says_so(site: Site, name: str, email: str) -> bool:
    return any(site.emails[name, email, locale].commercial for locale in site.locales_of(name, email))
