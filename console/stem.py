"""The stem of a sequence in the viewer's words: each row with its step, its numbers, its small print."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import g
from markupsafe import Markup, escape

from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from authoring.site import Site
from console import flow
from console.context import day, hour, say, say_n
from console.periods import today
from console.step_words import ACT_ICONS, act_of, awaited, details_of, subject_of, wait_of
from reports.messages import VIEWS
from reports.sequences import Inside, Mails, SequenceFigures, StepFigures

_CODE = "`"


@dataclass(frozen=True, slots=True)
class StemRow:
    """A row of the stem: the drawing with its words and numbers. `notes` may hold code."""

    row: flow.Row
    icon: str
    title: str
    code: str
    notes: tuple[Markup, ...]
    figures: StepFigures | None
    mail: Mails | None
    next_due: str
    lane: int


@dataclass(frozen=True, slots=True)
class MailRow:
    email: str
    subject: str
    step: str
    mails: Mails
    missed: tuple[tuple[str, str], ...]  # the view of messages where they are listed, and how many of what


def stem_rows(written: Sequence, name: str, site: Site, figures: SequenceFigures) -> tuple[int, list[StemRow]]:
    """How many lanes the stem has, and its rows."""
    counts = {step: flow.Passed(one.passed, one.inside.all) for step, one in figures.steps.items()}
    stem = flow.stem(written, figures.line.ways.begun, counts)
    return stem.lanes, [_row(row, name, site, figures) for row in stem.rows]


def _row(row: flow.Row, name: str, site: Site, figures: SequenceFigures) -> StemRow:
    if row.step is None:
        return _edge(row, figures)
    step, own = row.step, figures.steps[row.step.id]
    if row.kind == "wait":
        return StemRow(
            row, "clock", _waits(step, own), "", tuple(_wait_notes(step, own, site)), own, None, _due(own), row.lane
        )
    return StemRow(
        row=row,
        icon=ACT_ICONS[step.act or "email"],
        title=act_of(step, name, site),
        code=step.id,
        notes=tuple(_act_notes(step, own, figures, site)),
        figures=own,
        mail=figures.mails.get(step.email) if step.email else None,
        next_due="",
        lane=row.lane,
    )


def _edge(row: flow.Row, figures: SequenceFigures) -> StemRow:
    """The entry and the end."""
    if row.kind == "entry":
        return StemRow(row, "log-in", say("Entry"), "", (), None, None, "", row.lane)
    ways = figures.line.ways
    left = [
        say_n("%(count)s to the end", "%(count)s to the end", ways.completed),
        say_n("%(count)s by the goal", "%(count)s by the goal", ways.goal),
        say_n("%(count)s left otherwise", "%(count)s left otherwise", ways.gone),
    ]
    return StemRow(row, "flag", say("End"), "", (escape(", ".join(left)),), None, None, "", row.lane)


def _waits(step: Step, own: StepFigures) -> str:
    return wait_of(step) or (say("Waits for its hour, or for its mail to leave") if own.inside.all else "")


def _wait_notes(step: Step, own: StepFigures, site: Site) -> Iterator[Markup]:
    if condition := awaited(step, site):
        yield escape(condition)
    if own.inside.ready:
        yield escape(
            say_n(
                "%(count)s held back by the hour or a cap", "%(count)s held back by the hour or a cap", own.inside.ready
            )
        )
    if own.inside.awaiting_mail:
        yield escape(_on_the_way(own.inside))


def _on_the_way(inside: Inside) -> str:
    return say_n("%(count)s with its mail on the way", "%(count)s with their mail on the way", inside.awaiting_mail)


def _act_notes(step: Step, own: StepFigures, figures: SequenceFigures, site: Site) -> Iterator[Markup]:
    yield from (marked(line) for line in details_of(step, site))
    if own.skipped:
        yield escape(say_n("%(count)s skipped", "%(count)s skipped", own.skipped))
    if step.email:
        yield from (escape(line) for _, line in _missed(figures.mails[step.email]))


def _missed(mails: Mails) -> Iterator[tuple[str, str]]:
    words = {
        "refused": ("%(count)s refused", "%(count)s refused"),
        "failed": ("%(count)s failed", "%(count)s failed"),
        "expired": ("%(count)s too late", "%(count)s too late"),
        "withdrawn": ("%(count)s withdrawn", "%(count)s withdrawn"),
        "settled_dropped": ("%(count)s taken as lost", "%(count)s taken as lost"),
    }
    for state, n in mails.missed.items():
        yield next(view for view, states in VIEWS.items() if state in states), say_n(*words[state], n)


def _due(own: StepFigures) -> str:
    """When the next one moves on; nothing when only an event will tell."""
    at = own.next_due
    if at is None or not own.inside.all:
        return ""
    if at <= g.moment.calendar:
        return say("now")
    when = (
        hour(at) if (at - g.moment.calendar).days < 1 and day(at) == day(today()) else f"{day(at, 'brief')}, {hour(at)}"
    )
    return say("next on %(when)s", when=when)


def mail_rows(written: Sequence, name: str, site: Site, figures: SequenceFigures) -> Iterator[MailRow]:
    for step in written.step:
        if step.email:
            mails = figures.mails[step.email]
            yield MailRow(step.email, subject_of(site, name, step.email), step.id, mails, tuple(_missed(mails)))


def marked(line: str) -> Markup:
    """`code` between backticks becomes code."""
    pieces = line.split(_CODE)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )
