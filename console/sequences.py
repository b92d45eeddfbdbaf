"""The sequences: who is inside each, and the stem of one with what every step and mail did."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, abort, g
from markupsafe import Markup, escape

from authoring.models.sequences import Sequence, Step
from authoring.site import Site
from console import flow
from console.context import day, hour, number, percent, say, say_n
from console.door import ConsoleDoor
from console.periods import Movement, choices, chosen_days, movement, points_moved, span_of, today
from console.reporting import draw_report
from console.routes import Route
from console.step_words import ACT_ICONS, act_of, awaited, details_of, localised, settings, subject_of, wait_of
from reports.sequences import (
    LOOKED_AT,
    Inside,
    Mails,
    SequenceFigures,
    SequenceLine,
    StepFigures,
    Ways,
    sequence_figures,
    sequence_list,
)
from reports.tallies import Days

_CODE = "`"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the bar that shows what became of those who began; in percent."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list."""

    figures: SequenceLine
    title: str
    klass: str
    parts: tuple[Part, ...]


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
    missed: tuple[str, ...]


def sequences(door: ConsoleDoor) -> Response:
    """Every sequence with its figures."""
    site, days = door.site(), chosen_days()
    with door.database.read() as conn:
        lines = sequence_list(conn, site, days)
    return draw_report(
        "console/sequences.html",
        lines=[_line(one, site) for one in lines],
        sentence=_sentence(lines, days),
        days=days,
        span=span_of(days),
        periods=list(choices("sequences", days)),
    )


def sequence(door: ConsoleDoor, name: str) -> Response:
    """One sequence: its stem, its mails, its versions and how it is set. 404 for one that is not in force."""
    site, days = door.site(), chosen_days()
    written = site.sequences.get(name)
    if written is None:
        abort(404)
    with door.database.read() as conn:
        figures = sequence_figures(conn, site, name, days, g.moment.calendar)
    stem = _stem(written, figures)
    return draw_report(
        "console/sequence.html",
        name=name,
        written=written,
        title=localised(written.title),
        klass=_class(written),
        sentence=_sentence_of(figures, written),
        figures=figures,
        moved=_moved(figures.line.ways, figures.before),
        rows=[_row(row, written, name, site, figures) for row in stem.rows],
        lanes=stem.lanes,
        mails=list(_mail_rows(written, name, site, figures)),
        settings=[(what, [_marked(line) for line in lines]) for what, lines in settings(written, site)],
        days=days,
        span=span_of(days),
        periods=list(choices("sequence", days, name=name)),
    )


# ---------------------------------------------------------------- the list


def _line(one: SequenceLine, site: Site) -> Line:
    written = site.sequences.get(one.name)
    title = localised(written.title) if written is not None else one.name
    return Line(one, title, _class(written) if written is not None else "", _parts(one.ways))


def _class(written: Sequence) -> str:
    return say("Marketing") if written.class_ == "marketing" else say("Transactional")


def _parts(ways: Ways) -> tuple[Part, ...]:
    """What became of those who began and ended in the period; nothing below two."""
    ended = {"goal": ways.goal, "done": ways.completed, "gone": ways.gone}
    whole = sum(ended.values())
    if whole < 2:
        return ()
    parts, x = [], 0.0
    for kind, n in ended.items():
        parts.append(Part(kind, round(x, 2), round(100 * n / whole, 2)))
        x += 100 * n / whole
    return tuple(parts)


def _sentence(lines: tuple[SequenceLine, ...], days: Days) -> Markup:
    inside = sum(line.inside.all for line in lines)
    busy = sum(1 for line in lines if line.inside.all)
    begun = sum(line.ways.begun for line in lines)
    if not inside and not begun:
        return escape(
            say("Nobody has come in during these days. A sequence begins with its trigger: a form, a stage, a day.")
        )
    head = say_n("%(number)s lead is inside", "%(number)s leads are inside", inside, number=number(inside))
    where = say_n("%(count)s sequence", "%(count)s sequences", busy)
    came = say_n("%(number)s came in over %(days)s days", "%(number)s came in over %(days)s days", begun,
                 number=number(begun), days=days.count)  # fmt: skip
    if not inside:
        return Markup("<strong>{}</strong> {}.").format(say("Nobody is inside now."), came)
    return Markup("<strong>{}</strong>, {}. {}.").format(head, say("in %(where)s", where=where), came)


# ---------------------------------------------------------------- one sequence


