"""Pages, forms and magnets: how often they were opened, and how often that led to something."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response
from markupsafe import Markup, escape

from authoring.site import Site
from console.charts import bar
from console.context import number, percent, say, say_n, share
from console.door import ConsoleDoor
from console.periods import Movement, choices, chosen_days, movement, points_moved, span_of
from console.reporting import draw_report
from console.routes import Route
from console.step_words import localised
from reports.pages import FormLine, MagnetLine, PageLine, PagesReport, pages_report
from reports.shares import OPENINGS


@dataclass(frozen=True, slots=True)
class PageRow:
    """A landing page: `drawing` is its openings beside the most opened one's."""

    line: PageLine
    title: str
    form: str
    locales: tuple[str, ...]
    drawing: Markup
    share: str
    views_moved: Movement
    share_moved: Movement


def pages(door: ConsoleDoor) -> Response:
    """The three tables over a period."""
    site, days = door.site(), chosen_days()
    with door.database.read() as conn:
        report = pages_report(conn, site, days)
    most = max((line.views for line in report.pages), default=0)
    rows = [_row(line, site, most) for line in report.pages]
    forms = [(line, _form_title(line, site), movement(line.submissions, line.before)) for line in report.forms]
    return draw_report(
        "console/pages.html",
        report=report,
        rows=rows,
        forms=forms,
        moved=any(row.views_moved.text or row.share_moved.text for row in rows) or any(one.text for _, _, one in forms),
        magnets=[(line, _magnet_title(line, site)) for line in report.magnets],
        sentence=_sentence(report, site),
        base_url=door.config.site.base_url,
        few=OPENINGS,
        days=days,
        span=span_of(days),
        periods=list(choices("pages", days)),
    )


def _row(line: PageLine, site: Site, most: int) -> PageRow:
    page = site.pages.get(line.name)
    now, before = (line.submissions, line.views), (line.submissions_before, line.views_before)
    told = share(*now, OPENINGS)
    return PageRow(
        line=line,
        title=localised(page.title) if page is not None else line.name,
        form=page.form if page is not None else "",
        locales=tuple(page.locales) if page is not None else (),
        drawing=bar(100 * line.views / most if most else 0, "f-view"),
        share=told,
        views_moved=movement(line.views, line.views_before),
        share_moved=points_moved(now, before) if told and line.views_before >= OPENINGS else Movement(""),
    )


def _form_title(line: FormLine, site: Site) -> str:
    return localised(site.forms[line.name].title) if line.name in site.forms else line.name


def _magnet_title(line: MagnetLine, site: Site) -> str:
    return localised(site.magnets[line.name].title)


def _sentence(report: PagesReport, site: Site) -> Markup:
    """What the openings brought, and which page does best of those with enough."""
    if not report.views:
        return escape(say("No page was opened during these days. Is the address known to anybody?"))
    opened = say_n("%(number)s opening", "%(number)s openings", report.views, number=number(report.views))
    sent = say_n("%(number)s form sent", "%(number)s forms sent", report.submissions, number=number(report.submissions))
    led = say_n("%(opened)s led to %(sent)s", "%(opened)s led to %(sent)s", report.views, opened=opened, sent=sent)
    head = Markup("<strong>{}</strong>").format(led)
    whole = share(report.submissions, report.views, OPENINGS)
    told = Markup(say("%(what)s: %(value)s")) % {"what": head, "value": f"{whole}."} if whole else head + "."
    return Markup(" ").join([told, *(escape(said) for said in _besides(report, site))])


def _besides(report: PagesReport, site: Site) -> Iterator[str]:
    """Why more forms than openings are no mistake; which page does best of those with enough."""
    if report.submissions > report.views:
        yield say("More forms than openings: machines are not counted as openings, and one opening may send several.")
    telling = [line for line in report.pages if line.written and share(line.submissions, line.views, OPENINGS)]
    best = max(telling, key=lambda line: line.submissions / line.views, default=None)
    if best is not None and best.submissions:
        title = localised(site.pages[best.name].title)
        yield say("“%(page)s” does best, with %(share)s.", page=title, share=percent(best.submissions, best.views))


ROUTES = (Route("GET", "/pages", "pages", pages),)
