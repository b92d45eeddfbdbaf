"""A plan for the person who wrote the edit: what changes, who is where, who is written to when, what to choose."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from authoring.question import Sample
from authoring.renames import StepEdit
from emails.plan import TextPlan
from leads.plan import RulesPlan
from terreau.plan import Plan
from workflows.plan import SequencePlan, Shift, Standing

WIDTH = 110
SHOWN = 8  # lines of one kind; of more, their number is told
MARKS = {"added": "+", "deleted": "-", "renamed": "~", "moved": "~", "changed": "~", "removed": "-"}
STYLES = {"+": "green", "-": "red", "~": "yellow", " ": ""}
SAID = {"new": "is new", "gone": "is gone", "edited": "is edited", "same": "stays as it is"}


def text(plan: Plan, today: datetime, *, colour: bool = False) -> str:
    """The plan in lines. `today` is the calendar's now; `colour` for a terminal."""
    console = Console(file=StringIO(), width=WIDTH, force_terminal=colour, highlight=False, markup=False, emoji=False)
    for part in _parts(plan, today):
        console.print(part)
    file = console.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip().split("\n"))


def _parts(plan: Plan, today: datetime) -> Iterator[RenderableType]:
    if plan.same:
        yield f"Release {plan.base} is in force with exactly this content: nothing would change."
        return
    if plan.base is None:
        yield "Nothing is in force yet: this would be the first release, and nobody is inside."
        return
    yield Text(f"In place of release {plan.base}, this content would change:", style="bold")
    yield from (change.sentence for change in plan.changes)
    days = _Days(plan.zone, today)
    for one in plan.sequences:
        yield ""
        yield from _sequence(one, days)
    yield from _texts(plan.texts)
    yield from _rules(plan.rules)
    yield from _end(plan)


# ---------------------------------------------------------------- one sequence


def _sequence(one: SequencePlan, days: "_Days") -> Iterator[RenderableType]:
    yield Text.assemble((one.name, "bold"), f" {SAID[one.what]}; {_leads(one.inside)} inside", _rule(one))
    if one.rollout is not None:
        yield f"  {_rollout(one.rollout, one.tried_against)}"
    if one.keys:
        yield f"  also changed: {', '.join(one.keys)}"
    if one.edits or one.inside:
        yield _picture(one)
    for standing in one.standing:
        yield from _standing(one, standing, days)
    if not one.sample.whole:
        yield f"  {_sampled(one.sample)}"


def _rule(one: SequencePlan) -> str:
    if one.what != "edited" or not one.inside:
        return ""
    if one.on_edit == "adopt":
        return ', who go on in the new version (on_edit = "adopt")'
    return ', who finish the version they entered (on_edit = "pin")'


def _rollout(share: int, against: str | None) -> str:
    if against is None:
        return f"rollout = {share} has no version before it to be tried against: everybody enters this one"
    return f"of those who come in from now on, {share} % enter the new version, the others the one before (rollout)"


def _picture(one: SequencePlan) -> Table:
    """Every step that somebody stands at or that was edited: what is written there now, and what was."""
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in ("", "step", "inside", "was", "becomes"):
        table.add_column(name, justify="right" if name == "inside" else "left", overflow="fold")
    inside: Counter[str] = Counter()
    for standing in one.standing:
        inside[standing.step] += standing.inside
    edited = {edit.step for edit in one.edits} | {edit.was for edit in one.edits if edit.what == "renamed"}
    for edit in one.edits:
        mark = MARKS[edit.what]
        there = inside[edit.was or ""] if edit.what == "renamed" else inside[edit.step]
        table.add_row(mark, edit.step, str(there or "–"), *_was_and_is(edit), style=STYLES[mark])
    for step, count in inside.items():
        if step not in edited:
            table.add_row(" ", step, str(count), "", "as it was")
    return table


def _was_and_is(edit: StepEdit) -> tuple[str, str]:
    if edit.what == "renamed":
        return f"named {edit.was}", f"named {edit.now}"
    if edit.what == "moved":
        return "", "in another place"
    return edit.was or "", edit.now or ("gone" if edit.what == "deleted" else "")


