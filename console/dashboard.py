"""The dashboard: from a page opened to a customer, and which sources bring leads worth calling."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import Response
from markupsafe import Markup, escape

from authoring.models.definitions import Definitions
from authoring.site import Site
from base.translations import msgid
from console.charts import Axis, Column, Dot, bar, columns, scatter
from console.context import day, number, percent, say, say_n, share, viewer
from console.door import ConsoleDoor
from console.lead_filters import source_name as told_source
from console.lead_filters import stage_name
from console.periods import Movement, choices, chosen_days, movement, span_of
from console.reporting import draw_report
from console.routes import Route
from reports.answers import Answers
from reports.funnel import Dashboard, Funnel, Source, dashboard, way_forward
from reports.shares import ENOUGH, OPENINGS
from reports.tallies import Days

VERDICTS = {
    "accepted": msgid("Accepted"),
    "rejected": msgid("Rejected"),
    "recycled": msgid("Recycled"),
    "disqualified": msgid("Disqualified"),
}
TELLING = 30  # leads at a stage from which sources can be told apart by it
WEEKLY_FROM = 60  # days from which bars are weeks


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A row of the funnel. `stage`: its id, "" for what is no stage; `rate`: so many for a hundred above; `part`: it is
    a part of the row above, drawn paler; `cut`: said in words in place of a bar that would not fit."""

    name: str
    stage: str
    n: int
    drawing: Markup
    rate: str
    moved: Movement
    part: bool = False
    cut: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`rate`: at the goal for a hundred who came; `accepted`: the share of those answered."""

    name: str
    source: Source
    reached: int
    rate: str
    accepted: str
    good: bool


def show_dashboard(door: ConsoleDoor) -> Response:
    """The figures of a period, against as many days before."""
    site, days = door.site(), chosen_days()
    with door.database.read() as conn:
        board = dashboard(conn, site, days, door.config.site.timezone)
    goal, rows = _goal_stage(board.now, site.definitions), list(_funnel(board, site))
    return draw_report(
        "console/dashboard.html",
        board=board,
        rows=rows,
        moved=any(row.moved.text for row in rows),
        goal=stage_name(site, viewer(), goal),
        sources=_sources(board, goal),
        total=_all_sources(board, goal),
        scatter=_scatter(board, goal, site),
        answers=_answers(board.now.answers),
        rhythm=_rhythm(board),
        rhythm_table=list(_by_week(board)),
        sentence=_sentence(board, goal, site),
        version=site.definitions.version,
        release=site.release_id,
        enough=ENOUGH,
        days=days,
        span=span_of(days),
        before=span_of(days.before),
        periods=list(choices("dashboard", days)),
    )


def source_name(name: str) -> str:
    return told_source(name) or say("Unknown")


# ---------------------------------------------------------------- the funnel


def _funnel(board: Dashboard, site: Site) -> Iterator[FunnelRow]:
    now, before = board.now, board.before
    most = max(now.submissions, now.leads, *now.stages.values(), 1)
    yield _views_row(now, before, most)
    yield _row(say("Forms sent"), "", now.submissions, before.submissions, most, now.views, "f-view", OPENINGS)
    yield _row(say("New leads"), "", now.leads, before.leads, most, now.submissions, "f-lead")
    confirmed = _row(say("topics confirmed"), "", now.confirmed, before.confirmed, most, 0, "f-view")
    yield replace(confirmed, part=True)
    above = now.leads
    for stage in way_forward(site.definitions):
        n, was = now.stages[stage.id], before.stages[stage.id]
        row = _row(stage_name(site, viewer(), stage.id), stage.id, n, was, most, above, f"f-{stage.id}")
        yield replace(row, rate=row.rate or _earlier(n, above))
        above = n


def _views_row(now: Funnel, before: Funnel, most: int) -> FunnelRow:
    """Openings dwarf all else: their bar is cut, and says so."""
    row = _row(say("Pages opened by humans"), "", now.views, before.views, max(most, now.views), 0, "f-view")
    if now.views <= 1.5 * most:
        return row
    times = number(round(now.views / most))
    return replace(row, drawing=Markup(""), cut=say("bar left out: %(times)s times the next", times=times))


def _row(name: str, stage: str, n: int, was: int, most: int, above: int, kind: str, enough: int = ENOUGH) -> FunnelRow:
    drawing = bar(100 * n / most, kind, 100 * was / most if was >= ENOUGH else None)
    return FunnelRow(name, stage, n, drawing, _step(n, above, enough), movement(n, was))


def _step(n: int, above: int, enough: int) -> str:
    """Nothing where more came than to the step above: that is no share of it."""
    if n > above:
        return ""
    return _for_a_hundred(n, above) if above >= enough or not above else say("too few")


def _earlier(n: int, above: int) -> str:
    """Nobody comes to a stage but by the one above: whoever is more than it has now, had come to that one before."""
    return say_n("%(count)s or more from before", "%(count)s or more from before", n - above) if n > above > 0 else ""


def _for_a_hundred(n: int, of: int) -> str:
    """No percentage: who came so far in these days need not be of those who came in during them."""
    return number(round(100 * n / of, 1 if n < of else 0)) if of else ""


def _goal_stage(now: Funnel, definitions: Definitions) -> str:
    """The stage by which sources are judged: what sales makes of an accepted lead, or what it is handed, whichever
    enough leads have come to."""
    handed = next((stage for stage in definitions.stages if stage.hand_off), None)
    first = next(iter(now.stages), definitions.stages[0].id)
    if handed is None:
        return first
    accepted = handed.accepted_to
    return accepted if accepted and now.stages.get(accepted, 0) >= TELLING else handed.id


# ---------------------------------------------------------------- the sources


def _sources(board: Dashboard, goal: str) -> list[SourceRow]:
    average = _reached_by_each(board, goal)
    return [_source_row(one, goal, average) for one in board.sources]


def _source_row(one: Source, goal: str, average: float) -> SourceRow:
    reached = one.reached.get(goal, 0)
    told = one.leads >= ENOUGH
    return SourceRow(
        name=source_name(one.name),
        source=one,
        reached=reached,
        rate=_for_a_hundred(reached, one.leads) if told else "",
        accepted=share(one.answers.accepted, one.answers.count),
        good=told and reached / one.leads > average,
    )


def _all_sources(board: Dashboard, goal: str) -> SourceRow:
    now = board.now
    everyone = Source("", now.leads, now.stages, now.answers)
    return replace(_source_row(everyone, goal, 1), name=say("All"))


def _reached_by_each(board: Dashboard, goal: str) -> float:
    return board.now.stages.get(goal, 0) / board.now.leads if board.now.leads else 0


def _scatter(board: Dashboard, goal: str, site: Site) -> Markup | None:
    """Nothing for fewer than two sources with enough leads."""
    shown = [one for one in board.sources if one.leads >= ENOUGH]
    if len(shown) < 2:
        return None
    average, stage = _reached_by_each(board, goal), stage_name(site, viewer(), goal)
    best = max(shown, key=lambda one: one.reached.get(goal, 0) / one.leads)
    dots = [_dot(one, goal, average, one in (best, shown[0])) for one in shown]
    words = say("average %(rate)s", rate=_for_a_hundred(board.now.stages.get(goal, 0), board.now.leads))
    title = say("Sources by number of leads, and of %(stage)s for 100 of them. The most for each lead: %(best)s.",
                stage=stage, best=source_name(best.name))  # fmt: skip
    across, up = Axis(say("leads →"), number), Axis(say("↑ %(stage)s for 100 leads", stage=stage), number)
    return scatter(dots, across, up, (100 * average, words), title)


def _dot(one: Source, goal: str, average: float, strong: bool) -> Dot:
    each = one.reached.get(goal, 0) / one.leads
    return Dot(source_name(one.name), one.leads, 100 * each, "" if each > average else "meh", strong)


# ---------------------------------------------------------------- what sales answered


def _answers(answers: Answers) -> list[FunnelRow]:
    """Verdicts, the good one first; nothing where none was given."""
    return [
        replace(
            _row(say(VERDICTS[name]), "", answers.given[name], 0, answers.count, 0, f"a-{name}"),
            rate=share(answers.given[name], answers.count),
        )
        for name in VERDICTS
        if name in answers.given
    ]


# ---------------------------------------------------------------- the rhythm


def _by_week(board: Dashboard) -> Iterator[tuple[str, int]]:
    """New leads, by week in a long period, by day in a short one."""
    for first, last in _buckets(board.days):
        n = sum(board.daily.get(first + timedelta(days=ahead), 0) for ahead in range((last - first).days + 1))
        yield (day(first, "brief") if first == last else span_of(Days(first, last))), n


def _buckets(days: Days) -> Iterator[tuple[date, date]]:
    """From the last day backwards, so that the newest bar is a whole one."""
    length = 7 if days.count >= WEEKLY_FROM else 1
    starts = range((days.count - 1) // length * length, -1, -length)
    for ahead in starts:
        last = days.last - timedelta(days=ahead)
        yield max(last - timedelta(days=length - 1), days.first), last


def _rhythm(board: Dashboard) -> Markup | None:
    if not board.now.leads:
        return None
    found, buckets = list(_by_week(board)), list(_buckets(board.days))
    every = max(1, round(len(found) / 5))
    bars = [
        Column(day(first, "brief") if (len(found) - 1 - place) % every == 0 else "", n, f"{name}: {number(n)}",
               strong=place == len(found) - 1)
        for place, ((name, n), (first, _)) in enumerate(zip(found, buckets, strict=True))
    ]  # fmt: skip
    title = say("New leads from %(span)s, at most %(most)s at a time.", span=span_of(board.days),
                most=number(max(n for _, n in found)))  # fmt: skip
    return columns(bars, title, number, "c-rhythm")


# ---------------------------------------------------------------- what is true


def _sentence(board: Dashboard, goal: str, site: Site) -> Markup:
    """How many came and how that compares; where the best of them come from."""
    now, before = board.now, board.before
    if not now.leads:
        return escape(say("Nobody has made themselves known during these days. The first form sent begins the funnel."))
    came = say_n("%(number)s new lead", "%(number)s new leads", now.leads, number=number(now.leads))
    moved = _compared(now.leads, before.leads)
    head = Markup("<strong>{}{}.</strong>").format(came, f", {moved}" if moved else "")
    told = [one for one in board.sources if one.leads >= ENOUGH]
    best = max(told, key=lambda one: one.reached.get(goal, 0) / one.leads, default=None)
    if best is None or not best.reached.get(goal):
        return head
    rate = _for_a_hundred(best.reached[goal], best.leads)
    said = say("The most for each lead: %(source)s, with %(rate)s %(stage)s for 100.", source=source_name(best.name),
               rate=rate, stage=stage_name(site, viewer(), goal))  # fmt: skip
    return head + " " + escape(said)


def _compared(now: int, before: int) -> str:
    if before < ENOUGH:
        return ""
    if now == before:
        return say("as many as in the period before")
    apart = percent(abs(now - before), before)
    more, fewer = (
        say("%(share)s more than in the period before", share=apart),
        say("%(share)s fewer than in the period before", share=apart),
    )
    return more if now > before else fewer


ROUTES = (Route("GET", "/dashboard", "dashboard", show_dashboard),)
