"""Which step of a sequence can follow which; what a step does is left to the engine.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.sentences import Fault
from authoring.shapes import Path
from authoring.suggest import did_you_mean
from base.saying import said
from base.translations import msgid

END = frozenset({"next", "exit"})  # words that stand where a step's id may stand


def targets(step: Step) -> Iterator[tuple[Path, str]]:
    """The steps that this step names, each with the keys below the step that name it."""
    if step.jump is not None:
        yield ("jump",), step.jump
    if step.split is not None:
        yield from ((("split", index, "to"), share.to) for index, share in enumerate(step.split))
    if step.branch is not None:
        yield from ((("branch", "case", index, "to"), case.to) for index, case in enumerate(step.branch.case))
        if step.branch.otherwise is not None:
            yield ("branch", "otherwise"), step.branch.otherwise
    if step.wait_for is not None and step.wait_for.on_timeout not in END:
        yield ("wait_for", "on_timeout"), step.wait_for.on_timeout


def reachable(sequence: Sequence, start: str | None = None) -> frozenset[str]:
    """The ids of the steps that a lead who stands at `start` may still come to, itself included.

    `start` None is the beginning. A condition may hold or not: both ways are open.
    """
    goal = sequence.goal.on_reach if sequence.goal else "exit"
    pending = [start or sequence.step[0].id, *([] if goal in END else [goal])]
    seen: set[str] = set()
    while pending:
        step = sequence.find(pending.pop())
        if step is not None and step.id not in seen:
            seen.add(step.id)
            pending += _following(sequence, step)
    return frozenset(seen)


def bad_routes(sequence: Sequence) -> Iterator[Fault]:
    """Ways to a step that is not there, or not below; steps that nobody comes to."""
    order = {step.id: index for index, step in enumerate(sequence.step)}
    for index, step in enumerate(sequence.step):
        for below, name in targets(step):
            if below == ("jump",) and step.max_passes is not None:
                yield from _bad_way_back(index, sequence, order)
            else:
                yield from _bad_target(("step", index, *below), name, index, order)
    if sequence.goal and sequence.goal.on_reach not in END:
        yield from _bad_target(("goal", "on_reach"), sequence.goal.on_reach, -1, order)
    unseen = set(order) - reachable(sequence)
    for name in sorted(unseen, key=order.__getitem__):
        message = said("no lead ever comes to the step `%(step)s`", step=name)
        hint = said("a jump, a branch or an exit above leads past it")
        yield Fault(("step", order[name], "id"), message, hint, severity="warning")


def _following(sequence: Sequence, step: Step) -> list[str]:
    named = [name for _, name in targets(step)]
    passes_on = step.only_if is not None or not turns_away(step)
    below = sequence.next_after(step.id)
    return [*named, below.id] if passes_on and below else named


def turns_away(step: Step) -> bool:
    """Whether nobody ever comes from this step to the one below by its act."""
    if step.jump is not None:
        return step.max_passes is None  # one that leads back is passed in the end
    return bool(step.exit or step.split or (step.branch and step.branch.otherwise))


def _bad_way_back(index: int, sequence: Sequence, order: dict[str, int]) -> Iterator[Fault]:
    """Where a jump with `max_passes` may not lead: nowhere, down, or round and round in one go."""
    step = sequence.step[index]
    back, path = str(step.jump), ("step", index, "jump")
    if back not in order:
        yield _no_step(path, back, order)
    elif order[back] > index:
        message = said("`max_passes` counts the ways back, and `%(step)s` is further down", step=back)
        yield Fault(("step", index, "max_passes"), message, said("leave it out"), of="key")
    elif not any(_takes_time(between) for between in sequence.step[order[back] : index + 1]):
        message = said("from `%(step)s` to here nothing waits: every pass is made at once", step=back)
        yield Fault(path, message, said("let a step between them wait"))


def _takes_time(step: Step) -> bool:
    return step.mails or any(getattr(step, wait) is not None for wait in Step.WAITS)


def _bad_target(path: Path, name: str, index: int, order: dict[str, int]) -> Iterator[Fault]:
    if name not in order:
        yield _no_step(path, name, order)
    elif order[name] <= index:
        by_jump = path[-1] == "jump"
        hint = said("name a step further down, or say `max_passes`") if by_jump else said("name a step further down")
        where = said("the step itself") if order[name] == index else said("a step above it")
        yield Fault(path, said("`%(step)s` is %(where)s: a sequence only goes forward", step=name, where=where), hint)


def _no_step(path: Path, name: str, order: dict[str, int]) -> Fault:
    hint = did_you_mean(name, order, msgid("the steps are %(names)s"))
    return Fault(path, said("there is no step `%(step)s` in this sequence", step=name), hint)