def _standing(one: SequencePlan, standing: Standing, days: "_Days") -> Iterator[RenderableType]:
    if standing.case is not None:
        yield from _case(one, standing)
        return
    lines = list(_shifts([shift for shift in one.shifts if shift.step == standing.step], days))
    move = standing.move
    if move is not None and move.how != "adopt":
        yield f"  {standing.step}: {_leads(standing.inside)}: {_chosen(move.how, move.to)}"
    if lines:
        yield f"  at {standing.step}:"
    yield from (f"    {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"    and {len(lines) - SHOWN} more groups (terreau plan --json has them all)"


def _case(one: SequencePlan, standing: Standing) -> Iterator[RenderableType]:
    assert standing.case is not None
    if not standing.inside:
        return
    stand = "stands" if standing.inside == 1 else "stand"
    where = f"{one.name}/{standing.step}"
    yield Text(f"  {_leads(standing.inside)} {stand} at {standing.step}, and {standing.case.why}.", style="bold red")
    if standing.case.renamed:
        yield f"    Is it {standing.case.renamed} now? Then: --choose {where}=adopt"
    yield f"    Choose what becomes of them: --choose {where}={'|'.join(standing.choices)}"


def _chosen(how: str, to: str | None) -> str:
    return {
        "pin": "they finish the version they entered",
        "next": f"they go on at {to}" if to else "they are through",
        "exit": "they leave",
    }[how]


def _shifts(shifts: Iterable[Shift], days: "_Days") -> Iterator[str]:
    """One line for those whom the same happens to on the same day."""
    counted: Counter[str] = Counter()
    same = 0
    for shift in shifts:
        if shift.what == "same":
            same += shift.count
        else:
            counted[_shift(shift, days)] += shift.count
    yield from (f"{count} {sentence}" for sentence, count in counted.items())
    if same:
        yield f"{same} as before"


def _shift(shift: Shift, days: "_Days") -> str:
    was, now = days(shift.was.at), days(shift.now.at)
    ends = {"left": "leave", "completed": "come to the end", "waits": "wait for something to happen"}
    if shift.what in ("earlier", "later"):
        another = "" if shift.was.step == shift.now.step else f" ({shift.now.step} instead of {shift.was.step})"
        instead = was if was != now else f"{days.time(shift.was.at)}"
        return f"are written to {shift.what}: {now} {days.time(shift.now.at)} instead of {instead}{another}"
    if shift.what == "stops":
        return f"are not written to any more ({shift.was.step} on {was}): they {ends[shift.now.what]}"
    if shift.what == "starts":
        return f"are written to again: {shift.now.step}, {now} {days.time(shift.now.at)}"
    return f"get {shift.now.step} instead of {shift.was.step}, {now}" if shift.now.step else f"{ends[shift.now.what]}"


class _Days:
    """Instants as a person says them, in the site's zone."""

    def __init__(self, zone: str, today: datetime) -> None:
        self._zone = ZoneInfo(zone)
        self._today = today.astimezone(self._zone).date()

    def __call__(self, at: datetime | None) -> str:
        if at is None:
            return "no day"
        day = at.astimezone(self._zone).date()
        return {0: "today", 1: "tomorrow"}.get((day - self._today).days, _day(day))

    def time(self, at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(self._zone):%H:%M}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


# ---------------------------------------------------------------- texts and rules


def _texts(texts: tuple[TextPlan, ...]) -> Iterator[RenderableType]:
    if not texts:
        return
    yield ""
    yield Text("Texts: everybody receives them as they are when their mail is made, unless frozen", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in ("", "text", "still come to it", "subject"):
        table.add_column(name, justify="right" if name.startswith("still") else "left", overflow="fold")
    for one in texts:
        mark = MARKS[one.what]
        subject = f"{one.was} → {one.now}" if one.was and one.now and one.was != one.now else one.now or one.was or ""
        reaches = _leads(one.reaches) + (" (frozen)" if one.frozen else "")
        table.add_row(mark, one.file, reaches, subject, style=STYLES[mark])
    yield table


def _rules(rules: RulesPlan) -> Iterator[RenderableType]:
    if not rules.changed:
        return
    yield ""
    yield Text("Rules: every lead is judged again", style="bold")
    moved = [*rules.stages, *rules.temperatures]
    yield from (f"  {_leads(one.leads)}: {one.was} → {one.now}" for one in moved)
    for segment in rules.segments:
        yield f"  segment {segment.name}: {segment.entered} come in, {segment.left} go out"
    if not moved and not rules.segments:
        yield "  nobody comes to another stage, temperature or segment"
    follows = [f"{rules.alerts} alerts to sales"] if rules.alerts else []
    follows += [f"{_leads(one.leads)} into {one.sequence}" for one in rules.entries]
    if follows:
        silent = "are acted upon (--announce)" if rules.announce else "stay silent, unless applied with --announce"
        yield f"  {', '.join(follows)}: these {silent}"
    if not rules.sample.whole:
        yield f"  {_sampled(rules.sample)}"


def _end(plan: Plan) -> Iterator[RenderableType]:
    yield ""
    if not plan.objections:
        yield Text("Nothing stands in the way: `terreau apply` puts it in force.", style="green")
        return
    yield Text("`terreau apply` would refuse this:", style="bold red")
    yield from (Text(f"  {problem.sentence()}") for problem in plan.objections)


def _sampled(sample: Sample) -> str:
    return f"of {sample.of} leads {sample.looked_at} were looked at one by one, evenly spread; --all looks at every one"


def _leads(count: int) -> str:
    return f"{count} lead" if count == 1 else f"{count} leads"
