"""A plan for the person who wrote the edit: what changes, who is where, who is written to when, what to choose."""

from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from emails.plan import TextPlan
from leads.plan import RulesPlan
from terreau.language import gettext, ngettext, words
from terreau.plan import Plan
from terreau.plan_moves import MARKS, STYLES, Days, leads_told, sampled, sequence_lines
from terreau.replay_text import sales_lines, stage_lines

WIDTH = 110


def text(plan: Plan, today: datetime, *, colour: bool = False) -> str:
    """The plan in lines, in the language of the command that is running. `today` is the calendar's now; `colour` for a
    terminal."""
    console = Console(file=StringIO(), width=WIDTH, force_terminal=colour, highlight=False, markup=False, emoji=False)
    for part in _parts(plan, today):
        console.print(part)
    file = console.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip().split("\n"))


def _parts(plan: Plan, today: datetime) -> Iterator[RenderableType]:
    if plan.same:
        yield gettext(
            "Release %(number)s is in force with exactly this content: nothing would change.", number=plan.base
        )
        return
    if plan.base is None:
        yield gettext("Nothing is in force yet: this would be the first release, and nobody is inside.")
        return
    yield Text(gettext("In place of release %(number)s, this content would change:", number=plan.base), style="bold")
    yield from (change.sentence for change in plan.changes)
    days = Days(plan.zone, today)
    for one in plan.sequences:
        yield ""
        yield from sequence_lines(one, days)
    yield from _texts(plan.texts)
    yield from _rules(plan.rules)
    yield from _replay(plan.rules, plan.zone)
    yield from _end(plan)


def _texts(texts: tuple[TextPlan, ...]) -> Iterator[RenderableType]:
    if not texts:
        return
    yield ""
    title = gettext("Texts: everybody receives them as they are when their mail is made, unless frozen")
    yield Text(title, style="bold")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name in ("", gettext("text")):
        table.add_column(name, overflow="fold")
    table.add_column(gettext("still come to it"), justify="right", overflow="fold")
    table.add_column(gettext("subject"), overflow="fold")
    for one in texts:
        mark = MARKS[one.what]
        subject = f"{one.was} → {one.now}" if one.was and one.now and one.was != one.now else one.now or one.was or ""
        coming = leads_told(one.reaches)
        reaches = gettext("%(leads)s (frozen)", leads=coming) if one.frozen else coming
        table.add_row(mark, one.file, reaches, subject, style=STYLES[mark])
    yield table


def _rules(rules: RulesPlan) -> Iterator[RenderableType]:
    if not rules.changed:
        return
    yield ""
    yield Text(gettext("Rules: every lead is judged again"), style="bold")
    moved = [*rules.stages, *rules.temperatures]
    for one in moved:
        yield "  " + gettext("%(leads)s: %(was)s → %(now)s", leads=leads_told(one.leads), was=one.was, now=one.now)
    for segment in rules.segments:
        yield "  " + gettext(
            "segment %(name)s: %(entered)s come in, %(left)s go out",
            name=segment.name, entered=segment.entered, left=segment.left,
        )  # fmt: skip
    if not moved and not rules.segments:
        yield "  " + gettext("nobody comes to another stage, temperature or segment")
    if follows := ", ".join(_follows(rules)):
        announced = gettext("%(what)s: these are acted upon (--announce)", what=follows)
        silent = gettext("%(what)s: these stay silent, unless applied with --announce", what=follows)
        yield f"  {announced if rules.announce else silent}"
    if not rules.sample.whole:
        yield f"  {sampled(rules.sample)}"


def _replay(rules: RulesPlan, zone: str) -> Iterator[RenderableType]:
    if rules.replay is None or not rules.replay.leads:
        return
    yield ""
    yield Text(gettext("Had these rules always held (what leads did, played from the beginning)"), style="bold")
    yield from stage_lines(rules.replay, zone, "  ")
    yield ""
    yield from (f"  {line}" for line in sales_lines(rules.replay))


def _follows(rules: RulesPlan) -> Iterator[str]:
    if rules.alerts:
        yield ngettext("%(count)s alert to sales", "%(count)s alerts to sales", rules.alerts)
    for one in rules.entries:
        yield gettext("%(leads)s into %(sequence)s", leads=leads_told(one.leads), sequence=one.sequence)


def _end(plan: Plan) -> Iterator[RenderableType]:
    yield ""
    yield from (Text(problem.sentence(words()), style="yellow") for problem in plan.warnings)
    if not plan.objections:
        yield Text(gettext("Nothing stands in the way: `terreau apply` puts it in force."), style="green")
        return
    yield Text(gettext("`terreau apply` would refuse this:"), style="bold red")
    yield from (Text(f"  {problem.sentence(words())}") for problem in plan.objections)