def _sentence_of(figures: SequenceFigures, written: Sequence) -> Markup:
    """Who is inside, who moves on within a week, and how many reach the goal."""
    inside, ways = figures.line.inside.all, figures.line.ways
    if not inside and not ways.begun:
        return escape(say("Nobody has come in yet. See under Settings what lets somebody in."))
    head = say_n("%(number)s lead is inside", "%(number)s leads are inside", inside, number=number(inside))
    soon = _bounded(figures.soon)
    parts = [Markup("<strong>{}</strong>").format(head)]
    if figures.soon:
        parts.append(
            escape(
                say_n(
                    "%(number)s moves on within a week", "%(number)s move on within a week", figures.soon, number=soon
                )
            )
        )
    said = Markup(", ").join(parts) + "."
    ended = ways.goal + ways.completed + ways.gone
    if written.goal is not None and ended:
        share = percent(ways.goal, ended)
        said += " " + escape(say("%(share)s of those who came to an end reached the goal.", share=share))
    return said


def _bounded(n: int) -> str:
    return f"{number(LOOKED_AT)}+" if n > LOOKED_AT else number(n)


def _moved(now: Ways, before: Ways) -> dict[str, Movement]:
    return {
        "begun": movement(now.begun, before.begun),
        "sent": movement(now.sent, before.sent),
        "clicked": points_moved((now.clicked, now.sent), (before.clicked, before.sent)),
    }


def _stem(written: Sequence, figures: SequenceFigures) -> flow.Stem:
    counts = {step: flow.Passed(one.passed, one.inside.all) for step, one in figures.steps.items()}
    return flow.stem(written, figures.line.ways.begun, counts)


def _row(row: flow.Row, written: Sequence, name: str, site: Site, figures: SequenceFigures) -> StemRow:
    if row.step is None:
        return _edge(row, figures)
    step, own = row.step, figures.steps[row.step.id]
    if row.kind == "wait":
        return StemRow(
            row, "clock", _waits(step, own), "", tuple(_wait_notes(step, own)), own, None, _due(own), row.lane
        )
    return StemRow(
        row=row,
        icon=ACT_ICONS[step.act or "email"],
        title=act_of(step, name, site),
        code=step.id,
        notes=tuple(_act_notes(step, own, figures)),
        figures=own,
        mail=figures.mails.get(step.email) if step.email else None,
        next_due="",
        lane=row.lane,
    )


def _edge(row: flow.Row, figures: SequenceFigures) -> StemRow:
    """The entry and the end."""
    if row.kind == "entry":
        return StemRow(row, "log-in", say("Comes in"), "", (), None, None, "", row.lane)
    ways = figures.line.ways
    left = [
        say_n("%(count)s to the end", "%(count)s to the end", ways.completed),
        say_n("%(count)s by the goal", "%(count)s by the goal", ways.goal),
        say_n("%(count)s left otherwise", "%(count)s left otherwise", ways.gone),
    ]
    return StemRow(row, "flag", say("End"), "", (escape(", ".join(left)),), None, None, "", row.lane)


def _waits(step: Step, own: StepFigures) -> str:
    return wait_of(step) or (say("Waits for its hour, or for its mail to leave") if own.inside.all else "")


def _wait_notes(step: Step, own: StepFigures) -> Iterator[Markup]:
    if condition := awaited(step):
        yield Markup("<code>{}</code>").format(condition)
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


def _act_notes(step: Step, own: StepFigures, figures: SequenceFigures) -> Iterator[Markup]:
    yield from (_marked(line) for line in details_of(step))
    if own.skipped:
        yield escape(say_n("%(count)s skipped", "%(count)s skipped", own.skipped))
    if step.email:
        yield from (escape(line) for line in _missed(figures.mails[step.email]))


def _missed(mails: Mails) -> Iterator[str]:
    words = {
        "refused": ("%(count)s refused", "%(count)s refused"),
        "failed": ("%(count)s failed", "%(count)s failed"),
        "expired": ("%(count)s too late", "%(count)s too late"),
        "withdrawn": ("%(count)s withdrawn", "%(count)s withdrawn"),
        "settled_dropped": ("%(count)s taken as lost", "%(count)s taken as lost"),
    }
    for state, n in mails.missed.items():
        yield say_n(*words[state], n)


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


def _mail_rows(written: Sequence, name: str, site: Site, figures: SequenceFigures) -> Iterator[MailRow]:
    for step in written.step:
        if step.email:
            mails = figures.mails[step.email]
            yield MailRow(step.email, subject_of(site, name, step.email), step.id, mails, tuple(_missed(mails)))


def _marked(line: str) -> Markup:
    """`code` between backticks becomes code."""
    pieces = line.split(_CODE)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


ROUTES = (
    Route("GET", "/sequences", "sequences", sequences),
    Route("GET", "/sequences/<name>", "sequence", sequence),
)
