"""The sequences: who is inside each, and the stem of one with what every step and mail did."""

from dataclasses import dataclass

from flask import Response, abort, g
from markupsafe import Markup, escape

from authoring.models.sequences import Sequence
from authoring.site import Site
from console.comparing import compared
from console.context import number, say, say_n, share
from console.door import ConsoleDoor
from console.periods import Movement, choices, chosen_days, movement, points_moved, span_of
from console.reasons import told_of_pause
from console.reporting import draw_report
from console.routes import Route
from console.stem import mail_rows, marked, stem_rows
from console.step_words import localised, settings
from reports.rollouts import AT_MOST, comparison
from reports.sequences import (
    LOOKED_AT,
    RELEASES_BACK,
    SequenceFigures,
    SequenceLine,
    Ways,
    sequence_figures,
    sequence_list,
)
from reports.shares import ENOUGH
from reports.tallies import Days


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


def sequences(door: ConsoleDoor) -> Response:
    """Every sequence with its figures."""
    site, days = door.site(), chosen_days()
    with door.database.read() as conn:
        lines = sequence_list(conn, site, days)
    return draw_report(
        "console/sequences.html",
        why_off=told_of_pause,
        lines=[_line(one, site) for one in sorted(lines, key=_liveliest)],
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
        tried = comparison(conn, site, name, RELEASES_BACK, AT_MOST)
    lanes, rows = stem_rows(written, name, site, figures)
    return draw_report(
        "console/sequence.html",
        why_off=told_of_pause,
        name=name,
        written=written,
        title=localised(written.title),
        klass=_class(written),
        sentence=_sentence_of(figures, written),
        figures=figures,
        compared=compared(tried, site) if tried is not None else None,
        moved=_moved(figures.line.ways, figures.before),
        rows=rows,
        lanes=lanes,
        mails=list(mail_rows(written, name, site, figures)),
        settings=[(what, [marked(line) for line in lines]) for what, lines in settings(written, site)],
        days=days,
        span=span_of(days),
        periods=list(choices("sequence", days, name=name)),
    )


# ---------------------------------------------------------------- the list


def _liveliest(line: SequenceLine) -> tuple[bool, int, int]:
    return not line.written, -line.inside.all, -line.ways.begun


def _line(one: SequenceLine, site: Site) -> Line:
    written = site.sequences.get(one.name)
    title = localised(written.title) if written is not None else one.name
    return Line(one, title, _class(written) if written is not None else "", _parts(one.ways))


def _class(written: Sequence) -> str:
    return say("Marketing") if written.class_ == "marketing" else say("Transactional")


def _parts(ways: Ways) -> tuple[Part, ...]:
    """What became of those who began and ended in the period; nothing of too few."""
    ended = {"goal": ways.goal, "done": ways.completed, "gone": ways.gone}
    whole = sum(ended.values())
    if whole < ENOUGH:
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
    if written.goal is not None and (reached := share(ways.goal, ended)):
        said += " " + escape(say("%(share)s of those who came to an end reached the goal.", share=reached))
    return said


def _bounded(n: int) -> str:
    return f"{number(LOOKED_AT)}+" if n > LOOKED_AT else number(n)


def _moved(now: Ways, before: Ways) -> dict[str, Movement]:
    return {
        "begun": movement(now.begun, before.begun),
        "sent": movement(now.sent, before.sent),
        "clicked": points_moved((now.clicked, now.sent), (before.clicked, before.sent)),
    }


ROUTES = (
    Route("GET", "/sequences", "sequences", sequences),
    Route("GET", "/sequences/<name>", "sequence", sequence),
)
